/*
 * error_hint.c - errors about names, with the closest right name as a hint. The hint shows
 * in the report of an uncaught error only; the message stays exact. Every engine raises them
 * here, so that all give the same hint.
 */
#include "config.h"

#include <string.h>

#include "base/suggest.h"
#include "core/builtin.h"
#include "core/call.h"
#include "core/state.h"
#include "core/string.h"
#include "core/structs.h"

static void offer_globals(struct suggest *s, const struct instance *instance);

bool error_undefined(struct state *st, const char *name)
{
    struct suggest best;
    suggest_init(&best, name, strlen(name));
    if (st->top != NULL && st->top->function != NULL &&
        st->top->function->instance != NULL)
        offer_globals(&best, st->top->function->instance);
    for (uint32_t i = 0; i < st->nbuiltins; i++)
        suggest_offer(&best, st->builtins[i].name, strlen(st->builtins[i].name));
    error_raise(st, "Undefined variable: %s", name);
    return error_suggest(st, &best);
}

/* Those that exist by now. */
static void offer_globals(struct suggest *s, const struct instance *instance)
{
    const struct unit *unit = instance->unit;
    for (uint32_t i = 0; i < unit->nglobals; i++) {
        if (instance->globals[i].kind != VALUE_UNSET)
            suggest_offer(s, unit->global_names[i], strlen(unit->global_names[i]));
    }
}

bool call_raise_no_field(struct state *st, struct value object,
                         const struct string *name)
{
    const struct struct_object *s = STRUCT_OF(object);
    struct suggest best;
    suggest_init(&best, name->data, name->len);
    for (uint32_t i = 0; i < s->shape->nfields; i++)
        suggest_offer(&best, s->shape->names[i]->data, s->shape->names[i]->len);
    for (uint32_t i = 0; s->def != NULL && i < s->def->nmethods; i++) {
        const struct string *method = STRING_OF(s->def->method_names[i]);
        suggest_offer(&best, method->data, method->len);
    }
    error_raise(st, "Field not found: %s", name->data);
    return error_suggest(st, &best);
}

bool error_suggest(struct state *st, const struct suggest *s)
{
    size_t len;
    const char *found = suggest_best(s, &len);
    return found == NULL ? false
                         : error_help(st, "did you mean '%.*s'?", (int)len, found);
}
