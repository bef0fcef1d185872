/*
 * frame.h - activation frames, as every engine publishes them.
 *
 * Read by errors (positions, call stacks) and, from a signal handler of the same thread, by
 * the profiler. Order of publication (notes/memory.md): push = fill every field, compiler
 * fence, store state->top; pop = store state->top, fence, reuse. frame_push/frame_pop do it.
 *
 * The tree walker keeps its frames in its own C frames; the VM in the isolate's frame stack.
 */
#ifndef RUFF_CORE_FRAME_H
#define RUFF_CORE_FRAME_H

#include <stdatomic.h>

#include "core/function.h"

enum frame_tier {
    FRAME_INTERP,
    FRAME_VM,
    FRAME_JIT
};

struct frame {
    struct frame *prev;
    struct function *function; /* borrowed from the callee value the caller holds */
    struct proto *proto;
    struct value *slots; /* registers; the first proto->nparams are the parameters */
    union {
        const uint32_t
            *pc;         /* VM: the instruction that is running, or the one being called
                               from; stored before every call out of the dispatch loop */
        uint64_t offset; /* tree walker: source offset of the running node */
    } at;
    struct chunk *chunk;           /* VM: bytecode of proto; NULL in other tiers */
    const struct builtin *builtin; /* builtin this frame is inside of, or NULL */
    uint8_t tier;                  /* enum frame_tier */
    uint8_t flags;                 /* for the engine's use */
    uint16_t unused;
    uint32_t node; /* exact allocation profile: node id, 0 = not looked up */
};

/*
 * One C activation of an engine, kept in its own C stack frame so that the stack walker can
 * place Ruff frames among native ones by address (design.md §4). `base` is the oldest Ruff
 * frame this activation runs.
 */
struct activation {
    struct activation *prev;
    struct frame *base;
};

static inline void frame_push(struct frame **top, struct frame *f)
{
    f->prev = *top;
    atomic_signal_fence(memory_order_seq_cst);
    __atomic_store_n(top, f, __ATOMIC_RELAXED);
}
static inline void frame_pop(struct frame **top, struct frame *f)
{
    __atomic_store_n(top, f->prev, __ATOMIC_RELAXED);
    atomic_signal_fence(memory_order_seq_cst);
}

/* Source offset of what `f` is doing now; asks state->pc_offset for VM frames. */
uint32_t frame_offset(const struct state *st, const struct frame *f);

#endif
