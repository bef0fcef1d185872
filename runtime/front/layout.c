/*
 * Frame layout: parameters first, then the slots of scopes as a stack, so that blocks beside
 * each other share slots; at the end the slots nobody may share: those in cells and those
 * that are asked whether they are set.
 */
#include "config.h"

#include "front/scopes.h"

struct layout {
    struct scopes *s;
    uint32_t highest; /* slots of the stack part */
    uint32_t special; /* next unshared slot, once the stack part is known */
    uint32_t names;
};

static bool is_shared(const struct binding *b)
{
    return !b->captured && !b->maybe_used;
}

/* Recursion follows the nesting of blocks, which the parser limits. */
static void place_shared(struct layout *l, struct scope *scope, uint32_t base)
{
    for (struct binding *b = scope->bindings; b != NULL; b = b->next)
        if (!b->is_global && !b->is_param && is_shared(b))
            b->slot = base++;
    if (scope->hidden_out != NULL)
        *scope->hidden_out = base;
    base += scope->hidden_slots;
    if (base > l->highest)
        l->highest = base;
    for (struct scope *child = scope->first_child; child != NULL;
         child = child->next_sibling)
        place_shared(l, child, base);
}

/* The slots of a scope in cells, or those to be unset at entry. */
static const uint32_t *list_slots(struct layout *l, const struct scope *scope,
                                  bool cells, uint32_t *count)
{
    uint32_t n = 0;
    for (const struct binding *b = scope->bindings; b != NULL; b = b->next)
        n += !b->is_global && !b->is_param && !is_shared(b) && b->captured == cells;
    uint32_t *slots = n > 0 ? scopes_alloc_tree(l->s, n, sizeof *slots) : NULL;
    *count = 0;
    if (slots == NULL)
        return NULL;
    for (const struct binding *b = scope->bindings; b != NULL; b = b->next)
        if (!b->is_global && !b->is_param && !is_shared(b) && b->captured == cells)
            slots[(*count)++] = b->slot;
    return slots;
}

static void place_special(struct layout *l, struct scope *scope)
{
    for (struct binding *b = scope->bindings; b != NULL; b = b->next) {
        l->names += !b->is_global && b->name->len > 0;
        if (!b->is_global && !b->is_param && !is_shared(b))
            b->slot = l->special++;
    }
    if (scope->block != NULL) {
        struct ast_block *block = scope->block;
        block->reset_slots = list_slots(l, scope, false, &block->nreset);
        block->cell_slots = list_slots(l, scope, true, &block->ncells);
    }
    for (struct scope *child = scope->first_child; child != NULL;
         child = child->next_sibling)
        place_special(l, child);
}

static void list_names(const struct scope *scope, const char **names, uint32_t *count)
{
    for (const struct binding *b = scope->bindings; b != NULL; b = b->next)
        if (!b->is_global && b->name->len > 0)
            names[(*count)++] = b->name->text;
    for (const struct scope *c = scope->first_child; c != NULL; c = c->next_sibling)
        list_names(c, names, count);
}

static void list_cell_params(struct scopes *s, const struct scope_function *function)
{
    struct ast_function *f = function->ast;
    uint32_t *slots = scopes_alloc_tree(s, f->nparams, sizeof *slots);
    if (slots == NULL)
        return;
    for (const struct binding *b = function->top->bindings; b != NULL; b = b->next)
        if (b->is_param && b->captured)
            slots[f->ncell_params++] = b->slot;
    f->cell_params = slots;
}

void layout_function(struct scopes *s, struct scope_function *function)
{
    struct ast_function *f = function->ast;
    struct layout l = {.s = s};
    place_shared(&l, function->top, f->nparams);
    l.special = l.highest;
    place_special(&l, function->top);
    f->nlocals = l.special;
    list_cell_params(s, function);
    const char **names = scopes_alloc_tree(s, l.names, sizeof *names);
    if (names == NULL)
        return;
    list_names(function->top, names, &f->nlocal_names);
    f->local_names = names;
}

void layout_finish(struct scopes *s, struct scope_function *first)
{
    for (size_t i = 0; i < s->patches.len; i++) {
        const struct scope_patch *patch = &s->patches.data[i];
        patch->var->kind = patch->binding->captured ? AST_VAR_CELL : AST_VAR_LOCAL;
        patch->var->index = patch->binding->slot;
    }
    for (struct scope_function *f = first; f != NULL; f = f->next) {
        size_t count = f->captures.len;
        struct ast_capture *captures = scopes_alloc_tree(s, count, sizeof *captures);
        if (captures == NULL)
            return;
        for (size_t i = 0; i < count; i++) {
            const struct scope_capture *c = &f->captures.data[i];
            captures[i].from_capture = c->from_capture;
            captures[i].index = c->from_capture ? c->index : c->binding->slot;
            captures[i].name = c->binding->name->text;
        }
        f->ast->captures = captures;
        f->ast->ncaptures = (uint32_t)count;
    }
}
