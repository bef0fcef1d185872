/*
 * regex_linear.h - matches a regular expression in time proportional to text times pattern.
 *
 * PCRE2 is faster but backtracks; for a pattern like (a+)+$ that can take for ever. When it
 * gives up, regex.c comes here: the pattern becomes a program of a virtual machine all of
 * whose threads run in step over the text (Thompson 1968, Pike's submatch tracking as
 * described by R. Cox, "Regular Expression Matching: the Virtual Machine Approach"). Threads
 * keep their priority, so the match is leftmost-first, the same as PCRE2's.
 *
 * Input is what regex_dialect_translate wrote and PCRE2 accepted; it is not checked again.
 */
#ifndef RUFF_LIB_REGEX_LINEAR_H
#define RUFF_LIB_REGEX_LINEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* Instructions of one program: counted repetitions are written out. */
    REGEX_LINEAR_MAX_PROGRAM = 1 << 15,
    /* Instructions times positions kept for each. */
    REGEX_LINEAR_MAX_CAPTURES = 1 << 20
};

/* A group that took no part. */
#define REGEX_LINEAR_UNSET SIZE_MAX

struct regex_linear;

/* NULL when memory is out, the program would be too long, or the pattern asks for Unicode
   properties. */
struct regex_linear *regex_linear_new(const char *pattern, size_t len);
/* NULL is ignored. */
void regex_linear_free(struct regex_linear *re);

/* Groups in the pattern, the whole match not counted. */
uint32_t regex_linear_groups(const struct regex_linear *re);
/*
 * Finds the first match in the valid UTF-8 `text` that starts at or behind the byte `from`.
 * ends[2 * g], ends[2 * g + 1]: bytes of group g, 2 * (groups + 1) in all; written only when
 * *found. False when memory is out, or when *stop, read now and then, is not 0 (NULL: never).
 */
bool regex_linear_find(const struct regex_linear *re, const char *text, size_t len,
                       size_t from, size_t *ends, bool *found,
                       const volatile int *stop);

#endif
