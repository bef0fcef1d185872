/*
 * pool.h - the threads of a program (language.md 18): isolates on OS threads that take work
 * from one queue, and the mail between isolates.
 *
 * Every isolate of a program has a *seat*. The program's own isolate (the root) has seat 0
 * and takes no work while there are threads; the others run tasks on fibers, so a task that
 * waits holds no thread. A thread starts when work finds nobody idle, up to the number of
 * CPUs and the task pool size, and ends with the run; its isolate is kept for the next.
 *
 * All of a pool is under one lock, held for some pointers at a time. Only its own thread
 * touches an isolate: others leave *mail* at its seat, delivered when its scheduler looks.
 *
 * Nobody waits for ever: an isolate without anything to do sits down with pool_rest. When all
 * sit, no mail, work or time limit is left, the oldest task that waits is given up
 * (tasks.h): its isolate is told by POOL_HOPELESS.
 */
#ifndef RUFF_LIB_POOL_H
#define RUFF_LIB_POOL_H

#include <pthread.h>

#include "core/conduit.h"
#include "core/state.h"

struct map;
struct pool;
struct seat;

enum {
    POOL_DEFAULT_SIZE = 256 /* language.md 18 */
};

/* The pool of the isolate's program, made at first need. NULL with an error set. */
struct pool *pool_of(struct state *st);
/*
 * Root: the run has come to its end. Waits until all work submitted before has come to its
 * first wait or end, so that a short task's output does not depend on luck; but no longer than
 * a second of CPU time, nor beyond an exit or interrupt. Then ends all threads with what they
 * run.
 */
void pool_end_run(struct state *st);
/* Root: after pool_end_run, when the isolate's values are gone but its state is not. NULL is
   ignored. */
void pool_free(struct state *st, struct pool *pool);
/* What crosses between the program's isolates. */
struct transit *pool_transit(struct pool *pool);
/* For state that all isolates share and that has no lock of its own (shared.c); nothing that
   takes another lock may be called under it. */
void pool_lock(struct pool *pool);
void pool_unlock(struct pool *pool);
/* Texts to struct parcel *: the store of shared_set; under the lock, emptied with the run. */
struct map *pool_store(struct pool *pool);
int64_t pool_size(struct pool *pool);
void pool_set_size(struct pool *pool, int64_t size);
/* The isolate that keeps the program's input, for this one alone until pool_end_input. NULL
   with an error set when interrupted. */
struct state *pool_begin_input(struct state *st);
void pool_end_input(struct state *st);
/* Numbers for tasks by age, ascending over the program. */
uint64_t pool_next_age(struct pool *pool);

/* A place in one of the pool's queues; private. */
struct pool_link {
    struct pool_link *next;
    bool queued;
};

/* ---- work --------------------------------------------------------------------------- */

/* Something for any thread to begin; embedded in the owner's struct, zeroed at first. */
struct work {
    /* On the isolate that has taken it: begins a task and returns at its first wait. No error
       may be left. */
    void (*begin)(struct state *st, struct work *work);
    /* The run ends and nobody has begun it; on the root. */
    void (*drop)(struct state *st, struct work *work);
    struct pool_link link; /* private, as is the following */
    bool late;
};

/* Puts work at the end of the queue (or, `first`, at its front). Publishes what the isolate
   has printed. */
void pool_submit(struct state *st, struct work *work, bool first);
/* Takes work back that nobody has begun; false: somebody has. */
bool pool_withdraw(struct pool *pool, struct work *work);

/* ---- mail --------------------------------------------------------------------------- */

/* A message to an isolate; embedded in the owner's struct, zeroed at first. */
struct mail {
    void (*deliver)(struct state *st, struct mail *mail); /* on the isolate's thread */
    struct pool_link link;                                /* private */
};

/* The isolate's seat; NULL: the program has no pool. */
struct seat *pool_seat(const struct state *st);
/* Any thread. Posted already: nothing more happens. */
void pool_post(struct seat *seat, struct mail *mail);
/* The same under the lock. */
void pool_post_locked(struct seat *seat, struct mail *mail);
/* Takes a message back. Its own isolate only. */
void pool_unpost(struct seat *seat, struct mail *mail);
/* Delivers what has come; true: there was something. */
bool pool_deliver(struct state *st);
/* Begins one piece of work if the isolate takes any and there is some. */
bool pool_work(struct state *st);

/* ---- resting ------------------------------------------------------------------------ */

enum pool_event {
    POOL_LOOK,           /* there may be mail, work or an interrupt */
    POOL_HOPELESS_TASK,  /* give up the oldest task that waits (tasks_give_up) */
    POOL_HOPELESS_PLACE, /* give up what is waited for in place */
};

/* Sits down until something happens or the time has come (UINT64_MAX: no limit). `in_place`:
   the caller waits for something itself and may be given up. */
enum pool_event pool_rest(struct state *st, uint64_t until_ns, bool in_place);

/* ---- stopping ----------------------------------------------------------------------- */

#define POOL_NO_TASK UINT64_MAX
/*
 * An isolate that takes work says which task it runs now (its age, or POOL_NO_TASK), so that
 * pool_interrupt_locked can stop it. Forgets an interrupt meant for another task. Gives what it
 * was before. Nothing happens on the root, whose interrupts are the program's.
 */
uint64_t pool_set_running(struct state *st, uint64_t age);
/* Interrupts the isolate if it runs this task. Under the lock. */
void pool_interrupt_locked(struct seat *seat, uint64_t age);
/* The isolate has seen an interrupt: true, the run ends; false: it was meant for a task, and
   is forgotten. */
bool pool_stops(struct state *st);

/* ---- ends --------------------------------------------------------------------------- */

/* A task has called exit: the program ends soon. */
void pool_exit(struct state *st, int code);
/* Root: an exit of a task takes the place of what the run has come to; false: there was none,
   or the error of another kind stays. */
bool pool_take_exit(struct state *st, bool *ok);

#endif
