/*
 * string.h - text values: making, joining, comparing, hashing, cutting.
 *
 * Strings hold UTF-8 and are immutable to programs; `string_append` grows a string in place
 * while its count is 1, which is what makes `s := s + x` amortised O(1). The text must be
 * valid UTF-8 (callers check what comes from outside with base/utf8); invalid bytes never
 * crash, their code points are counted by bytes that do not continue one.
 *
 * One-character ASCII strings and the empty string are immortal objects of the isolate, so
 * `s[i]` of ASCII text allocates nothing. Positions and counts are code points unless a name
 * says `byte`. Functions that return a pointer return NULL with an error set on failure;
 * what they return is owned by the caller.
 */
#ifndef RUFF_CORE_STRING_H
#define RUFF_CORE_STRING_H

#include <string.h>

#include "core/object.h"
#include "core/state.h"

struct hash_key;
struct strbuf;

/* Longest text a string may hold, so that sizes cannot overflow. */
#define STRING_MAX_BYTES ((size_t)1 << 40)

/* A copy of `len` bytes. */
struct string *string_new(struct state *st, const char *data, size_t len);
/* string_new as a value: true and *out owned, or false with an error set. */
bool string_make(struct state *st, const char *data, size_t len, struct value *out);
/* The same of a NUL-terminated text and of a buffer; a failed buffer raises. */
bool string_make_text(struct state *st, const char *text, struct value *out);
bool string_make_strbuf(struct state *st, const struct strbuf *sb, struct value *out);
/* Room for `len` bytes that the caller writes into data[0..len), then string_seal. */
struct string *string_new_uninit(struct state *st, size_t len);
/* Ends the writing: len <= capacity, counts code points, sets the NUL and the flags. */
void string_seal(struct string *s, size_t len);
/* Decimal text of an int. */
struct string *string_from_int(struct state *st, int64_t i);
/* The same into a buffer: points to the start of the text inside of it, no NUL. */
const char *string_int_text(int64_t i, char buf[24], size_t *len);
bool string_make_format(struct state *st, struct value *out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * An immortal string outside of any isolate, for program constants and names: hash and
 * counts are filled, nothing in it changes again, so any thread may read it. All isolates
 * that run the program must have the hash key it was made with. NULL when memory is out.
 */
struct string *string_constant_new(const struct hash_key *key, const char *data,
                                   size_t len);
void string_constant_free(struct string *s);

/* The isolate's immortal strings; never fail. Counting them is allowed and has no effect. */
struct string *string_empty(struct state *st);
struct string *string_ascii(struct state *st, unsigned char c); /* c < 128 */

/* a + b. */
struct string *string_concat(struct state *st, const struct string *a,
                             const struct string *b);
/*
 * *target := *target + b, in place when *target holds the only reference. `b` may be the
 * same object. On failure *target is unchanged.
 */
bool string_append(struct state *st, struct value *target, const struct string *b);
/* `count` times s; count <= 0 gives "". */
struct string *string_repeat(struct state *st, const struct string *s, int64_t count);

/* Byte offset of code point `i`, i <= s->chars. O(1) for ASCII, else O(i) or better when
   the positions asked for move through the string in order. */
size_t string_byte_offset(struct state *st, const struct string *s, size_t i);
/* Number of code points in the first `byte_offset` bytes. */
size_t string_chars_before(const struct string *s, size_t byte_offset);
/* The code point at i < s->chars as a string. */
struct string *string_char_at(struct state *st, const struct string *s, size_t i);
/* Code points [from, to), already clamped: from <= to <= s->chars. */
struct string *string_slice(struct state *st, struct string *s, size_t from, size_t to);
/* Bytes [from, to) at code point boundaries. */
struct string *string_slice_bytes(struct state *st, struct string *s, size_t from,
                                  size_t to);
/* First byte offset >= from of `t` in `s`; SIZE_MAX when absent. */
size_t string_find(const struct string *s, const struct string *t, size_t from);

/* True when the text is `0` or `[-]` non-zero digit and digits, of any length. */
bool string_is_decimal(const struct string *s);
/* The same, and the value fits: *out is written. */
bool string_to_canonical_int(const struct string *s, int64_t *out);

/* Byte order of UTF-8: negative, 0, positive. */
int string_compare(const struct string *a, const struct string *b);

uint32_t string_compute_hash(struct state *st, struct string *s);
/* SipHash-1-3 of the text under the isolate's key, cached; never 0. */
static inline uint32_t string_hash(struct state *st, struct string *s)
{
    return s->hash != 0 ? s->hash : string_compute_hash(st, s);
}
/* The key the isolate hashes with. */
struct hash_key string_hash_key(const struct state *st);

static inline bool string_equal(const struct string *a, const struct string *b)
{
    if (a == b)
        return true;
    if (a->len != b->len || (a->hash != b->hash && a->hash != 0 && b->hash != 0))
        return false;
    return memcmp(a->data, b->data, a->len) == 0;
}
static inline bool string_equal_text(const struct string *s, const char *text)
{
    return strcmp(s->data, text) == 0 && strlen(text) == s->len;
}
/* The value that points to `s`; ownership of one count goes with it. */
static inline struct value string_value(struct string *s)
{
    return (struct value){.as.object = &s->head, .kind = VALUE_STRING};
}

/* Makes the isolate's immortal strings in its home (heap_init). NULL without memory. */
struct string_table;
struct string_table *string_table_new(struct state *st);
/* Frees the storage of one string whose count is zero (object_free). */
void string_free(struct state *st, struct string *s);

#endif
