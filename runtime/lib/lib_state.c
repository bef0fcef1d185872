#include "config.h"

#include "lib/lib_state.h"

#include "base/mem.h"
#include "core/state.h"
#include "lib/argparse.h"
#include "lib/async.h"
#include "lib/regex.h"
#include "lib/tasks.h"

void lib_state_attach(struct state *st)
{
    st->native_method = argparse_method;
    tasks_attach(st);
    async_attach(st);
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
        lib->shared = value_null();
        st->lib = lib;
    }
    return st->lib;
}

struct strbuf *lib_state_scratch(struct state *st)
{
    struct lib_state *lib = lib_state(st);
    if (lib == NULL)
        return NULL;
    strbuf_clear(&lib->scratch);
    return &lib->scratch;
}

void lib_state_end_run(struct state *st)
{
    struct lib_state *lib = st->lib;
    if (lib == NULL)
        return;
    if (lib->tasks != NULL)
        tasks_end_run(st, lib->tasks);
    /* It may hold constants of the program, which can go before the isolate. */
    value_set_take(st, &lib->shared, value_null());
}

void lib_state_free(struct state *st)
{
    struct lib_state *lib = st->lib;
    if (lib == NULL)
        return;
    tasks_free(st, lib->tasks);
    lib->tasks = NULL;
    regex_cache_free(lib->regexes);
    value_release(st, lib->shared);
    strbuf_done(&lib->scratch);
    strbuf_done(&lib->input);
    mem_free(lib);
    st->lib = NULL;
}
