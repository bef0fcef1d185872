/*
 * liveness.h - the last use of a variable takes its value.
 *
 * Values are copied on write while they have a second reference. A variable that nobody
 * will read again need not be one: `a := f(a)` hands the only reference to f, which may
 * then change the array in place. This pass finds such uses by the usual backward analysis
 * over the finished code, with an edge from every instruction of a try block to its handler,
 * and marks them as taken. Variables others can see (globals in registers, cells) are left
 * alone.
 */
#ifndef RUFF_BYTECODE_LIVENESS_H
#define RUFF_BYTECODE_LIVENESS_H

struct arena;
struct chunk;

/* Marks last uses in place. Does nothing without memory and for functions so large that the
   analysis would cost more than it gives. Scratch memory is taken from `temp`. */
void liveness_mark_last_uses(struct chunk *c, struct arena *temp);

#endif
