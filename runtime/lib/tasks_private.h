/*
 * tasks_private.h - tasks from the inside, for the scheduler (tasks.c) and for what suspends
 * tasks (channels.c).
 */
#ifndef RUFF_LIB_TASKS_PRIVATE_H
#define RUFF_LIB_TASKS_PRIVATE_H

#include "core/channel.h"
#include "core/conduit.h"
#include "lib/loop.h"
#include "lib/pool.h"
#include "lib/tasks.h"

/* The part of struct state that belongs to one line of execution. */
struct engine_context {
    struct frame *top;
    struct activation *activations;
    uint32_t depth;
    uint8_t tool_state;
    struct value *stack_base, *stack_top, *stack_end;
    struct frame *frame_base, *frame_end;
    struct scope *scope;
};

/* Registers and frames for a task's engine activations, mapped without memory behind. */
struct engine_stacks {
    void *block;
    size_t bytes, register_bytes;
    struct engine_stacks *next;
};

enum wait_kind {
    WAIT_NONE, /* running, or about to */
    WAIT_AWAIT,
    WAIT_RECEIVE,
    WAIT_SLEEP
};

enum wake_reason {
    WAKE_SERVED,
    WAKE_HOPELESS, /* nothing will ever come */
    WAKE_CANCEL
};

/* Somebody who receives from a channel: a task, or the loop in place. */
struct receiver {
    struct conduit_waiter waiter; /* at the channel's conduit */
    struct mail mail;             /* from there */
    struct seat *seat;
    struct task_run *task; /* NULL: in place */
};

struct task_run {
    struct fiber *fiber;
    struct engine_context context;
    struct engine_stacks *stacks;
    tasks_body_fn body;
    tasks_ended_fn ended;
    void *user;
    uint64_t age;
    enum wait_kind waits;
    enum wake_reason reason;
    bool cancelled;
    bool ready;                 /* in the ready queue */
    struct tasks_waiter waiter; /* WAIT_AWAIT */
    struct tasks_timer timer;   /* WAIT_SLEEP */
    struct channel *channel;    /* WAIT_RECEIVE; counted */
    struct receiver receiver;
    struct task_run *channel_next;
    struct task_run *ready_next;
    struct task_run *next, *previous; /* all tasks, oldest first */
};

struct tasks {
    struct loop loop;
    struct task_run *first, *last; /* all */
    struct task_run *ready_first, *ready_last;
    struct task_run *current;
    struct tasks_waiter *waiters; /* all that wait */
    struct engine_stacks *idle;
    size_t nidle;
    struct error fatal; /* what ends the program, on its way from a task to the loop */
    uint64_t age;       /* of the next task, in a program without a pool */
    bool serves; /* an isolate of the pool: takes work, has no program of its own */
};

/* Has what is waited for in place come? May change what `context` points to. */
typedef bool (*tasks_until_fn)(struct state *st, void *context);

/* NULL with an error set when memory is out. */
struct tasks *tasks_of(struct state *st);
/* The running task may be suspended: its own C stack is on top. */
bool tasks_can_block(const struct state *st, const struct tasks *tasks);
/* Suspends the running task until somebody makes it ready. */
enum wake_reason tasks_block(struct state *st, struct tasks *tasks,
                             enum wait_kind kind);
void tasks_make_ready(struct tasks *tasks, struct task_run *task,
                      enum wake_reason reason);
/*
 * Runs tasks and timers until the condition (NULL: none) holds (*reached true), the deadline passes or
 * nothing is left to wait for (*reached false). False with an error set when the program
 * must end.
 */
bool tasks_run_until(struct state *st, struct tasks *tasks, tasks_until_fn until,
                     void *context, uint64_t deadline_ns, bool *reached);

/* Sets the hooks of channels in a new isolate (channels.c). */
void channels_attach(struct state *st);
/* The task no longer waits in receive; harmless when it did not. */
void channels_leave(struct state *st, struct task_run *task);

#endif
