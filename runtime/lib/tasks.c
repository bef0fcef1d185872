#include "config.h"

#include "lib/tasks.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>

#include "base/mem.h"
#include "base/os_linux.h"
#include "core/channel.h"
#include "core/fiber.h"
#include "core/frame.h"
#include "lib/crossing.h"
#include "lib/lib_state.h"
#include "lib/loop.h"

enum {
    DEFAULT_POOL_SIZE = 256, /* language.md 18 */
    IDLE_STACKS_MAX = 16,    /* engine stacks kept for the next task */
    /* A sleeping loop looks at the interrupt flag this often. */
    SLEEP_SLICE_NS = 50000000
};

/* The part of struct state that belongs to one line of execution. */
struct engine_context {
    struct frame *top;
    struct activation *activations;
    uint32_t depth;
    uint8_t tool_state;
    struct value *stack_base, *stack_top, *stack_end;
    struct frame *frame_base, *frame_end;
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

struct task_run {
    struct fiber *fiber;
    struct engine_context context;
    struct engine_stacks *stacks;
    tasks_body_fn body;
    tasks_ended_fn ended;
    void *user;
    struct snapshot *snapshot;
    enum wait_kind waits;
    enum wake_reason reason;
    bool cancelled;
    bool ready;                 /* in the ready queue */
    struct tasks_waiter waiter; /* WAIT_AWAIT */
    struct tasks_timer timer;   /* WAIT_SLEEP */
    struct channel *channel;    /* WAIT_RECEIVE; counted */
    struct task_run *channel_next;
    struct task_run *ready_next;
    struct task_run *next, *previous; /* all tasks, oldest first */
};

/* What hangs on channel->shared while tasks wait in receive, first come first served. */
struct channel_queue {
    struct task_run *first, *last;
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
    int64_t pool_size;
};

typedef bool (*until_fn)(const void *context);

static struct tasks *tasks_of(struct state *st);
static void promise_settled(struct state *st, struct promise *p);
static bool channel_send_hook(struct state *st, struct channel *c, struct value v);
static bool channel_receive_hook(struct state *st, struct channel *c,
                                 struct value *out);
static void channel_free_hook(struct state *st, void *shared);
static void resume(struct state *st, struct tasks *tasks, struct task_run *task);
static bool fatal_pending(struct state *st, struct tasks *tasks);
static bool run_until(struct state *st, struct tasks *tasks, until_fn until,
                      const void *context, uint64_t deadline_ns, bool *reached);
static bool can_block(const struct state *st, const struct tasks *tasks);
static enum wake_reason block(struct state *st, struct tasks *tasks,
                              enum wait_kind kind);
static void make_ready(struct tasks *tasks, struct task_run *task,
                       enum wake_reason reason);
static void leave_channel(struct state *st, struct task_run *task);

/* ---- life ------------------------------------------------------------------------ */

void tasks_attach(struct state *st)
{
    st->await = tasks_await;
    st->promise_settled = promise_settled;
    st->channel_send = channel_send_hook;
    st->channel_receive = channel_receive_hook;
    st->channel_free = channel_free_hook;
}

/* NULL with an error set when memory is out. */
static struct tasks *tasks_of(struct state *st)
{
    struct lib_state *lib = lib_state(st);
    if (lib == NULL || lib->tasks != NULL)
        return lib != NULL ? lib->tasks : NULL;
    struct tasks *tasks = mem_alloc_zero(1, sizeof(*tasks));
    if (tasks == NULL) {
        error_out_of_memory(st);
        return NULL;
    }
    loop_init(&tasks->loop);
    tasks->pool_size = DEFAULT_POOL_SIZE;
    lib->tasks = tasks;
    return tasks;
}

int64_t *tasks_pool_size(struct state *st)
{
    struct tasks *tasks = tasks_of(st);
    return tasks != NULL ? &tasks->pool_size : NULL;
}

void tasks_end_run(struct state *st, struct tasks *tasks)
{
    struct error pending = error_save(st);
    /* Newest first, as stacks unwind; a task that is unwound may end others. */
    while (tasks->last != NULL) {
        struct task_run *task = tasks->last;
        /* Nobody takes from the queue any more. */
        tasks->ready_first = tasks->ready_last = NULL;
        task->cancelled = true;
        resume(st, tasks, task);
    }
    tasks->ready_first = tasks->ready_last = NULL;
    while (tasks->waiters != NULL) {
        struct tasks_waiter *waiter = tasks->waiters;
        tasks_unwait(st, waiter);
        waiter->settled(st, waiter, NULL);
    }
    for (void *context = NULL; loop_take_any(&tasks->loop, &context);) {
        struct tasks_timer *timer = context;
        timer->timer = NULL;
        timer->fired(st, timer, false);
    }
    if (tasks->fatal.kind != ERROR_NONE) {
        error_restore_take(st, tasks->fatal);
        tasks->fatal = (struct error){.kind = ERROR_NONE};
    }
    error_restore_take(st, pending);
}

void tasks_free(struct state *st, struct tasks *tasks)
{
    if (tasks == NULL)
        return;
    tasks_end_run(st, tasks);
    loop_done(&tasks->loop);
    while (tasks->idle != NULL) {
        struct engine_stacks *stacks = tasks->idle;
        tasks->idle = stacks->next;
        munmap(stacks->block, stacks->bytes);
        mem_free(stacks);
    }
    mem_free(tasks);
}

/* ---- engine stacks ---------------------------------------------------------------- */

static struct engine_stacks *stacks_new(struct state *st, struct tasks *tasks)
{
    struct engine_stacks *stacks = tasks->idle;
    if (stacks != NULL) {
        tasks->idle = stacks->next;
        tasks->nidle--;
        return stacks;
    }
    stacks = mem_alloc(sizeof(*stacks));
    if (stacks == NULL)
        return NULL;
    /* As large as those of the isolate: a task may call as deep. */
    stacks->register_bytes =
        (size_t)(st->stack_end - st->stack_base) * sizeof(struct value);
    stacks->bytes = stacks->register_bytes +
                    (size_t)(st->frame_end - st->frame_base) * sizeof(struct frame);
    stacks->block = mmap(NULL, stacks->bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stacks->block == MAP_FAILED) {
        mem_free(stacks);
        return NULL;
    }
    return stacks;
}

static void stacks_free(struct tasks *tasks, struct engine_stacks *stacks)
{
    if (stacks == NULL)
        return;
    if (tasks->nidle < IDLE_STACKS_MAX) {
        stacks->next = tasks->idle;
        tasks->idle = stacks;
        tasks->nidle++;
        return;
    }
    munmap(stacks->block, stacks->bytes);
    mem_free(stacks);
}

static struct engine_context context_save(const struct state *st)
{
    return (struct engine_context){
        .top = st->top,
        .activations = st->activations,
        .depth = st->depth,
        .tool_state = st->tool_state,
        .stack_base = st->stack_base,
        .stack_top = st->stack_top,
        .stack_end = st->stack_end,
        .frame_base = st->frame_base,
        .frame_end = st->frame_end,
    };
}

static void context_load(struct state *st, const struct engine_context *c)
{
    st->top = c->top;
    st->activations = c->activations;
    st->depth = c->depth;
    st->tool_state = c->tool_state;
    st->stack_base = c->stack_base;
    st->stack_top = c->stack_top;
    st->stack_end = c->stack_end;
    st->frame_base = c->frame_base;
    st->frame_end = c->frame_end;
}

/* ---- tasks ----------------------------------------------------------------------- */

struct fiber_start {
    struct state *st;
    struct tasks *tasks;
    struct task_run *task;
};

/* First function on a task's fiber. */
static void fiber_main(void *context)
{
    struct fiber_start start = *(struct fiber_start *)context;
    struct state *st = start.st;
    struct task_run *task = start.task;
    bool ok = task->body(st, task->user);
    if (!ok && st->error.kind != ERROR_RAISED && st->error.kind != ERROR_CANCEL) {
        /* exit() and interrupts pass through to whoever runs the loop. */
        if (start.tasks->fatal.kind == ERROR_NONE)
            start.tasks->fatal = error_save(st);
        else
            error_clear(st);
        error_cancel(st);
    }
    task->ended(st, task->user, ok);
}

/* The task that could not be made: its owner is told as if it had been cancelled. */
static bool start_failed(struct state *st, tasks_ended_fn ended, void *context,
                         struct snapshot *snapshot)
{
    crossing_release(st, snapshot);
    if (st->error.kind == ERROR_NONE)
        error_out_of_memory(st);
    struct error pending = error_save(st);
    error_cancel(st);
    ended(st, context, false);
    error_restore_take(st, pending);
    return false;
}

bool tasks_start(struct state *st, tasks_body_fn body, tasks_ended_fn ended,
                 void *context, struct snapshot *snapshot, struct task_run **out)
{
    struct tasks *tasks = tasks_of(st);
    struct task_run *task = tasks != NULL ? mem_alloc_zero(1, sizeof(*task)) : NULL;
    if (task == NULL)
        return start_failed(st, ended, context, snapshot);
    struct fiber_start start = {st, tasks, task};
    task->stacks = stacks_new(st, tasks);
    if (task->stacks != NULL)
        task->fiber = fiber_new(st, fiber_main, &start);
    if (task->fiber == NULL) {
        stacks_free(tasks, task->stacks);
        mem_free(task);
        return start_failed(st, ended, context, snapshot);
    }
    if (snapshot == NULL && tasks->current != NULL)
        snapshot = crossing_retain(tasks->current->snapshot);
    task->body = body;
    task->ended = ended;
    task->user = context;
    task->snapshot = snapshot;
    struct value *registers = task->stacks->block;
    size_t frame_bytes = task->stacks->bytes - task->stacks->register_bytes;
    struct frame *frames = (struct frame *)(void *)((char *)task->stacks->block +
                                                    task->stacks->register_bytes);
    /* No frame below: the caller's may be gone when the task goes on. */
    task->context = (struct engine_context){
        .depth = st->depth,
        .tool_state = st->tool_state,
        .stack_base = registers,
        .stack_top = registers,
        .stack_end = registers + task->stacks->register_bytes / sizeof(*registers),
        .frame_base = frames,
        .frame_end = frames + frame_bytes / sizeof(*frames),
    };
    task->previous = tasks->last;
    if (tasks->last != NULL)
        tasks->last->next = task;
    else
        tasks->first = task;
    tasks->last = task;
    if (out != NULL)
        *out = task;
    resume(st, tasks, task);
    return !fatal_pending(st, tasks);
}

/* Runs the task until it waits or ends; frees it in that case. */
static void resume(struct state *st, struct tasks *tasks, struct task_run *task)
{
    struct engine_context outer = context_save(st);
    struct task_run *previous = tasks->current;
    context_load(st, &task->context);
    tasks->current = task;
    task->waits = WAIT_NONE;
    fiber_resume(st, task->fiber);
    tasks->current = previous;
    if (!fiber_done(task->fiber)) {
        task->context = context_save(st);
        context_load(st, &outer);
        return;
    }
    context_load(st, &outer);
    if (task->previous != NULL)
        task->previous->next = task->next;
    else
        tasks->first = task->next;
    if (task->next != NULL)
        task->next->previous = task->previous;
    else
        tasks->last = task->previous;
    fiber_free(st, task->fiber);
    stacks_free(tasks, task->stacks);
    crossing_release(st, task->snapshot);
    mem_free(task);
}

/* True, with that error pending again, when a task has asked to end the program. */
static bool fatal_pending(struct state *st, struct tasks *tasks)
{
    if (tasks->fatal.kind == ERROR_NONE)
        return false;
    struct error fatal = tasks->fatal;
    tasks->fatal = (struct error){.kind = ERROR_NONE};
    error_restore_take(st, fatal);
    return true;
}

bool tasks_cancel(struct state *st, struct task_run *task)
{
    struct tasks *tasks = tasks_of(st);
    if (tasks == NULL || task->waits == WAIT_NONE)
        return false;
    task->cancelled = true;
    make_ready(tasks, task, WAKE_CANCEL);
    return true;
}

/* ---- waiting tasks ----------------------------------------------------------------- */

/* The running task may be suspended: its own C stack is on top. */
static bool can_block(const struct state *st, const struct tasks *tasks)
{
    return tasks->current != NULL && st->fiber == tasks->current->fiber;
}

/* Suspends the running task until somebody makes it ready. */
static enum wake_reason block(struct state *st, struct tasks *tasks,
                              enum wait_kind kind)
{
    struct task_run *task = tasks->current;
    task->waits = kind;
    fiber_yield(st);
    /* What it waited for, unless that has been served. */
    tasks_unwait(st, &task->waiter);
    tasks_clear_timer(st, &task->timer);
    leave_channel(st, task);
    return task->cancelled ? WAKE_CANCEL : task->reason;
}

static void make_ready(struct tasks *tasks, struct task_run *task,
                       enum wake_reason reason)
{
    if (task->ready)
        return;
    task->ready = true;
    task->reason = reason;
    task->ready_next = NULL;
    if (tasks->ready_last != NULL)
        tasks->ready_last->ready_next = task;
    else
        tasks->ready_first = task;
    tasks->ready_last = task;
}

static struct task_run *take_ready(struct tasks *tasks)
{
    struct task_run *task = tasks->ready_first;
    if (task == NULL)
        return NULL;
    tasks->ready_first = task->ready_next;
    if (tasks->ready_first == NULL)
        tasks->ready_last = NULL;
    task->ready = false;
    return task;
}

/* Nothing can serve anybody any more: gives the oldest waiting task up; receivers first,
   whose null may serve others. */
static bool wake_hopeless(struct tasks *tasks)
{
    static const enum wait_kind order[] = {WAIT_RECEIVE, WAIT_AWAIT};
    for (size_t i = 0; i < 2; i++) {
        for (struct task_run *task = tasks->first; task != NULL; task = task->next) {
            if (task->waits == order[i] && !task->ready) {
                make_ready(tasks, task, WAKE_HOPELESS);
                return true;
            }
        }
    }
    return false;
}

/* ---- the loop -------------------------------------------------------------------- */

/* Sleeps until `until_ns` at the latest; wakes early for signals and now and then. */
static void doze(uint64_t now_ns, uint64_t until_ns)
{
    uint64_t left = until_ns - now_ns;
    if (left > SLEEP_SLICE_NS)
        left = SLEEP_SLICE_NS;
    struct timespec time = {.tv_nsec = (int64_t)left};
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

/*
 * Runs tasks and timers until the condition holds (*reached true), the deadline passes or
 * nothing is left to wait for (*reached false). False with an error set when the program
 * must end.
 */
static bool run_until(struct state *st, struct tasks *tasks, until_fn until,
                      const void *context, uint64_t deadline_ns, bool *reached)
{
    for (;;) {
        *reached = until(context);
        if (*reached)
            return true;
        if (tasks->current != NULL && tasks->current->cancelled)
            return error_cancel(st);
        if (st->interrupt)
            return error_interrupt(st);
        struct task_run *task = take_ready(tasks);
        if (task != NULL) {
            resume(st, tasks, task);
            if (fatal_pending(st, tasks))
                return false;
            continue;
        }
        uint64_t now = os_monotonic_ns(), next = deadline_ns, deadline = 0;
        if (now >= deadline_ns)
            return true;
        void *due = NULL;
        if (loop_take_due(&tasks->loop, now, &due)) {
            struct tasks_timer *timer = due;
            timer->timer = NULL;
            timer->fired(st, timer, true);
            continue;
        }
        if (loop_deadline(&tasks->loop, &deadline) && deadline < next)
            next = deadline;
        if (next != UINT64_MAX)
            doze(now, next);
        else if (!wake_hopeless(tasks))
            return true;
    }
}

/* ---- await and sleep ------------------------------------------------------------- */

static bool is_settled(const void *context)
{
    return promise_status(context) != PROMISE_PENDING;
}

static void task_served(struct state *st, struct tasks_waiter *waiter,
                        struct promise *promise)
{
    struct lib_state *lib = st->lib;
    (void)promise;
    make_ready(
        lib->tasks,
        (struct task_run *)(void *)((char *)waiter - offsetof(struct task_run, waiter)),
        WAKE_SERVED);
}

bool tasks_await(struct state *st, struct value v, struct value *out)
{
    if (v.kind != VALUE_PROMISE || promise_status(PROMISE_OF(v)) != PROMISE_PENDING)
        return promise_outcome(st, v, out);
    struct tasks *tasks = tasks_of(st);
    if (tasks == NULL)
        return false;
    struct task_run *task = tasks->current;
    if (task != NULL && task->cancelled)
        return error_cancel(st);
    bool ok = true, reached = false;
    value_retain(v);
    if (can_block(st, tasks)) {
        task->waiter.settled = task_served;
        ok = tasks_wait(st, &task->waiter, PROMISE_OF(v));
        if (ok && block(st, tasks, WAIT_AWAIT) == WAKE_CANCEL)
            ok = error_cancel(st);
    } else {
        ok = run_until(st, tasks, is_settled, PROMISE_OF(v), UINT64_MAX, &reached);
    }
    /* Still pending: promise_outcome words the deadlock. */
    ok = ok && promise_outcome(st, v, out);
    value_release(st, v);
    return ok;
}

static bool never(const void *context)
{
    (void)context;
    return false;
}

static void task_slept(struct state *st, struct tasks_timer *timer, bool due)
{
    struct lib_state *lib = st->lib;
    if (due)
        make_ready(lib->tasks,
                   (struct task_run *)(void *)((char *)timer -
                                               offsetof(struct task_run, timer)),
                   WAKE_SERVED);
}

bool tasks_sleep(struct state *st, int64_t ms)
{
    struct tasks *tasks = tasks_of(st);
    if (tasks == NULL)
        return false;
    struct task_run *task = tasks->current;
    if (task != NULL && task->cancelled)
        return error_cancel(st);
    if (can_block(st, tasks)) {
        task->timer.fired = task_slept;
        if (!tasks_set_timer(st, &task->timer, ms))
            return false;
        return block(st, tasks, WAIT_SLEEP) == WAKE_CANCEL ? error_cancel(st) : true;
    }
    bool reached = false;
    uint64_t now = os_monotonic_ns();
    uint64_t left = (uint64_t)ms > (UINT64_MAX - now - 1) / 1000000
                        ? UINT64_MAX - now - 1
                        : (uint64_t)ms * 1000000;
    return run_until(st, tasks, never, NULL, now + left, &reached);
}

/* ---- waiters and timers ---------------------------------------------------------- */

/* A promise's waiters: a list whose head's `previous` is the tail. */
bool tasks_wait(struct state *st, struct tasks_waiter *waiter, struct promise *promise)
{
    struct tasks *tasks = tasks_of(st);
    if (tasks == NULL)
        return false;
    object_retain(&promise->head);
    waiter->promise = promise;
    waiter->next = NULL;
    struct tasks_waiter *head = promise->waiters;
    if (head == NULL) {
        waiter->previous = waiter;
        promise->waiters = waiter;
    } else {
        waiter->previous = head->previous;
        head->previous->next = waiter;
        head->previous = waiter;
    }
    waiter->all_previous = NULL;
    waiter->all_next = tasks->waiters;
    if (tasks->waiters != NULL)
        tasks->waiters->all_previous = waiter;
    tasks->waiters = waiter;
    return true;
}

void tasks_unwait(struct state *st, struct tasks_waiter *waiter)
{
    struct promise *promise = waiter->promise;
    struct lib_state *lib = st->lib;
    if (promise == NULL)
        return;
    struct tasks_waiter *head = promise->waiters;
    if (waiter == head) {
        promise->waiters = waiter->next;
        if (waiter->next != NULL)
            waiter->next->previous = waiter->previous;
    } else {
        waiter->previous->next = waiter->next;
        if (waiter->next != NULL)
            waiter->next->previous = waiter->previous;
        else
            head->previous = waiter->previous;
    }
    if (waiter->all_previous != NULL)
        waiter->all_previous->all_next = waiter->all_next;
    else
        lib->tasks->waiters = waiter->all_next;
    if (waiter->all_next != NULL)
        waiter->all_next->all_previous = waiter->all_previous;
    waiter->promise = NULL;
    object_release(st, &promise->head);
}

/* state->promise_settled */
static void promise_settled(struct state *st, struct promise *p)
{
    object_retain(&p->head);
    while (p->waiters != NULL) {
        struct tasks_waiter *waiter = p->waiters;
        tasks_unwait(st, waiter);
        waiter->settled(st, waiter, p);
    }
    object_release(st, &p->head);
}

bool tasks_set_timer(struct state *st, struct tasks_timer *timer, int64_t ms)
{
    struct tasks *tasks = tasks_of(st);
    if (tasks == NULL)
        return false;
    uint64_t now = os_monotonic_ns();
    /* Longer than the clock lasts is for ever. */
    uint64_t left = (uint64_t)ms > (UINT64_MAX - now - 1) / 1000000
                        ? UINT64_MAX - now - 1
                        : (uint64_t)ms * 1000000;
    timer->timer = loop_add(&tasks->loop, now + left, timer);
    return timer->timer != NULL || error_out_of_memory(st);
}

void tasks_clear_timer(struct state *st, struct tasks_timer *timer)
{
    struct lib_state *lib = st->lib;
    if (timer->timer != NULL)
        loop_cancel(&lib->tasks->loop, timer->timer);
    timer->timer = NULL;
}

/* ---- channels -------------------------------------------------------------------- */

static bool channel_send_hook(struct state *st, struct channel *c, struct value v)
{
    struct value copy;
    bool ok = crossing_copy(st, v, &copy);
    value_release(st, v);
    if (!ok || !channel_push_take(st, c, copy))
        return false;
    struct channel_queue *queue = c->shared;
    struct lib_state *lib = st->lib;
    if (queue != NULL && queue->first != NULL) {
        struct task_run *task = queue->first;
        make_ready(lib->tasks, task, WAKE_SERVED);
        leave_channel(st, task);
    }
    return true;
}

static bool has_items(const void *context)
{
    const struct channel *c = context;
    return c->len > 0;
}

static bool enter_channel(struct state *st, struct task_run *task, struct channel *c)
{
    struct channel_queue *queue = c->shared;
    if (queue == NULL) {
        queue = mem_alloc_zero(1, sizeof(*queue));
        if (queue == NULL)
            return error_out_of_memory(st);
        c->shared = queue;
    }
    object_retain(&c->head);
    task->channel = c;
    task->channel_next = NULL;
    if (queue->last != NULL)
        queue->last->channel_next = task;
    else
        queue->first = task;
    queue->last = task;
    return true;
}

static void leave_channel(struct state *st, struct task_run *task)
{
    struct channel *c = task->channel;
    if (c == NULL)
        return;
    struct channel_queue *queue = c->shared;
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
    task->channel = NULL;
    object_release(st, &c->head);
}

static bool channel_receive_hook(struct state *st, struct channel *c, struct value *out)
{
    struct tasks *tasks = tasks_of(st);
    if (tasks == NULL)
        return false;
    object_retain(&c->head);
    bool ok = true, reached = false;
    if (can_block(st, tasks)) {
        enum wake_reason reason = WAKE_SERVED;
        /* Woken, but another receiver may have been faster. */
        while (ok && c->len == 0 && reason == WAKE_SERVED) {
            ok = tasks->current->cancelled ? error_cancel(st)
                                           : enter_channel(st, tasks->current, c);
            if (ok)
                reason = block(st, tasks, WAIT_RECEIVE);
        }
        if (ok && reason == WAKE_CANCEL)
            ok = error_cancel(st);
    } else {
        ok = run_until(st, tasks, has_items, c, UINT64_MAX, &reached);
    }
    if (ok && !channel_pop(c, out))
        *out = value_null();
    object_release(st, &c->head);
    return ok;
}

static void channel_free_hook(struct state *st, void *shared)
{
    (void)st;
    mem_free(shared);
}
