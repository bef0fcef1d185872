/*
 * poll.h - lets a builtin that works long be stopped.
 *
 * An interrupt (state_interrupt: Ctrl-C, an embedder) is seen by the engines at loops and
 * calls. A builtin runs without either, so one whose work grows with its arguments asks here:
 *
 *     for (size_t i = 0; i < n; i++) {
 *         if (!poll(st, i))
 *             goto fail;
 *
 * Steps are what the builtin counts by: items, lines, or bytes where each is cheap. Between
 * two looks at the flag lie POLL_STEPS of them, some microseconds to a few milliseconds.
 * Work that memory bounds and that runs at memcpy's speed needs no poll.
 */
#ifndef RUFF_CORE_POLL_H
#define RUFF_CORE_POLL_H

#include "base/sizing.h"
#include "core/error.h"
#include "core/state.h"

#define POLL_STEPS SIZE_OR_TINY(1024u, 1u)

_Static_assert((POLL_STEPS & (POLL_STEPS - 1)) == 0, "steps are tested by a mask");

/* Looks at the flag now: false with ERROR_INTERRUPT raised when the program is to stop. */
static inline bool poll_now(struct state *st)
{
    return __builtin_expect(!state_interrupted(st), 1) || error_interrupt(st);
}

/* Items of a tight loop between two polls: end of the block that begins at `i` of `n`. */
static inline size_t poll_block(size_t i, size_t n)
{
    size_t block = (size_t)POLL_STEPS * 32;
    return n - i < block ? n : i + block;
}

/* The same as poll_now, at each POLL_STEPS-th step only. */
static inline bool poll(struct state *st, uint64_t step)
{
    return (step & (POLL_STEPS - 1)) != 0 || poll_now(st);
}

#endif
