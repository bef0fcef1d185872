/*
 * optimize.h - constant folding in the tree and clean-up of finished bytecode.
 *
 * Folding uses the operators of core/ops, so a folded result is the one the program would
 * have computed; whatever could raise, or allocate without bound, is declined. The passes
 * over bytecode keep source positions, handlers and jumps right.
 */
#ifndef RUFF_BYTECODE_OPTIMIZE_H
#define RUFF_BYTECODE_OPTIMIZE_H

#include "core/state.h"

struct arena;
struct ast_expr;
struct chunk;

/* Value of a constant expression, owned. False when it is none, when it could raise, and
   for a plain text (which needs no folding). Looks a few levels deep only. */
bool optimize_fold(struct state *st, const struct ast_expr *e, struct value *out);

/* One more step of a chain: *v := *v OP right operand of `e` when that is constant too. */
bool optimize_fold_step(struct state *st, const struct ast_expr *e, struct value *v);

/* Jump threading, dead code, needless resets and moves, last uses (liveness.h); in place.
   Scratch memory is taken from `temp`; without memory passes are left out. */
void optimize_chunk(struct chunk *c, struct arena *temp);

#endif
