#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "reading.h"
#include "report_json.h"

#include "base/diag.h"
#include "base/json_writer.h"
#include "base/strbuf.h"

enum {
    JSON
};

static const struct option_spec specs[] = {
    {JSON, 'j', "json", OPTION_FLAG, NULL, "One JSON object instead of text."},
    READING_COMMON,
};

static const struct options_command command = {
    .program = "ruffprof",
    .name = "info",
    .usage = "info [OPTION...] [PROFILE]",
    .summary = "Says how a profile was recorded and whether it is complete.",
    .specs = specs,
    .spec_count = sizeof specs / sizeof specs[0],
    .details = "examples:\n"
               "  ruffprof info x.rprof\n"
               "  ruffprof info --json x.rprof | jq .samples\n",
};

static void line(FILE *out, const char *label, const char *value)
{
    struct strbuf text;
    strbuf_init(&text);
    diag_escape(&text, value, strlen(value));
    fprintf(out, "%-16s %s\n", label, strbuf_str(&text));
    strbuf_done(&text);
}

static void write_unwound(const struct model *model, FILE *out)
{
    fprintf(out,
            "%-16s %" PRIu64 " by the runtime, %" PRIu64 " fast, %" PRIu64
            " by libunwind\n",
            "frames", model->unwound[RPROF_UNWIND_RUNTIME],
            model->unwound[RPROF_UNWIND_FAST], model->unwound[RPROF_UNWIND_LIBUNWIND]);
}

static void write_thread(const struct model *model, uint32_t index, FILE *out)
{
    const struct model_thread *thread = &model->threads[index];
    struct strbuf name, shown;
    strbuf_init(&name);
    strbuf_init(&shown);
    model_thread_name(model, index, &name);
    diag_escape(&shown, strbuf_str(&name), name.len);
    fprintf(out, "  %-14s %8zu samples, %" PRIu64 " lost", strbuf_str(&shown),
            thread->samples, thread->lost);
    if (thread->cpu_ns > 0) {
        fprintf(out, ", %.3f s of CPU", (double)thread->cpu_ns / 1e9);
    }
    if (model->has_memory) {
        fprintf(out, ", %.0f bytes", fmax(0, thread->alloc_bytes));
    }
    if (thread->named) {
        fprintf(out, "; tid %" PRIu64 ", from %.3f s", thread->tid,
                (double)thread->start_ns / 1e9);
    }
    if (thread->end_ns > 0) {
        fprintf(out, " to %.3f s", (double)thread->end_ns / 1e9);
    }
    fputc('\n', out);
    strbuf_done(&name);
    strbuf_done(&shown);
}

/* Of a program with hundreds of threads, those that did most. */
#define THREADS_SHOWN 40u

struct busy {
    uint64_t samples;
    double bytes;
    uint32_t thread;
};

static int compare_busy(const void *a, const void *b)
{
    const struct busy *left = a, *right = b;
    if (left->samples != right->samples) {
        return left->samples > right->samples ? -1 : 1;
    }
    if (left->bytes != right->bytes) {
        return left->bytes > right->bytes ? -1 : 1;
    }
    return (left->thread > right->thread) - (left->thread < right->thread);
}

static void write_threads(const struct model *model, FILE *out)
{
    uint32_t count = model->thread_count;
    fprintf(out, "%-16s %" PRIu32 "\n", "threads", count);
    struct busy *busy = calloc((size_t)count + 1, sizeof *busy);
    if (busy == NULL) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct model_thread *thread = &model->threads[i];
        busy[i] = (struct busy){thread->samples, thread->alloc_bytes, i};
    }
    if (count > THREADS_SHOWN) {
        qsort(busy, count, sizeof *busy, compare_busy);
    }
    uint64_t samples = 0, lost = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i < THREADS_SHOWN) {
            write_thread(model, busy[i].thread, out);
        } else {
            samples += busy[i].samples;
            lost += model->threads[busy[i].thread].lost;
        }
    }
    if (count > THREADS_SHOWN) {
        fprintf(out,
                "  %" PRIu32 " more with %" PRIu64 " samples, %" PRIu64
                " lost: see --json\n",
                count - THREADS_SHOWN, samples, lost);
    }
    free(busy);
}

static void write_text(const struct model *model, FILE *out)
{
    struct strbuf complaint;
    strbuf_init(&complaint);
    bool damaged = model_complaint(model, &complaint);
    fprintf(out, "%-16s %" PRIu64 "\n", "samples", model_samples(model));
    fprintf(out, "%-16s %" PRIu64 "\n", "lost", model->lost);
    fprintf(out, "%-16s %.3f s\n", "duration", (double)model->duration_ns / 1e9);
    fprintf(out, "%-16s %s%s%s\n", "complete", model_complete(model) ? "yes" : "no",
            damaged ? ": " : "", strbuf_str(&complaint));
    fprintf(out, "%-16s %s\n", "ended",
            model->ended != 0 ? rprof_end_reason_name(model->ended) : "cut short");
    fprintf(out, "%-16s %" PRIu32 "\n", "runs", model->runs);
    if (model->iterations > 0) {
        fprintf(out, "%-16s %" PRIu32 "\n", "iterations", model->iterations);
    }
    write_threads(model, out);
    if (model->has_memory) {
        fprintf(out, "%-16s %.0f bytes in %.0f objects (%s, %zu records)\n",
                "allocated", fmax(0, model_alloc_bytes(model)),
                fmax(0, model_alloc_objects(model)),
                model->alloc_exact ? "counted" : "estimated", model->alloc_count);
    }
    write_unwound(model, out);
    for (uint32_t i = 0; i < model->meta_count; i++) {
        line(out, model_name(model, model->metas[i].key),
             model_name(model, model->metas[i].value));
    }
    strbuf_done(&complaint);
}

static bool write_json(const struct model *model, FILE *out)
{
    struct json_writer json;
    json_writer_init_stream(&json, out, JSON_PRETTY);
    json_writer_begin_object(&json);
    report_facts(&json, model);
    report_threads(&json, model);
    json_writer_end_object(&json);
    return json_writer_finish(&json);
}

int cmd_info(int argc, char **argv)
{
    struct options options;
    struct reading reading;
    bool as_json = false, good = true;
    if (!options_init(&options, &command, argc, argv)) {
        return READING_INTERNAL;
    }
    reading_init(&reading);
    reading.no_symbols = true; /* nothing here needs them */
    int id = 0;
    const char *value = NULL;
    enum options_event event;
    while (good && (event = options_next(&options, &id, &value)) != OPTIONS_END) {
        if (event != OPTIONS_OPTION) {
            good = false;
        } else if (id == JSON) {
            as_json = true;
        } else {
            good = reading_option(&reading, &options, id, value);
        }
    }
    int code = options.exit_code;
    if (good) {
        code = reading_open(&reading, &options);
    }
    struct reading_output output;
    if (good && code == READING_OK && reading_output_open(&output, NULL)) {
        bool written = true;
        if (as_json) {
            written = write_json(reading.model, output.stream);
        } else {
            write_text(reading.model, output.stream);
        }
        code = reading_output_close(&output, written || ferror(output.stream) != 0);
    }
    reading_done(&reading);
    options_done(&options);
    return code;
}
