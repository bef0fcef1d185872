#include "config.h"

#include "base/utf8.h"

#include <string.h>

#include "base/strbuf.h"

/* Eight bytes at a time: the high bit of each byte tells ASCII from the rest. */
#define HIGH_BITS UINT64_C(0x8080808080808080)
#define LOW_BITS  UINT64_C(0x0101010101010101)

static uint64_t load_word(const char *bytes);
static bool is_continuation(char c);
static unsigned count_starts(uint64_t word);
static size_t sequence_length(unsigned char lead);
static void second_byte_range(unsigned char lead, unsigned char *low,
                              unsigned char *high);
static size_t invalid_length(const char *bytes, size_t n);

/* ---- one code point ----------------------------------------------------------- */

size_t utf8_decode(const char *bytes, size_t n, uint32_t *code_point)
{
    if (n == 0)
        return 0;
    unsigned char lead = (unsigned char)bytes[0];
    if (lead < 0x80) {
        *code_point = lead;
        return 1;
    }
    size_t length = sequence_length(lead);
    if (length == 0 || length > n)
        return 0;
    unsigned char low, high;
    second_byte_range(lead, &low, &high);
    unsigned char second = (unsigned char)bytes[1];
    if (second < low || second > high)
        return 0;
    uint32_t value = lead & (0xFFu >> (length + 1));
    value = value << 6 | (second & 0x3F);
    for (size_t i = 2; i < length; i++) {
        if (!is_continuation(bytes[i]))
            return 0;
        value = value << 6 | ((unsigned char)bytes[i] & 0x3F);
    }
    *code_point = value;
    return length;
}

size_t utf8_encode(uint32_t code_point, char out[UTF8_MAX_BYTES])
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        if (code_point >= 0xD800 && code_point <= 0xDFFF)
            return 0;
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    if (code_point > UTF8_MAX_CODE_POINT)
        return 0;
    out[0] = (char)(0xF0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

/* ---- whole texts -------------------------------------------------------------- */

bool utf8_is_ascii(const char *bytes, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        if ((load_word(bytes + i) & HIGH_BITS) != 0)
            return false;
    }
    for (; i < n; i++) {
        if ((unsigned char)bytes[i] >= 0x80)
            return false;
    }
    return true;
}

size_t utf8_valid_prefix(const char *bytes, size_t n)
{
    size_t i = 0;
    while (i < n) {
        if (i + 8 <= n && (load_word(bytes + i) & HIGH_BITS) == 0) {
            i += 8;
            continue;
        }
        uint32_t ignored;
        size_t length = utf8_decode(bytes + i, n - i, &ignored);
        if (length == 0)
            break;
        i += length;
    }
    return i;
}

bool utf8_valid(const char *bytes, size_t n)
{
    return utf8_valid_prefix(bytes, n) == n;
}

size_t utf8_count(const char *bytes, size_t n)
{
    size_t count = 0, i = 0;
    for (; i + 8 <= n; i += 8)
        count += count_starts(load_word(bytes + i));
    for (; i < n; i++)
        count += !is_continuation(bytes[i]);
    return count;
}

size_t utf8_advance(const char *bytes, size_t n, size_t count)
{
    size_t i = 0;
    while (i + 8 <= n) {
        unsigned starts = count_starts(load_word(bytes + i));
        if (starts > count)
            break;
        count -= starts;
        i += 8;
    }
    /* The word boundary may fall inside a sequence whose start was counted. */
    while (i < n && is_continuation(bytes[i]))
        i++;
    while (i < n && count > 0) {
        i++;
        while (i < n && is_continuation(bytes[i]))
            i++;
        count--;
    }
    return i;
}

size_t utf8_retreat(const char *bytes, size_t at)
{
    at--;
    while (at > 0 && is_continuation(bytes[at]))
        at--;
    return at;
}

bool utf8_replace_invalid(struct strbuf *out, const char *bytes, size_t n)
{
    while (n > 0) {
        size_t valid = utf8_valid_prefix(bytes, n);
        if (!strbuf_append(out, bytes, valid))
            return false;
        bytes += valid;
        n -= valid;
        if (n == 0)
            break;
        size_t bad = invalid_length(bytes, n);
        if (!strbuf_append_utf8(out, UTF8_REPLACEMENT))
            return false;
        bytes += bad;
        n -= bad;
    }
    return true;
}

/* ---- helpers ------------------------------------------------------------------ */

static uint64_t load_word(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Bytes of the word that are not 10xxxxxx. */
static unsigned count_starts(uint64_t word)
{
    uint64_t continuation = (word >> 7) & ~(word >> 6) & LOW_BITS;
    return 8 - (unsigned)((continuation * LOW_BITS) >> 56);
}

/* 0 for a byte that starts nothing: continuations, C0, C1 and F5 to FF. */
static size_t sequence_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2)
        return 0;
    if (lead < 0xE0)
        return 2;
    if (lead < 0xF0)
        return 3;
    return lead < 0xF5 ? 4 : 0;
}

/* The second byte alone decides overlong forms, surrogates and the upper end. */
static void second_byte_range(unsigned char lead, unsigned char *low,
                              unsigned char *high)
{
    *low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    *high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
}

/* Bytes of the longest start of a sequence that could have become valid, at least 1. */
static size_t invalid_length(const char *bytes, size_t n)
{
    unsigned char lead = (unsigned char)bytes[0];
    size_t length = sequence_length(lead);
    if (length < 2 || n < 2)
        return 1;
    unsigned char low, high;
    second_byte_range(lead, &low, &high);
    unsigned char second = (unsigned char)bytes[1];
    if (second < low || second > high)
        return 1;
    size_t i = 2;
    while (i < length && i < n && is_continuation(bytes[i]))
        i++;
    return i;
}
