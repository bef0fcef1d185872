#ifndef RUFFPROF_SAMPLER_H
#define RUFFPROF_SAMPLER_H

/*
 * The CPU sampler of one thread: trigger, signal handler, stream. Each sampled thread has a
 * sampler of its own; a sampler serves one thread after another (attach, detach), because its
 * ring is costly to make.
 *
 * The handler allocates nothing, takes no lock, keeps errno, and runs on an alternate stack.
 * It walks the runtime's frames (exact), optionally native frames, and puts one record into
 * the stream. Its own cost is measured; when it eats more than a quarter of the thread the
 * period is doubled.
 */

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ruff_introspect.h>

#include "stack_stream.h"
#include "trigger.h"

struct sampler;

/* The signals that samplers of this process listen to. Handlers belong to the process, so all
   samplers of a session share this. */
#define SAMPLER_SIGNALS_MAX 2
struct sampler_signals {
    /* private part */
    pthread_mutex_t lock; /* of installing */
    struct {
        int number;
        struct sigaction before; /* what was there */
    } kept[SAMPLER_SIGNALS_MAX];
    unsigned count; /* written under the lock, release; handlers read it, acquire */
};

void sampler_signals_init(struct sampler_signals *s);
/* Once all samplers are detached. Puts back what was there; where nothing was, the handler
   stays, because a signal may still be on its way: it finds no sampler and is dropped. */
void sampler_signals_done(struct sampler_signals *s);

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
    struct sampler_signals *signals; /* borrowed */
    struct trigger_config trigger;
    sampler_walk_fn walk; /* NULL: no native frames */
    const void *walk_context;
    /* Copy up to so much of the stack for an unwinder outside the handler: with each sample,
       or, when there is a `walk`, with those it could not finish. 0: never. */
    uint32_t slice_bytes;
    /* Hold about so many samples a second by changing the period, which starts small: for
       events the kernel's own control is too slow for (page faults). 0: fixed period. */
    uint32_t adapt_hz;
    bool keep_idle; /* keep samples outside the script, too (wall mode) */
    /* Keep those of a thread at work outside the script, as [scheduler]: for threads that begin
       after all set-up. Where time is sampled while the thread sleeps, too, there is no telling
       work from waiting, and they are dropped. */
    bool keep_scheduler;
};

/* With a ring of so many bytes, for no thread yet. NULL without memory. */
struct sampler *sampler_new(size_t ring_bytes);
/* Once it is detached. NULL is allowed. */
void sampler_free(struct sampler *s);

/*
 * For the calling thread, which runs `r`: opens a trigger, installs the signal handler and an
 * alternate stack; still off. False: reason says why. At most one sampler per thread. What was
 * counted for the thread before is 0 again; its stream must have been drained.
 */
bool sampler_attach(struct sampler *s, const struct sampler_config *config,
                    const struct ruff *r, struct trigger_reason *reason);
/* On the same thread. Stops and closes the trigger. */
void sampler_detach(struct sampler *s);
bool sampler_start(struct sampler *s);
void sampler_stop(struct sampler *s);
/* Switches the trigger off from another thread; sampler_stop must still follow. */
void sampler_mute(struct sampler *s);

struct stack_stream *sampler_stream(struct sampler *s);
const char *sampler_trigger_name(const struct sampler *s);
uint64_t sampler_samples(const struct sampler *s);
/* Samples thrown away because the kernel flagged them as late. */
uint64_t sampler_asynchronous(const struct sampler *s);
/* The weight of the samples dropped because no script was running. */
uint64_t sampler_outside_weight(const struct sampler *s);
/* The period is redrawn at each Nth sample by now, see trigger_redraw_seldom. */
uint32_t sampler_jitter_every(const struct sampler *s);
/* Cost of the handler's own work in all, ns; without the signals' delivery. */
uint64_t sampler_handler_ns(const struct sampler *s);

#endif
