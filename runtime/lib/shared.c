/*
 * The store of shared_set and friends (language.md 18): text keys to values, one for all
 * tasks of the program, kept in its pool. Values cross by copy in both directions.
 */
#include "config.h"

#include "base/map.h"
#include "base/mem.h"
#include "core/dict.h"
#include "core/parcel.h"
#include "core/state.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/pool.h"

/* A key of the store, in the text that is the same for `1` and `"1"`. */
struct key {
    struct pool *pool;
    const char *text;
    size_t len;
    char digits[24];
};

/* False with an error set. */
static bool key_of(struct state *st, const char *name, struct value v, struct key *key)
{
    key->pool = pool_of(st);
    if (key->pool == NULL)
        return false;
    if (!dict_is_key(v))
        return argument_raise(st, name, "a string key");
    key->text = dict_key_text(v, key->digits, &key->len);
    return true;
}

/* Under the lock. */
static struct parcel *find(const struct key *key)
{
    return map_get(pool_store(key->pool), key->text, key->len);
}

bool shared_set(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    struct key key;
    struct parcel parcel, old = parcel_none();
    if (!key_of(st, "shared_set", args[0], &key) || !parcel_pack(st, args[1], &parcel))
        return false;
    struct parcel *fresh = mem_alloc(sizeof(*fresh));
    state_flush(st);
    pool_lock(key.pool);
    struct parcel *entry = find(&key);
    bool ok = entry != NULL || (fresh != NULL && map_put(pool_store(key.pool), key.text,
                                                         key.len, fresh));
    if (ok && entry == NULL) {
        *fresh = parcel;
        fresh = NULL;
    } else if (ok) {
        old = *entry;
        *entry = parcel;
    } else {
        old = parcel;
    }
    pool_unlock(key.pool);
    mem_free(fresh);
    parcel_done(&old);
    *result = value_bool(true);
    return ok || error_out_of_memory(st);
}

bool shared_get(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    struct key key;
    struct parcel parcel = parcel_none();
    if (!key_of(st, "shared_get", args[0], &key))
        return false;
    pool_lock(key.pool);
    const struct parcel *entry = find(&key);
    if (entry != NULL)
        parcel = parcel_retain(*entry);
    pool_unlock(key.pool);
    if (entry == NULL)
        return error_raise(st, "shared_get key '%s' not found", key.text);
    bool ok = parcel_open(st, &parcel, result);
    parcel_done(&parcel);
    return ok;
}

bool shared_has(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    struct key key;
    if (!key_of(st, "shared_has", args[0], &key))
        return false;
    pool_lock(key.pool);
    *result = value_bool(find(&key) != NULL);
    pool_unlock(key.pool);
    return true;
}

bool shared_delete(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    struct key key;
    if (!key_of(st, "shared_delete", args[0], &key))
        return false;
    pool_lock(key.pool);
    struct parcel *entry = find(&key);
    if (entry != NULL)
        map_remove(pool_store(key.pool), key.text, key.len);
    pool_unlock(key.pool);
    *result = value_bool(entry != NULL);
    if (entry != NULL)
        parcel_done(entry);
    mem_free(entry);
    return true;
}

/* What came of an addition. */
enum sum {
    SUM_DONE,
    SUM_NO_INT,
    SUM_OVERFLOW,
    SUM_NO_MEMORY
};

/* Under the lock. *sum is the old value on SUM_OVERFLOW. */
static enum sum add(const struct key *key, int64_t delta, struct parcel **fresh,
                    int64_t *sum)
{
    struct parcel *entry = find(key);
    *sum = 0;
    if (entry != NULL && (entry->body != NULL || entry->plain.kind != VALUE_INT))
        return SUM_NO_INT;
    int64_t old = entry != NULL ? entry->plain.as.integer : 0;
    if (__builtin_add_overflow(old, delta, sum)) {
        *sum = old;
        return SUM_OVERFLOW;
    }
    if (entry == NULL) {
        entry = *fresh;
        if (entry == NULL ||
            !map_put(pool_store(key->pool), key->text, key->len, entry))
            return SUM_NO_MEMORY;
        *fresh = NULL;
        *entry = parcel_none();
    }
    entry->plain = value_int(*sum);
    return SUM_DONE;
}

bool shared_add_int(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    struct key key;
    int64_t sum = 0;
    if (!key_of(st, "shared_add_int", args[0], &key))
        return false;
    if (args[1].kind != VALUE_INT)
        return argument_raise(st, "shared_add_int", "an int delta");
    struct parcel *fresh = mem_alloc(sizeof(*fresh));
    state_flush(st);
    pool_lock(key.pool);
    enum sum outcome = add(&key, args[1].as.integer, &fresh, &sum);
    pool_unlock(key.pool);
    mem_free(fresh);
    switch (outcome) {
    case SUM_DONE: break;
    case SUM_NO_INT:
        return argument_raise(st, "shared_add_int", "an int under the key");
    case SUM_OVERFLOW:
        return error_raise(st, "Integer overflow: %lld + %lld", (long long)sum,
                           (long long)args[1].as.integer);
    case SUM_NO_MEMORY: return error_out_of_memory(st);
    }
    *result = value_int(sum);
    return true;
}
