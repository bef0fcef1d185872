#include "config.h"

#include "recording_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

/* Allocates in every way: growth, recursion, callbacks, closures, dicts, generators, errors. */
const char RECORDING_ALLOCATING[] =
    "struct Point { x, y }\n"
    "func grow(n) { let a := [] let i := 0 while i < n { a := push(a, i) i := i + 1 } return a }\n"
    "func text(n) { let s := \"\" let i := 0 while i < n { s := s + to_string(i) i := i + 1 }\n"
    "    return s }\n"
    "func deep(n) { let x := [n] if n == 0 { return x } return deep(n - 1) }\n"
    "func make(k) { return func(x) { return [x, k] } }\n"
    "func* count(n) { let i := 0 while i < n { yield [i] i := i + 1 } }\n"
    "func fails() { throw \"no \" + to_string(1) }\n"
    "let kept := grow(5000)\n"
    "let t := text(300)\n"
    "deep(2000)\n"
    "let m := map(kept, make(3))\n"
    "let d := {}\n"
    "for v in count(200) { d[to_string(v)] := v }\n"
    "try { fails() } except e { print(e) }\n"
    "let b := kept\n"
    "b[0] := 17\n"
    "print(len(t), len(m), len(d))\n";

const char RECORDING_SPINNING[] =
    "func spin(n) { let i := 0 while i < n { i := i + 1 } return i }\n"
    "func outer(n) { return spin(n) + spin(n) }\n"
    "outer(20000)\n"
    "print(len(to_upper(\"abc\")))\n";

static bool drop_output(void *context, int stream, const char *data, size_t len)
{
    (void)context;
    (void)stream;
    (void)data;
    (void)len;
    return true;
}

void recording_init(struct recording *f, enum ruff_mode mode, const char *text)
{
    struct ruff_config config;

    ruff_config_init(&config);
    config.mode = mode;
    config.write = drop_output;
    config.hash_seed = 5;
    f->program = NULL;
    f->r = ruff_new(&config);
    ck_assert_ptr_nonnull(f->r);
    ck_assert_int_eq(
        ruff_load_text(f->r, "program.ruff", text, strlen(text), &f->program), RUFF_OK);
    snprintf(f->path, sizeof f->path, "recording-test-%ld.rprof", (long)getpid());
}

void recording_done(struct recording *f)
{
    unlink(f->path);
    ruff_program_free(f->program);
    ruff_free(f->r);
}

void recording_run(struct recording *f)
{
    struct ruff_result result;

    ruff_run(f->r, f->program, NULL, &result);
    ck_assert_msg(result.status == RUFF_OK, "%s",
                  result.report != NULL ? result.report : "");
    ruff_result_done(&result);
}

struct model *recording_read(const struct recording *f)
{
    struct model *m = NULL;

    ck_assert_int_eq(model_read_file(&m, f->path, false, NULL), MODEL_OK);
    return m;
}

/* Records `runs` runs, more until there are `samples`. */
struct model *recording_make(struct recording *f,
                             const struct ruffprof_session_config *config,
                             uint64_t runs, uint64_t samples,
                             struct ruffprof_summary *summary)
{
    struct ruffprof_session_error error;
    struct ruffprof_session *s;

    s = ruffprof_session_new(f->r, f->program, config, &error);
    ck_assert_msg(s != NULL, "%s", error.text);
    ck_assert(ruffprof_session_start(s));
    for (uint64_t i = 0; i < runs || ruffprof_session_samples(s) < samples; i++) {
        ruffprof_session_run(s, true);
        recording_run(f);
        ruffprof_session_run(s, false);
    }
    ruffprof_session_stop(s);
    ruffprof_session_finish(s, RUFFPROF_ENDED, summary);
    return recording_read(f);
}

struct ruffprof_session_config recording_memory_config(const struct recording *f,
                                                       uint64_t mean)
{
    struct ruffprof_session_config config;

    ruffprof_session_config_init(&config);
    config.output = f->path;
    config.cpu = false;
    config.mem = true;
    config.mem_mean_bytes = mean;
    return config;
}

struct ruffprof_session_config recording_cpu_config(const struct recording *f)
{
    struct ruffprof_session_config config;

    ruffprof_session_config_init(&config);
    config.output = f->path;
    config.freq_hz = 4999;
    return config;
}
