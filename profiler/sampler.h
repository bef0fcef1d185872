#ifndef RUFFPROF_SAMPLER_H
#define RUFFPROF_SAMPLER_H

/*
 * The CPU sampler of one thread: trigger, signal handler, stream.
 *
 * The handler allocates nothing, takes no lock, keeps errno, and runs on an alternate stack.
 * It walks the runtime's frames (exact), optionally native frames, and puts one record into
 * the stream. Its own cost is measured; when it eats more than a quarter of the thread the
 * period is doubled.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ruff_introspect.h>

#include "stack_stream.h"
#include "trigger.h"

struct sampler;

/*
 * Walks the native frames of the interrupted context among the runtime's `frames`; see
 * walker.h. Returns how many, leaf first; *unknown tells that the leaf part is cut because an
 * address has no unwind rule. [signal-safe]
 */
typedef uint32_t (*sampler_walk_fn)(const void *context,
                                    const struct ruff_intro_registers *regs,
                                    const struct ruff_intro_frame *frames, size_t count,
                                    uintptr_t stack_low, uintptr_t stack_high,
                                    struct stack_native *out, uint32_t capacity,
                                    bool *unknown);

struct sampler_config {
    const struct ruff *r;
    struct trigger_config trigger;
    sampler_walk_fn walk; /* NULL: no native frames */
    const void *walk_context;
    /* Copy up to so much of the stack for an unwinder outside the handler: with each sample,
       or, when there is a `walk`, with those it could not finish. 0: never. */
    uint32_t slice_bytes;
    size_t ring_bytes; /* default 4 MiB */
    /* Hold about so many samples a second by changing the period, which starts small: for
       events the kernel's own control is too slow for (page faults). 0: fixed period. */
    uint32_t adapt_hz;
    bool keep_idle; /* keep samples outside the script, too (wall mode) */
};

/*
 * For the calling thread. Installs the signal handlers and an alternate stack. NULL: reason
 * says why. At most one sampler per thread.
 */
struct sampler *sampler_new(const struct sampler_config *config,
                            struct trigger_reason *reason);
bool sampler_start(struct sampler *s);
void sampler_stop(struct sampler *s);
/* Switches the trigger off from another thread; sampler_stop must still follow. */
void sampler_mute(struct sampler *s);
/* On the thread that made it. Restores the handlers that were there. */
void sampler_free(struct sampler *s);

struct stack_stream *sampler_stream(struct sampler *s);
const char *sampler_trigger_name(const struct sampler *s);
uint64_t sampler_samples(const struct sampler *s);
/* Samples thrown away because the kernel flagged them as late. */
uint64_t sampler_asynchronous(const struct sampler *s);
/* Samples dropped because no script was running, and the weight they had. */
uint64_t sampler_outside(const struct sampler *s);
uint64_t sampler_outside_weight(const struct sampler *s);
/* Mean cost of the handler's own work, ns; without the signal's delivery. */
uint64_t sampler_handler_ns(const struct sampler *s);

#endif
