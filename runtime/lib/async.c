#include "config.h"

#include "lib/async.h"

#include "base/mem.h"
#include "core/promise.h"
#include "lib/tasks.h"

static bool async_call(struct state *st, struct function *f, struct value *args,
                       struct value *promise);

void async_attach(struct state *st)
{
    st->async_call = async_call;
}

struct async_job {
    struct function *function; /* counted */
    struct promise *promise;   /* counted */
    uint32_t nargs;
    struct value args[];
};

static bool async_body(struct state *st, void *context)
{
    struct async_job *job = context;
    struct value result;
    if (!st->engine->call(st, job->function, job->args, &result))
        return false;
    promise_resolve_take(st, job->promise, result);
    return true;
}

static void async_ended(struct state *st, void *context, bool ok)
{
    struct async_job *job = context;
    if (!ok && !promise_reject_pending(st, job->promise))
        error_clear(st);
    for (uint32_t i = 0; i < job->nargs; i++)
        value_release(st, job->args[i]);
    object_release(st, &job->promise->head);
    object_release(st, &job->function->head);
    mem_free(job);
}

/* state->async_call */
static bool async_call(struct state *st, struct function *f, struct value *args,
                       struct value *promise)
{
    uint32_t nargs = f->proto->nparams;
    struct value made;
    struct async_job *job = mem_alloc(sizeof(*job) + nargs * sizeof(struct value));
    if (job == NULL)
        return error_out_of_memory(st);
    if (!promise_new(st, &made)) {
        mem_free(job);
        return false;
    }
    job->function = f;
    object_retain(&f->head);
    job->promise = PROMISE_OF(made);
    value_retain(made);
    job->nargs = nargs;
    for (uint32_t i = 0; i < nargs; i++)
        job->args[i] = value_take(&args[i]);
    if (!tasks_start(st, async_body, async_ended, job, NULL, TASKS_NEW_AGE, NULL)) {
        value_release(st, made);
        return false;
    }
    *promise = made;
    return true;
}
