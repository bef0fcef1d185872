#include "config.h"

#include "front/scopes.h"

#include <string.h>

#include "base/hash.h"
#include "base/sizing.h"

enum {
    FIRST_BUCKETS = SIZE_OR_TINY(256, 1),
    /* A short list is searched from its start; a long one through a map. */
    LINEAR_CAPTURES = SIZE_OR_TINY(16, 1),
};

static bool grow_buckets(struct scopes *s);
static uint32_t capture(struct scopes *s, struct scope_function *function,
                        struct binding *binding);

/* ---- life ------------------------------------------------------------------------------ */

bool scopes_init(struct scopes *s, struct arena *arena)
{
    *s = (struct scopes){.arena = arena, .now = 1};
    arena_init(&s->scratch);
    scope_candidate_vec_init(&s->candidates);
    scope_patch_vec_init(&s->patches);
    return grow_buckets(s);
}

void scopes_done(struct scopes *s)
{
    mem_free(s->buckets);
    scope_candidate_vec_done(&s->candidates);
    scope_patch_vec_done(&s->patches);
    arena_done(&s->scratch);
}

void *scopes_alloc(struct scopes *s, size_t count, size_t bytes)
{
    void *block = arena_alloc_zero(&s->scratch, count, bytes);
    s->out_of_memory = s->out_of_memory || block == NULL;
    return block;
}

void *scopes_alloc_tree(struct scopes *s, size_t count, size_t bytes)
{
    void *block = arena_alloc_zero(s->arena, count, bytes);
    s->out_of_memory = s->out_of_memory || block == NULL;
    return block;
}

/* ---- scopes and entries ------------------------------------------------------------------ */

struct scope *scopes_open(struct scopes *s, struct scope_function *function,
                          struct scope *parent, struct ast_block *block)
{
    struct scope *scope = scopes_alloc(s, 1, sizeof *scope);
    if (scope == NULL)
        return NULL;
    scope->function = function;
    scope->parent = parent;
    scope->block = block;
    if (parent != NULL && parent->last_child != NULL)
        parent->last_child->next_sibling = scope;
    else if (parent != NULL)
        parent->first_child = scope;
    if (parent != NULL)
        parent->last_child = scope;
    return scope;
}

struct scope *scopes_naming(struct scope *scope)
{
    while (scope->hidden_only)
        scope = scope->parent;
    return scope;
}

static size_t bucket_of(const struct scopes *s, const struct scope *scope,
                        const struct name *name)
{
    uint64_t mixed =
        hash_mix_u64((uint64_t)(uintptr_t)scope) ^ (uint64_t)(uintptr_t)name;
    return (size_t)hash_mix_u64(mixed) & (s->bucket_count - 1);
}

static bool grow_buckets(struct scopes *s)
{
    size_t count = s->bucket_count > 0 ? s->bucket_count * 2 : FIRST_BUCKETS;
    struct scope_entry **old = s->buckets;
    size_t old_count = s->bucket_count;
    struct scope_entry **buckets = mem_alloc_zero(count, sizeof(struct scope_entry *));
    if (buckets == NULL) {
        s->out_of_memory = true;
        return false;
    }
    s->buckets = buckets;
    s->bucket_count = count;
    for (size_t i = 0; i < old_count; i++)
        for (struct scope_entry *e = old[i], *next; e != NULL; e = next) {
            next = e->chain;
            size_t at = bucket_of(s, e->scope, e->name);
            e->chain = buckets[at];
            buckets[at] = e;
        }
    mem_free(old);
    return true;
}

struct scope_entry *scopes_find(const struct scopes *s, const struct scope *scope,
                                const struct name *name)
{
    struct scope_entry *e = s->buckets[bucket_of(s, scope, name)];
    while (e != NULL && (e->scope != scope || e->name != name))
        e = e->chain;
    return e;
}

struct scope_entry *scopes_entry(struct scopes *s, struct scope *scope,
                                 const struct name *name)
{
    struct scope_entry *e = scopes_find(s, scope, name);
    if (e != NULL)
        return e;
    if (s->entry_count >= s->bucket_count && !grow_buckets(s))
        return NULL;
    e = scopes_alloc(s, 1, sizeof *e);
    if (e == NULL)
        return NULL;
    e->scope = scope;
    e->name = name;
    size_t at = bucket_of(s, scope, name);
    e->chain = s->buckets[at];
    s->buckets[at] = e;
    s->entry_count++;
    scope->named = true;
    return e;
}

struct binding *scopes_binding(struct scopes *s, struct scope_entry *entry,
                               bool is_const)
{
    struct binding **place = is_const ? &entry->constant : &entry->plain;
    if (*place != NULL)
        return *place;
    struct binding *b = scopes_alloc(s, 1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->name = entry->name;
    b->scope = entry->scope;
    b->is_const = is_const;
    b->is_global =
        entry->scope->parent == NULL && entry->scope->function->parent == NULL;
    if (b->is_global)
        b->slot = s->nglobals++;
    if (entry->scope->last_binding != NULL)
        entry->scope->last_binding->next = b;
    else
        entry->scope->bindings = b;
    entry->scope->last_binding = b;
    *place = b;
    return b;
}

/* ---- facts --------------------------------------------------------------------------------- */

bool fact_holds(const struct fact *fact)
{
    return fact->from != 0 && fact->to == UINT32_MAX;
}

bool fact_held_at(const struct fact *fact, uint32_t moment)
{
    for (; fact != NULL && fact->from != 0; fact = fact->earlier)
        if (fact->from <= moment)
            return moment < fact->to;
    return false;
}

bool fact_begin(struct scopes *s, struct fact *fact)
{
    if (fact_holds(fact))
        return false;
    if (fact->from != 0) {
        struct fact *earlier = scopes_alloc(s, 1, sizeof *earlier);
        if (earlier == NULL)
            return false;
        *earlier = *fact;
        fact->earlier = earlier;
    }
    fact->from = s->now++;
    fact->to = UINT32_MAX;
    return true;
}

void fact_end(struct scopes *s, struct fact *fact)
{
    if (fact_holds(fact))
        fact->to = s->now++;
}

/* ---- looking up ------------------------------------------------------------------------------ */

static void add_candidate(struct scopes *s, struct binding *binding,
                          struct binding *receiver, bool maybe)
{
    struct scope_candidate c = {binding, receiver, maybe};
    if (!scope_candidate_vec_push(&s->candidates, c))
        s->out_of_memory = true;
}

/* Adds the bindings of one entry; true when one is certainly set. `moment` 0 means now. */
static bool add_entry(struct scopes *s, const struct scope_entry *e, uint32_t moment)
{
    struct binding *both[] = {e->plain, e->constant};
    for (int i = 0; i < 2; i++) {
        struct binding *b = both[i];
        if (b == NULL)
            continue;
        if (moment == 0 ? fact_holds(&b->set) : fact_held_at(&b->set, moment)) {
            add_candidate(s, b, NULL, false);
            return true;
        }
    }
    for (int i = 0; i < 2; i++)
        if (both[i] != NULL)
            add_candidate(s, both[i], NULL, true);
    return false;
}

bool scopes_lookup(struct scopes *s, struct scope *scope, const struct name *name)
{
    scope_candidate_vec_clear(&s->candidates);
    uint32_t moment = 0; /* of the functions outside: when the inner one was made */
    bool visible = false;
    struct scope_function *function = scope->function;
    while (function != NULL) {
        for (; scope != NULL; scope = scope->parent) {
            if (!scope->named)
                continue;
            scopes_note_extra(s, scope, name);
            const struct scope_entry *e = scopes_find(s, scope, name);
            if (e == NULL)
                continue;
            if (add_entry(s, e, moment))
                return true;
            visible = visible || (moment == 0 ? fact_holds(&e->visible)
                                              : fact_held_at(&e->visible, moment));
        }
        if (function->receiver != NULL && name->len > 0)
            add_candidate(s, NULL, function->receiver, true);
        moment = function->created;
        scope = function->outer;
        function = function->parent;
    }
    visible = visible && s->candidates.len > 0;
    if (visible)
        scope_candidate_vec_last(&s->candidates)->maybe = false;
    return visible;
}

/* ---- patterns of several values --------------------------------------------------------------- */

void scopes_add_case(struct scopes *s, struct scope *scope, struct ast_case *c)
{
    const struct name *name = names_of_text(c->bindings[0].name.text);
    struct scope_entry *e = scopes_entry(s, scope, name);
    struct scope_case *item = scopes_alloc(s, 1, sizeof *item);
    if (e == NULL || item == NULL)
        return;
    if (e->extras == NULL) {
        e->extras = scopes_alloc(s, 1, sizeof *e->extras);
        if (e->extras == NULL)
            return;
        e->extras->scope = scope;
        e->extras->next = s->extras;
        s->extras = e->extras;
    }
    item->ast = c;
    item->next = e->extras->cases;
    e->extras->cases = item;
}

void scopes_note_extra(struct scopes *s, struct scope *scope, const struct name *name)
{
    if (name->suffix == 0)
        return;
    const struct scope_entry *base = scopes_find(s, scope, name->base);
    if (base == NULL || base->extras == NULL)
        return;
    struct scope_entry *e = scopes_entry(s, scope, name);
    if (e == NULL || e->is_extra || scopes_binding(s, e, false) == NULL)
        return;
    struct scope_extra *item = scopes_alloc(s, 1, sizeof *item);
    if (item == NULL)
        return;
    e->is_extra = true;
    item->entry = e;
    if (base->extras->last != NULL)
        base->extras->last->next = item;
    else
        base->extras->first = item;
    base->extras->last = item;
    base->extras->count++;
}

/* A constant of the same name in the scope is a conflict if it is set by then. */
static void fill_extra(struct scopes *s, const struct scope_entry *e,
                       struct scope_function *function, uint32_t offset,
                       struct ast_target_name *out)
{
    out->name = (struct ast_name){.text = e->name->text,
                                  .len = e->name->len,
                                  .offset = offset,
                                  .builtin = AST_BUILTIN_NONE};
    scopes_reference(s, function, e->plain, false, &out->create);
    if (e->constant == NULL)
        return;
    struct ast_var *conflict = scopes_alloc_tree(s, 1, sizeof *conflict);
    if (conflict == NULL)
        return;
    scopes_reference(s, function, e->constant, true, conflict);
    out->conflicts = conflict;
    out->nconflicts = 1;
}

void scopes_finish_cases(struct scopes *s)
{
    for (struct scope_extras *x = s->extras; x != NULL; x = x->next) {
        struct ast_target_name *targets =
            scopes_alloc_tree(s, x->count, sizeof *targets);
        uint32_t *indexes = scopes_alloc_tree(s, x->count, sizeof *indexes);
        if (targets == NULL || indexes == NULL)
            return;
        /* Errors stand at the name that is written. */
        uint32_t count = 0, offset = x->cases->ast->bindings[0].name.offset;
        for (const struct scope_extra *item = x->first; item != NULL;
             item = item->next) {
            fill_extra(s, item->entry, x->scope->function, offset, &targets[count]);
            indexes[count++] = item->entry->name->suffix;
        }
        for (const struct scope_case *c = x->cases; c != NULL; c = c->next) {
            c->ast->extra = targets;
            c->ast->extra_index = indexes;
            c->ast->nextra = count;
        }
    }
}

/* ---- references -------------------------------------------------------------------------------- */

void scopes_reference(struct scopes *s, struct scope_function *function,
                      struct binding *binding, bool maybe, struct ast_var *out)
{
    *out = (struct ast_var){.maybe = maybe, .is_const = binding->is_const};
    binding->maybe_used = binding->maybe_used || maybe;
    if (binding->is_global) {
        binding->reached = binding->reached || function->parent != NULL;
        out->kind = AST_VAR_GLOBAL;
        out->index = binding->slot;
    } else if (binding->scope->function != function) {
        out->kind = AST_VAR_CAPTURE;
        out->index = capture(s, function, binding);
    } else if (!scope_patch_vec_push(&s->patches, (struct scope_patch){out, binding})) {
        s->out_of_memory = true;
    }
}

static bool find_capture(const struct scope_function *function,
                         const struct binding *binding, uint32_t *index)
{
    if (function->captures.len > LINEAR_CAPTURES) {
        uint64_t found = 0;
        if (!map_get_u64(&function->capture_index, (const char *)&binding,
                         sizeof binding, &found))
            return false;
        *index = (uint32_t)found;
        return true;
    }
    for (size_t i = 0; i < function->captures.len; i++)
        if (function->captures.data[i].binding == binding) {
            *index = (uint32_t)i;
            return true;
        }
    return false;
}

/* Records the newest capture in the map; the first time, all of them. */
static bool index_capture(struct scope_function *function)
{
    size_t len = function->captures.len;
    if (len <= LINEAR_CAPTURES)
        return true;
    size_t from = len == LINEAR_CAPTURES + 1 ? 0 : len - 1;
    for (size_t i = from; i < len; i++) {
        struct binding *const *key = &function->captures.data[i].binding;
        char bytes[sizeof *key];
        memcpy(bytes, key, sizeof *key);
        if (!map_put_u64(&function->capture_index, bytes, sizeof bytes, i))
            return false;
    }
    return true;
}

/* The index of a binding of an outer function among the captures; recurses once for each
   function between, which the limit of block nesting bounds. */
static uint32_t capture(struct scopes *s, struct scope_function *function,
                        struct binding *binding)
{
    uint32_t index = 0;
    if (find_capture(function, binding, &index))
        return index;
    binding->captured = true;
    struct scope_capture c = {.binding = binding};
    c.from_capture = binding->scope->function != function->parent;
    if (c.from_capture)
        c.index = capture(s, function->parent, binding);
    if (!scope_capture_vec_push(&function->captures, c) || !index_capture(function))
        s->out_of_memory = true;
    return (uint32_t)(function->captures.len - 1);
}

void scopes_store_candidates(struct scopes *s, struct scope_function *function,
                             struct ast_name *out)
{
    size_t count = s->candidates.len;
    out->vars = NULL;
    out->nvars = 0;
    out->self = NULL;
    if (count == 0)
        return;
    uint32_t receivers = 0;
    for (size_t i = 0; i < count; i++)
        receivers += s->candidates.data[i].binding == NULL;
    struct ast_var *vars = scopes_alloc_tree(s, count, sizeof *vars);
    struct ast_var *selves = scopes_alloc_tree(s, receivers, sizeof *selves);
    if (vars == NULL || selves == NULL)
        return;
    uint32_t self = 0;
    for (size_t i = 0; i < count; i++) {
        const struct scope_candidate *c = &s->candidates.data[i];
        if (c->binding != NULL) {
            scopes_reference(s, function, c->binding, c->maybe, &vars[i]);
        } else {
            vars[i] = (struct ast_var){
                .kind = AST_VAR_SELF_FIELD, .maybe = c->maybe, .index = self};
            scopes_reference(s, function, c->receiver, false, &selves[self]);
            self++;
        }
    }
    out->vars = vars;
    out->nvars = (uint32_t)count;
    out->self = receivers > 0 ? selves : NULL;
}
