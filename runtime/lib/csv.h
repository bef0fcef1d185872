/*
 * csv.h - comma-separated values: the record reader as pure text work, and the builtins
 * parse_csv and to_csv (language.md 19.8).
 */
#ifndef RUFF_LIB_CSV_H
#define RUFF_LIB_CSV_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf;

/* A walk over fields: text, then csv_next until it says CSV_END. */
struct csv_reader {
    const char *text;
    size_t len, at;
    bool record_open; /* a field of the running record has been read */
};

enum csv_step {
    CSV_FIELD,      /* a field, more of the record follow */
    CSV_LAST_FIELD, /* a field, the last of its record */
    CSV_END,
};

/*
 * Replaces *field with the next field, quotes removed. Records end at LF, CRLF or the end of
 * the text; empty lines are skipped. `quoted` tells a quoted field (which is never a
 * number). Sticky failure of `field` is the caller's to test.
 */
enum csv_step csv_next(struct csv_reader *r, struct strbuf *field, bool *quoted);

/* True when the text is `[-]digits[.digits]` without leading zeros; *integer: no point. */
bool csv_is_number(const char *text, size_t len, bool *integer);

/* Appends a field, quoted when it holds a comma, quote, CR or LF. */
void csv_append_field(struct strbuf *out, const char *text, size_t len);

#endif
