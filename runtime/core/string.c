#include "config.h"

#include "core/string.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/sizing.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "core/error.h"
#include "core/heap_private.h"

/* Strings below this double their capacity when they grow, larger ones add half. */
#define STRING_DOUBLE_MAX ((size_t)1 << 20)
#define ASCII_COUNT       128u
/* Bytes of a string object with a capacity of `c` bytes. */
#define STRING_SIZE(c)    (sizeof(struct string) + (c) + 1)

struct string_table {
    struct string *empty;
    struct string *ascii[ASCII_COUNT];
    /* Where the last byte offset was looked up: walks over text that is not ASCII move by
       small steps. NULL when the string is gone. */
    const struct string *cursor;
    size_t cursor_chars, cursor_bytes;
    char *block; /* memory of all of them */
};

/* ---- making --------------------------------------------------------------------------- */

/* The capacity that fills up the 16-byte class of a string of `len` bytes. */
static size_t rounded_capacity(size_t len)
{
    return ((STRING_SIZE(len) + 15) & ~(size_t)15) - STRING_SIZE(0);
}

static struct string *alloc_string(struct state *st, size_t capacity,
                                   enum heap_cause cause)
{
    if (capacity > STRING_MAX_BYTES) {
        error_out_of_memory(st);
        return NULL;
    }
    struct object *o = heap_object(st, STRING_SIZE(capacity), VALUE_STRING, cause);
    if (o == NULL)
        return NULL;
    struct string *s = (struct string *)(void *)o;
    s->hash = 0;
    s->capacity = capacity;
    return s;
}

struct string *string_new_uninit(struct state *st, size_t len)
{
    return alloc_string(st, len > STRING_MAX_BYTES ? len : rounded_capacity(len),
                        HEAP_STRING);
}

void string_seal(struct string *s, size_t len)
{
    s->len = len;
    s->data[len] = '\0';
    s->is_ascii = utf8_is_ascii(s->data, len);
    s->chars = s->is_ascii ? len : utf8_count(s->data, len);
}

/* `s` with one more reference. */
static struct string *share(const struct string *s)
{
    struct string *shared = (struct string *)(uintptr_t)s;
    object_retain(&shared->head);
    return shared;
}

struct string *string_new(struct state *st, const char *data, size_t len)
{
    if (len == 0)
        return string_empty(st);
    if (len == 1 && (unsigned char)data[0] < ASCII_COUNT)
        return string_ascii(st, (unsigned char)data[0]);
    struct string *s = string_new_uninit(st, len);
    if (s == NULL)
        return NULL;
    memcpy(s->data, data, len);
    string_seal(s, len);
    return s;
}

/* Common end of the functions that make a value. */
static bool made(struct string *s, struct value *out)
{
    if (s == NULL)
        return false;
    *out = string_value(s);
    return true;
}

bool string_make(struct state *st, const char *data, size_t len, struct value *out)
{
    return made(string_new(st, data, len), out);
}

bool string_make_text(struct state *st, const char *text, struct value *out)
{
    return made(string_new(st, text, strlen(text)), out);
}

bool string_make_strbuf(struct state *st, const struct strbuf *sb, struct value *out)
{
    if (strbuf_failed(sb))
        return error_out_of_memory(st);
    return made(string_new(st, strbuf_str(sb), sb->len), out);
}

/* Two digits at a time: half the divisions. */
static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
                                  "25262728293031323334353637383940414243444546474849"
                                  "50515253545556575859606162636465666768697071727374"
                                  "75767778798081828384858687888990919293949596979899";

/* Writes the decimal text of `i` so that it ends before `end`; returns its start. */
static char *write_int(char *end, int64_t i)
{
    uint64_t left = i < 0 ? 0u - (uint64_t)i : (uint64_t)i;
    while (left >= 100) {
        const char *pair = digit_pairs + 2 * (left % 100);
        left /= 100;
        *--end = pair[1];
        *--end = pair[0];
    }
    if (left >= 10) {
        *--end = digit_pairs[2 * left + 1];
        *--end = digit_pairs[2 * left];
    } else {
        *--end = (char)('0' + left);
    }
    if (i < 0)
        *--end = '-';
    return end;
}

const char *string_int_text(int64_t i, char buf[24], size_t *len)
{
    char *end = buf + 24;
    char *start = write_int(end, i);
    *len = (size_t)(end - start);
    return start;
}

struct string *string_from_int(struct state *st, int64_t i)
{
    if (i >= 0 && i <= 9)
        return string_ascii(st, (unsigned char)('0' + i));
    char text[24];
    size_t len;
    const char *start = string_int_text(i, text, &len);
    struct string *s = string_new_uninit(st, len);
    if (s == NULL)
        return NULL;
    memcpy(s->data, start, len);
    s->data[len] = '\0';
    s->len = s->chars = len;
    s->is_ascii = 1;
    return s;
}

bool string_make_format(struct state *st, struct value *out, const char *format, ...)
{
    char small[SIZE_OR_TINY(256, 2)];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n < 0)
        return error_out_of_memory(st);
    size_t len = (size_t)n;
    if (len < sizeof small)
        return string_make(st, small, len, out);
    struct string *s = string_new_uninit(st, len);
    if (s == NULL)
        return false;
    va_start(args, format);
    vsnprintf(s->data, len + 1, format, args);
    va_end(args);
    string_seal(s, len);
    return made(s, out);
}

/* ---- immortal strings ----------------------------------------------------------------- */

static uint32_t fold_hash(uint64_t hash)
{
    uint32_t folded = (uint32_t)hash;
    return folded != 0 ? folded : 1;
}

/* Fills `s`, which has room for `len` bytes, with an immortal text. */
static void fill_constant(struct string *s, const struct hash_key *key,
                          const char *data, size_t len)
{
    s->head = (struct object){.refs = -1, .kind = VALUE_STRING};
    s->capacity = len;
    memcpy(s->data, data, len);
    string_seal(s, len);
    s->hash = fold_hash(hash_bytes(key, data, len));
}

struct string *string_constant_new(const struct hash_key *key, const char *data,
                                   size_t len)
{
    struct string *s = malloc(STRING_SIZE(len));
    if (s != NULL)
        fill_constant(s, key, data, len);
    return s;
}

void string_constant_free(struct string *s)
{
    free(s);
}

/* Bytes of an immortal string of one character. */
#define CONSTANT_BYTES ((STRING_SIZE(1) + 15) & ~(size_t)15)

struct string_table *string_table_new(struct state *st)
{
    struct string_table *t = arena_alloc_zero(&st->home, 1, sizeof *t);
    char *block = arena_alloc(&st->home, (ASCII_COUNT + 1) * CONSTANT_BYTES);
    if (t == NULL || block == NULL)
        return NULL;
    struct hash_key key = string_hash_key(st);
    t->block = block;
    t->empty = (struct string *)(void *)(block + ASCII_COUNT * CONSTANT_BYTES);
    fill_constant(t->empty, &key, "", 0);
    return t;
}

struct string *string_empty(struct state *st)
{
    return st->strings->empty;
}

/* Most programs use few of them, so each is made when it is first asked for. */
static struct string *make_ascii(struct state *st, unsigned char c)
{
    struct hash_key key = string_hash_key(st);
    struct string_table *t = st->strings;
    struct string *s = (struct string *)(void *)(t->block + c * CONSTANT_BYTES);
    char text = (char)c;
    fill_constant(s, &key, &text, 1);
    t->ascii[c] = s;
    return s;
}

struct string *string_ascii(struct state *st, unsigned char c)
{
    struct string *s = st->strings->ascii[c];
    return s != NULL ? s : make_ascii(st, c);
}

void string_free(struct state *st, struct string *s)
{
    if (st->strings->cursor == s)
        st->strings->cursor = NULL;
    heap_object_free(st, &s->head, STRING_SIZE(s->capacity));
}

/* ---- joining -------------------------------------------------------------------------- */

struct string *string_concat(struct state *st, const struct string *a,
                             const struct string *b)
{
    if (a->len == 0)
        return share(b);
    if (b->len == 0)
        return share(a);
    size_t len = a->len + b->len;
    struct string *s = alloc_string(
        st, len > STRING_MAX_BYTES ? len : rounded_capacity(len), HEAP_STRING_CONCAT);
    if (s == NULL)
        return NULL;
    memcpy(s->data, a->data, a->len);
    memcpy(s->data + a->len, b->data, b->len);
    s->data[len] = '\0';
    s->len = len;
    s->chars = a->chars + b->chars;
    s->is_ascii = a->is_ascii & b->is_ascii;
    return s;
}

/* Gives the unique string *target room for `need` bytes. The object may move. */
static struct string *grow(struct state *st, struct value *target, size_t need)
{
    struct string *s = STRING_OF(*target);
    if (need <= s->capacity)
        return s;
    size_t wanted = s->capacity < STRING_DOUBLE_MAX ? 2 * s->capacity
                                                    : s->capacity + s->capacity / 2;
    if (wanted < need)
        wanted = need;
    if (wanted > STRING_MAX_BYTES) {
        error_out_of_memory(st);
        return NULL;
    }
    wanted = rounded_capacity(wanted);
    struct object *o = heap_object_realloc(st, &s->head, STRING_SIZE(s->capacity),
                                           STRING_SIZE(wanted), HEAP_STRING_GROW);
    if (o == NULL)
        return NULL;
    if (st->strings->cursor == s)
        st->strings->cursor = NULL;
    s = (struct string *)(void *)o;
    s->capacity = wanted;
    *target = string_value(s);
    return s;
}

bool string_append(struct state *st, struct value *target, const struct string *b)
{
    struct string *a = STRING_OF(*target);
    if (b->len == 0)
        return true;
    if (a->head.refs != 1 || a == b) {
        struct string *joined = string_concat(st, a, b);
        if (joined == NULL)
            return false;
        value_set_take(st, target, string_value(joined));
        return true;
    }
    size_t len = a->len + b->len;
    a = grow(st, target, len);
    if (a == NULL)
        return false;
    if (b->len == 1)
        a->data[a->len] = b->data[0];
    else
        memcpy(a->data + a->len, b->data, b->len);
    a->data[len] = '\0';
    a->len = len;
    a->chars += b->chars;
    a->is_ascii &= b->is_ascii;
    a->hash = 0;
    return true;
}

struct string *string_repeat(struct state *st, const struct string *s, int64_t count)
{
    if (count <= 0 || s->len == 0)
        return string_empty(st);
    if (count == 1)
        return share(s);
    size_t len = 0;
    if (__builtin_mul_overflow(s->len, (uint64_t)count, &len) ||
        len > STRING_MAX_BYTES) {
        error_out_of_memory(st);
        return NULL;
    }
    struct string *out = string_new_uninit(st, len);
    if (out == NULL)
        return NULL;
    /* Copies double: O(log count) calls. */
    memcpy(out->data, s->data, s->len);
    for (size_t done = s->len; done < len;) {
        size_t part = done < len - done ? done : len - done;
        memcpy(out->data + done, out->data, part);
        done += part;
    }
    out->data[len] = '\0';
    out->len = len;
    out->chars = s->chars * (size_t)count;
    out->is_ascii = s->is_ascii;
    return out;
}

/* ---- positions ------------------------------------------------------------------------ */

size_t string_byte_offset(struct state *st, const struct string *s, size_t i)
{
    if (s->is_ascii)
        return i;
    struct string_table *t = st->strings;
    size_t chars = 0, bytes = 0;
    if (t->cursor == s && t->cursor_bytes <= s->len) {
        chars = t->cursor_chars;
        bytes = t->cursor_bytes;
    }
    if (i < chars && chars - i > i) {
        chars = 0;
        bytes = 0;
    }
    if (i >= chars) {
        bytes += utf8_advance(s->data + bytes, s->len - bytes, i - chars);
    } else {
        for (; chars > i; chars--)
            bytes = utf8_retreat(s->data, bytes);
    }
    t->cursor = s;
    t->cursor_chars = i;
    t->cursor_bytes = bytes;
    return bytes;
}

size_t string_chars_before(const struct string *s, size_t byte_offset)
{
    return s->is_ascii ? byte_offset : utf8_count(s->data, byte_offset);
}

struct string *string_char_at(struct state *st, const struct string *s, size_t i)
{
    if (s->is_ascii)
        return string_ascii(st, (unsigned char)s->data[i] & 0x7F);
    size_t from = string_byte_offset(st, s, i);
    size_t n = utf8_advance(s->data + from, s->len - from, 1);
    return string_new(st, s->data + from, n);
}

struct string *string_slice_bytes(struct state *st, struct string *s, size_t from,
                                  size_t to)
{
    size_t len = to - from;
    if (from == 0 && to == s->len)
        return share(s);
    if (!s->is_ascii || len <= 1)
        return string_new(st, s->data + from, len);
    /* A part of ASCII text needs no counting. */
    struct string *part = string_new_uninit(st, len);
    if (part == NULL)
        return NULL;
    memcpy(part->data, s->data + from, len);
    part->data[len] = '\0';
    part->len = len;
    part->chars = len;
    part->is_ascii = 1;
    return part;
}

struct string *string_slice(struct state *st, struct string *s, size_t from, size_t to)
{
    size_t start = string_byte_offset(st, s, from);
    size_t end = start;
    if (s->is_ascii)
        end = to;
    else
        end += utf8_advance(s->data + start, s->len - start, to - from);
    return string_slice_bytes(st, s, start, end);
}

size_t string_find(const struct string *s, const struct string *t, size_t from)
{
    if (from > s->len || t->len > s->len - from)
        return SIZE_MAX;
    if (t->len == 0)
        return from;
    const char *hit = memmem(s->data + from, s->len - from, t->data, t->len);
    return hit == NULL ? SIZE_MAX : (size_t)(hit - s->data);
}

/* ---- comparing ------------------------------------------------------------------------ */

bool string_is_decimal(const struct string *s)
{
    size_t at = s->len > 0 && s->data[0] == '-';
    if (at == s->len)
        return false;
    if (s->data[at] == '0')
        return s->len == 1;
    for (; at < s->len; at++) {
        if (s->data[at] < '0' || s->data[at] > '9')
            return false;
    }
    return true;
}

bool string_to_canonical_int(const struct string *s, int64_t *out)
{
    /* Most keys are told apart by their first byte: no digit, no number. */
    unsigned char first = (unsigned char)s->data[0];
    if ((first > '9' || first < '0') && first != '-')
        return false;
    if (s->len > 20 || !string_is_decimal(s))
        return false;
    bool negative = first == '-';
    uint64_t value = 0;
    for (size_t i = negative; i < s->len; i++) {
        uint64_t digit = (uint64_t)(s->data[i] - '0');
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    if (value > (uint64_t)INT64_MAX + negative)
        return false;
    *out = (int64_t)(negative ? 0u - value : value);
    return true;
}

int string_compare(const struct string *a, const struct string *b)
{
    size_t common = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->data, b->data, common);
    if (order != 0)
        return order;
    return (a->len > b->len) - (a->len < b->len);
}

struct hash_key string_hash_key(const struct state *st)
{
    struct hash_key key;
    _Static_assert(sizeof key == sizeof st->hash_key, "SipHash takes 16 bytes");
    memcpy(&key, st->hash_key, sizeof key);
    return key;
}

uint32_t string_compute_hash(struct state *st, struct string *s)
{
    struct hash_key key = string_hash_key(st);
    s->hash = fold_hash(hash_bytes(&key, s->data, s->len));
    return s->hash;
}
