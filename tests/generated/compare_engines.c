/*
 * Runs many programs in every engine inside one process and compares what they do.
 *
 * Reads from standard input, again and again: a line with a number of bytes, then so many
 * bytes of program. For each it prints one line:
 *
 *     INDEX ok EXIT OPS          all engines agree, nothing stayed alive
 *     INDEX differs WHAT         stdout, stderr or exit code differ
 *     INDEX leaks MODE COUNT     objects alive after the run that were not before
 *
 * Runtimes are reused, so the reset between programs is tested as well: every hundredth
 * program is run once more in a fresh runtime and must do the same.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ruff.h>

#include "base/strbuf.h"

#define ENGINES     2
#define OUTPUT_MAX  ((size_t)4 << 20)
#define FRESH_EVERY 100

static const enum ruff_mode MODES[ENGINES] = {RUFF_MODE_INTERP, RUFF_MODE_VM};

struct outcome {
    struct strbuf out; /* both streams, in order of writing */
    int code;
    uint64_t alive_before, alive_after;
};

static bool capture(void *context, int stream, const char *data, size_t len)
{
    struct strbuf *out = context;

    (void)stream;
    if (out->len < OUTPUT_MAX)
        strbuf_append(out, data, len);
    return true;
}

static struct ruff *make(enum ruff_mode mode, struct strbuf *out)
{
    struct ruff_config config;

    ruff_config_init(&config);
    config.mode = mode;
    config.write = capture;
    config.write_context = out;
    config.hash_seed = 1;
    config.input = "";
    config.max_memory = (uint64_t)1 << 30;
    config.count_ops = mode == RUFF_MODE_VM;
    return ruff_new(&config);
}

static void run(struct ruff *r, const char *text, size_t len, struct outcome *o)
{
    struct ruff_program *p = NULL;
    struct ruff_stats stats;
    enum ruff_status status;

    strbuf_clear(&o->out);
    ruff_stats(r, &stats);
    o->alive_before = stats.objects_alive;
    status = ruff_load_text(r, "generated.ruff", text, len, &p);
    o->code = (int)status;
    if (status == RUFF_OK) {
        struct ruff_result result;

        ruff_run(r, p, NULL, &result);
        o->code = result.exit_code;
        ruff_result_done(&result);
        ruff_program_free(p);
    }
    ruff_stats(r, &stats);
    o->alive_after = stats.objects_alive;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return a->code == b->code && a->out.len == b->out.len &&
           (a->out.len == 0 || memcmp(a->out.data, b->out.data, a->out.len) == 0);
}

static void report(uint64_t index, const struct outcome *o, uint64_t ops)
{
    for (int e = 0; e < ENGINES; e++) {
        if (o[e].alive_after > o[e].alive_before) {
            printf("%" PRIu64 " leaks %s %" PRIu64 "\n", index,
                   ruff_mode_name(MODES[e]), o[e].alive_after - o[e].alive_before);
            return;
        }
    }
    for (int e = 1; e < ENGINES; e++) {
        if (!same(&o[0], &o[e])) {
            size_t at = 0;

            while (at < o[0].out.len && at < o[e].out.len &&
                   o[0].out.data[at] == o[e].out.data[at])
                at++;
            printf("%" PRIu64 " differs exit %d and %d, output from byte %zu\n", index,
                   o[0].code, o[e].code, at);
            return;
        }
    }
    printf("%" PRIu64 " ok %d %" PRIu64 "\n", index, o[0].code, ops);
}

/* The same program in a runtime that never ran another. */
static void check_fresh(uint64_t index, const char *text, size_t len,
                        const struct outcome *used)
{
    struct outcome fresh;
    struct ruff *r;

    strbuf_init(&fresh.out);
    r = make(MODES[ENGINES - 1], &fresh.out);
    if (r == NULL)
        return;
    run(r, text, len, &fresh);
    if (!same(used, &fresh))
        printf("%" PRIu64 " differs between a used and a fresh runtime\n", index);
    ruff_free(r);
    strbuf_done(&fresh.out);
}

int main(void)
{
    struct outcome o[ENGINES];
    struct ruff *runtimes[ENGINES];
    uint64_t index = 0;
    size_t len;

    for (int e = 0; e < ENGINES; e++) {
        strbuf_init(&o[e].out);
        runtimes[e] = make(MODES[e], &o[e].out);
        if (runtimes[e] == NULL)
            return 6;
    }
    while (scanf("%zu", &len) == 1 && getchar() == '\n') {
        char *text = malloc(len + 1);
        struct ruff_stats before, after;

        if (text == NULL || fread(text, 1, len, stdin) != len) {
            free(text);
            return 6;
        }
        ruff_stats(runtimes[ENGINES - 1], &before);
        for (int e = 0; e < ENGINES; e++)
            run(runtimes[e], text, len, &o[e]);
        ruff_stats(runtimes[ENGINES - 1], &after);
        report(index, o, after.ops - before.ops);
        if (index % FRESH_EVERY == 0)
            check_fresh(index, text, len, &o[ENGINES - 1]);
        fflush(stdout);
        index++;
        free(text);
    }
    for (int e = 0; e < ENGINES; e++) {
        ruff_free(runtimes[e]);
        strbuf_done(&o[e].out);
    }
    return 0;
}
