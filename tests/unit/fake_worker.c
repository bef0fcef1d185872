#include "config.h"

/* Stands in for `ruffbench --worker …` in runner_test: behaves as the file name it is
   told to run says, without any engine. */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "job.h"
#include "process.h"
#include "protocol.h"

static bool is_about(const struct job *job, const char *word)
{
    return strstr(job->path, word) != NULL;
}

static void send_series(const struct job *job)
{
    struct series series;
    series_init(&series);
    series.startup_ns = 5000.0;
    series.batch = 2;
    series.output.hash = is_about(job, "differ") ? (uint64_t)job->mode : 42;
    series.output.bytes = 3;
    series.output.head_length = 3;
    memcpy(series.output.head, job->mode == RUFF_MODE_INTERP ? "a\n1" : "a\n2", 3);
    for (int i = 0; i < 9; i++) {
        double ns = (job->mode == RUFF_MODE_INTERP ? 400.0 : 100.0) + (double)i;
        (void)series_add_sample(&series, ns, ns);
    }
    (void)protocol_send_series(PROCESS_MESSAGE_FD, &series);
    series_done(&series);
}

int main(int argc, char **argv)
{
    struct job job;
    if (!job_parse(argc, argv, &job)) {
        return 99;
    }
    (void)protocol_send_phase(PROCESS_MESSAGE_FD, PROTOCOL_WARMUP);
    if (is_about(&job, "hang")) {
        for (;;) {
            pause();
        }
    }
    if (is_about(&job, "tick")) {
        /* Alive, but slower than the time limit as a whole. */
        for (int i = 0; i < 6; i++) {
            usleep(100000);
            (void)protocol_send_tick(PROCESS_MESSAGE_FD);
        }
    }
    if (is_about(&job, "crash")) {
        /* A sanitizer would turn it into an exit. */
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    if (is_about(&job, "exit3")) {
        fputs("first line\nno luck today\x1b[2J\n", stderr);
        return 3;
    }
    if (is_about(&job, "vanish")) {
        return 0;
    }
    if (is_about(&job, "nonsense")) {
        (void)!write(PROCESS_MESSAGE_FD, "nonsense\n", 9);
        pause();
    }
    if (is_about(&job, "print")) {
        char block[4096];
        memset(block, 'x', sizeof block);
        for (int i = 0; i < 1000; i++) {
            (void)fwrite(block, 1, sizeof block, stdout);
        }
    }
    if (is_about(&job, "fail")) {
        (void)protocol_send_failure(PROCESS_MESSAGE_FD, "runtime error: no such thing");
        return 1;
    }
    send_series(&job);
    return 0;
}
