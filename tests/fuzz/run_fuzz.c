/*
 * Any text, run in both engines with little memory and little time: nothing crashes, nothing
 * stays alive, and the engines do the same.
 *
 * Left out are texts that name what reaches outside or differs from run to run (files,
 * processes, clocks, chance, threads). Two runs are not compared when one of them was
 * stopped or came near the memory limit, since engines need not use the same memory.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ruff.h>

#include "fuzz.h"

#include "base/strbuf.h"

enum {
    INPUT_MAX = 8192,
    OUTPUT_MAX = 1 << 20,
    MEMORY_MAX = 16 << 20,
    MILLISECONDS_MAX = 150 /* of processor time, per run */
};

struct outcome {
    struct strbuf out;
    enum ruff_status status;
    int code;
    bool comparable;
};

/* Parts of names; a word that merely contains one is left out as well. */
static const char *const OUTSIDE[] = {
    "import",  "file",     "read_", "write_",  "io_",     "dir",    "path",
    "environ", "env_",     "os_",   "args",    "arg_",    "input",  "random",
    "uuid",    "time",     "now",   "_date",   "elapsed", "sleep",  "spawn",
    "task",    "parallel", "par_",  "shared_", "channel", "async_", "Promise",
};

/* The run the timer stops; the handler runs on the thread that runs the script. */
static struct ruff *volatile running;

static void on_timer(int signal_number)
{
    (void)signal_number;
    if (running != NULL)
        ruff_interrupt(running);
}

static timer_t make_timer(void)
{
    struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    timer_t timer;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGRTMIN, &action, NULL) != 0 ||
        timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) != 0)
        abort();
    return timer;
}

/* Fires again and again: the script may have just begun to wait for something else. */
static void set_timer(timer_t timer, long milliseconds)
{
    struct itimerspec when = {.it_value = {.tv_nsec = milliseconds * 1000000},
                              .it_interval = {.tv_nsec = milliseconds * 1000000}};
    if (timer_settime(timer, 0, &when, NULL) != 0)
        abort();
}

static bool capture(void *context, int stream, const char *data, size_t len)
{
    struct strbuf *out = context;
    (void)stream;
    if (out->len < OUTPUT_MAX)
        strbuf_append(out, data, len);
    return true;
}

static bool reaches_outside(const char *text)
{
    for (size_t i = 0; i < sizeof OUTSIDE / sizeof OUTSIDE[0]; i++) {
        if (strstr(text, OUTSIDE[i]) != NULL)
            return true;
    }
    return false;
}

static void run(struct ruff *r, const char *text, size_t len, struct outcome *o)
{
    struct ruff_program *p = NULL;
    o->status = ruff_load_text(r, "fuzz.ruff", text, len, &p);
    o->code = (int)o->status;
    if (o->status != RUFF_OK)
        return;
    struct ruff_result result;
    o->status = ruff_run(r, p, NULL, &result);
    o->code = result.exit_code;
    ruff_result_done(&result);
    ruff_program_free(p);
}

static void run_mode(enum ruff_mode mode, timer_t timer, const char *text, size_t len,
                     struct outcome *o)
{
    struct ruff_config config;
    struct ruff_stats stats;
    ruff_config_init(&config);
    config.mode = mode;
    config.max_memory = MEMORY_MAX;
    config.hash_seed = 1;
    config.write = capture;
    config.write_context = &o->out;
    config.input = "";
    struct ruff *r = ruff_new(&config);
    if (r == NULL)
        abort();
    running = r;
    set_timer(timer, MILLISECONDS_MAX);
    run(r, text, len, o);
    set_timer(timer, 0);
    running = NULL;
    ruff_stats(r, &stats);
    o->comparable = o->status != RUFF_INTERRUPTED && o->status != RUFF_NO_MEMORY &&
                    stats.peak_bytes < MEMORY_MAX / 4 &&
                    strstr(strbuf_str(&o->out), "emory") == NULL;
    ruff_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static timer_t timer;
    static bool prepared;
    if (size > INPUT_MAX)
        return 0;
    if (!prepared) {
        timer = make_timer();
        prepared = true;
    }
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (strlen(text) == size && !reaches_outside(text)) {
        struct outcome tree, code;
        strbuf_init(&tree.out);
        strbuf_init(&code.out);
        run_mode(RUFF_MODE_INTERP, timer, text, size, &tree);
        run_mode(RUFF_MODE_VM, timer, text, size, &code);
        if (tree.comparable && code.comparable &&
            (tree.code != code.code || tree.out.len != code.out.len ||
             memcmp(strbuf_str(&tree.out), strbuf_str(&code.out), tree.out.len) != 0)) {
            fprintf(stderr, "interp, exit %d:\n%s\nvm, exit %d:\n%s\n", tree.code,
                    strbuf_str(&tree.out), code.code, strbuf_str(&code.out));
            abort();
        }
        strbuf_done(&tree.out);
        strbuf_done(&code.out);
    }
    free(text);
    return 0;
}
