/*
 * ruffprof selftest: profiles programs whose truth is known, and says how far off this build
 * is on this machine.
 */
#include "config.h"

#include <math.h>
#include <ruffprof_session.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ruff.h>

#include "commands.h"
#include "model.h"

#include "base/diag.h"
#include "base/options.h"

#define SAMPLES_WANTED 2000u
#define CPU_LIMIT_NS   UINT64_C(20000000000)

static const struct options_command COMMAND = {
    .program = "ruffprof",
    .name = "selftest",
    .usage = "selftest",
    .summary =
        "Profiles programs whose truth is known and compares: rate of samples, shares "
        "of two functions that do 30 % and 70 % of the work, bytes allocated.",
    .details =
        "Columns: verdict (ok or off), what was tested, what was found and expected.\n"
        "Exit code 1 when something is off. Takes about ten seconds.\n\n"
        "Example:\n  ruffprof selftest\n",
};

static const char SHARES[] =
    "func thirty(n) { let i := 0 let s := 0 while i < n { s := s + i * 2 i := i + 1 } return s }\n"
    "func seventy(n) { let i := 0 let s := 0 while i < n { s := s + i * 2 i := i + 1 } return s }\n"
    "let k := 0\n"
    "while k < 20 { thirty(3000) seventy(7000) k := k + 1 }\n";

static const char ALLOCATES[] =
    "func grow(n) { let a := [] let i := 0 while i < n { a := push(a, [i]) i := i + 1 } return a }\n"
    "let kept := grow(20000)\n";

/* One recording of a program from memory. */
struct trial {
    struct ruff *r;
    struct ruff_program *program;
    char path[4096];
    struct ruffprof_summary summary;
    struct ruff_stats before, after;
};

static bool drop_output(void *context, int stream, const char *data, size_t len)
{
    (void)context;
    (void)stream;
    (void)data;
    (void)len;
    return true;
}

/* ---- recording ------------------------------------------------------------------------ */

static void trial_done(struct trial *t)
{
    if (t->path[0] != '\0')
        unlink(t->path);
    ruff_program_free(t->program);
    ruff_free(t->r);
}

static bool trial_init(struct trial *t, enum ruff_mode mode, const char *text)
{
    const char *folder = getenv("TMPDIR");
    struct ruff_config config;
    int fd;

    *t = (struct trial){.r = NULL};
    ruff_config_init(&config);
    config.mode = mode;
    config.write = drop_output;
    t->r = ruff_new(&config);
    if (t->r == NULL || ruff_load_text(t->r, "selftest.ruff", text, strlen(text),
                                       &t->program) != RUFF_OK)
        return false;
    snprintf(t->path, sizeof t->path, "%s/ruffprof-selftest-XXXXXX",
             folder != NULL ? folder : "/tmp");
    fd = mkstemp(t->path);
    if (fd < 0) {
        diag_error("ruffprof", "cannot write to %s: set TMPDIR", t->path);
        t->path[0] = '\0';
        return false;
    }
    close(fd);
    return true;
}

/* Runs until there are samples enough, or once when only memory is recorded. */
static struct model *trial_record(struct trial *t,
                                  struct ruffprof_session_config *config)
{
    struct ruffprof_session_error error;
    struct ruffprof_session *s;
    struct model *model = NULL;
    struct ruff_result result;

    config->output = t->path;
    s = ruffprof_session_new(t->r, t->program, config, &error);
    if (s == NULL) {
        diag_error("ruffprof", "%s", error.text);
        return NULL;
    }
    ruff_stats(t->r, &t->before);
    ruffprof_session_start(s);
    do {
        ruffprof_session_run(s, true);
        ruff_run(t->r, t->program, NULL, &result);
        ruffprof_session_run(s, false);
        ruff_result_done(&result);
    } while (config->cpu && ruffprof_session_samples(s) < SAMPLES_WANTED &&
             ruffprof_session_cpu_ns(s) < CPU_LIMIT_NS);
    ruffprof_session_stop(s);
    ruff_stats(t->r, &t->after);
    ruffprof_session_finish(s, RUFFPROF_ENDED, &t->summary);
    if (model_read_file(&model, t->path, false, NULL) != MODEL_OK)
        return NULL;
    return model;
}

/* ---- verdicts ---------------------------------------------------------------------------- */

static bool verdict(bool ok, const char *mode, const char *what, double found,
                    double expected, double tolerance, const char *unit)
{
    printf("%-4s %-7s %-28s %12.2f %s, expected %.2f ± %.2f\n", ok ? "ok" : "off", mode,
           what, found, unit, expected, tolerance);
    return ok;
}

static bool near(const char *mode, const char *what, double found, double expected,
                 double tolerance, const char *unit)
{
    return verdict(fabs(found - expected) <= tolerance, mode, what, found, expected,
                   tolerance, unit);
}

/* Share of samples whose leaf is the function. */
static double share_of(const struct model *m, const char *function)
{
    size_t n = 0;

    for (size_t i = 0; i < m->sample_count; i++)
        n += strcmp(model_frame_name(m, m->nodes[m->samples[i].node].frame),
                    function) == 0;
    return m->sample_count == 0 ? 0 : (double)n / (double)m->sample_count;
}

static bool test_cpu(enum ruff_mode mode)
{
    struct ruffprof_session_config config;
    const char *name = ruff_mode_name(mode);
    double n, tolerance, rate;
    struct model *m;
    struct trial t;
    bool ok = true;

    ruffprof_session_config_init(&config);
    if (!trial_init(&t, mode, SHARES) || (m = trial_record(&t, &config)) == NULL) {
        trial_done(&t);
        return false;
    }
    n = (double)m->sample_count;
    /* Half a point for what the sampler may do wrong, the rest for chance. */
    tolerance = 0.5 + 100 * 3.5 * sqrt(0.3 * 0.7 / (n > 0 ? n : 1));
    rate = n / ((double)t.summary.cpu_ns / 1e9);
    ok &= near(name, "share of 30 % of the work", 100 * share_of(m, "thirty"), 30,
               tolerance, "%");
    ok &= near(name, "share of 70 % of the work", 100 * share_of(m, "seventy"), 70,
               tolerance, "%");
    ok &= near(name, "samples a second of CPU", rate, config.freq_hz,
               config.freq_hz * 0.1, "Hz");
    ok &= near(name, "samples lost", (double)t.summary.lost, 0, 0, "samples");
    model_free(m);
    trial_done(&t);
    return ok;
}

static bool test_memory(enum ruff_mode mode, uint64_t mean)
{
    struct ruffprof_session_config config;
    const char *name = ruff_mode_name(mode);
    double exact, tolerance;
    struct model *m;
    struct trial t;
    bool ok;

    ruffprof_session_config_init(&config);
    config.cpu = false;
    config.mem = true;
    config.mem_mean_bytes = mean;
    if (!trial_init(&t, mode, ALLOCATES) || (m = trial_record(&t, &config)) == NULL) {
        trial_done(&t);
        return false;
    }
    exact = (double)(t.after.allocated_bytes - t.before.allocated_bytes);
    tolerance = mean == 0 ? 0 : 3.5 * sqrt((double)mean * exact);
    ok = near(name, mean == 0 ? "bytes counted" : "bytes by sampling",
              model_alloc_bytes(m), exact, tolerance, "B");
    model_free(m);
    trial_done(&t);
    return ok;
}

int cmd_selftest(int argc, char **argv)
{
    static const enum ruff_mode MODES[] = {RUFF_MODE_VM, RUFF_MODE_INTERP};
    struct options o;
    enum options_event event;
    const char *value;
    bool ok = true;
    int id, code;

    if (!options_init(&o, &COMMAND, argc, argv))
        return RUFF_INTERNAL_ERROR;
    while ((event = options_next(&o, &id, &value)) == OPTIONS_OPTION)
        ;
    if (event == OPTIONS_END && o.operand_count > 0) {
        options_error(&o, "selftest takes no FILE: try ruffprof selftest");
        event = OPTIONS_EXIT;
    }
    code = o.exit_code;
    options_done(&o);
    if (event == OPTIONS_EXIT)
        return code;
    for (size_t i = 0; i < sizeof MODES / sizeof MODES[0]; i++) {
        ok &= test_cpu(MODES[i]);
        ok &= test_memory(MODES[i], 0);
        ok &= test_memory(MODES[i], 32768);
        fflush(stdout);
    }
    return ok ? 0 : 1;
}
