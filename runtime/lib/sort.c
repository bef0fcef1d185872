#include "config.h"

#include "lib/sort.h"

#include <string.h>

#include "base/sizing.h"
#include "core/array.h"
#include "core/ops.h"
#include "core/poll.h"
#include "core/state.h"
#include "lib/argument.h"
#include "lib/builtins.h"

enum {
    RADIX_MIN = SIZE_OR_TINY(
        128, 2), /* below, clearing eight histograms costs more than insertion */
    RADIX_DIGITS = 8,
    RADIX_BUCKETS = 256,
    RUN = SIZE_OR_TINY(12, 2) /* items sorted by insertion before merging starts */
};

static bool sort_packed(struct state *st, struct array *a);
static bool sort_boxed(struct state *st, struct array *a);

/* ---- builtin --------------------------------------------------------------------- */

bool sort_sort(struct state *st, struct value *args, uint32_t nargs,
               struct value *result)
{
    (void)nargs;
    if (args[0].kind != VALUE_ARRAY)
        return argument_raise(st, "sort", "an array");
    if (!array_make_unique(st, &args[0]))
        return false;
    struct array *a = ARRAY_OF(args[0]);
    if (a->len > 1 &&
        !(array_rep(a) == ARRAY_VALUES ? sort_boxed(st, a) : sort_packed(st, a)))
        return false;
    *result = value_take(&args[0]);
    return true;
}

static bool sort_packed(struct state *st, struct array *a)
{
    size_t size = a->len * sizeof(int64_t);
    void *spare = heap_alloc(st, size, HEAP_BUILTIN);
    if (spare == NULL)
        return false;
    bool ok = a->head.reserved == ARRAY_INTS
                  ? sort_ints(st, a->items.ints, a->len, spare)
                  : sort_floats(st, a->items.floats, a->len, spare);
    heap_free(st, spare, size);
    return ok;
}

static bool sort_boxed(struct state *st, struct array *a)
{
    struct value *values = a->items.values;
    bool strings = true;
    for (size_t i = 0; i < a->len && strings; i++)
        strings = values[i].kind == VALUE_STRING;
    size_t size =
        a->len * (strings ? 2 * sizeof(struct sort_string) : sizeof(struct value));
    void *spare = heap_alloc(st, size, HEAP_BUILTIN);
    if (spare == NULL)
        return false;
    bool ok;
    if (strings) {
        struct sort_string *items = spare;
        for (size_t i = 0; i < a->len; i++)
            items[i] = (struct sort_string){sort_string_prefix(STRING_OF(values[i])),
                                            STRING_OF(values[i])};
        ok = sort_strings(st, items, a->len, items + a->len);
        for (size_t i = 0; i < a->len; i++)
            values[i] = value_object(&items[i].string->head);
    } else {
        ok = sort_values(st, values, a->len, spare);
    }
    heap_free(st, spare, size);
    return ok;
}

/* ---- strings and the rest --------------------------------------------------------- */

uint64_t sort_string_prefix(const struct string *s)
{
    uint64_t prefix = 0;
    size_t n = s->len < 8 ? s->len : 8;
    for (size_t i = 0; i < n; i++)
        prefix |= (uint64_t)(unsigned char)s->data[i] << (56 - 8 * i);
    return prefix;
}

static bool string_before(const struct sort_string *a, const struct sort_string *b)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix;
    size_t n = a->string->len < b->string->len ? a->string->len : b->string->len;
    int order = memcmp(a->string->data, b->string->data, n);
    return order < 0 || (order == 0 && a->string->len < b->string->len);
}

static bool int_before(const int64_t *a, const int64_t *b)
{
    return *a < *b;
}

/* NaN behind all numbers. */
static bool float_before(const double *a, const double *b)
{
    return *a < *b || (*a == *a && *b != *b);
}

static bool value_before(const struct value *a, const struct value *b)
{
    return ops_sort_order(*a, *b) < 0;
}

/* Bottom-up merge sort over runs made by insertion; `before(a, b)`: a strictly before b. */
#define MERGE_SORT_DEFINE(storage, name, type, before)                              \
    storage bool name(struct state *st, type *items, size_t n, type *spare)         \
    {                                                                               \
        bool ok = true;                                                             \
        for (size_t low = 0; low < n; low += RUN) {                                 \
            size_t high = low + RUN < n ? low + RUN : n;                            \
            for (size_t i = low + 1; i < high; i++) {                               \
                type item = items[i];                                               \
                size_t at = i;                                                      \
                for (; at > low && before(&item, &items[at - 1]); at--)             \
                    items[at] = items[at - 1];                                      \
                items[at] = item;                                                   \
            }                                                                       \
        }                                                                           \
        type *from = items, *to = spare;                                            \
        for (size_t width = RUN; ok && width < n; width *= 2) {                     \
            for (size_t low = 0; ok && low < n; low += 2 * width) {                 \
                size_t middle = low + width < n ? low + width : n;                  \
                size_t high = low + 2 * width < n ? low + 2 * width : n;            \
                size_t i = low, j = middle, k = low;                                \
                if (middle == high || !before(&from[middle], &from[middle - 1])) {  \
                    memcpy(to + low, from + low, (high - low) * sizeof(type));      \
                    continue;                                                       \
                }                                                                   \
                while (ok && i < middle && j < high) {                              \
                    to[k++] = before(&from[j], &from[i]) ? from[j++] : from[i++];   \
                    ok = poll_now(st);                                              \
                }                                                                   \
                if (!ok)                                                            \
                    break;                                                          \
                memcpy(to + k, from + i, (middle - i) * sizeof(type));              \
                memcpy(to + k + (middle - i), from + j, (high - j) * sizeof(type)); \
            }                                                                       \
            if (!ok)                                                                \
                break;                                                              \
            type *swap = from;                                                      \
            from = to;                                                              \
            to = swap;                                                              \
        }                                                                           \
        /* Also when stopped: all items are in `from`. */                           \
        if (from != items)                                                          \
            memcpy(items, from, n * sizeof(type));                                  \
        return ok;                                                                  \
    }

MERGE_SORT_DEFINE(static, merge_ints, int64_t, int_before)
MERGE_SORT_DEFINE(static, merge_floats, double, float_before)
MERGE_SORT_DEFINE(, sort_strings, struct sort_string, string_before)
MERGE_SORT_DEFINE(, sort_values, struct value, value_before)

/* ---- numbers --------------------------------------------------------------------- */

/*
 * Least significant byte first; bytes that are equal in all items cost one look. `key` maps
 * an item to an unsigned number in the wanted order; equal keys keep their order.
 */
#define RADIX_SORT_DEFINE(name, type, key)                                  \
    static bool name(struct state *st, type *items, size_t n, type *spare)  \
    {                                                                       \
        bool ok = true;                                                     \
        uint32_t counts[RADIX_DIGITS][RADIX_BUCKETS];                       \
        memset(counts, 0, sizeof(counts));                                  \
        for (size_t i = 0; i < n; i++) {                                    \
            uint64_t k = key(items[i]);                                     \
            for (unsigned d = 0; d < RADIX_DIGITS; d++)                     \
                counts[d][(k >> (8 * d)) & 255]++;                          \
        }                                                                   \
        type *from = items, *to = spare;                                    \
        for (unsigned d = 0; ok && d < RADIX_DIGITS; d++) {                 \
            uint32_t *count = counts[d];                                    \
            if (count[(key(from[0]) >> (8 * d)) & 255] == n)                \
                continue;                                                   \
            uint32_t sum = 0;                                               \
            for (size_t b = 0; b < RADIX_BUCKETS; b++) {                    \
                uint32_t c = count[b];                                      \
                count[b] = sum;                                             \
                sum += c;                                                   \
            }                                                               \
            for (size_t i = 0; ok && i < n; ok = poll_now(st))              \
                for (size_t end = poll_block(i, n); i < end; i++)           \
                    to[count[(key(from[i]) >> (8 * d)) & 255]++] = from[i]; \
            if (!ok)                                                        \
                break;                                                      \
            type *swap = from;                                              \
            from = to;                                                      \
            to = swap;                                                      \
        }                                                                   \
        if (from != items)                                                  \
            memcpy(items, from, n * sizeof(*items));                        \
        return ok;                                                          \
    }

#define SIGN_BIT (UINT64_C(1) << 63)

static inline uint64_t int_key(int64_t i)
{
    return (uint64_t)i ^ SIGN_BIT;
}

/* Negative numbers run backwards; the zeros are equal, and all NaNs, which come last. */
static inline uint64_t float_key(double f)
{
    uint64_t bits;
    if (f != f)
        return UINT64_MAX;
    f += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &f, sizeof(bits));
    return (bits & SIGN_BIT) != 0 ? ~bits : bits | SIGN_BIT;
}

RADIX_SORT_DEFINE(radix_ints, int64_t, int_key)
RADIX_SORT_DEFINE(radix_floats, double, float_key)

/* The histograms count to 2^32. */
static bool wants_radix(size_t n)
{
    return n >= RADIX_MIN && n <= UINT32_MAX;
}

bool sort_ints(struct state *st, int64_t *items, size_t n, int64_t *spare)
{
    size_t sorted = 1;
    while (sorted < n && items[sorted - 1] <= items[sorted])
        sorted++;
    if (sorted >= n)
        return true;
    if (wants_radix(n))
        return radix_ints(st, items, n, spare);
    return merge_ints(st, items, n, spare);
}

bool sort_floats(struct state *st, double *items, size_t n, double *spare)
{
    size_t sorted = 1;
    while (sorted < n && items[sorted - 1] <= items[sorted])
        sorted++;
    if (sorted >= n)
        return true;
    if (wants_radix(n))
        return radix_floats(st, items, n, spare);
    return merge_floats(st, items, n, spare);
}
