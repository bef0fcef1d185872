#include "config.h"

#include "core/dict_order.h"

#include <string.h>

#include "base/sizing.h"
#include "core/dict.h"
#include "core/error.h"
#include "core/heap.h"
#include "core/poll.h"
#include "core/string.h"

/* d->order lists positions of entries that are gone (head.reserved, beside DICT_NUMERIC). */
#define DICT_STALE 0x2u
/* Below this merge sort beats the passes over 256 buckets. */
#define RADIX_MIN  SIZE_OR_TINY(512u, 16u)

/* A key to be sorted: most comparisons end at the prefix. */
struct item {
    uint64_t prefix; /* order of the first 8 bytes, or of the number */
    uint32_t position;
};

/* What a sort works on. */
struct sorting {
    const struct dict *dict;
    struct item *items, *scratch;
    size_t n;
    bool numeric;
    bool decisive; /* equal prefixes mean equal keys */
};

static bool keys_numeric(const struct dict *d);
static bool sort_tail(struct state *st, const struct dict *d, size_t from, bool numeric,
                      struct sorting *out);
static bool sort_items(struct state *st, struct sorting *s);
static int compare_keys(const struct dict *d, uint32_t a, uint32_t b, bool numeric);
static uint64_t prefix_of(struct value key, bool numeric);

static size_t order_bytes(size_t n)
{
    return n * sizeof(uint32_t);
}

/* Sets the bits of head.reserved that tell of the order. */
static void set_order_bits(struct dict *d, uint32_t bits)
{
    uint32_t others = d->head.reserved & ~(DICT_NUMERIC | DICT_STALE);
    d->head.reserved = (uint16_t)(others | bits);
}

/* ---- the kept order ------------------------------------------------------------------- */

void dict_order_drop(struct state *st, struct dict *d)
{
    heap_free(st, d->order, order_bytes(d->order_capacity));
    d->order = NULL;
    d->order_len = d->order_used = d->order_capacity = 0;
    set_order_bits(d, 0);
}

void dict_order_copy(struct state *st, struct dict *d, const struct dict *from)
{
    /* A large order is worth its memory only if it saves a sort. */
    if (from->order == NULL || (from->head.reserved & DICT_STALE) != 0 ||
        from->order_len == 0)
        return;
    uint32_t *order = heap_alloc(st, order_bytes(from->order_len), HEAP_COPY_ON_WRITE);
    if (order == NULL) {
        /* The order can be made again; the copy itself has succeeded. */
        error_clear(st);
        return;
    }
    memcpy(order, from->order, order_bytes(from->order_len));
    d->order = order;
    d->order_capacity = d->order_len = from->order_len;
    d->order_used = from->order_used;
    set_order_bits(d, from->head.reserved & DICT_NUMERIC);
}

void dict_order_removed(struct state *st, struct dict *d, size_t position)
{
    (void)st;
    if (position < d->order_used)
        d->head.reserved |= DICT_STALE;
}

static bool is_current(const struct dict *d)
{
    return d->order != NULL && d->order_used == d->used &&
           (d->head.reserved & DICT_STALE) == 0;
}

/* Takes positions of removed entries out of the order. */
static void drop_stale(struct dict *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->order_len; i++) {
        if (d->entries[d->order[i]].key.kind != VALUE_UNSET)
            d->order[n++] = d->order[i];
    }
    d->order_len = (uint32_t)n;
    d->head.reserved &= (uint16_t)~DICT_STALE;
}

static bool reserve_order(struct state *st, struct dict *d, size_t n)
{
    if (n <= d->order_capacity)
        return true;
    size_t capacity = n + n / 4;
    uint32_t *order = heap_realloc(st, d->order, order_bytes(d->order_capacity),
                                   order_bytes(capacity), HEAP_DICT_GROW);
    if (order == NULL)
        return false;
    d->order = order;
    d->order_capacity = (uint32_t)capacity;
    return true;
}

/* Merges the sorted items into d->order from the back, so that no copy is needed. */
static void merge_tail(struct dict *d, const struct sorting *s)
{
    size_t left = d->order_len, right = s->n, to = left + right;
    d->order_len = (uint32_t)to;
    while (right > 0) {
        const struct item *item = &s->items[right - 1];
        bool take_left = false;
        if (left > 0) {
            uint32_t position = d->order[left - 1];
            uint64_t prefix = prefix_of(d->entries[position].key, s->numeric);
            take_left = prefix != item->prefix
                            ? prefix > item->prefix
                            : compare_keys(d, position, item->position, s->numeric) > 0;
        }
        if (take_left)
            d->order[--to] = d->order[--left];
        else
            d->order[--to] = s->items[--right].position;
    }
}

const uint32_t *dict_sorted(struct state *st, struct dict *d)
{
    static const uint32_t nothing[1] = {0};
    if (d->len == 0)
        return nothing;
    if (is_current(d))
        return d->order;
    bool numeric = keys_numeric(d);
    if (d->order != NULL && numeric != ((d->head.reserved & DICT_NUMERIC) != 0)) {
        d->order_len = d->order_used = 0;
        set_order_bits(d, 0);
    }
    drop_stale(d);
    struct sorting s;
    if (!reserve_order(st, d, d->len) || !sort_tail(st, d, d->order_used, numeric, &s))
        return NULL;
    merge_tail(d, &s);
    heap_free(st, s.items, 2 * s.n * sizeof *s.items);
    d->order_used = (uint32_t)d->used;
    set_order_bits(d, numeric ? DICT_NUMERIC : 0);
    return d->order;
}

uint32_t *dict_sorted_bytes(struct state *st, const struct dict *d)
{
    uint32_t *positions = heap_alloc(st, order_bytes(d->len), HEAP_BUILTIN);
    struct sorting s;
    if (positions == NULL)
        return NULL;
    if (is_current(d) && (d->head.reserved & DICT_NUMERIC) == 0) {
        memcpy(positions, d->order, order_bytes(d->len));
        return positions;
    }
    if (!sort_tail(st, d, 0, false, &s)) {
        heap_free(st, positions, order_bytes(d->len));
        return NULL;
    }
    for (size_t i = 0; i < s.n; i++)
        positions[i] = s.items[i].position;
    heap_free(st, s.items, 2 * s.n * sizeof *s.items);
    return positions;
}

void dict_positions_free(struct state *st, uint32_t *positions, const struct dict *d)
{
    heap_free(st, positions, order_bytes(d->len));
}

/* ---- comparing keys ------------------------------------------------------------------- */

/* True when every key is a decimal integer, of any length. */
static bool keys_numeric(const struct dict *d)
{
    size_t strings = d->string_keys;
    for (size_t i = 0; strings > 0; i++) {
        struct value key = d->entries[i].key;
        if (key.kind != VALUE_STRING)
            continue;
        if (!string_is_decimal(STRING_OF(key)))
            return false;
        strings--;
    }
    return true;
}

static uint64_t prefix_of(struct value key, bool numeric)
{
    char buf[24];
    size_t len;
    if (numeric) {
        if (key.kind == VALUE_INT)
            return (uint64_t)key.as.integer ^ (uint64_t)1 << 63;
        /* Decimals that do not fit lie beyond all that do. */
        return STRING_OF(key)->data[0] == '-' ? 0 : UINT64_MAX;
    }
    const char *text = dict_key_text(key, buf, &len);
    unsigned char first[8] = {0};
    memcpy(first, text, len < sizeof first ? len : sizeof first);
    uint64_t prefix = 0;
    for (size_t i = 0; i < sizeof first; i++)
        prefix = prefix << 8 | first[i];
    return prefix;
}

static int compare_texts(const char *a, size_t alen, const char *b, size_t blen)
{
    int order = memcmp(a, b, alen < blen ? alen : blen);
    return order != 0 ? order : (alen > blen) - (alen < blen);
}

/* Order of two decimal texts by value. */
static int compare_decimals(const char *a, size_t alen, const char *b, size_t blen)
{
    bool negative = a[0] == '-';
    if (negative != (b[0] == '-'))
        return negative ? -1 : 1;
    int order = alen != blen ? (alen > blen) - (alen < blen) : memcmp(a, b, alen);
    return negative ? -order : order;
}

static int compare_keys(const struct dict *d, uint32_t a, uint32_t b, bool numeric)
{
    char abuf[24], bbuf[24];
    size_t alen, blen;
    const char *atext = dict_key_text(d->entries[a].key, abuf, &alen);
    const char *btext = dict_key_text(d->entries[b].key, bbuf, &blen);
    return numeric ? compare_decimals(atext, alen, btext, blen)
                   : compare_texts(atext, alen, btext, blen);
}

/* ---- sorting -------------------------------------------------------------------------- */

/* Sorts the live entries from position `from` on; the caller frees out->items. */
static bool sort_tail(struct state *st, const struct dict *d, size_t from, bool numeric,
                      struct sorting *out)
{
    size_t n = 0;
    for (size_t i = from; i < d->used; i++)
        n += d->entries[i].key.kind != VALUE_UNSET;
    struct sorting s = {.dict = d, .n = n, .numeric = numeric};
    s.decisive = numeric && d->string_keys == 0;
    if (n > 0) {
        s.items = heap_alloc(st, 2 * n * sizeof *s.items, HEAP_DICT_GROW);
        if (s.items == NULL)
            return false;
        s.scratch = s.items + n;
    }
    n = 0;
    for (size_t i = from; i < d->used; i++) {
        struct value key = d->entries[i].key;
        if (key.kind == VALUE_UNSET)
            continue;
        s.items[n++] =
            (struct item){.prefix = prefix_of(key, numeric), .position = (uint32_t)i};
    }
    if (!sort_items(st, &s)) {
        heap_free(st, s.items, 2 * s.n * sizeof *s.items);
        return false;
    }
    *out = s;
    return true;
}

static int compare_items(const struct sorting *s, const struct item *a,
                         const struct item *b)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return s->decisive ? 0
                       : compare_keys(s->dict, a->position, b->position, s->numeric);
}

static bool is_sorted(const struct sorting *s)
{
    for (size_t i = 1; i < s->n; i++) {
        if (compare_items(s, &s->items[i - 1], &s->items[i]) > 0)
            return false;
    }
    return true;
}

static void insertion_sort(const struct sorting *s, struct item *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct item item = items[i];
        size_t at = i;
        for (; at > 0 && compare_items(s, &items[at - 1], &item) > 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Merges the sorted halves [0, mid) and [mid, n) of `from` into `to`. */
static bool merge(struct state *st, const struct sorting *s, const struct item *from,
                  size_t mid, size_t n, struct item *to)
{
    size_t a = 0, b = mid;
    for (size_t i = 0; i < n;) {
        if (!poll_now(st))
            return false;
        for (size_t end = poll_block(i, n); i < end; i++) {
            bool left =
                b == n || (a < mid && compare_items(s, &from[a], &from[b]) <= 0);
            to[i] = left ? from[a++] : from[b++];
        }
    }
    return true;
}

/* Bottom-up merge sort of n items, with as much scratch. */
static bool merge_sort(struct state *st, const struct sorting *s, struct item *items,
                       struct item *scratch, size_t n)
{
    enum {
        RUN = SIZE_OR_TINY(12, 2)
    };
    for (size_t i = 0; i < n; i += RUN)
        insertion_sort(s, items + i, n - i < RUN ? n - i : RUN);
    struct item *from = items, *to = scratch;
    for (size_t width = RUN; width < n; width *= 2) {
        for (size_t i = 0; i < n; i += 2 * width) {
            size_t left = n - i;
            if (!merge(st, s, from + i, left < width ? left : width,
                       left < 2 * width ? left : 2 * width, to + i))
                return false;
        }
        struct item *swap = from;
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, n * sizeof *items);
    return true;
}

/* One stable pass over the byte of the prefix at `shift`; false: all bytes are equal. */
static bool radix_pass(const struct item *from, struct item *to, size_t n,
                       unsigned shift)
{
    size_t starts[256] = {0};
    for (size_t i = 0; i < n; i++)
        starts[from[i].prefix >> shift & 0xFF]++;
    if (starts[from[0].prefix >> shift & 0xFF] == n)
        return false;
    size_t sum = 0;
    for (size_t i = 0; i < 256; i++) {
        size_t count = starts[i];
        starts[i] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[starts[from[i].prefix >> shift & 0xFF]++] = from[i];
    return true;
}

/* Sorts by prefix alone. */
static bool radix_sort(struct state *st, struct sorting *s)
{
    struct item *from = s->items, *to = s->scratch;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if (!poll_now(st))
            return false;
        if (radix_pass(from, to, s->n, shift)) {
            struct item *swap = from;
            from = to;
            to = swap;
        }
    }
    if (from != s->items)
        memcpy(s->items, from, s->n * sizeof *s->items);
    return true;
}

/* False when interrupted. */
static bool sort_items(struct state *st, struct sorting *s)
{
    if (is_sorted(s))
        return true;
    if (s->n < RADIX_MIN)
        return merge_sort(st, s, s->items, s->scratch, s->n);
    if (!radix_sort(st, s))
        return false;
    if (s->decisive)
        return true;
    for (size_t i = 0; i < s->n;) {
        size_t end = i + 1;
        while (end < s->n && s->items[end].prefix == s->items[i].prefix)
            end++;
        if (end - i > 1 && !merge_sort(st, s, s->items + i, s->scratch, end - i))
            return false;
        i = end;
    }
    return true;
}
