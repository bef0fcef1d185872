/*
 * compile.h - from the resolved tree of a function to its bytecode.
 *
 * The compiler is deterministic: the same tree gives the same bytecode. It runs no code of
 * the program; constant folding goes through core/ops and declines whatever could raise.
 */
#ifndef RUFF_BYTECODE_COMPILE_H
#define RUFF_BYTECODE_COMPILE_H

#include "core/state.h"

struct chunk;

/*
 * Makes p->chunk when it is not there yet; true when it is. Sets unit->free_chunk. A
 * function beyond a limit of the format raises `Function NAME is too large: WHY`, lack of
 * memory raises as everywhere. Debug builds verify the result.
 */
bool bytecode_ensure(struct state *st, struct proto *p);

/* Why a function is beyond a limit of the format, and where in its source. */
struct bytecode_refusal {
    const char *why; /* static text; NULL: memory is out */
    uint32_t offset;
};
/* Can the function be compiled? Stores nothing, raises nothing. False: *refusal says why. */
bool bytecode_fits(struct state *st, struct proto *p, struct bytecode_refusal *refusal);

/* bytecode_ensure for every prototype of a unit (`ruff check`). */
bool bytecode_ensure_unit(struct state *st, struct unit *u);

/* Forgets the inline caches of a unit: call it when a new isolate starts to run it. */
void bytecode_reset_unit(struct unit *u);

/* The chunk of `p` compiled apart, for tools: not stored anywhere, released by chunk_free.
   `optimized` false leaves out the passes of optimize.h. NULL with an error set. */
struct chunk *bytecode_compile(struct state *st, struct proto *p, bool optimized);

#endif
