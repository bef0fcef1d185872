/*
 * Sending and receiving (language.md 18): who waits at a channel, in this isolate or, once the
 * channel has been sent to another task, at its conduit.
 */
#include "config.h"

#include <stddef.h>

#include "base/mem.h"
#include "core/channel.h"
#include "core/conduit.h"
#include "core/parcel.h"
#include "lib/crossing.h"
#include "lib/lib_state.h"
#include "lib/pool.h"
#include "lib/tasks_private.h"

/* What hangs on channel->waiting while tasks wait in receive, first come first served. */
struct channel_queue {
    struct task_run *first, *last;
};

static bool channel_send_hook(struct state *st, struct channel *c, struct value v);
static bool channel_receive_hook(struct state *st, struct channel *c,
                                 struct value *out);
static void channel_free_hook(struct state *st, void *waiting);
static void channel_shared_hook(struct state *st, struct channel *c);
static struct transit *transit_hook(struct state *st);
static void leave_queue(struct channel_queue *queue, struct task_run *task);

void channels_attach(struct state *st)
{
    st->channel_send = channel_send_hook;
    st->channel_receive = channel_receive_hook;
    st->channel_free = channel_free_hook;
    st->channel_shared = channel_shared_hook;
    st->transit = transit_hook;
}

static struct transit *transit_hook(struct state *st)
{
    struct pool *pool = pool_of(st);
    return pool != NULL ? pool_transit(pool) : NULL;
}

/* ---- sending ----------------------------------------------------------------------- */

static bool send_away(struct state *st, struct conduit *conduit, struct value v)
{
    struct parcel p;
    if (!parcel_pack(st, v, &p))
        return false;
    /* What was printed before the message is shown before what it leads to. */
    state_flush(st);
    return conduit_send_take(conduit, p) || error_out_of_memory(st);
}

static bool channel_send_hook(struct state *st, struct channel *c, struct value v)
{
    if (c->conduit != NULL) {
        bool sent = send_away(st, c->conduit, v);
        value_release(st, v);
        return sent;
    }
    struct value copy;
    bool ok = crossing_copy(st, v, &copy);
    value_release(st, v);
    if (!ok || !channel_push_take(st, c, copy))
        return false;
    struct channel_queue *queue = c->waiting;
    struct lib_state *lib = st->lib;
    if (queue != NULL && queue->first != NULL) {
        struct task_run *task = queue->first;
        tasks_make_ready(lib->tasks, task, WAKE_SERVED);
        channels_leave(st, task);
    }
    return true;
}

/* ---- receivers --------------------------------------------------------------------- */

/* On the sender's thread. */
static void receiver_wake(struct conduit_waiter *waiter)
{
    struct receiver *r =
        (struct receiver *)(void *)((char *)waiter - offsetof(struct receiver, waiter));
    pool_post(r->seat, &r->mail);
}

static void receiver_told(struct state *st, struct mail *mail)
{
    const struct receiver *r =
        (struct receiver *)(void *)((char *)mail - offsetof(struct receiver, mail));
    struct lib_state *lib = st->lib;
    if (r->task != NULL)
        tasks_make_ready(lib->tasks, r->task, WAKE_SERVED);
}

static void receiver_init(struct state *st, struct receiver *r, struct task_run *task)
{
    *r = (struct receiver){.waiter = {.wake = receiver_wake},
                           .mail = {.deliver = receiver_told},
                           .seat = pool_seat(st),
                           .task = task};
}

static void receiver_leave(struct receiver *r, struct conduit *conduit)
{
    conduit_leave(conduit, &r->waiter);
    pool_unpost(r->seat, &r->mail);
}

/* What a receive ends with. */
struct reception {
    struct channel *channel;
    struct receiver receiver; /* in place */
    bool waits;               /* the receiver is at the conduit */
    struct parcel parcel;
    struct value value; /* unset: none, or in the parcel */
};

/* Takes the oldest value; false: there is none, and the receiver (if not NULL) is at the
   conduit when the channel has one. */
static bool take(struct reception *r, struct receiver *receiver)
{
    struct channel *c = r->channel;
    if (c->conduit == NULL)
        return channel_pop(c, &r->value);
    return conduit_receive(c->conduit, receiver != NULL ? &receiver->waiter : NULL,
                           &r->parcel);
}

static bool arrives_in_place(struct state *st, void *context)
{
    struct reception *r = context;
    if (r->channel->conduit != NULL && !r->waits) {
        receiver_init(st, &r->receiver, NULL);
        r->waits = true;
    }
    return take(r, r->waits ? &r->receiver : NULL);
}

static bool enter_queue(struct state *st, struct task_run *task, struct channel *c)
{
    struct channel_queue *queue = c->waiting;
    if (queue == NULL) {
        queue = mem_alloc_zero(1, sizeof(*queue));
        if (queue == NULL)
            return error_out_of_memory(st);
        c->waiting = queue;
    }
    task->channel_next = NULL;
    if (queue->last != NULL)
        queue->last->channel_next = task;
    else
        queue->first = task;
    queue->last = task;
    return true;
}

/* Waits as a task; *got false when it is given up. */
static bool receive_blocking(struct state *st, struct tasks *tasks, struct reception *r,
                             bool *got)
{
    struct task_run *task = tasks->current;
    struct channel *c = r->channel;
    for (;;) {
        if (task->cancelled)
            return error_cancel(st);
        receiver_init(st, &task->receiver, task);
        *got = take(r, &task->receiver);
        if (*got)
            return true;
        if (c->conduit == NULL && !enter_queue(st, task, c))
            return false;
        object_retain(&c->head);
        task->channel = c;
        enum wake_reason reason = tasks_block(st, tasks, WAIT_RECEIVE);
        if (reason == WAKE_CANCEL)
            return error_cancel(st);
        if (reason == WAKE_HOPELESS) {
            *got = take(r, NULL);
            return true;
        }
        /* Woken, but another receiver may have been faster. */
    }
}

static bool channel_receive_hook(struct state *st, struct channel *c, struct value *out)
{
    struct tasks *tasks = tasks_of(st);
    struct reception r = {.channel = c, .value = value_unset()};
    if (tasks == NULL)
        return false;
    object_retain(&c->head);
    bool got = take(&r, NULL), ok = true;
    if (!got && tasks_can_block(st, tasks)) {
        ok = receive_blocking(st, tasks, &r, &got);
    } else if (!got) {
        ok = tasks_run_until(st, tasks, arrives_in_place, &r, UINT64_MAX, &got);
        if (r.waits)
            receiver_leave(&r.receiver, c->conduit);
    }
    if (ok && !got) {
        *out = value_null();
    } else if (ok && r.value.kind == VALUE_UNSET) {
        ok = parcel_open(st, &r.parcel, out);
        parcel_done(&r.parcel);
    } else if (ok) {
        *out = r.value;
    }
    object_release(st, &c->head);
    return ok;
}

void channels_leave(struct state *st, struct task_run *task)
{
    struct channel *c = task->channel;
    if (c == NULL)
        return;
    task->channel = NULL;
    if (c->conduit != NULL)
        receiver_leave(&task->receiver, c->conduit);
    else
        leave_queue(c->waiting, task);
    object_release(st, &c->head);
}

static void leave_queue(struct channel_queue *queue, struct task_run *task)
{
    struct task_run *before = NULL;
    struct task_run *at = queue->first;
    while (at != task) {
        before = at;
        at = at->channel_next;
    }
    if (before != NULL)
        before->channel_next = task->channel_next;
    else
        queue->first = task->channel_next;
    if (queue->last == task)
        queue->last = before;
}

/* Those who wait go on waiting at the conduit. */
static void channel_shared_hook(struct state *st, struct channel *c)
{
    struct channel_queue *queue = c->waiting;
    struct parcel none;
    while (queue != NULL && queue->first != NULL) {
        struct task_run *task = queue->first;
        leave_queue(queue, task);
        receiver_init(st, &task->receiver, task);
        conduit_receive(c->conduit, &task->receiver.waiter, &none);
    }
}

static void channel_free_hook(struct state *st, void *waiting)
{
    (void)st;
    mem_free(waiting);
}
