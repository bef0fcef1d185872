/* Dicts, language.md 19.5. `remove` and `clear` are in arrays.c, `len` in strings.c. */
#include "config.h"

#include "core/array.h"
#include "core/dict.h"
#include "core/poll.h"
#include "core/print.h"
#include "core/state.h"
#include "lib/argument.h"
#include "lib/builtins.h"

enum parts {
    PART_KEYS,
    PART_VALUES,
    PART_ITEMS
};

static bool list_parts(struct state *st, struct value v, enum parts parts,
                       struct value *result);
static bool merged(struct state *st, struct value *args, struct value *result);

bool dicts_dict(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)args;
    (void)nargs;
    return dict_make_empty(st, result);
}

/* ---- lists ----------------------------------------------------------------------- */

bool dicts_keys(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    return list_parts(st, args[0], PART_KEYS, result);
}

bool dicts_values(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    return list_parts(st, args[0], PART_VALUES, result);
}

bool dicts_items(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    return list_parts(st, args[0], PART_ITEMS, result);
}

static bool part(struct state *st, const struct dict_entry *entry, enum parts parts,
                 struct value *out)
{
    if (parts == PART_VALUES) {
        *out = value_retain(entry->value);
        return true;
    }
    struct value key;
    if (!dict_key_string(st, entry->key, &key))
        return false;
    if (parts == PART_ITEMS)
        return argument_pair_take(st, key, value_retain(entry->value), out);
    *out = key;
    return true;
}

static bool list_parts(struct state *st, struct value v, enum parts parts,
                       struct value *result)
{
    if (v.kind != VALUE_DICT || DICT_OF(v)->len == 0)
        return array_make_empty(st, result);
    struct dict *d = DICT_OF(v);
    const uint32_t *order = dict_sorted(st, d);
    if (order == NULL)
        return false;
    struct array *a = array_new(st, d->len);
    if (a == NULL)
        return false;
    struct value list = array_value(a);
    for (size_t i = 0; i < d->len; i++) {
        struct value item;
        if (!poll(st, i) || !part(st, &d->entries[order[i]], parts, &item) ||
            !array_push_take(st, &list, item)) {
            value_release(st, list);
            return false;
        }
    }
    *result = list;
    return true;
}

/* ---- entries --------------------------------------------------------------------- */

static struct value *entry_of(struct state *st, struct value d, struct value key)
{
    return dict_is_key(key) ? dict_find(st, DICT_OF(d), key) : NULL;
}

bool dicts_has_key(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    *result =
        value_int(args[0].kind == VALUE_DICT && entry_of(st, args[0], args[1]) != NULL);
    return true;
}

bool dicts_get(struct state *st, struct value *args, uint32_t nargs,
               struct value *result)
{
    if (args[0].kind != VALUE_DICT)
        return argument_raise(st, "get", "a dict and a key");
    struct value *found = entry_of(st, args[0], args[1]);
    if (found != NULL)
        *result = value_retain(*found);
    else
        *result = nargs > 2 ? value_retain(args[2]) : value_null();
    return true;
}

bool dicts_get_default(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    (void)nargs;
    if (args[0].kind != VALUE_DICT)
        return argument_raise(st, "get_default", "a dict, a key and a default");
    struct value *found = entry_of(st, args[0], args[1]);
    *result = value_retain(found != NULL ? *found : args[2]);
    return true;
}

/* ---- changed copies -------------------------------------------------------------- */

bool dicts_merge(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    return merged(st, args, result);
}

bool dicts_update(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    return merged(st, args, result);
}

static bool merged(struct state *st, struct value *args, struct value *result)
{
    if (args[0].kind != VALUE_DICT || args[1].kind != VALUE_DICT)
        return dict_make_empty(st, result);
    if (!dict_merge(st, &args[0], DICT_OF(args[1])))
        return false;
    *result = value_take(&args[0]);
    return true;
}

bool dicts_invert(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    struct dict *d = NULL;
    if (!argument_dict(st, "invert", args[0], &d))
        return false;
    const uint32_t *order = dict_sorted(st, d);
    struct value out;
    if (order == NULL || !dict_make_empty(st, &out))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < d->len; i++) {
        const struct dict_entry *entry = &d->entries[order[i]];
        struct value text = value_null(), key;
        switch (entry->value.kind) {
        case VALUE_STRING:
        case VALUE_INT:
        case VALUE_FLOAT:
        case VALUE_BOOL: break;
        default: continue;
        }
        ok = poll(st, i) && print_to_string(st, entry->value, &text);
        if (!ok)
            break;
        ok =
            dict_key_string(st, entry->key, &key) && dict_set_take(st, &out, text, key);
        value_release(st, text);
    }
    if (!ok) {
        value_release(st, out);
        return false;
    }
    *result = out;
    return true;
}
