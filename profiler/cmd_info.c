#include "config.h"

#include <inttypes.h>
#include <math.h>
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
    fprintf(out, "%-16s %" PRIu32 "\n", "threads", model->thread_count);
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
