#include "config.h"

#include "lib/jobs.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "core/array.h"
#include "core/parcel.h"
#include "core/promise.h"
#include "core/scope.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/lib_state.h"
#include "lib/pool.h"
#include "lib/tasks.h"

#define OWNER_OF(member_pointer, type, member) \
    ((type *)(void *)((char *)(member_pointer)-offsetof(type, member)))

/* What the owner of a job waits for: its outcome, which comes by mail. */
struct outcome {
    struct mail mail;
    struct seat *owner;   /* under the pool's lock; NULL: nobody waits any more */
    struct value promise; /* the owner's; null: settled or forgotten */
    struct scope
        *scope; /* of whoever asked for it: functions in the outcome run there */
    struct outcome *next, *previous; /* of those the owner waits for */
};

/* For the random generator of what is run; from that of whoever asks for it, so that a program
   which has seeded its own draws the same numbers in every run. */
struct seed {
    bool given;
    uint64_t number;
};

/* What a thread runs for spawn and spawn_task. Counted: by the queue or the runner, by a task
   handle, by an outcome that is under way. */
struct job {
    struct work work;
    struct pool *pool;
    atomic_uint_least32_t users;
    struct parcel function; /* snapshot */
    uint64_t age;
    struct seed seed;
    bool is_task; /* of spawn_task */
    struct outcome outcome;
    struct parcel result; /* or the message, a string */
    bool failed;
    /* The runner's. */
    struct task_run *task; /* NULL: not begun, or ended */
    struct seat *runner;   /* under the pool's lock, like the next */
    bool unwanted;         /* cancelled */
    struct mail cancel;
};

static bool spawn(struct state *st, struct function *block);
static void task_handle_free(struct state *st, void *context);

void jobs_attach(struct state *st)
{
    st->spawn = spawn;
    st->task_free = task_handle_free;
}

/* ---- outcomes ----------------------------------------------------------------------- */

/* The owner begins to wait. */
static void outcome_expect(struct state *st, struct outcome *o, struct value promise)
{
    struct lib_state *lib = st->lib;
    o->owner = lib->seat;
    o->promise = value_retain(promise);
    o->scope = scope_retain(st->scope);
    o->previous = NULL;
    o->next = lib->outcomes;
    if (o->next != NULL)
        o->next->previous = o;
    lib->outcomes = o;
}

/* The owner waits no longer; gives the promise, owned, or null. */
static struct value outcome_take(struct state *st, struct outcome *o)
{
    struct lib_state *lib = st->lib;
    struct value promise = o->promise;
    if (promise.kind != VALUE_PROMISE)
        return promise;
    if (o->previous != NULL)
        o->previous->next = o->next;
    else
        lib->outcomes = o->next;
    if (o->next != NULL)
        o->next->previous = o->previous;
    o->promise = value_null();
    return promise;
}

static void outcome_leave_scope(struct state *st, struct outcome *o)
{
    scope_release(st, o->scope);
    o->scope = NULL;
}

/* Nobody waits any more. What was posted before is still delivered. */
static void outcome_forget(struct state *st, struct outcome *o)
{
    struct lib_state *lib = st->lib;
    value_release(st, outcome_take(st, o));
    outcome_leave_scope(st, o);
    pool_lock(lib->pool);
    o->owner = NULL;
    pool_unlock(lib->pool);
}

void jobs_end_run(struct state *st)
{
    struct lib_state *lib = st->lib;
    while (lib->outcomes != NULL)
        outcome_forget(st, lib->outcomes);
    if (lib->seat != NULL)
        pool_deliver(st);
}

/* Tells the owner; false: there is none, and nobody will read the outcome. */
static bool outcome_post(struct pool *pool, struct outcome *o)
{
    pool_lock(pool);
    struct seat *owner = o->owner;
    if (owner != NULL)
        pool_post_locked(owner, &o->mail);
    pool_unlock(pool);
    return owner != NULL;
}

/* An interrupt that is meant for the task that happens to run here must not lose the outcome
   another waits for; one that ends the run may. */
static bool open_outcome(struct state *st, const struct parcel *p, struct value *out)
{
    if (parcel_open(st, p, out))
        return true;
    if (st->error.kind != ERROR_INTERRUPT || pool_stops(st))
        return false;
    error_clear(st);
    bool ok = parcel_open(st, p, out);
    state_interrupt(st);
    return ok;
}

/* Settles the promise (taken) with what has come. */
static void settle_take(struct state *st, struct value promise, struct parcel *result,
                        bool failed)
{
    struct value v = value_null();
    bool ok = !failed || result->body != NULL ? open_outcome(st, result, &v)
                                              : error_raise(st, "Task was cancelled");
    if (!ok) {
        promise_reject_pending(st, PROMISE_OF(promise));
        error_clear(st);
    } else if (failed) {
        promise_reject_take(st, PROMISE_OF(promise), v);
    } else {
        promise_resolve_take(st, PROMISE_OF(promise), v);
    }
    value_release(st, promise);
}

/* The message of the pending error, which is cleared; a plain null without memory. */
static struct parcel take_message(struct state *st)
{
    struct parcel p = parcel_none();
    if (st->error.kind == ERROR_RAISED) {
        struct value message = value_retain(st->error.message);
        error_clear(st);
        if (!parcel_pack(st, message, &p))
            error_clear(st);
        value_release(st, message);
    }
    error_clear(st);
    return p;
}

bool jobs_limit(struct state *st, const char *name, const struct value *args,
                uint32_t nargs, uint32_t at, int64_t *limit)
{
    const struct lib_state *lib = st->lib;
    *limit =
        lib != NULL && lib->pool != NULL ? pool_size(lib->pool) : POOL_DEFAULT_SIZE;
    if (nargs <= at)
        return true;
    if (!argument_integer(st, name, args[at], limit))
        return false;
    return *limit > 0 || argument_raise(st, name, "a positive limit");
}

/* ---- jobs --------------------------------------------------------------------------- */

static void job_release(struct job *job)
{
    if (atomic_fetch_sub_explicit(&job->users, 1, memory_order_acq_rel) != 1)
        return;
    parcel_done(&job->function);
    parcel_done(&job->result);
    mem_free(job);
}

static void job_retain(struct job *job)
{
    atomic_fetch_add_explicit(&job->users, 1, memory_order_relaxed);
}

static struct seed draw_seed(struct state *st)
{
    struct scope_random *r = lib_state_random(st);
    struct seed seed = {.given = r != NULL && r->ready};
    if (seed.given)
        seed.number = prng_u64(&r->prng);
    return seed;
}

static void plant_seed(struct scope *scope, struct seed seed)
{
    struct scope_random *r = scope_random(scope);
    r->ready = seed.given;
    if (seed.given)
        prng_seed(&r->prng, seed.number);
}

/* Opens a snapshot in a scope of its own; *scope has one user. False with an error set. */
static bool open_snapshot(struct state *st, const struct parcel *p,
                          struct value *function, struct scope **scope)
{
    struct scope *outer = st->scope;
    *scope = scope_new(st);
    if (*scope == NULL)
        return false;
    st->scope = *scope;
    bool ok = parcel_open(st, p, function);
    st->scope = outer;
    if (!ok)
        scope_release(st, *scope);
    return ok;
}

/* A piece of work leaves nothing pending: an exit is the program's affair, interrupts stay
   in their flag. */
static void clear_after_start(struct state *st)
{
    if (st->error.kind == ERROR_EXIT)
        pool_exit(st, st->error.exit_code);
    error_clear(st);
}

/* A job on its way through a task: the function lives in the runner's heap. */
struct job_run {
    struct job *job;
    struct value function;
};

static bool job_body(struct state *st, void *context)
{
    struct job_run *run = context;
    struct value answer, awaited = value_null();
    if (!call_value(st, run->function, NULL, 0, &answer))
        return false;
    bool ok = !run->job->is_task || tasks_await(st, answer, &awaited);
    value_release(st, answer);
    if (!ok || !run->job->is_task)
        return ok;
    ok = parcel_pack(st, awaited, &run->job->result);
    value_release(st, awaited);
    return ok;
}

/* An error in a spawned block is only reported. */
static void report_error(struct state *st)
{
    struct strbuf report;
    if (st->error.kind != ERROR_RAISED)
        return;
    strbuf_init(&report);
    if (error_report(&st->error, false, &report))
        (void)state_write(st, 2, strbuf_str(&report), report.len);
    strbuf_done(&report);
}

/* The runner's part is over; the pending error, if any, is its outcome. */
static void job_finish(struct state *st, struct job *job, bool ok)
{
    if (!job->is_task) {
        if (!ok)
            report_error(st);
        error_clear(st);
        job_release(job);
        return;
    }
    if (!ok) {
        job->failed = true;
        job->result = take_message(st);
    }
    state_flush(st);
    job_retain(job); /* for the mail */
    if (!outcome_post(job->pool, &job->outcome))
        job_release(job);
    job_release(job);
}

/* Who cancels it reaches its runner from now on: by an interrupt, which stops the opening of a
   large snapshot as well, and by mail. Gives what ran there before. False with an error set:
   it has been cancelled since it was taken. */
static bool job_enter(struct state *st, struct job *job, uint64_t *before)
{
    const struct lib_state *lib = st->lib;
    *before = pool_set_running(st, job->age);
    pool_lock(job->pool);
    job->runner = lib->seat;
    bool wanted = !job->unwanted;
    pool_unlock(job->pool);
    return wanted || error_cancel(st);
}

static void job_leave(struct state *st, struct job *job)
{
    const struct lib_state *lib = st->lib;
    pool_lock(job->pool);
    job->runner = NULL;
    pool_unlock(job->pool);
    pool_unpost(lib->seat, &job->cancel);
    job->task = NULL;
}

static void job_ended(struct state *st, void *context, bool ok)
{
    struct job_run *run = context;
    struct job *job = run->job;
    value_release(st, run->function);
    mem_free(run);
    job_leave(st, job);
    job_finish(st, job, ok);
}

static void job_begin(struct state *st, struct work *work)
{
    struct job *job = OWNER_OF(work, struct job, work);
    uint64_t age = job->age, before = POOL_NO_TASK;
    struct job_run *run = mem_alloc_zero(1, sizeof(*run));
    struct scope *scope = NULL;
    bool ok = job_enter(st, job, &before) && (run != NULL || error_out_of_memory(st));
    ok = ok && open_snapshot(st, &job->function, &run->function, &scope);
    if (!ok) {
        mem_free(run);
        job_leave(st, job);
        job_finish(st, job, false);
        pool_set_running(st, before);
        return;
    }
    parcel_done(&job->function);
    plant_seed(scope, job->seed);
    run->job = job;
    /* An interrupt that has come by now stops the task at its first step. */
    if (!tasks_start(st, job_body, job_ended, run, scope, age, &job->task))
        clear_after_start(st);
    pool_set_running(st, before);
}

/* The run has ended before anybody took it. */
static void job_drop(struct state *st, struct work *work)
{
    (void)st;
    job_release(OWNER_OF(work, struct job, work));
}

/* On the owner's thread: the outcome has come. */
static void job_outcome(struct state *st, struct mail *mail)
{
    struct job *job = OWNER_OF(mail, struct job, outcome.mail);
    struct value promise = outcome_take(st, &job->outcome);
    struct scope *outer = st->scope;
    st->scope = job->outcome.scope;
    if (promise.kind == VALUE_PROMISE)
        settle_take(st, promise, &job->result, job->failed);
    st->scope = outer;
    outcome_leave_scope(st, &job->outcome);
    job_release(job);
}

/* On the runner's thread. */
static void job_cancelled(struct state *st, struct mail *mail)
{
    struct job *job = OWNER_OF(mail, struct job, cancel);
    if (job->task != NULL)
        tasks_cancel(st, job->task);
}

/* A job over the function, with one user; NULL with an error set. */
static struct job *job_new(struct state *st, struct value function, bool is_task)
{
    struct pool *pool = pool_of(st);
    struct job *job = pool != NULL ? mem_alloc_zero(1, sizeof(*job)) : NULL;
    if (job == NULL) {
        error_out_of_memory(st);
        return NULL;
    }
    job->pool = pool;
    job->work = (struct work){.begin = job_begin, .drop = job_drop};
    job->outcome.mail.deliver = job_outcome;
    job->outcome.promise = value_null();
    job->cancel.deliver = job_cancelled;
    job->is_task = is_task;
    job->result = parcel_none();
    atomic_init(&job->users, 1);
    if (!parcel_pack_snapshot(st, function, &job->function)) {
        mem_free(job);
        return NULL;
    }
    job->age = pool_next_age(pool);
    job->seed = draw_seed(st);
    return job;
}

/* state->spawn */
static bool spawn(struct state *st, struct function *block)
{
    struct job *job = job_new(st, value_object(&block->head), false);
    if (job == NULL)
        return false;
    pool_submit(st, &job->work, false);
    return true;
}

/* ---- spawn_task --------------------------------------------------------------------- */

static void task_handle_free(struct state *st, void *context)
{
    (void)st;
    job_release(context);
}

bool jobs_spawn_task(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    struct value promise, handle;
    if (!call_is_callable(args[0]))
        return argument_raise(st, "spawn_task", "a function");
    struct job *job = job_new(st, args[0], true);
    if (job == NULL)
        return false;
    if (!promise_new(st, &promise)) {
        job_release(job);
        return false;
    }
    if (!task_new(st, promise, job, &handle)) {
        value_release(st, promise);
        job_release(job);
        return false;
    }
    job_retain(job); /* for the handle */
    outcome_expect(st, &job->outcome, promise);
    value_release(st, promise);
    pool_submit(st, &job->work, false);
    *result = handle;
    return true;
}

bool jobs_await_task(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    if (args[0].kind != VALUE_TASK)
        return argument_raise(st, "await_task", "a task handle");
    *result = value_retain(TASK_OF(args[0])->promise);
    return true;
}

/* Takes the job out of the queue, or asks its runner to stop. */
static void cancel(struct job *job)
{
    struct pool *pool = job->pool;
    if (pool_withdraw(pool, &job->work)) {
        job_release(job);
        return;
    }
    pool_lock(pool);
    job->unwanted = true;
    if (job->runner != NULL) {
        pool_post_locked(job->runner, &job->cancel);
        pool_interrupt_locked(job->runner, job->age);
    }
    pool_unlock(pool);
}

bool jobs_cancel_task(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    struct value message;
    if (args[0].kind != VALUE_TASK)
        return argument_raise(st, "cancel_task", "a task handle");
    struct task *handle = TASK_OF(args[0]);
    struct job *job = handle->job;
    struct promise *promise = PROMISE_OF(handle->promise);
    if (job != NULL)
        pool_deliver(st); /* it may have ended */
    *result = value_bool(false);
    if (job == NULL || promise_status(promise) != PROMISE_PENDING)
        return true;
    if (!string_make_text(st, "Task was cancelled", &message))
        return false;
    outcome_forget(st, &job->outcome);
    cancel(job);
    promise_reject_take(st, promise, message);
    *result = value_bool(true);
    return true;
}

/* ---- parallel_map ------------------------------------------------------------------- */

/*
 * One call of parallel_map or par_each. While there are items and fewer strands than the
 * limit, it stands in the queue; whoever takes it puts it back for the next and begins a
 * strand: a task that takes items until none is left. A strand that waits makes room for
 * another in the same isolate. Counted by the queue, strands and the mail; the last strand
 * sends the outcome.
 */
struct batch {
    struct work work;
    struct pool *pool;
    struct parcel function;         /* snapshot */
    struct parcel *items, *results; /* results NULL: par_each */
    size_t len;
    uint64_t age;
    struct seed seed; /* plus the index of an item */
    int64_t limit;
    atomic_size_t next; /* item nobody has taken; len or more once one has failed */
    struct outcome outcome;
    /* Under the pool's lock. */
    int64_t strands; /* begun */
    size_t users;    /* strands that run, and the queue */
    size_t failed;   /* lowest index of a failed item, len: none */
    struct parcel message;
};

struct strand {
    struct batch *batch;
    struct value function;
    struct scope *scope; /* the task's */
};

static void batch_free(struct batch *b)
{
    for (size_t i = 0; i < b->len; i++) {
        if (b->items != NULL)
            parcel_done(&b->items[i]);
        if (b->results != NULL)
            parcel_done(&b->results[i]);
    }
    mem_free(b->items);
    mem_free(b->results);
    parcel_done(&b->message);
    parcel_done(&b->function);
    mem_free(b);
}

/* A strand or the queue lets go; the last tells the owner. */
static void batch_release(struct batch *b)
{
    pool_lock(b->pool);
    bool last = --b->users == 0;
    pool_unlock(b->pool);
    if (last && !outcome_post(b->pool, &b->outcome))
        batch_free(b);
}

static void batch_drop(struct state *st, struct work *work)
{
    (void)st;
    batch_release(OWNER_OF(work, struct batch, work));
}

/* The item has failed with the pending error: the message of the lowest index counts, and no
   further item is taken. */
static void batch_fail(struct state *st, struct batch *b, size_t at)
{
    struct parcel message = take_message(st), old = message;
    atomic_store(&b->next, b->len);
    pool_lock(b->pool);
    if (at < b->failed) {
        old = b->message;
        b->message = message;
        b->failed = at;
    }
    pool_unlock(b->pool);
    parcel_done(&old);
}

/* One item: f(item), awaited when f is async. */
static bool strand_item(struct state *st, struct strand *s, size_t at)
{
    struct batch *b = s->batch;
    struct value item, answer, awaited;
    if (!parcel_open(st, &b->items[at], &item))
        return false;
    parcel_done(&b->items[at]);
    plant_seed(s->scope, (struct seed){b->seed.given, b->seed.number + at});
    bool ok = call_value(st, s->function, &item, 1, &answer);
    value_release(st, item);
    if (!ok)
        return false;
    ok = tasks_await(st, answer, &awaited);
    value_release(st, answer);
    if (!ok)
        return false;
    ok = b->results == NULL || parcel_pack(st, awaited, &b->results[at]);
    value_release(st, awaited);
    return ok;
}

/* The next item; false: there is none. Never beyond the end, so that it cannot wrap. */
static bool strand_next(struct batch *b, size_t *at)
{
    *at = atomic_load(&b->next);
    while (*at < b->len) {
        if (atomic_compare_exchange_weak(&b->next, at, *at + 1))
            return true;
    }
    return false;
}

static bool strand_body(struct state *st, void *context)
{
    struct strand *s = context;
    size_t at;
    while (strand_next(s->batch, &at)) {
        if (!strand_item(st, s, at)) {
            if (st->error.kind != ERROR_RAISED)
                return false;
            batch_fail(st, s->batch, at);
        }
        scope_restore(st, s->scope);
    }
    return true;
}

static void strand_ended(struct state *st, void *context, bool ok)
{
    struct strand *s = context;
    /* Unwound amid an item: by an exit, or by the end of the run. */
    if (!ok)
        batch_fail(st, s->batch, 0);
    value_release(st, s->function);
    state_flush(st);
    batch_release(s->batch);
    mem_free(s);
}

/* Without memory for a strand; the first item left stands for all. */
static void strand_failed(struct state *st, struct batch *b)
{
    size_t at;
    if (strand_next(b, &at))
        batch_fail(st, b, at);
    error_clear(st);
    batch_release(b);
}

static void batch_begin(struct state *st, struct work *work)
{
    struct batch *b = OWNER_OF(work, struct batch, work);
    size_t next = atomic_load(&b->next);
    if (next >= b->len) {
        batch_release(b);
        return;
    }
    pool_lock(b->pool);
    bool again = ++b->strands < b->limit && next + 1 < b->len;
    if (again)
        b->users++;
    pool_unlock(b->pool);
    if (again)
        pool_submit(st, &b->work, true);
    struct strand *s = mem_alloc_zero(1, sizeof(*s));
    bool ok = s != NULL || error_out_of_memory(st);
    ok = ok && open_snapshot(st, &b->function, &s->function, &s->scope);
    if (ok && !scope_freeze(st, s->scope)) {
        value_release(st, s->function);
        scope_release(st, s->scope);
        ok = false;
    }
    if (!ok) {
        mem_free(s);
        strand_failed(st, b);
        return;
    }
    s->batch = b;
    if (!tasks_start(st, strand_body, strand_ended, s, s->scope, b->age, NULL))
        clear_after_start(st);
}

/* All results in order; false with an error set. */
static bool batch_results(struct state *st, struct batch *b, struct value *out)
{
    struct array *list = array_new(st, b->len);
    if (list == NULL)
        return false;
    for (size_t i = 0; i < b->len; i++) {
        if (!open_outcome(st, &b->results[i], &list->items.values[i])) {
            value_release(st, array_value(list));
            return false;
        }
        list->len = i + 1;
    }
    *out = array_value(list);
    return true;
}

static void batch_outcome(struct state *st, struct mail *mail)
{
    struct batch *b = OWNER_OF(mail, struct batch, outcome.mail);
    struct value promise = outcome_take(st, &b->outcome), v = value_null();
    struct scope *outer = st->scope;
    st->scope = b->outcome.scope;
    if (promise.kind != VALUE_PROMISE) {
        /* Nobody wants it any more. */
    } else if (b->failed < b->len) {
        settle_take(st, promise, &b->message, true);
    } else if (b->results == NULL || batch_results(st, b, &v)) {
        promise_resolve_take(st, PROMISE_OF(promise), v);
        value_release(st, promise);
    } else {
        promise_reject_pending(st, PROMISE_OF(promise));
        value_release(st, promise);
    }
    st->scope = outer;
    outcome_leave_scope(st, &b->outcome);
    batch_free(b);
}

/* False with an error set; the batch is complete so far that it can be freed. */
static bool batch_fill(struct state *st, struct batch *b, struct value list,
                       struct value function, bool keep)
{
    struct array *a = ARRAY_OF(list);
    b->items = mem_alloc_zero(a->len + 1, sizeof(*b->items));
    b->results = keep ? mem_alloc_zero(a->len + 1, sizeof(*b->results)) : NULL;
    if (b->items == NULL || (keep && b->results == NULL))
        return error_out_of_memory(st);
    b->failed = b->len = a->len;
    for (size_t i = 0; i < a->len; i++) {
        if (!parcel_pack(st, array_get(a, i), &b->items[i]))
            return false;
    }
    return parcel_pack_snapshot(st, function, &b->function);
}

static bool start_parallel(struct state *st, const char *name, struct value *args,
                           uint32_t nargs, bool keep, struct value *result)
{
    if (args[0].kind != VALUE_ARRAY || !call_is_callable(args[1]))
        return error_raise(st, "%s expects an array and a function", name);
    int64_t limit = 0;
    if (!jobs_limit(st, name, args, nargs, 2, &limit))
        return false;
    struct value promise;
    struct pool *pool = pool_of(st);
    struct batch *b = pool != NULL ? mem_alloc_zero(1, sizeof(*b)) : NULL;
    if (b == NULL)
        return error_out_of_memory(st);
    b->pool = pool;
    b->limit = limit;
    b->message = parcel_none();
    b->users = 1;
    if (!batch_fill(st, b, args[0], args[1], keep) || !promise_new(st, &promise)) {
        batch_free(b);
        return false;
    }
    b->work = (struct work){.begin = batch_begin, .drop = batch_drop};
    b->outcome.mail.deliver = batch_outcome;
    b->age = pool_next_age(b->pool);
    b->seed = draw_seed(st);
    outcome_expect(st, &b->outcome, promise);
    *result = promise;
    if (b->len == 0)
        batch_outcome(st, &b->outcome.mail);
    else
        pool_submit(st, &b->work, false);
    return true;
}

bool jobs_parallel_map(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    return start_parallel(st, "parallel_map", args, nargs, true, result);
}

bool jobs_par_each(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    return start_parallel(st, "par_each", args, nargs, false, result);
}
