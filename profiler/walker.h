#ifndef RUFFPROF_WALKER_H
#define RUFFPROF_WALKER_H

/*
 * Walks the native stack of an interrupted thread from inside the signal handler, and merges
 * it with the runtime's frames.
 *
 * Each step takes the rule of the call-frame table (cfi.h): leaf, libc, and our own code
 * alike, because the allocator that is linked into our programs has no frame pointers. Where
 * a module has no rules (not expanded, aarch64, compiled Ruff code) the frame pointer is
 * followed, if it looks like one. Every address is checked against the bounds of the stack
 * before it is read, so that a wrong rule ends a walk and nothing else.
 *
 * A machine frame of an engine stands for Ruff frames, which are known exactly: it is left
 * out, and the Ruff frames of an activation take the place of the machine frame whose stack
 * area holds the activation's record. So native frames remain in the leaf part (what the
 * newest Ruff frame has called) and between activations (what a builtin went through before
 * it called back). The walk ends at the oldest activation.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ruff_introspect.h>

#include "cfi.h"
#include "stack_stream.h"

/* Machine frames looked at in one walk: bounds the handler's time. */
#define WALKER_STEPS 4096u

struct walker_cursor {
    uintptr_t pc, sp, fp;
    bool caller; /* pc is a return address: the call is before it */
};

enum walker_step {
    WALKER_STEPPED,
    WALKER_END,     /* outermost frame, or the stack's bounds */
    WALKER_UNKNOWN, /* no rule for this address */
};

/* Moves to the caller. The stack is readable in [low, high). [signal-safe] */
enum walker_step walker_step(const struct cfi_table *t, struct walker_cursor *c,
                             uintptr_t low, uintptr_t high);

/* A sampler_walk_fn; the context is a struct cfi. [signal-safe] */
uint32_t walker_walk(const void *context, const struct ruff_intro_registers *regs,
                     const struct ruff_intro_frame *frames, size_t count, uintptr_t low,
                     uintptr_t high, struct stack_native *out, uint32_t capacity,
                     bool *unknown);

#endif
