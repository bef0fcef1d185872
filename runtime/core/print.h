/*
 * print.h - text forms of values (language.md section 5).
 *
 * Nothing here recurses on the data's depth; data nested deeper than VALUE_NESTING_LIMIT
 * raises `Maximum data nesting depth of N exceeded while printing`. Functions append to a
 * buffer and return false with an error set on failure (what was appended stays).
 */
#ifndef RUFF_CORE_PRINT_H
#define RUFF_CORE_PRINT_H

#include "core/object.h"
#include "core/state.h"

struct strbuf;

/* Levels of containers in containers that printing, comparing and copying accept. */
#define VALUE_NESTING_LIMIT 10000u

/* What print, to_string and interpolation show. */
bool print_display(struct state *st, struct strbuf *out, struct value v);
/* `Str("a")`, `Array[3]`: assertion messages, join of non-scalars. */
bool print_debug(struct state *st, struct strbuf *out, struct value v);
/* What `debug()` prints: `String("a")`, `Array[Int(1), Int(2)]`. */
bool print_explicit(struct state *st, struct strbuf *out, struct value v);
/* The display form as an owned string; a string gives itself. */
bool print_to_string(struct state *st, struct value v, struct value *out);

/* Display form of a float: shortest digits that read back, no exponent. */
bool print_float(struct strbuf *out, double f);
/* `"a\"b"`: quoted, escaped with \" \\ \n \r \t. */
bool print_quoted(struct strbuf *out, const char *text, size_t len);

#endif
