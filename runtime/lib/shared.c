/*
 * The store of shared_set and friends (language.md 18): text keys to values, one for all
 * tasks, kept in lib_state. Values cross by copy in both directions.
 */
#include "config.h"

#include "core/dict.h"
#include "core/state.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/crossing.h"
#include "lib/lib_state.h"

/* The slot of the store's dict; NULL with an error set. */
static struct value *store_of(struct state *st)
{
    struct lib_state *lib = lib_state(st);
    if (lib == NULL ||
        (lib->shared.kind == VALUE_NULL && !dict_make_empty(st, &lib->shared)))
        return NULL;
    return &lib->shared;
}

/* Store, and the entry under the key or NULL; false with an error set. */
static bool look_up(struct state *st, const char *name, struct value key,
                    struct value **store, struct value **entry)
{
    *store = store_of(st);
    if (*store == NULL)
        return false;
    if (!dict_is_key(key))
        return argument_raise(st, name, "a string key");
    *entry = dict_find(st, DICT_OF(**store), key);
    return true;
}

bool shared_set(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    struct value *store = NULL, *entry = NULL, v;
    if (!look_up(st, "shared_set", args[0], &store, &entry) ||
        !crossing_copy(st, args[1], &v) || !dict_set_take(st, store, args[0], v))
        return false;
    *result = value_bool(true);
    return true;
}

bool shared_get(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    struct value *store = NULL, *entry = NULL;
    if (!look_up(st, "shared_get", args[0], &store, &entry))
        return false;
    if (entry != NULL)
        return crossing_copy(st, *entry, result);
    char digits[24];
    size_t len = 0;
    return error_raise(st, "shared_get key '%s' not found",
                       dict_key_text(args[0], digits, &len));
}

bool shared_has(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    struct value *store = NULL, *entry = NULL;
    if (!look_up(st, "shared_has", args[0], &store, &entry))
        return false;
    *result = value_bool(entry != NULL);
    return true;
}

bool shared_delete(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    struct value *store = NULL, *entry = NULL, removed;
    bool found = false;
    if (!look_up(st, "shared_delete", args[0], &store, &entry) ||
        !dict_remove(st, store, args[0], &found, &removed))
        return false;
    if (found)
        value_release(st, removed);
    *result = value_bool(found);
    return true;
}

bool shared_add_int(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    struct value *store = NULL, *entry = NULL;
    if (!look_up(st, "shared_add_int", args[0], &store, &entry))
        return false;
    if (args[1].kind != VALUE_INT)
        return argument_raise(st, "shared_add_int", "an int delta");
    if (entry != NULL && entry->kind != VALUE_INT)
        return argument_raise(st, "shared_add_int", "an int under the key");
    int64_t old = entry != NULL ? entry->as.integer : 0, sum = 0;
    if (__builtin_add_overflow(old, args[1].as.integer, &sum))
        return error_raise(st, "Integer overflow: %lld + %lld", (long long)old,
                           (long long)args[1].as.integer);
    if (!dict_set_take(st, store, args[0], value_int(sum)))
        return false;
    *result = value_int(sum);
    return true;
}
