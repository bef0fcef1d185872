#include "config.h"

#include "lib/crossing.h"

#include "core/array.h"
#include "core/dict.h"
#include "core/parcel.h"

enum {
    /* Deeper data is copied without a closer look. */
    PLAIN_DEPTH = 16
};

static bool is_plain(struct value v, unsigned depth);

bool crossing_copy(struct state *st, struct value v, struct value *out)
{
    struct parcel p;
    if (is_plain(v, PLAIN_DEPTH)) {
        *out = value_retain(v);
        return true;
    }
    if (!parcel_pack(st, v, &p))
        return false;
    bool ok = parcel_open(st, &p, out);
    parcel_done(&p);
    return ok;
}

/* Data without functions, handles and structs (whose definition holds functions). */
static bool is_plain(struct value v, unsigned depth)
{
    switch (v.kind) {
    case VALUE_STRING:
    case VALUE_BYTES:
    case VALUE_CHANNEL: return true;
    case VALUE_ARRAY: {
        const struct array *a = ARRAY_OF(v);
        if (array_rep(a) != ARRAY_VALUES)
            return true;
        if (depth == 0)
            return false;
        for (size_t i = 0; i < a->len; i++)
            if (!is_plain(a->items.values[i], depth - 1))
                return false;
        return true;
    }
    case VALUE_DICT: {
        const struct dict *d = DICT_OF(v);
        if (depth == 0)
            return false;
        for (size_t i = 0; i < d->used; i++)
            if (d->entries[i].key.kind != VALUE_UNSET &&
                !is_plain(d->entries[i].value, depth - 1))
                return false;
        return true;
    }
    default: return v.kind < VALUE_FIRST_OBJECT;
    }
}
