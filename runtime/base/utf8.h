/*
 * UTF-8: decoding, encoding, checking and counting code points.
 *
 * Strict: overlong forms, surrogates and values above U+10FFFF are invalid. All functions
 * take a length, need no NUL, read nothing behind the length and allocate nothing (except
 * utf8_replace_invalid). Thread- and signal-safe.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;

enum {
    UTF8_MAX_BYTES = 4,
    UTF8_MAX_CODE_POINT = 0x10FFFF,
    UTF8_REPLACEMENT = 0xFFFD, /* what stands for an undecodable sequence */
};

/* The first code point of `n` bytes. Returns its length in bytes (1 to 4), or 0, and
   leaves *code_point alone, when n is 0 or the bytes do not start a valid sequence. */
size_t utf8_decode(const char *bytes, size_t n, uint32_t *code_point);

/* Writes a code point into `out` (no NUL) and returns its length, 0 when there is no such
   code point. */
size_t utf8_encode(uint32_t code_point, char out[UTF8_MAX_BYTES]);

/* True when all bytes are below 0x80; true for no bytes. */
bool utf8_is_ascii(const char *bytes, size_t n);

/* Length of the longest valid prefix; equals n when all is valid. */
size_t utf8_valid_prefix(const char *bytes, size_t n);

/* True when the bytes are valid UTF-8. */
bool utf8_valid(const char *bytes, size_t n);

/* Number of code points of valid text. In invalid text: of bytes that do not continue. */
size_t utf8_count(const char *bytes, size_t n);

/* Byte offset behind `count` code points of valid text; n when there are not that many. */
size_t utf8_advance(const char *bytes, size_t n, size_t count);

/* Byte offset of the code point that ends before `at` (at > 0) in valid text. */
size_t utf8_retreat(const char *bytes, size_t at);

/* Appends the text with each maximal invalid part replaced by U+FFFD (the practice the
   Unicode standard recommends). False without memory. */
bool utf8_replace_invalid(struct strbuf *out, const char *bytes, size_t n);

#endif
