#include "config.h"

#include "lib/tasks.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>

#include "base/mem.h"
#include "base/os_linux.h"
#include "core/fiber.h"
#include "core/frame.h"
#include "core/scope.h"
#include "lib/lib_state.h"
#include "lib/loop.h"
#include "lib/pool.h"
#include "lib/tasks_private.h"

enum {
    IDLE_STACKS_MAX = 16, /* engine stacks kept for the next task */
    /* A sleeping loop looks at the interrupt flag this often. */
    SLEEP_SLICE_NS = 50000000
};

static void promise_settled(struct state *st, struct promise *p);
static void resume(struct state *st, struct tasks *tasks, struct task_run *task);
static bool fatal_pending(struct state *st, struct tasks *tasks);

/* ---- life ------------------------------------------------------------------------ */

void tasks_attach(struct state *st)
{
    st->await = tasks_await;
    st->promise_settled = promise_settled;
    channels_attach(st);
}

struct tasks *tasks_of(struct state *st)
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
    lib->tasks = tasks;
    return tasks;
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
    stacks->block = os_reserve(stacks->bytes);
    if (stacks->block == NULL) {
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
        .scope = st->scope,
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
    st->scope = c->scope;
}

/* ---- tasks ----------------------------------------------------------------------- */

struct fiber_start {
    struct state *st;
    struct tasks *tasks;
    struct task_run *task;
};

/* exit() and interrupts pass through to whoever runs the loop. On another thread an exit is
   the root's affair, and an interrupt comes from there. */
static void give_up_run(struct state *st, struct tasks *tasks)
{
    if (!tasks->serves && tasks->fatal.kind == ERROR_NONE) {
        tasks->fatal = error_save(st);
        return;
    }
    if (tasks->serves && st->error.kind == ERROR_EXIT)
        pool_exit(st, st->error.exit_code);
    error_clear(st);
}

/* First function on a task's fiber. */
static void fiber_main(void *context)
{
    struct fiber_start start = *(struct fiber_start *)context;
    struct state *st = start.st;
    struct task_run *task = start.task;
    bool ok = task->body(st, task->user);
    if (!ok && st->error.kind != ERROR_RAISED && st->error.kind != ERROR_CANCEL) {
        give_up_run(st, start.tasks);
        error_cancel(st);
    }
    task->ended(st, task->user, ok);
}

/* The task that could not be made: its owner is told as if it had been cancelled. */
static bool start_failed(struct state *st, tasks_ended_fn ended, void *context,
                         struct scope *scope)
{
    scope_release(st, scope);
    if (st->error.kind == ERROR_NONE)
        error_out_of_memory(st);
    struct error pending = error_save(st);
    error_cancel(st);
    ended(st, context, false);
    error_restore_take(st, pending);
    return false;
}

bool tasks_start(struct state *st, tasks_body_fn body, tasks_ended_fn ended,
                 void *context, struct scope *scope, uint64_t age,
                 struct task_run **out)
{
    struct tasks *tasks = tasks_of(st);
    struct task_run *task = tasks != NULL ? mem_alloc_zero(1, sizeof(*task)) : NULL;
    if (task == NULL)
        return start_failed(st, ended, context, scope);
    struct fiber_start start = {st, tasks, task};
    task->stacks = stacks_new(st, tasks);
    if (task->stacks != NULL)
        task->fiber = fiber_new(st, fiber_main, &start);
    if (task->fiber == NULL) {
        stacks_free(tasks, task->stacks);
        mem_free(task);
        return start_failed(st, ended, context, scope);
    }
    if (scope == NULL)
        scope = scope_retain(st->scope);
    if (age == TASKS_NEW_AGE) {
        const struct lib_state *lib = st->lib;
        age = lib->pool != NULL ? pool_next_age(lib->pool) : tasks->age++;
    }
    task->body = body;
    task->ended = ended;
    task->user = context;
    task->age = age;
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
        .scope = scope,
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
    struct scope *scope = task->context.scope;
    context_load(st, &task->context);
    tasks->current = task;
    task->waits = WAIT_NONE;
    if (tasks->serves)
        pool_set_running(st, task->age);
    fiber_resume(st, task->fiber);
    tasks->current = previous;
    if (tasks->serves)
        pool_set_running(st, previous != NULL ? previous->age : POOL_NO_TASK);
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
    scope_release(st, scope);
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

void tasks_cancel(struct state *st, struct task_run *task)
{
    struct tasks *tasks = tasks_of(st);
    if (tasks == NULL)
        return;
    task->cancelled = true;
    if (task->waits != WAIT_NONE)
        tasks_make_ready(tasks, task, WAKE_CANCEL);
}

/* ---- waiting tasks ----------------------------------------------------------------- */

bool tasks_can_block(const struct state *st, const struct tasks *tasks)
{
    return tasks->current != NULL && st->fiber == tasks->current->fiber;
}

enum wake_reason tasks_block(struct state *st, struct tasks *tasks, enum wait_kind kind)
{
    struct task_run *task = tasks->current;
    task->waits = kind;
    fiber_yield(st);
    /* What it waited for, unless that has been served. */
    tasks_unwait(st, &task->waiter);
    tasks_clear_timer(st, &task->timer);
    channels_leave(st, task);
    return task->cancelled ? WAKE_CANCEL : task->reason;
}

void tasks_make_ready(struct tasks *tasks, struct task_run *task,
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

/* The oldest task that waits so and has not been served. */
static struct task_run *oldest(const struct tasks *tasks, enum wait_kind waits)
{
    struct task_run *task = tasks->first;
    while (task != NULL && (task->waits != waits || task->ready))
        task = task->next;
    return task;
}

bool tasks_oldest_waiting(const struct state *st, bool receives, uint64_t *age)
{
    const struct lib_state *lib = st->lib;
    const struct task_run *task =
        lib->tasks != NULL ? oldest(lib->tasks, receives ? WAIT_RECEIVE : WAIT_AWAIT)
                           : NULL;
    if (task != NULL)
        *age = task->age;
    return task != NULL;
}

/* Nothing can serve anybody any more: gives the oldest waiting task up; receivers first,
   whose null may serve others. */
static bool wake_hopeless(struct tasks *tasks)
{
    struct task_run *task = oldest(tasks, WAIT_RECEIVE);
    if (task == NULL)
        task = oldest(tasks, WAIT_AWAIT);
    if (task != NULL)
        tasks_make_ready(tasks, task, WAKE_HOPELESS);
    return task != NULL;
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

/* Rests until there may be something to do, `next_ns` at the latest. False: nothing will ever
   come for whoever waits in place. */
static bool rest(struct state *st, struct tasks *tasks, uint64_t now_ns,
                 uint64_t next_ns, bool in_place)
{
    if (pool_seat(st) == NULL) {
        if (next_ns != UINT64_MAX) {
            doze(now_ns, next_ns);
            return true;
        }
        return wake_hopeless(tasks);
    }
    switch (pool_rest(st, next_ns, in_place)) {
    case POOL_LOOK: break;
    case POOL_HOPELESS_TASK: wake_hopeless(tasks); break;
    case POOL_HOPELESS_PLACE: return false;
    }
    return true;
}

bool tasks_run_until(struct state *st, struct tasks *tasks, tasks_until_fn until,
                     void *context, uint64_t deadline_ns, bool *reached)
{
    for (;;) {
        bool pooled = pool_seat(st) != NULL;
        if (pooled)
            pool_deliver(st);
        *reached = until != NULL && until(st, context);
        if (*reached)
            return true;
        if (tasks->current != NULL && tasks->current->cancelled)
            return error_cancel(st);
        if (state_interrupted(st) && (!tasks->serves || pool_stops(st)))
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
        if (pooled && pool_work(st))
            continue;
        if (loop_deadline(&tasks->loop, &deadline) && deadline < next)
            next = deadline;
        /* Whoever only lets time pass, or serves others, is not waiting for anything. */
        if (!rest(st, tasks, now, next, until != NULL))
            return true;
    }
}

bool tasks_serve(struct state *st)
{
    struct tasks *tasks = tasks_of(st);
    bool reached = false;
    if (tasks == NULL) {
        error_clear(st);
        return false;
    }
    tasks->serves = true;
    (void)tasks_run_until(st, tasks, NULL, NULL, UINT64_MAX, &reached);
    error_clear(st);
    return true;
}

/* ---- await and sleep ------------------------------------------------------------- */

static bool is_settled(struct state *st, void *context)
{
    (void)st;
    return promise_status(context) != PROMISE_PENDING;
}

static void task_served(struct state *st, struct tasks_waiter *waiter,
                        struct promise *promise)
{
    struct lib_state *lib = st->lib;
    (void)promise;
    tasks_make_ready(
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
    if (tasks_can_block(st, tasks)) {
        task->waiter.settled = task_served;
        ok = tasks_wait(st, &task->waiter, PROMISE_OF(v));
        if (ok && tasks_block(st, tasks, WAIT_AWAIT) == WAKE_CANCEL)
            ok = error_cancel(st);
    } else {
        ok =
            tasks_run_until(st, tasks, is_settled, PROMISE_OF(v), UINT64_MAX, &reached);
    }
    /* Still pending: promise_outcome words the deadlock. */
    ok = ok && promise_outcome(st, v, out);
    value_release(st, v);
    return ok;
}

static void task_slept(struct state *st, struct tasks_timer *timer, bool due)
{
    struct lib_state *lib = st->lib;
    if (due)
        tasks_make_ready(lib->tasks,
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
    if (tasks_can_block(st, tasks)) {
        task->timer.fired = task_slept;
        if (!tasks_set_timer(st, &task->timer, ms))
            return false;
        return tasks_block(st, tasks, WAIT_SLEEP) == WAKE_CANCEL ? error_cancel(st)
                                                                 : true;
    }
    bool reached = false;
    uint64_t now = os_monotonic_ns();
    uint64_t left = (uint64_t)ms > (UINT64_MAX - now - 1) / 1000000
                        ? UINT64_MAX - now - 1
                        : (uint64_t)ms * 1000000;
    return tasks_run_until(st, tasks, NULL, NULL, now + left, &reached);
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
