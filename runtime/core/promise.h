/*
 * promise.h - promises and task handles as objects. The event loop that settles them is in
 * lib/tasks and is reached through the state (await, promise_settled).
 */
#ifndef RUFF_CORE_PROMISE_H
#define RUFF_CORE_PROMISE_H

#include "core/object.h"

struct function;

enum promise_status {
    PROMISE_PENDING,
    PROMISE_RESOLVED,
    PROMISE_REJECTED
};

/* VALUE_PROMISE. Settled once; may be awaited any number of times. */
struct promise {
    struct object head; /* head.reserved: enum promise_status */
    struct value
        value; /* result, or the message (string) of the rejection; unset: pending */
    void *waiters; /* of lib/tasks: who waits; must be NULL when the object is freed */
    uint64_t gc_index; /* kept by the cycle collector */
};

/* VALUE_TASK: handle of spawn_task. */
struct task {
    struct object head;
    struct value promise; /* of the result */
    void *job;            /* of lib/tasks; given to state->task_free with the object */
};

#define PROMISE_OF(v) ((struct promise *)(void *)(v).as.object)
#define TASK_OF(v)    ((struct task *)(void *)(v).as.object)

static inline enum promise_status promise_status(const struct promise *p)
{
    return (enum promise_status)p->head.reserved;
}

/* A pending promise; on success *out is owned. False with an error set without memory. */
bool promise_new(struct state *st, struct value *out);
/* A promise that is settled already. `v` and `message` (a string) are taken, also on
   failure. */
bool promise_resolved_take(struct state *st, struct value v, struct value *out);
bool promise_rejected_take(struct state *st, struct value message, struct value *out);
/*
 * Settles a pending promise and tells state->promise_settled; a settled one stays as it is.
 * `v` and `message` (a string) are taken. False: was settled before.
 */
bool promise_resolve_take(struct state *st, struct promise *p, struct value v);
bool promise_reject_take(struct state *st, struct promise *p, struct value message);
/*
 * Rejects with the pending error of the isolate, which is cleared. False, and the error
 * stays, when it is not ERROR_RAISED.
 */
bool promise_reject_pending(struct state *st, struct promise *p);
/*
 * What `await v` gives once nothing is left to wait for: the value itself for a
 * non-promise, the result, or the error `Promise rejected: MSG`. A pending promise raises
 * `Deadlock: no task can make progress`.
 */
bool promise_outcome(struct state *st, struct value v, struct value *out);
/*
 * `await v` for engines: state->await when lib has set it, else promise_outcome.
 */
bool promise_await(struct state *st, struct value v, struct value *out);
/*
 * Runs an async function at once and gives its settled promise: the fallback of
 * call_function when state->async_call is NULL. args hold proto->nparams values, moved.
 */
bool promise_run_now(struct state *st, struct function *f, struct value *args,
                     struct value *out);

/* A handle over `promise` (retained) with the job of lib/tasks. */
bool task_new(struct state *st, struct value promise, void *job, struct value *out);

/* Tells the heap how to free and walk promises and task handles (state_new). */
void promise_register(struct state *st);

#endif
