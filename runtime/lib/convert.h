/*
 * convert.h - reading numbers from text, for the conversion builtins, CSV, environment and
 * argument parser. Text needs no NUL. White space around is not accepted unless said.
 */
#ifndef RUFF_LIB_CONVERT_H
#define RUFF_LIB_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `[+-]digits` that fits 64 bits. False leaves *out alone. */
bool convert_parse_integer(const char *text, size_t len, int64_t *out);
/*
 * `[+-]digits[.digits][e[+-]digits]` with digits before or after the point, `inf`,
 * `infinity` and `nan` in any case; correctly rounded.
 */
bool convert_parse_number(const char *text, size_t len, double *out);

#endif
