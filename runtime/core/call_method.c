#include "config.h"

#include <string.h>

#include "base/suggest.h"
#include "core/builtin.h"
#include "core/call.h"
#include "core/channel.h"
#include "core/dict.h"
#include "core/state.h"
#include "core/string.h"
#include "core/structs.h"

/* Order of state.sequence_methods. */
static const char *const sequence_names[] = {
    "map",  "filter", "reduce",    "find",    "any",   "all",  "collect", "take",
    "skip", "zip",    "enumerate", "flatten", "chunk", "next", "len",
};
_Static_assert(sizeof sequence_names / sizeof *sequence_names == STATE_SEQUENCE_METHODS,
               "one slot per method");

static bool struct_method(struct state *st, struct value object, struct string *name,
                          struct value *args, uint32_t nargs, struct value *result);
static bool channel_method(struct state *st, struct value object,
                           const struct string *name, struct value *args,
                           uint32_t nargs, struct value *result);
static bool call_held(struct state *st, struct value callee, struct value *args,
                      uint32_t nargs, struct value *result);
static const struct builtin *sequence_method(struct state *st,
                                             const struct string *name);
static bool raise_no_sequence_method(struct state *st, const struct string *name);
static bool raise_no_channel_method(struct state *st, const struct string *name);

bool call_method(struct state *st, struct value object, struct string *name,
                 struct value *args, uint32_t nargs, struct value *result)
{
    switch (object.kind) {
    case VALUE_STRUCT: return struct_method(st, object, name, args, nargs, result);
    case VALUE_CHANNEL: return channel_method(st, object, name, args, nargs, result);
    case VALUE_DICT: {
        const struct value *entry = dict_find_string(st, DICT_OF(object), name);
        if (entry != NULL && call_is_callable(*entry))
            return call_held(st, *entry, args, nargs, result);
        break;
    }
    case VALUE_ARRAY:
    case VALUE_ITERATOR:
    case VALUE_GENERATOR:
    case VALUE_STRING:
    case VALUE_SET: break;
    default: return call_raise_no_member(st, name);
    }
    const struct builtin *b = sequence_method(st, name);
    if (b == NULL)
        return raise_no_sequence_method(st, name);
    args[-1] = value_retain(object);
    bool ok = call_builtin(st, b, args - 1, nargs + 1, result);
    value_set_take(st, &args[-1], value_null());
    return ok;
}

static bool struct_method(struct state *st, struct value object, struct string *name,
                          struct value *args, uint32_t nargs, struct value *result)
{
    const struct struct_object *s = STRUCT_OF(object);
    if (s->def != NULL) {
        struct function *method = structdef_method(s->def, name);
        if (method != NULL) {
            /* The instance, and with it the definition, may go while the method runs. */
            object_retain(&method->head);
            bool ok = call_function_in_place(st, method, object, args, nargs, result);
            object_release(st, &method->head);
            return ok;
        }
    }
    const struct value *field = struct_find(st, s, name);
    if (field != NULL && call_is_callable(*field))
        return call_held(st, *field, args, nargs, result);
    if (st->native_method != NULL) {
        bool handled = false;
        bool ok = st->native_method(st, object, name, args, nargs, &handled, result);
        if (handled)
            return ok;
    }
    return call_raise_no_field(st, object, name);
}

static bool channel_method(struct state *st, struct value object,
                           const struct string *name, struct value *args,
                           uint32_t nargs, struct value *result)
{
    if (string_equal_text(name, "send"))
        return channel_send(st, object, args, nargs, result);
    if (string_equal_text(name, "receive"))
        return channel_receive(st, object, nargs, result);
    return raise_no_channel_method(st, name);
}

/* Calls a value that lies in a container, which may change meanwhile. */
static bool call_held(struct state *st, struct value callee, struct value *args,
                      uint32_t nargs, struct value *result)
{
    value_retain(callee);
    bool ok = call_value(st, callee, args, nargs, result);
    value_release(st, callee);
    return ok;
}

static const struct builtin *sequence_method(struct state *st,
                                             const struct string *name)
{
    for (size_t i = 0; i < STATE_SEQUENCE_METHODS; i++) {
        if (sequence_names[i][0] != name->data[0] ||
            !string_equal_text(name, sequence_names[i]))
            continue;
        /* Looked up once per isolate. */
        for (uint32_t b = 0; b < st->nbuiltins && st->sequence_methods[i] == NULL;
             b++) {
            if (strcmp(st->builtins[b].name, sequence_names[i]) == 0)
                st->sequence_methods[i] = &st->builtins[b];
        }
        return st->sequence_methods[i];
    }
    return NULL;
}

/* ---- errors ------------------------------------------------------------------------- */

bool call_raise_no_member(struct state *st, const struct string *name)
{
    return error_raise(st, "Cannot access field or method '%s' on non-struct value",
                       name->data);
}

static bool raise_no_sequence_method(struct state *st, const struct string *name)
{
    struct suggest best;
    suggest_init(&best, name->data, name->len);
    for (size_t i = 0; i < STATE_SEQUENCE_METHODS; i++)
        suggest_offer(&best, sequence_names[i], strlen(sequence_names[i]));
    call_raise_no_member(st, name);
    return error_suggest(st, &best);
}

static bool raise_no_channel_method(struct state *st, const struct string *name)
{
    struct suggest best;
    suggest_init(&best, name->data, name->len);
    suggest_offer(&best, "send", 4);
    suggest_offer(&best, "receive", 7);
    error_raise(st, "Channel has no method '%s'", name->data);
    return error_suggest(st, &best);
}
