/*
 * unicode.h - case mapping and character classes for the text builtins.
 *
 * Tables come from scripts/unicode-tables.py. Upper and lower case are the full mappings of
 * Unicode without locale (an upper-case sharp s becomes two letters); the final sigma is the
 * caller's matter, see unicode_append_lower. Thread-safe, allocates nothing unless it says so.
 */
#ifndef RUFF_LIB_UNICODE_H
#define RUFF_LIB_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;

enum {
    UNICODE_MAX_UPPER = 3,   /* code points one letter may become */
    UNICODE_MAX_VARIANTS = 4 /* letters that differ in case only */
};

/* Writes the upper-case form, returns its number of code points (1 to 3). */
unsigned unicode_upper(uint32_t c, uint32_t out[UNICODE_MAX_UPPER]);
/* Lower-case form when it is a single code point (all but U+0130, which gives `i`). */
uint32_t unicode_lower(uint32_t c);
/* Simple case folding: the lower-case letter that stands for all that differ from `c` in case
   only (k for K and the Kelvin sign); `c` itself where there is no case. */
uint32_t unicode_fold(uint32_t c);
/* All code points that fold to what `c` folds to, the folded one first; returns how many. */
unsigned unicode_case_variants(uint32_t c, uint32_t out[UNICODE_MAX_VARIANTS]);
/* Letters (L*) and numbers (N*). */
bool unicode_is_alnum(uint32_t c);
/* Upper-case letters (Lu). */
bool unicode_is_upper(uint32_t c);
/* White_Space. */
bool unicode_is_space(uint32_t c);

/* Append the text in upper or lower case; `text` is valid UTF-8. Lower case writes a capital
   sigma that ends a word as the final form, for which it looks at the characters around
   [from, to), the part to append. False when memory is out. */
bool unicode_append_upper(struct strbuf *out, const char *text, size_t len);
bool unicode_append_lower(struct strbuf *out, const char *text, size_t len, size_t from,
                          size_t to);

/* Byte length of the white space at the start and at the end of valid UTF-8. */
size_t unicode_leading_space(const char *text, size_t len);
size_t unicode_trailing_space(const char *text, size_t len);

#endif
