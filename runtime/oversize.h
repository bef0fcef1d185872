/*
 * oversize.h - functions beyond a limit of the bytecode format, refused before anything runs.
 *
 * The tree walker has no such limits. So that a program means the same in every engine, and
 * `ruff check` says so, each refuses what one of them cannot run (notes/semantics.md lists the
 * limits). Only a function with much text or many names can be too large; others cost a
 * comparison.
 */
#ifndef RUFF_OVERSIZE_H
#define RUFF_OVERSIZE_H

#include <stdbool.h>

struct diagnostics;
struct program_unit;
struct state;

/* False: one diagnostic for each function of the unit that is too large, or
   diags->out_of_memory. */
bool oversize_check(struct state *st, struct program_unit *u,
                    struct diagnostics *diags);

#endif
