#include "config.h"

#include "front/front.h"

#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "front/names.h"
#include "front/parser.h"

static struct ast_unit *unit_new(const struct source *source)
{
    struct ast_unit *unit = mem_alloc_zero(1, sizeof *unit);
    if (unit == NULL)
        return NULL;
    unit->source = source;
    unit->arena = mem_alloc(sizeof *unit->arena);
    unit->names = mem_alloc_zero(1, sizeof *unit->names);
    if (unit->arena != NULL)
        arena_init(unit->arena);
    if (unit->arena == NULL || unit->names == NULL ||
        !names_init(unit->names, unit->arena)) {
        front_unit_free(unit);
        return NULL;
    }
    return unit;
}

bool front_parse(const struct front_input *in, struct ast_unit **out,
                 struct diagnostics *diags)
{
    if (in->source->given_bytes > SOURCE_MAX_BYTES) {
        diagnostics_add(diags, DIAGNOSTIC_SYNTAX, 0,
                        "Source size %llu bytes exceeds maximum allowed %zu bytes",
                        (unsigned long long)in->source->given_bytes, SOURCE_MAX_BYTES);
        return false;
    }
    struct ast_unit *unit = unit_new(in->source);
    if (unit == NULL) {
        diags->out_of_memory = true;
        return false;
    }
    if (!parser_run(unit, diags)) {
        front_unit_free(unit);
        return false;
    }
    *out = unit;
    return true;
}

bool front_resolve(struct ast_unit *unit, const struct resolve_input *input,
                   struct diagnostics *diags)
{
    if (resolve_unit(unit, input))
        return true;
    diags->out_of_memory = true;
    return false;
}

void front_unit_free(struct ast_unit *unit)
{
    if (unit == NULL)
        return;
    if (unit->names != NULL)
        names_done(unit->names);
    if (unit->arena != NULL)
        arena_done(unit->arena);
    mem_free(unit->names);
    mem_free(unit->arena);
    mem_free(unit);
}

void front_visible_names(const struct ast_unit *unit,
                         const struct ast_function *function,
                         void (*offer)(void *context, const char *name, size_t len),
                         void *context)
{
    for (; function != NULL; function = function->parent)
        for (uint32_t i = 0; i < function->nlocal_names; i++)
            offer(context, function->local_names[i], strlen(function->local_names[i]));
    for (uint32_t i = 0; i < unit->nglobals; i++)
        if (unit->globals[i][0] != '\0')
            offer(context, unit->globals[i], strlen(unit->globals[i]));
}
