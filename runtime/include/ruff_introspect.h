/*
 * ruff_introspect.h - all that tools (the profiler) may see of a running isolate.
 *
 * Version RUFF_INTRO_VERSION; a tool built for another version must refuse to attach. The
 * functions marked [signal-safe] may be called from a signal handler that interrupted the
 * isolate's own thread: they take no lock and allocate nothing.
 */
#ifndef RUFF_INTROSPECT_H
#define RUFF_INTROSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ruff.h>

#define RUFF_INTRO_VERSION 2

/* What the isolate's thread is doing. */
enum ruff_intro_state {
    RUFF_INTRO_IDLE,
    RUFF_INTRO_INTERP,
    RUFF_INTRO_VM,
    RUFF_INTRO_JIT,
    RUFF_INTRO_BUILTIN,
    RUFF_INTRO_GC,
    RUFF_INTRO_COMPILE
};

enum ruff_intro_tier {
    RUFF_INTRO_TIER_INTERP,
    RUFF_INTRO_TIER_VM,
    RUFF_INTRO_TIER_JIT,
    RUFF_INTRO_TIER_INLINED,
    RUFF_INTRO_TIER_BUILTIN
};

/*
 * One frame, leaf first. A function frame has `function` (id, see ruff_intro_function) and
 * `where`, an opaque position inside it (the engine's pc or source offset): translate with
 * ruff_intro_line outside the handler. A builtin frame has `builtin` (row id) instead.
 */
struct ruff_intro_frame {
    uint32_t function; /* prototype id, 0 for a builtin frame */
    uint32_t where;
    uint16_t builtin; /* row, valid when function == 0 */
    uint8_t tier;     /* enum ruff_intro_tier */
    uint8_t flags;    /* RUFF_INTRO_FRAME_* */
    uint32_t unused;
    const void
        *activation; /* C stack address of the engine activation that runs it; frames
                               of one activation share it */
};

struct ruff_intro_registers {
    uintptr_t pc, sp, fp;
    uintptr_t
        vm_pc; /* the register the VM pins its program counter to (r15 on x86-64) */
};

/*
 * Copies up to `capacity` frames, leaf first, into `out` and returns how many; *truncated
 * tells that there were more. With `regs` (from the signal context) the leaf's position is
 * exact; NULL when called from a hook. [signal-safe]
 */
RUFF_API size_t ruff_intro_frames(const struct ruff *r,
                                  const struct ruff_intro_registers *regs,
                                  struct ruff_intro_frame *out, size_t capacity,
                                  bool *truncated);
/*
 * For allocation hooks: the same frames without `regs`, but only down to the first whose memo
 * is not 0, that one included. (*memos)[i] points to the memo of frame i (NULL for a
 * builtin's): a word for the tool, 0 when the frame is pushed, gone when it is popped.
 */
RUFF_API size_t ruff_intro_new_frames(const struct ruff *r,
                                      struct ruff_intro_frame *out, uint32_t **memos,
                                      size_t capacity);
RUFF_API enum ruff_intro_state ruff_intro_state(
    const struct ruff *r); /* [signal-safe] */

/* A function of any program loaded in the process; valid while the program lives. */
struct ruff_intro_function {
    uint32_t id;
    const char *name; /* cli.md "Frames": `fib`, `S.m`, `<main>`, `<lambda:LINE>` */
    const char *file;
    uint32_t line; /* of the declaration */
};
/* False when the id is unknown. Any thread, not signal-safe. */
RUFF_API bool ruff_intro_function(const struct ruff *r, uint32_t id,
                                  struct ruff_intro_function *out);
/* 1-based line of `where` in function `id` run by `tier`; 0 = unknown. Any thread. */
RUFF_API uint32_t ruff_intro_line(const struct ruff *r, uint32_t id, uint32_t where,
                                  uint8_t tier);
/* Name of the instruction at `where` in function `id` run by the VM, and a number below
   RUFF_INTRO_OPCODES for it; NULL = unknown. Any thread. */
#define RUFF_INTRO_OPCODES 256u
RUFF_API const char *ruff_intro_opcode(const struct ruff *r, uint32_t id,
                                       uint32_t where, uint8_t *opcode);
RUFF_API const char *ruff_intro_builtin_name(const struct ruff *r, uint16_t builtin);
RUFF_API const char *ruff_intro_cause_name(unsigned cause);

/* The C stack Ruff code runs on: [low, high). For stack walkers. [signal-safe] */
RUFF_API void ruff_intro_stack(const struct ruff *r, uintptr_t *low, uintptr_t *high);
/* Machine code of an engine (the VM's loops, the tree walker): native frames inside are
   replaced by the Ruff frames of their activation. [signal-safe] */
RUFF_API bool ruff_intro_is_engine_pc(uintptr_t pc);

/* Hooks; at most one set per runtime, installed while no script runs (for a thread's runtime
   also in thread_started and thread_ended). */
struct ruff_intro_hooks {
    void *context;
    /* An allocation sample (or, with mean 0, every allocation). Runs on the isolate's
       thread inside the allocator: must not run Ruff code. `cause` is named by
       ruff_intro_cause_name. */
    void (*alloc)(void *context, const void *address, size_t size, unsigned cause);
    /* The free of an address passed to `alloc`. */
    void (*free)(void *context, const void *address, size_t size);
    /* A run starts (true) or ends; runs count from 0. */
    void (*run)(void *context, uint64_t index, bool starts);
    /*
     * A thread of spawn, parallel_map and their kind comes and goes (language.md 18). Both
     * are called on that thread, before its first and after its last Ruff code, with a
     * runtime of its own: every function of this header works on it there, and it can have
     * hooks of its own (it starts without; they are taken off after thread_ended). It lives
     * until thread_ended has returned at least; do not free it. Function ids mean the same
     * in every runtime of a program. Threads are numbered from 1 (0 is the thread that
     * runs the program); a number is used again once its thread has ended, never while it
     * lives. All threads have ended when ruff_run or ruff_run_end returns. Several threads
     * may be in these hooks at a time. The thread's name is `ruff-worker-N`.
     */
    void (*thread_started)(void *context, struct ruff *isolate, unsigned ordinal);
    void (*thread_ended)(void *context, struct ruff *isolate, unsigned ordinal);
};
/*
 * mean_bytes: mean of the exponential distances between allocation samples; 0 = every
 * allocation is reported. NULL hooks = off.
 */
RUFF_API void ruff_intro_set_hooks(struct ruff *r, const struct ruff_intro_hooks *hooks,
                                   uint64_t mean_bytes, uint64_t seed);

#endif
