/*
 * times.h - dates as pure text work (proleptic Gregorian calendar, UTC, no leap seconds) and
 * the clock builtins of 19.10.
 */
#ifndef RUFF_LIB_TIMES_H
#define RUFF_LIB_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;

struct times_date {
    int64_t year;
    int month, day, hour, minute, second; /* month and day from 1 */
};

/* Seconds since the epoch within +-10^15; others are clamped. */
void times_from_seconds(int64_t seconds, struct times_date *out);
int64_t times_to_seconds(const struct times_date *date);
/* Replaces YYYY MM DD HH mm ss in `format`; everything else is copied. */
void times_append_date(struct strbuf *out, int64_t seconds, const char *format,
                       size_t len);
/* Reads text in the same notation; NULL, or why not. Checks the ranges of all parts. */
const char *times_parse_date(const char *text, size_t len, const char *format,
                             size_t format_len, int64_t *seconds);
/* `1.23s`, `1.23ms`, `1.23μs`, `123ns` (19.10). */
void times_append_duration(struct strbuf *out, double ms);

#endif
