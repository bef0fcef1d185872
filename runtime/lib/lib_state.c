#include "config.h"

#include "lib/lib_state.h"

#include "base/mem.h"
#include "core/state.h"
#include "lib/argparse.h"
#include "lib/async.h"
#include "lib/jobs.h"
#include "lib/pool.h"
#include "lib/regex.h"
#include "lib/tasks.h"

void lib_state_attach(struct state *st)
{
    st->native_method = argparse_method;
    tasks_attach(st);
    async_attach(st);
    jobs_attach(st);
}

struct lib_state *lib_state(struct state *st)
{
    if (st->lib == NULL) {
        struct lib_state *lib = mem_alloc_zero(1, sizeof(*lib));
        if (lib == NULL) {
            error_out_of_memory(st);
            return NULL;
        }
        strbuf_init(&lib->scratch);
        strbuf_init(&lib->input);
        st->lib = lib;
    }
    return st->lib;
}

struct scope_random *lib_state_random(struct state *st)
{
    struct lib_state *lib = lib_state(st);
    if (lib == NULL)
        return NULL;
    return st->scope != NULL ? scope_random(st->scope) : &lib->random;
}

struct strbuf *lib_state_scratch(struct state *st)
{
    struct lib_state *lib = lib_state(st);
    if (lib == NULL)
        return NULL;
    strbuf_clear(&lib->scratch);
    return &lib->scratch;
}

void lib_state_take_exit(struct state *st, bool *ok)
{
    pool_take_exit(st, ok);
}

void lib_state_end_run(struct state *st)
{
    struct lib_state *lib = st->lib;
    if (lib == NULL)
        return;
    struct error pending = error_save(st);
    pool_end_run(st);
    if (lib->tasks != NULL)
        tasks_end_run(st, lib->tasks);
    jobs_end_run(st);
    error_restore_take(st, pending);
}

void lib_state_free(struct state *st)
{
    struct lib_state *lib = st->lib;
    if (lib == NULL)
        return;
    lib_state_end_run(st);
    tasks_free(st, lib->tasks);
    lib->tasks = NULL;
    pool_free(st, lib->pool);
    regex_cache_free(lib->regexes);
    strbuf_done(&lib->scratch);
    strbuf_done(&lib->input);
    mem_free(lib);
    st->lib = NULL;
}
