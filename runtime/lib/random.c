/* Random numbers, language.md 19.2. The generator is base/prng, one for the program itself
   and one for each task. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/prng.h"
#include "core/array.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/lib_state.h"

enum {
    RANDOM_ID_MAX = 1 << 20 /* longer ids are a mistake */
};

static uint64_t system_seed(void)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == (ssize_t)sizeof(seed))
        return seed;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
}

/* The generator of the running code, seeded; NULL with an error set. */
static struct prng *generator(struct state *st)
{
    struct scope_random *r = lib_state_random(st);
    struct lib_state *lib = st->lib;
    if (r == NULL)
        return NULL;
    if (!lib->random.ready) {
        prng_seed(&lib->random.prng,
                  st->random_seed != 0 ? st->random_seed : system_seed());
        lib->random.ready = true;
    }
    if (!r->ready) {
        prng_seed(&r->prng, prng_u64(&lib->random.prng));
        r->ready = true;
    }
    return &r->prng;
}

bool random_float(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)args;
    (void)nargs;
    struct prng *prng = generator(st);
    if (prng == NULL)
        return false;
    *result = value_float(prng_double(prng));
    return true;
}

bool random_int(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    if (!argument_is_number(args[0]) || !argument_is_number(args[1]))
        return error_raise(st, "random_int() expects numeric arguments");
    int64_t low = 0, high = 0;
    struct prng *prng = generator(st);
    if (prng == NULL || !argument_integer(st, "random_int", args[0], &low) ||
        !argument_integer(st, "random_int", args[1], &high))
        return false;
    if (low > high)
        return error_raise(st, "random_int() requires min <= max, got %lld and %lld",
                           (long long)low, (long long)high);
    *result = value_int(prng_between(prng, low, high));
    return true;
}

bool random_choice(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    struct array *a = NULL;
    struct prng *prng = generator(st);
    if (prng == NULL || !argument_array(st, "random_choice", args[0], &a))
        return false;
    *result = a->len == 0
                  ? value_int(0)
                  : value_retain(array_get(a, (size_t)prng_below(prng, a->len)));
    return true;
}

bool random_id(struct state *st, struct value *args, uint32_t nargs,
               struct value *result)
{
    (void)nargs;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    int64_t n = 0;
    struct prng *prng = generator(st);
    if (prng == NULL || !argument_integer(st, "random_id", args[0], &n))
        return false;
    if (n < 0 || n > RANDOM_ID_MAX)
        return argument_raise(st, "random_id", "a length between 0 and 1048576");
    struct string *s = string_new_uninit(st, (size_t)n);
    if (s == NULL)
        return false;
    for (size_t i = 0; i < (size_t)n; i++)
        s->data[i] = letters[prng_below(prng, sizeof(letters) - 1)];
    string_seal(s, (size_t)n);
    *result = string_value(s);
    return true;
}

bool random_uuid_v4(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)args;
    (void)nargs;
    struct prng *prng = generator(st);
    if (prng == NULL)
        return false;
    uint64_t a = prng_u64(prng), b = prng_u64(prng);
    /* RFC 4122: version 4 in the third group, variant 10 in the fourth. */
    return string_make_format(st, result, "%08x-%04x-4%03x-%04x-%012llx",
                              (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xFFFF),
                              (unsigned)(a & 0xFFF),
                              (unsigned)(b >> 48 & 0x3FFF) | 0x8000U,
                              (unsigned long long)(b & UINT64_C(0xFFFFFFFFFFFF)));
}

bool random_set_seed(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    struct scope_random *r = lib_state_random(st);
    if (r == NULL)
        return false;
    if (!argument_is_number(args[0]))
        return argument_raise(st, "set_random_seed", "a number");
    prng_seed(&r->prng, args[0].as.bits);
    r->ready = true;
    *result = value_null();
    return true;
}

bool random_clear_seed(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    (void)args;
    (void)nargs;
    struct scope_random *r = lib_state_random(st);
    if (r == NULL)
        return false;
    prng_seed(&r->prng, system_seed());
    r->ready = true;
    *result = value_null();
    return true;
}
