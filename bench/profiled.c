#include "config.h"

#include "profiled.h"

#include <ruffprof_session.h>
#include <stdlib.h>
#include <string.h>

#include <ruffprof.h>

#include "textbuf.h"
#include "timer.h"

/* The harness hears from us at least this often. */
static const uint64_t TICK_NS = 500000000u;
static const uint64_t LIMIT_NS = (uint64_t)PROFILED_MAX_SECONDS * 1000000000u;

struct pass {
    struct program *program;
    const struct job *job;
    struct ruffprof_session *session;
    bool is_memory;
    int message_fd;
    uint64_t started_ns;
    uint64_t waited_ns; /* for a CPU, before the start */
    uint64_t limit_ns;
    uint64_t told_ns;
    uint64_t iterations;
};

static char *recording_path(const char *svg);
static bool open_session(struct pass *pass, const char *recording);
static bool repeat(struct pass *pass);
static bool run_marked(struct pass *pass);
static bool is_done(struct pass *pass);
static bool is_late(struct pass *pass);
static void tick(struct pass *pass);
static bool draw(struct pass *pass, const char *recording,
                 const struct ruffprof_summary *summary, struct protocol_profile *out);

bool profiled_run(struct program *program, const struct job *job, int message_fd,
                  struct protocol_profile *out)
{
    struct pass pass = {
        .program = program,
        .job = job,
        .is_memory = job->pass == JOB_PROFILE_MEMORY,
        .message_fd = message_fd,
    };
    struct ruffprof_summary summary;
    char *recording = recording_path(job->svg);
    /* One iteration before: what is allocated or compiled once is no part of the steady
     * program that was timed. */
    bool ok =
        recording != NULL && program_run(program) && open_session(&pass, recording);
    if (ok) {
        ok = repeat(&pass);
        ruffprof_session_finish(pass.session, RUFFPROF_ENDED, &summary);
        ok = ok && draw(&pass, recording, &summary, out);
    }
    free(recording);
    return ok;
}

/* The recording stays beside the picture: x.cpu.svg, x.cpu.rprof. */
static char *recording_path(const char *svg)
{
    static const char SUFFIX[] = ".rprof";
    size_t length = strlen(svg);
    if (length > 4 && strcmp(svg + length - 4, ".svg") == 0) {
        length -= 4;
    }
    char *path = malloc(length + sizeof SUFFIX);
    if (path != NULL) {
        memcpy(path, svg, length);
        memcpy(path + length, SUFFIX, sizeof SUFFIX);
    }
    return path;
}

static bool open_session(struct pass *pass, const char *recording)
{
    struct program *program = pass->program;
    struct ruffprof_session_config config;
    struct ruffprof_session_error error;
    ruffprof_session_config_init(&config);
    config.output = recording;
    config.cpu = !pass->is_memory;
    config.mem = pass->is_memory;
    config.mem_mean_bytes = 0; /* every allocation */
    config.mode = ruff_mode_name(pass->job->mode);
    config.seed = pass->job->hash_seed;
    pass->session =
        ruffprof_session_new(program->runtime, program->program, &config, &error);
    if (pass->session == NULL) {
        textbuf_format(program->error, sizeof program->error, "cannot profile: %s",
                       error.text);
    }
    return pass->session != NULL;
}

static bool repeat(struct pass *pass)
{
    pass->started_ns = pass->told_ns = timer_wall_now();
    pass->waited_ns = timer_waited_now();
    pass->limit_ns = LIMIT_NS;
    if (!ruffprof_session_start(pass->session)) {
        textbuf_format(pass->program->error, sizeof pass->program->error,
                       "cannot profile: the sampling trigger refuses to start");
        return false;
    }
    ruffprof_session_phase(pass->session, false);
    bool ok = true;
    while (ok && !is_done(pass)) {
        ok = run_marked(pass);
        pass->iterations++;
        tick(pass);
    }
    ruffprof_session_stop(pass->session);
    return ok;
}

/* Iterations are marked where there are few of them: a program that takes microseconds is
 * repeated 100 000 times for its samples, and the marks would be most of the recording. */
static bool run_marked(struct pass *pass)
{
    if (!pass->is_memory) {
        return program_run(pass->program);
    }
    ruffprof_session_iteration(pass->session, pass->iterations, true);
    bool ok = program_run(pass->program);
    ruffprof_session_iteration(pass->session, pass->iterations, false);
    return ok;
}

static bool is_done(struct pass *pass)
{
    if (pass->iterations > 0 && is_late(pass)) {
        return true;
    }
    return pass->is_memory
               ? pass->iterations >= PROFILED_MEMORY_ITERATIONS
               : ruffprof_session_samples(pass->session) >= PROFILED_SAMPLES;
}

/* A busy machine makes the pass take longer, not have fewer samples: the time without a CPU
 * is added to the limit, and asked for again only when that has passed as well. */
static bool is_late(struct pass *pass)
{
    uint64_t elapsed_ns = timer_difference(pass->started_ns, timer_wall_now());
    if (elapsed_ns < pass->limit_ns) {
        return false;
    }
    pass->limit_ns = LIMIT_NS + timer_difference(pass->waited_ns, timer_waited_now());
    return elapsed_ns >= pass->limit_ns;
}

static void tick(struct pass *pass)
{
    uint64_t now_ns = timer_wall_now();
    if (timer_difference(pass->told_ns, now_ns) > TICK_NS) {
        (void)protocol_send_tick(pass->message_fd);
        pass->told_ns = now_ns;
    }
}

static bool draw(struct pass *pass, const char *recording,
                 const struct ruffprof_summary *summary, struct protocol_profile *out)
{
    char *error = pass->program->error;
    if (summary->write_error[0] != '\0') {
        textbuf_format(error, PROTOCOL_REASON_SIZE, "the recording is incomplete: %s",
                       summary->write_error);
        return false;
    }
    ruffprof_profile *profile = NULL;
    int os_error = 0;
    const char *path = recording;
    struct ruffprof_facts facts = {0};
    enum ruffprof_status status = ruffprof_profile_open(&profile, path, &os_error);
    if (status == RUFFPROF_OK) {
        struct ruffprof_view view = {
            .metric = pass->is_memory ? RUFFPROF_ALLOCATED : RUFFPROF_CPU,
            .title = pass->job->title,
        };
        path = pass->job->svg;
        ruffprof_profile_facts(profile, &facts);
        status = ruffprof_flamegraph_write(profile, &view, path, &os_error);
        ruffprof_profile_free(profile);
    }
    if (status != RUFFPROF_OK) {
        textbuf_format(error, PROTOCOL_REASON_SIZE, "cannot draw: '%s': %s", path,
                       status == RUFFPROF_IO ? strerror(os_error)
                                             : ruffprof_status_text(status));
        return false;
    }
    *out = (struct protocol_profile){
        .iterations = pass->iterations,
        .samples = pass->is_memory ? facts.alloc_objects : facts.samples,
        .lost = facts.lost,
        .bytes = facts.alloc_bytes,
    };
    return true;
}
