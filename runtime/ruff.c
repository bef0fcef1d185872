/*
 * The embedding API: runtimes, loading, runs, results, counters.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ruff.h>

#include "engine.h"
#include "isolate.h"
#include "loader.h"
#include "runtime.h"
#include "tests.h"

#include "base/diag.h"
#include "base/os_linux.h"
#include "base/sizing.h"
#include "base/strbuf.h"
#include "bytecode/chunk.h"
#include "bytecode/compile.h"
#include "bytecode/disasm.h"
#include "core/string.h"
#include "front/front.h"
#include "lib/builtins.h"
#include "lib/lib_state.h"

/* ---- modes and configuration --------------------------------------------------------------- */

static const char *const MODE_NAMES[] = {"interp", "vm", "jit"};

const char *ruff_mode_name(enum ruff_mode mode)
{
    return MODE_NAMES[mode];
}

bool ruff_mode_parse(const char *name, enum ruff_mode *out)
{
    for (unsigned i = 0; i < sizeof MODE_NAMES / sizeof MODE_NAMES[0]; i++) {
        if (strcmp(name, MODE_NAMES[i]) == 0) {
            *out = (enum ruff_mode)i;
            return true;
        }
    }
    return false;
}

bool ruff_mode_available(enum ruff_mode mode)
{
    return engine_of_mode(mode, false) != NULL;
}

void ruff_config_init(struct ruff_config *config)
{
    *config = (struct ruff_config){.mode = RUFF_MODE_VM};
}

/* ---- output ---------------------------------------------------------------------------------- */

/* What could not be written to stdout once is not followed by what came later: the reader
   would take a text with a hole for the whole. */
static bool write_descriptor(struct ruff *r, int fd, const char *data, size_t len)
{
    int error;

    if (fd == STDOUT_FILENO && r->output_error != 0)
        return false;
    error = os_write_all(fd, data, len);
    if (fd == STDOUT_FILENO)
        r->output_error = error;
    return error == 0;
}

/* FNV-1a, 64 bit: enough to notice that two runs printed different things. */
static uint64_t hash_more(uint64_t hash, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* Under the lock of the output. */
static bool write_output(struct ruff *r, int stream, const char *data, size_t len)
{
    if (stream == 1) {
        r->output_bytes += len;
        r->output_hash = hash_more(r->output_hash, data, len);
    }
    if (r->discard_output && r->running != NULL)
        return true;
    if (r->config.write != NULL)
        return r->config.write(r->config.write_context, stream, data, len);
    return write_descriptor(r, stream, data, len);
}

bool runtime_write(struct ruff *r, int stream, const char *data, size_t len)
{
    bool ok;

    pthread_mutex_lock(&r->output_lock);
    ok = write_output(r, stream, data, len);
    pthread_mutex_unlock(&r->output_lock);
    return ok;
}

static bool state_writes(void *context, int stream, const char *data, size_t len)
{
    return runtime_write(context, stream, data, len);
}

/* ---- life -------------------------------------------------------------------------------------- */

struct ruff *runtime_of(const struct state *st)
{
    return st->top_floor;
}

struct ruff *runtime_new(const struct ruff_config *config, struct ruff *root)
{
    struct ruff *r = calloc(1, sizeof *r);
    struct state_config sc;

    if (r == NULL)
        return NULL;
    r->config = *config;
    r->root = root != NULL ? root : r;
    r->next_proto_id = 1;
    r->output_hash = HASH_START;
    sc = (struct state_config){
        .engine = engine_of_mode(config->mode, config->count_ops),
        .builtins = builtins_table,
        .nbuiltins = BUILTINS_COUNT,
        .max_memory = config->max_memory,
        .hash_seed = config->hash_seed,
        .write = state_writes,
        .write_context = r->root,
        .to_terminal = config->write == NULL && os_is_tty(STDOUT_FILENO),
        .input = config->input,
        .input_len = config->input_len,
        .argc = config->argc,
        .argv = config->argv,
    };
    if (sc.engine == NULL)
        goto fail;
    r->st = state_new(&sc);
    if (r->st == NULL)
        goto fail;
    r->st->top_floor = r;
    r->st->import = loader_import;
    r->st->import_symbol = loader_import_symbol;
    engine_attach(r->st);
    lib_state_attach(r->st);
    isolate_attach(r);
    r->load_lock = r->output_lock = r->lock =
        (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    return r;
fail:
    if (r->st != NULL)
        state_free(r->st);
    free(r);
    return NULL;
}

struct ruff *ruff_new(const struct ruff_config *config)
{
    return runtime_new(config, NULL);
}

void ruff_free(struct ruff *r)
{
    if (r == NULL)
        return;
    ruff_run_end(r);
    while (r->programs != NULL)
        ruff_program_free(r->programs);
    lib_state_free(r->st);
    state_free(r->st);
    pthread_mutex_destroy(&r->load_lock);
    pthread_mutex_destroy(&r->output_lock);
    pthread_mutex_destroy(&r->lock);
    free(r->protos);
    free(r);
}

/* ---- prototypes by id ------------------------------------------------------------------------- */

/* Under the lock. */
static bool enter_protos(struct ruff *r, struct program_unit *u)
{
    uint32_t need = r->next_proto_id;

    if (need > r->protos_capacity) {
        uint32_t capacity = SIZE_OR_TINY(need * 2 + 32, need);
        struct proto **grown = realloc(r->protos, capacity * sizeof *grown);

        if (grown == NULL)
            return false;
        memset(grown + r->protos_capacity, 0,
               (capacity - r->protos_capacity) * sizeof *grown);
        r->protos = grown;
        r->protos_capacity = capacity;
    }
    for (uint32_t i = 0; i < u->unit.nprotos; i++)
        r->protos[u->unit.protos[i].id] = &u->unit.protos[i];
    r->nprotos = need;
    return true;
}

bool runtime_register(struct ruff *r, struct program_unit *u)
{
    bool ok;

    pthread_mutex_lock(&r->lock);
    ok = enter_protos(r, u);
    pthread_mutex_unlock(&r->lock);
    return ok;
}

void runtime_unregister(struct ruff *r, struct program_unit *u)
{
    pthread_mutex_lock(&r->lock);
    for (uint32_t i = 0; i < u->unit.nprotos; i++) {
        uint32_t id = u->unit.protos[i].id;

        if (id < r->nprotos && r->protos[id] == &u->unit.protos[i])
            r->protos[id] = NULL;
    }
    pthread_mutex_unlock(&r->lock);
}

/* Sources may grow this far before reading them is refused outright. */
#define SOURCE_READ_MAX ((size_t)1 << 30)

/* ---- programs ----------------------------------------------------------------------------------- */

enum ruff_status ruff_load_text(struct ruff *r, const char *path, const char *text,
                                size_t len, struct ruff_program **out)
{
    return loader_main(r, path, text, len, false, out);
}

/* The operating system's word, in the form language.md section 20 wants. */
static enum ruff_status unreadable(struct ruff *r, const char *path, int error)
{
    struct strbuf sb;

    strbuf_init(&sb);
    strbuf_append_str(&sb, "[RUFCLI001] [cli] error: Failed to read .ruff file '");
    diag_escape(&sb, path, strlen(path));
    strbuf_append_format(&sb, "': %s (os error %d)\n", strerror(error), error);
    runtime_write(r, 2, sb.data, sb.len);
    strbuf_done(&sb);
    return RUFF_IO_ERROR;
}

static enum ruff_status load_file(struct ruff *r, const char *path, bool for_tests,
                                  struct ruff_program **out)
{
    struct os_file file;
    enum ruff_status status;
    /* One byte more than a source may have: the limit is the parser's to report. */
    int error = os_read_file(path, SOURCE_READ_MAX, &file);

    if (error != 0)
        return unreadable(r, path, error);
    status = loader_main(r, path, file.data, file.len, for_tests, out);
    os_file_done(&file);
    return status;
}

enum ruff_status ruff_load_file(struct ruff *r, const char *path,
                                struct ruff_program **out)
{
    return load_file(r, path, false, out);
}

enum ruff_status ruff_load_tests(struct ruff *r, const char *path,
                                 struct ruff_program **out)
{
    return load_file(r, path, true, out);
}

enum ruff_status ruff_load_tests_text(struct ruff *r, const char *path,
                                      const char *text, size_t len,
                                      struct ruff_program **out)
{
    return loader_main(r, path, text, len, true, out);
}

void ruff_program_free(struct ruff_program *p)
{
    struct ruff *r;

    if (p == NULL)
        return;
    r = p->runtime;
    for (struct ruff_program **at = &r->programs; *at != NULL; at = &(*at)->next) {
        if (*at == p) {
            *at = p->next;
            break;
        }
    }
    while (p->units != NULL) {
        struct program_unit *u = p->units;

        p->units = u->next;
        isolate_forget_unit(r, u);
        runtime_unregister(r, u);
        program_unit_free(u);
    }
    while (p->modules != NULL) {
        struct module *m = p->modules;

        p->modules = m->next;
        free(m->name);
        free(m->root);
        free(m->problem);
        free(m);
    }
    tests_done(p);
    free(p->main_dir);
    free(p);
}

size_t ruff_program_functions(const struct ruff_program *p, const char *prefix,
                              const char **names, size_t capacity)
{
    const struct ast_function *main_fn = p->main->ast->functions[0];
    size_t found = 0;

    for (uint32_t i = 0; i < main_fn->nhoisted; i++) {
        const struct ast_stmt *s = main_fn->hoisted[i];
        const char *name = s->as.func.name.name.text;

        if (s->as.func.func->nparams != 0 || strncmp(name, prefix, strlen(prefix)) != 0)
            continue;
        if (found < capacity)
            names[found] = name;
        found++;
    }
    return found;
}

const char *ruff_program_path(const struct ruff_program *p)
{
    return p->main->source->path;
}

const char *ruff_program_text(const struct ruff_program *p, size_t *len)
{
    *len = p->main->unit.source.len;
    return p->main->source->text;
}

/* ---- runs ----------------------------------------------------------------------------------------- */

/* Work to be done on the isolate's own stack. */
struct job {
    struct ruff *r;
    struct ruff_program *program; /* NULL: a call in the globals that are there */
    const char *entry;
    uint32_t test; /* 1-based, 0: none */
    bool keep_globals;
    bool ok;
};

bool runtime_run_main(struct state *st, struct instance *instance)
{
    /* The function of a top level is the runtime's own, no value of the script: it lives
       here, immortal, and no allocation profile shows it. */
    struct function f = {.head = {.refs = -1, .kind = VALUE_FUNCTION},
                         .proto = &instance->unit->protos[0],
                         .instance = instance};
    struct value result = value_null();
    bool ok = call_main(st, &f, &result);

    if (ok)
        value_release(st, result);
    return ok;
}

static bool call_entry(struct state *st, struct instance *instance, const char *name)
{
    for (uint32_t i = 0; i < instance->unit->nglobals; i++) {
        struct value callee, result = value_null();
        bool ok;

        if (strcmp(instance->unit->global_names[i], name) != 0)
            continue;
        callee = value_retain(instance->globals[i]);
        ok = call_value(st, callee, NULL, 0, &result);
        value_release(st, callee);
        if (ok)
            value_release(st, result);
        return ok;
    }
    return error_raise(st, "Undefined variable: %s", name);
}

static void run_job(void *context)
{
    struct job *job = context;
    struct state *st = job->r->st;
    struct instance *instance = st->instances;

    job->ok = true;
    if (job->program != NULL) {
        instance = instance_new(st, &job->program->main->unit);
        job->ok = instance != NULL && runtime_run_main(st, instance);
    }
    if (job->ok && job->entry != NULL) {
        /* The main script's instance is the oldest of the list. */
        while (instance->next != NULL)
            instance = instance->next;
        job->ok = call_entry(st, instance, job->entry);
    }
    if (job->ok && job->test != 0)
        job->ok = runtime_run_test(st, instance, job->test - 1);
    state_flush(st);
    if (!job->keep_globals)
        lib_state_end_run(st);
    lib_state_take_exit(st, &job->ok);
}

static void end_job(void *context)
{
    struct job *job = context;

    lib_state_end_run(job->r->st);
    /* Too late for an exit. */
    job->ok = true;
    lib_state_take_exit(job->r->st, &job->ok);
    error_clear(job->r->st);
    instances_free(job->r->st);
}

void runtime_take_error(struct ruff *r, struct ruff_result *result)
{
    const struct error *e = &r->st->error;
    bool discards = r->discard_output;
    struct strbuf sb;

    *result = (struct ruff_result){.status = RUFF_RUNTIME_ERROR, .exit_code = 4};

    if (e->kind == ERROR_EXIT) {
        result->status = RUFF_EXIT;
        result->exit_code = e->exit_code & 255;
        error_clear(r->st);
        return;
    }
    if (e->kind == ERROR_INTERRUPT) {
        result->status = RUFF_INTERRUPTED;
        result->exit_code = 130;
        if (e->source != NULL)
            result->file = strdup(e->source->path);
        error_position(e, &result->line, &result->column);
        error_clear(r->st);
        return;
    }
    strbuf_init(&sb);
    if (e->message.kind == VALUE_STRING && error_append_message(e, &sb))
        result->message = strdup(strbuf_str(&sb));
    strbuf_done(&sb);
    if (e->source != NULL)
        result->file = strdup(e->source->path);
    error_position(e, &result->line, &result->column);
    strbuf_init(&sb);
    if (error_report(e, r->config.color, &sb))
        result->report = strndup(sb.data, sb.len);
    strbuf_done(&sb);
    /* The report of an error is not output of the program. */
    r->discard_output = false;
    if (result->report != NULL && !r->quiet_errors)
        runtime_write(r, 2, result->report, strlen(result->report));
    r->discard_output = discards;
    error_clear(r->st);
}

static enum ruff_status run(struct ruff *r, struct job *job, struct ruff_result *result)
{
    uint64_t started = os_monotonic_ns();

    *result = (struct ruff_result){.status = RUFF_OK};
    if (r->hooks.run != NULL)
        r->hooks.run(r->hooks.context, r->run_index, true);
    state_enter_stack(r->st, run_job, job);
    if (r->hooks.run != NULL)
        r->hooks.run(r->hooks.context, r->run_index, false);
    r->run_index++;
    r->run_ns += os_monotonic_ns() - started;
    if (!job->ok)
        runtime_take_error(r, result);
    /* At the end, not at the start: one that came early is meant for this run. */
    state_interrupt_clear(r->st);
    return result->status;
}

static void begin(struct ruff *r, struct ruff_program *p,
                  const struct ruff_run_options *options)
{
    ruff_run_end(r);
    r->running = p;
    r->discard_output = options != NULL && options->discard_output;
    r->quiet_errors = options != NULL && options->quiet_errors;
    r->output_bytes = 0;
    r->output_hash = HASH_START;
    r->st->input_at = 0;
}

enum ruff_status ruff_run(struct ruff *r, struct ruff_program *p,
                          const struct ruff_run_options *options,
                          struct ruff_result *result)
{
    struct job job = {
        .r = r, .program = p, .entry = options != NULL ? options->entry : NULL};

    begin(r, p, options);
    run(r, &job, result);
    ruff_run_end(r);
    return result->status;
}

enum ruff_status ruff_run_test(struct ruff *r, struct ruff_program *p, size_t index,
                               struct ruff_result *result)
{
    const struct ruff_run_options options = {.quiet_errors = true};
    struct job job = {.r = r, .program = p, .test = (uint32_t)index + 1};

    begin(r, p, &options);
    run(r, &job, result);
    ruff_run_end(r);
    return result->status;
}

enum ruff_status ruff_run_begin(struct ruff *r, struct ruff_program *p,
                                const struct ruff_run_options *options,
                                struct ruff_result *result)
{
    struct job job = {.r = r, .program = p, .keep_globals = true};

    begin(r, p, options);
    return run(r, &job, result);
}

enum ruff_status ruff_run_call(struct ruff *r, const char *function,
                               struct ruff_result *result)
{
    struct job job = {.r = r, .entry = function, .keep_globals = true};

    r->output_bytes = 0;
    r->output_hash = HASH_START;
    return run(r, &job, result);
}

void ruff_run_end(struct ruff *r)
{
    struct job job = {.r = r};

    if (r->running == NULL)
        return;
    state_enter_stack(r->st, end_job, &job);
    /* A task's exit may have come as late as this. */
    state_interrupt_clear(r->st);
    r->running = NULL;
    r->imports = NULL;
}

int ruff_output_error(const struct ruff *r)
{
    return r->output_error;
}

void ruff_interrupt(struct ruff *r)
{
    state_interrupt(r->st);
}

void ruff_result_done(struct ruff_result *result)
{
    free(result->message);
    free(result->report);
    free(result->file);
    *result = (struct ruff_result){.status = RUFF_OK};
}

/* ---- bytecode ---------------------------------------------------------------------------------------- */

struct compile_job {
    struct ruff *r;
    struct ruff_program *program;
    bool ok;
};

static void compile_all(void *context)
{
    struct compile_job *job = context;

    job->ok = true;
    for (struct program_unit *u = job->program->units; job->ok && u != NULL;
         u = u->next)
        job->ok = bytecode_ensure_unit(job->r->st, &u->unit);
}

enum ruff_status ruff_check(struct ruff *r, struct ruff_program *p)
{
    struct compile_job job = {.r = r, .program = p};
    struct ruff_result result = {.status = RUFF_OK};

    state_enter_stack(r->st, compile_all, &job);
    if (job.ok)
        return RUFF_OK;
    runtime_take_error(r, &result);
    ruff_result_done(&result);
    return RUFF_RUNTIME_ERROR;
}

char *ruff_disassemble(struct ruff *r, struct ruff_program *p, const char *function,
                       bool optimized)
{
    struct strbuf sb;
    char *text = NULL;
    bool any = false;

    strbuf_init(&sb);
    for (uint32_t i = 0; i < p->main->unit.nprotos; i++) {
        struct proto *proto = &p->main->unit.protos[i];
        struct chunk *chunk;
        bool ok;

        if (function != NULL && strcmp(proto->profile_name, function) != 0)
            continue;
        chunk = bytecode_compile(r->st, proto, optimized);
        if (chunk == NULL) {
            error_clear(r->st);
            goto done;
        }
        strbuf_append_format(&sb, "%s%s:\n", any ? "\n" : "", proto->profile_name);
        ok = disasm_chunk(chunk, true, &sb);
        chunk_free(chunk);
        if (!ok)
            goto done;
        any = true;
    }
    if (any && !sb.failed)
        text = strndup(sb.data, sb.len);
done:
    strbuf_done(&sb);
    return text;
}

/* ---- counters ------------------------------------------------------------------------------------------ */

void runtime_stats(const struct ruff *r, struct ruff_stats *out)
{
    struct heap_stats heap;

    heap_stats_read(r->st, &heap);
    *out = (struct ruff_stats){
        .allocations = heap.allocations,
        .frees = heap.frees,
        .allocated_bytes = heap.allocated_bytes,
        .freed_bytes = heap.freed_bytes,
        .live_bytes = heap.allocated_bytes - heap.freed_bytes,
        .peak_bytes = heap.peak_bytes,
        .objects_alive = heap.objects_alive,
        .copies = heap.copies,
        .ops = r->st->ops,
        .functions_compiled = r->st->compiled,
        .inline_cache_hits = r->st->cache_hits,
        .inline_cache_misses = r->st->cache_misses,
        .parse_ns = r->parse_ns,
        .resolve_ns = r->resolve_ns,
        .compile_ns = r->st->compile_ns,
        .run_ns = r->run_ns,
        .output_bytes = r->output_bytes,
        .output_hash = r->output_hash,
    };
}

void ruff_stats(const struct ruff *r, struct ruff_stats *out)
{
    runtime_stats(r, out);
    if (r->root == r)
        isolate_add_stats(r->root, out);
}
