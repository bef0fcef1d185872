/*
 * A growable byte string: for building output, messages and names.
 *
 * Failure is sticky: once memory runs out `failed` is set, later appends do nothing and
 * return false, and what was written before stays. Callers that append much may ignore
 * the single results and test strbuf_failed once at the end.
 *
 * `data` is NUL-terminated after every append (NULL while nothing was ever appended, see
 * strbuf_str); the bytes may contain NULs themselves. Belongs to one thread at a time.
 */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Owns `data`. The fields may be read; only the functions write them. */
struct strbuf {
    char *data;
    size_t len; /* bytes without the NUL */
    size_t cap; /* bytes of `data`, the NUL included */
    bool failed;
};

/* An empty buffer; takes no memory. */
void strbuf_init(struct strbuf *sb);

/* Frees the bytes; leaves an empty buffer. Harmless on an empty one. */
void strbuf_done(struct strbuf *sb);

/* Empties the buffer and forgets a failure; keeps the memory. */
void strbuf_clear(struct strbuf *sb);

/* Room for `extra` more bytes and the NUL. */
bool strbuf_reserve(struct strbuf *sb, size_t extra);

/* All append functions: true when the bytes are in, false (and `failed`) without memory.
   The bytes appended must not lie inside the buffer itself. */
bool strbuf_append(struct strbuf *sb, const void *bytes, size_t n);
bool strbuf_append_str(struct strbuf *sb, const char *text);
bool strbuf_append_char(struct strbuf *sb, char c);
bool strbuf_append_repeat(struct strbuf *sb, char c, size_t count);
bool strbuf_append_i64(struct strbuf *sb, int64_t value);
bool strbuf_append_u64(struct strbuf *sb, uint64_t value);

/* One code point as UTF-8; what is no code point (surrogates, above U+10FFFF) becomes
   U+FFFD. */
bool strbuf_append_utf8(struct strbuf *sb, uint32_t code_point);

/* As printf. A conversion error counts as failure too. */
__attribute__((format(printf, 2, 3))) bool strbuf_append_format(struct strbuf *sb,
                                                                const char *format,
                                                                ...);
__attribute__((format(printf, 2, 0))) bool strbuf_append_vformat(struct strbuf *sb,
                                                                 const char *format,
                                                                 va_list args);

/* Cuts the buffer to `len` bytes; `len` must not exceed the present length. */
void strbuf_truncate(struct strbuf *sb, size_t len);

/* The text, never NULL; valid until the next change. */
const char *strbuf_str(const struct strbuf *sb);

/* True when some append did not fit into memory. */
bool strbuf_failed(const struct strbuf *sb);

/* Hands the NUL-terminated bytes to the caller (release with mem_free) and leaves an empty
   buffer. NULL, and the buffer emptied, when an append had failed. `len` may be NULL. */
char *strbuf_detach(struct strbuf *sb, size_t *len);

#endif
