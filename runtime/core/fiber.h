/*
 * fiber.h - coroutines: pieces of C that run on a stack of their own and can stop half-way.
 *
 * Used by state_enter_stack (the isolate's own stack is the first fiber), by the tree
 * walker's generators and by async functions. Not a scheduler: a fiber is resumed by
 * somebody and goes back to whoever resumed it last.
 *
 * A fiber belongs to one isolate and to the thread that runs it. Its stack is address space
 * reserved without memory behind it (mmap NORESERVE) with a guard page below; stacks are
 * pooled. fiber_resume and fiber_yield keep state->fiber and state->c_stack_limit right.
 * What they do not touch is the chain of Ruff frames, the depth and the pending error:
 * these belong to the engine, which links its frames to those of the resumer.
 *
 * Address and thread sanitizers are told of every switch.
 */
#ifndef RUFF_CORE_FIBER_H
#define RUFF_CORE_FIBER_H

#include <stdbool.h>
#include <stddef.h>

struct state;
struct fiber;
struct fiber_pool;

typedef void (*fiber_fn)(void *context);

/*
 * A fiber that will run fn(context) at its first resume. `context` is borrowed until fn has
 * returned. NULL when no stack can be had; no error is set.
 */
struct fiber *fiber_new(struct state *st, fiber_fn fn, void *context);
/* Runs it until it yields or fn returns. Must be neither running nor done. */
void fiber_resume(struct state *st, struct fiber *f);
/* Goes back to the resumer of the running fiber; returns at its next resume. Must not be
   called on the isolate's first stack (state_enter_stack). */
void fiber_yield(struct state *st);
/* True once fn has returned. */
bool fiber_done(const struct fiber *f);
/* True between a resume and the yield or end that answers it. */
bool fiber_running(const struct fiber *f);
/*
 * Gives the stack back to the pool. Not while it runs. A suspended fiber is dropped as it
 * is: what its C frames own leaks, so its owner first resumes it with an order to unwind
 * (ERROR_CANCEL in error.h). NULL is ignored.
 */
void fiber_free(struct state *st, struct fiber *f);

/* Bounds of its stack, [low, high). Signal-safe on the thread of the isolate. */
void fiber_bounds(const struct fiber *f, char **low, char **high);
/* Who resumed it: another fiber, or NULL for the thread's own stack. Signal-safe. */
struct fiber *fiber_resumer(const struct fiber *f);

/* Stacks are `stack_bytes` large, or smaller (halved down to 256 KiB) when the system gives
   less. NULL when memory is out. Used by state.c. */
struct fiber_pool *fiber_pool_new(size_t stack_bytes);
/* Fibers that were not freed (bodies of generators in garbage cycles) go with it. */
void fiber_pool_free(struct fiber_pool *pool);
/* Stacks in use, for statistics and tests. */
size_t fiber_pool_live(const struct fiber_pool *pool);

#endif
