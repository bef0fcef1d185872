/*
 * ast_dump.h - a unit as text, for tests and for looking at it.
 *
 * One line per statement, indented by nesting; expressions in prefix form. Function bodies
 * follow one another by id. A resolved name is `NAME@PLACES`, places innermost first: lN
 * slot, cN cell in slot, uN capture, gN global, sN field of the hidden receiver, <NAME> builtin;
 * `?` after a place: may be unset, `!`: const.
 */
#ifndef FRONT_AST_DUMP_H
#define FRONT_AST_DUMP_H

#include <stdbool.h>

struct ast_unit;
struct strbuf;

/* Appends to `out`; false without memory. The form may change between versions. */
bool ast_dump(const struct ast_unit *unit, struct strbuf *out);

#endif
