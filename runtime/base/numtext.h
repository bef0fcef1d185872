/*
 * Numbers as text and back: integers, and doubles with the fewest digits that read back as
 * the same double.
 *
 * Independent of the locale. Nothing allocates. Thread-safe; not signal-safe (printf).
 */
#ifndef BASE_NUMTEXT_H
#define BASE_NUMTEXT_H

#include <stddef.h>
#include <stdint.h>

enum {
    NUMTEXT_I64_BYTES = 24,    /* room for any integer and a NUL */
    NUMTEXT_PLAIN_BYTES = 352, /* room for any double without an exponent and a NUL */
    NUMTEXT_JSON_BYTES = 40,   /* room for any double in the JSON form and a NUL */
    NUMTEXT_MAX_DIGITS = 17,   /* a double never needs more */
};

enum numtext_status {
    NUMTEXT_OK = 0,
    NUMTEXT_SYNTAX, /* the text is not such a number */
    NUMTEXT_RANGE,  /* it is one, but does not fit the type */
};

/* ---- to text: each writes a NUL and returns the length without it ------------------
   `out` has room for NUMTEXT_I64_BYTES, NUMTEXT_PLAIN_BYTES or NUMTEXT_JSON_BYTES. */

size_t numtext_i64(char *out, int64_t value);
size_t numtext_u64(char *out, uint64_t value);

/* Never an exponent, no trailing ".0": 5, 2.5, 1000000000000000000000, -0, NaN, inf. */
size_t numtext_double_plain(char *out, double value);

/* Always a point or an exponent: 5.0, 0.1, 1e16, 1.5e-7. Plain from 1e-5 up to below 1e16.
   What is not finite becomes null, as JSON has no word for it. */
size_t numtext_double_json(char *out, double value);

/* The digits alone, for other notations: the finite |value| is 0.D1D2...Dn * 10^point.
   D1 and Dn are not '0', except for zero, which is one digit '0' at point 1. Writes no
   NUL; returns n. The decimal is the shortest that reads back as the double, and among
   those the closest to it. */
size_t numtext_digits(char digits[NUMTEXT_MAX_DIGITS], int *point, double value);

/* ---- from text: the whole text must be the number; no spaces ----------------------- */

/* [+-] digits. */
enum numtext_status numtext_parse_i64(const char *text, size_t n, int64_t *value);

/* Digits only. */
enum numtext_status numtext_parse_u64(const char *text, size_t n, uint64_t *value);

/* [+-] digits with at most one point among, before or behind them, then [eE] [+-] digits.
   Correctly rounded; too large gives an infinity, too small a zero, both NUMTEXT_OK. The
   words for infinity and NaN are the caller's matter. */
enum numtext_status numtext_parse_double(const char *text, size_t n, double *value);

#endif
