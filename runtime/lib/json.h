/*
 * json.h - JSON of the runtime's values (language.md 19.8): json_read.c parses, json_write.c
 * writes. Neither recurses; both keep the containers on their way in an explicit stack of
 * JSON_MAX_DEPTH levels.
 */
#ifndef RUFF_LIB_JSON_H
#define RUFF_LIB_JSON_H

#include <stddef.h>

#include "core/state.h"

struct strbuf;

/* Containers in containers (language.md 21). */
#define JSON_MAX_DEPTH 512

/* Parses RFC 8259 text; on success *out is owned. Errors start with `JSON parse error: `. */
bool json_read(struct state *st, const char *text, size_t len, struct value *out);

/*
 * Appends `v`, compact or with two-space indentation. False with an error set; what was
 * appended stays.
 */
bool json_write(struct state *st, struct strbuf *out, struct value v, bool pretty);

#endif
