/*
 * tasks.h - the scheduler of an isolate (language.md 18): tasks, waiting, the event loop.
 *
 * A *task* is a piece of C that runs Ruff code on a fiber: the body of an async function, a
 * spawned block, a job of spawn_task, a worker of parallel_map. It runs from its start until
 * it has to wait, then whenever its isolate waits: in await, sleep or receive. One task of an
 * isolate runs at a time. Isolates on other threads have schedulers of their own; pool.h is
 * how they work together.
 *
 * Each task has its own engine stacks (registers, frames), because the engines keep theirs
 * on state. Waiting inside of a generator body cannot suspend the task (its C stack is not
 * on top); then the loop runs in place.
 *
 * When no task can run and no timer is set, tasks that wait in receive get null, oldest
 * first; then those that await get `Deadlock: no task can make progress`, oldest first; then
 * whoever runs the loop. With several isolates this is decided over all of them.
 */
#ifndef RUFF_LIB_TASKS_H
#define RUFF_LIB_TASKS_H

#include "core/promise.h"
#include "core/state.h"

struct scope;
struct task_run; /* one task; owned by the scheduler until it has ended */
struct tasks;

/* Body of a task, on its fiber. False with an error set, which the scheduler then deals
   with: ERROR_RAISED goes to `ended`, others end the program. */
typedef bool (*tasks_body_fn)(struct state *st, void *context);
/*
 * Called once on whatever stack when the body has ended or was never run: frees `context`.
 * With `ok` false the pending error is ERROR_RAISED or ERROR_CANCEL, and must be cleared.
 */
typedef void (*tasks_ended_fn)(struct state *st, void *context, bool ok);

/* Sets the hooks of tasks in a new isolate. */
void tasks_attach(struct state *st);
/* Unwinds all tasks, drops timers and waiters. `tasks` NULL is ignored by tasks_free. */
void tasks_end_run(struct state *st, struct tasks *tasks);
void tasks_free(struct state *st, struct tasks *tasks);

#define TASKS_NEW_AGE UINT64_MAX
/*
 * Starts a task and runs it until it ends or waits. `scope` (may be NULL: that of the running
 * task, retained) is taken. `age` orders tasks when they are given up: TASKS_NEW_AGE, or a
 * number of pool_next_age drawn before. On failure `ended` has been called. *task (when not
 * NULL) is written if the task is still alive, else set to NULL. False with an error set
 * only for what ends the program, or when no task can be made.
 */
bool tasks_start(struct state *st, tasks_body_fn body, tasks_ended_fn ended,
                 void *context, struct scope *scope, uint64_t age,
                 struct task_run **task);
/* Asks a task to unwind at its next turn; one that runs, at its next wait. */
void tasks_cancel(struct state *st, struct task_run *task);

/* `await v`: state->await. */
bool tasks_await(struct state *st, struct value v, struct value *out);
/* Lets others run for this long. */
bool tasks_sleep(struct state *st, int64_t ms);

/* ---- waiting without a task --------------------------------------------------------- */

/* Somebody to tell once a promise is settled. Embedded in the owner's struct. */
struct tasks_waiter {
    /* Called when `promise` is settled, or with NULL when the run ends before. The waiter is
       out of all lists then. */
    void (*settled)(struct state *st, struct tasks_waiter *waiter,
                    struct promise *promise);
    struct promise *promise;              /* counted while waiting; NULL: not waiting */
    struct tasks_waiter *next, *previous; /* waiters of the promise */
    struct tasks_waiter *all_next, *all_previous; /* waiters of the isolate */
};

/* The promise must be pending. False with an error set. */
bool tasks_wait(struct state *st, struct tasks_waiter *waiter, struct promise *promise);
/* No longer interested; harmless when not waiting. */
void tasks_unwait(struct state *st, struct tasks_waiter *waiter);

struct loop_timer;
/* Something to do at a time. Embedded in the owner's struct. */
struct tasks_timer {
    /* Called when due, `due` true, or when the run ends before, `due` false. */
    void (*fired)(struct state *st, struct tasks_timer *timer, bool due);
    struct loop_timer *timer; /* NULL: not set */
};
/* False with an error set. ms >= 0. */
bool tasks_set_timer(struct state *st, struct tasks_timer *timer, int64_t ms);
void tasks_clear_timer(struct state *st, struct tasks_timer *timer);

/* ---- isolates of a pool ------------------------------------------------------------- */

/* Takes work and runs tasks until interrupted; false: without memory to begin. */
bool tasks_serve(struct state *st);
/* Age of the oldest task that waits in receive (or in await); false: none does. The isolate
   rests (pool_rest), so that any thread may look under the pool's lock. */
bool tasks_oldest_waiting(const struct state *st, bool receives, uint64_t *age);

#endif
