#include "config.h"

#include "lib/unicode.h"

#include "base/strbuf.h"
#include "base/utf8.h"

struct case_run {
    uint32_t first, last;
    uint32_t step;
    int32_t delta;
};

struct range {
    uint32_t first, last;
    uint32_t step;
};

struct special {
    uint32_t from;
    uint32_t to[UNICODE_MAX_UPPER];
};

static const struct case_run upper_runs[] = {
#define UNICODE_UPPER(first, last, step, delta) {first, last, step, delta},
#include "lib/unicode_tables.def"
};

static const struct case_run lower_runs[] = {
#define UNICODE_LOWER(first, last, step, delta) {first, last, step, delta},
#include "lib/unicode_tables.def"
};

static const struct special upper_specials[] = {
#define UNICODE_UPPER_SPECIAL(c, a, b, d) {c, {a, b, d}},
#include "lib/unicode_tables.def"
};

/* Sorted by `key`, which may repeat. */
struct pair {
    uint32_t key, value;
};

static const struct pair folds[] = {
#define UNICODE_FOLD(c, f) {c, f},
#include "lib/unicode_tables.def"
};

static const struct pair more_variants[] = {
#define UNICODE_FOLD_MORE(f, c) {f, c},
#include "lib/unicode_tables.def"
};

static const struct range alnum_ranges[] = {
#define UNICODE_ALNUM(first, last) {first, last, 1},
#include "lib/unicode_tables.def"
};

static const struct range capital_ranges[] = {
#define UNICODE_CAPITAL(first, last, step) {first, last, step},
#include "lib/unicode_tables.def"
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum {
    CAPITAL_SIGMA = 0x03A3,
    SMALL_SIGMA = 0x03C3,
    FINAL_SIGMA = 0x03C2,
    CAPITAL_I_DOT = 0x0130,
    COMBINING_DOT = 0x0307,
};

static const struct case_run *find_case(const struct case_run *runs, size_t n,
                                        uint32_t c);
static bool in_ranges(const struct range *ranges, size_t n, uint32_t c);
static size_t find_pair(const struct pair *pairs, size_t n, uint32_t key);
static bool ends_word(const char *text, size_t len, size_t at, size_t after);

/* ---- one code point -------------------------------------------------------------- */

unsigned unicode_upper(uint32_t c, uint32_t out[UNICODE_MAX_UPPER])
{
    if (c < 0x80) {
        out[0] = c >= 'a' && c <= 'z' ? c - 32 : c;
        return 1;
    }
    const struct case_run *run = find_case(upper_runs, COUNT(upper_runs), c);
    if (run != NULL) {
        out[0] = (uint32_t)((int32_t)c + run->delta);
        return 1;
    }
    size_t low = 0, high = COUNT(upper_specials);
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct special *special = &upper_specials[middle];
        if (special->from == c) {
            unsigned n = 0;
            while (n < UNICODE_MAX_UPPER && special->to[n] != 0) {
                out[n] = special->to[n];
                n++;
            }
            return n;
        }
        if (special->from < c)
            low = middle + 1;
        else
            high = middle;
    }
    out[0] = c;
    return 1;
}

uint32_t unicode_lower(uint32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c == CAPITAL_I_DOT)
        return 'i';
    const struct case_run *run = find_case(lower_runs, COUNT(lower_runs), c);
    return run != NULL ? (uint32_t)((int32_t)c + run->delta) : c;
}

uint32_t unicode_fold(uint32_t c)
{
    if (c < 0x80)
        return unicode_lower(c);
    size_t at = find_pair(folds, COUNT(folds), c);
    return at < COUNT(folds) && folds[at].key == c ? folds[at].value : unicode_lower(c);
}

unsigned unicode_case_variants(uint32_t c, uint32_t out[UNICODE_MAX_VARIANTS])
{
    uint32_t folded = unicode_fold(c), upper[UNICODE_MAX_UPPER];
    unsigned n = 0;
    out[n++] = folded;
    /* The upper case of the dotless i is the plain I, which folds to another letter. */
    if (unicode_upper(folded, upper) == 1 && upper[0] != folded &&
        unicode_fold(upper[0]) == folded)
        out[n++] = upper[0];
    for (size_t at = find_pair(more_variants, COUNT(more_variants), folded);
         n < UNICODE_MAX_VARIANTS && at < COUNT(more_variants) &&
         more_variants[at].key == folded;
         at++)
        out[n++] = more_variants[at].value;
    return n;
}

bool unicode_is_alnum(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
    return in_ranges(alnum_ranges, COUNT(alnum_ranges), c);
}

bool unicode_is_upper(uint32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z';
    return in_ranges(capital_ranges, COUNT(capital_ranges), c);
}

bool unicode_is_space(uint32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= 0x09 && c <= 0x0D);
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/* ---- texts ----------------------------------------------------------------------- */

bool unicode_append_upper(struct strbuf *out, const char *text, size_t len)
{
    if (!strbuf_reserve(out, len))
        return false;
    for (size_t at = 0; at < len;) {
        uint32_t c = 0, to[UNICODE_MAX_UPPER];
        size_t n = utf8_decode(text + at, len - at, &c);
        if (n == 0)
            break;
        unsigned count = unicode_upper(c, to);
        for (unsigned i = 0; i < count; i++)
            strbuf_append_utf8(out, to[i]);
        at += n;
    }
    return !strbuf_failed(out);
}

bool unicode_append_lower(struct strbuf *out, const char *text, size_t len, size_t from,
                          size_t to)
{
    if (!strbuf_reserve(out, to - from))
        return false;
    for (size_t at = from; at < to;) {
        uint32_t c = 0;
        size_t n = utf8_decode(text + at, to - at, &c);
        if (n == 0)
            break;
        if (c == CAPITAL_SIGMA)
            strbuf_append_utf8(out, ends_word(text, len, at, at + n) ? FINAL_SIGMA
                                                                     : SMALL_SIGMA);
        else
            strbuf_append_utf8(out, unicode_lower(c));
        if (c == CAPITAL_I_DOT)
            strbuf_append_utf8(out, COMBINING_DOT);
        at += n;
    }
    return !strbuf_failed(out);
}

size_t unicode_leading_space(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len) {
        uint32_t c = 0;
        size_t n = utf8_decode(text + at, len - at, &c);
        if (n == 0 || !unicode_is_space(c))
            break;
        at += n;
    }
    return at;
}

size_t unicode_trailing_space(const char *text, size_t len)
{
    size_t end = len;
    while (end > 0) {
        size_t start = utf8_retreat(text, end);
        uint32_t c = 0;
        if (utf8_decode(text + start, end - start, &c) == 0 || !unicode_is_space(c))
            break;
        end = start;
    }
    return len - end;
}

/* ---- tables ---------------------------------------------------------------------- */

static const struct case_run *find_case(const struct case_run *runs, size_t n,
                                        uint32_t c)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct case_run *run = &runs[middle];
        if (c < run->first)
            high = middle;
        else if (c > run->last)
            low = middle + 1;
        else
            return (c - run->first) % run->step == 0 ? run : NULL;
    }
    return NULL;
}

static bool in_ranges(const struct range *ranges, size_t n, uint32_t c)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct range *range = &ranges[middle];
        if (c < range->first)
            high = middle;
        else if (c > range->last)
            low = middle + 1;
        else
            return (c - range->first) % range->step == 0;
    }
    return false;
}

/* Index of the first pair with a key of at least `key`. */
static size_t find_pair(const struct pair *pairs, size_t n, uint32_t key)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (pairs[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Final sigma: a letter stands before and none after (Unicode 3.13, without the marks that
   may be skipped between them). */
static bool ends_word(const char *text, size_t len, size_t at, size_t after)
{
    uint32_t c = 0;
    if (at == 0)
        return false;
    size_t before = utf8_retreat(text, at);
    if (utf8_decode(text + before, at - before, &c) == 0 || !unicode_is_alnum(c))
        return false;
    return utf8_decode(text + after, len - after, &c) == 0 || !unicode_is_alnum(c);
}
