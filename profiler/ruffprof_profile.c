/* The profile half of ruffprof.h: model, view and exporters behind opaque handles. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <ruffprof.h>

#include "model.h"
#include "report.h"
#include "view.h"

#include "base/os_linux.h"
#include "base/strbuf.h"
#include "export/exporter.h"

struct ruffprof_profile {
    struct model *model; /* owned */
};

const char *ruffprof_status_text(enum ruffprof_status status)
{
    switch (status) {
    case RUFFPROF_OK: return "done";
    case RUFFPROF_NO_MEMORY: return "no memory left";
    case RUFFPROF_IO: return "a file could not be read or written";
    case RUFFPROF_FOREIGN: return "not a profile, or nothing of it is readable";
    case RUFFPROF_NEWER: return "a profile of a later version of ruffprof";
    case RUFFPROF_BAD_OPTION: return "an option is wrong";
    case RUFFPROF_UNAVAILABLE: return "not available on this machine or in this build";
    }
    return "unknown status";
}

/* -- Life and facts --------------------------------------------------------- */

enum ruffprof_status ruffprof_profile_open(ruffprof_profile **out, const char *path,
                                           int *os_error)
{
    ruffprof_profile *profile = calloc(1, sizeof *profile);
    if (profile == NULL) {
        return RUFFPROF_NO_MEMORY;
    }
    enum model_status status = model_read_file(&profile->model, path, true, os_error);
    if (status == MODEL_OK) {
        *out = profile;
        return RUFFPROF_OK;
    }
    free(profile);
    return status == MODEL_IO        ? RUFFPROF_IO
           : status == MODEL_FOREIGN ? RUFFPROF_FOREIGN
           : status == MODEL_NEWER   ? RUFFPROF_NEWER
                                     : RUFFPROF_NO_MEMORY;
}

void ruffprof_profile_free(ruffprof_profile *profile)
{
    if (profile != NULL) {
        model_free(profile->model);
        free(profile);
    }
}

void ruffprof_profile_facts(const ruffprof_profile *profile, struct ruffprof_facts *out)
{
    const struct model *model = profile->model;
    *out = (struct ruffprof_facts){
        .samples = model_samples(model),
        .lost = model->lost,
        .duration_ns = model->duration_ns,
        .runs = model->runs,
        .iterations = model->iterations,
        .alloc_records = model->alloc_count,
        .alloc_bytes = view_whole(model_alloc_bytes(model)),
        .alloc_objects = view_whole(model_alloc_objects(model)),
        .has_cpu = model->has_cpu,
        .has_memory = model->has_memory,
        .alloc_exact = model->alloc_exact,
        .complete = model_complete(model),
    };
}

const char *ruffprof_profile_meta(const ruffprof_profile *profile, const char *key)
{
    return model_meta(profile->model, key);
}

/* -- Views ---------------------------------------------------------------- */

static struct view_filter filter_of(const struct model *model,
                                    const struct ruffprof_view *view)
{
    static const enum view_metric metrics[] = {[RUFFPROF_CPU] = VIEW_CPU,
                                               [RUFFPROF_ALLOCATED] = VIEW_ALLOC,
                                               [RUFFPROF_LIVE] = VIEW_LIVE,
                                               [RUFFPROF_PEAK] = VIEW_PEAK,
                                               [RUFFPROF_TEMPORARY] = VIEW_TEMPORARY,
                                               [RUFFPROF_LEAKED] = VIEW_LEAK};
    static const enum view_value values[] = {[RUFFPROF_DEFAULT_UNIT] = VIEW_DEFAULT,
                                             [RUFFPROF_SAMPLES] = VIEW_SAMPLES,
                                             [RUFFPROF_TIME] = VIEW_TIME,
                                             [RUFFPROF_BYTES] = VIEW_BYTES,
                                             [RUFFPROF_OBJECTS] = VIEW_OBJECTS};
    static const enum rprof_phase phases[] = {[RUFFPROF_ALL_PHASES] = RPROF_PHASE_NONE,
                                              [RUFFPROF_WARMUP] = RPROF_PHASE_WARMUP,
                                              [RUFFPROF_STEADY] = RPROF_PHASE_STEADY,
                                              [RUFFPROF_SETUP] = RPROF_PHASE_SETUP};
    struct view_filter filter = {.metric = metrics[view->metric],
                                 .value = values[view->unit],
                                 .focus = view->focus,
                                 .ignore = view->ignore,
                                 .thread = view->thread,
                                 .cause = view->cause,
                                 .by_phase = view->phase != RUFFPROF_ALL_PHASES,
                                 .phase = phases[view->phase],
                                 .iteration_low = view->first_iteration,
                                 .iteration_high = view->last_iteration,
                                 .reverse = view->reverse};
    if (filter.metric == VIEW_CPU && !model->has_cpu && model->has_memory) {
        filter.metric = VIEW_ALLOC;
    }
    return filter;
}

static enum ruffprof_status make_view(const ruffprof_profile *profile,
                                      const struct view_filter *filter,
                                      struct view **out, struct strbuf *message)
{
    enum view_status status = view_new(out, profile->model, filter, message);
    return status == VIEW_OK          ? RUFFPROF_OK
           : status == VIEW_NO_MEMORY ? RUFFPROF_NO_MEMORY
                                      : RUFFPROF_BAD_OPTION;
}

static enum ruffprof_status export_stream(ruffprof_profile *profile, const char *format,
                                          const struct ruffprof_view *wanted, FILE *out,
                                          struct strbuf *message)
{
    static const struct ruffprof_view everything;
    const struct ruffprof_view *shown = wanted != NULL ? wanted : &everything;
    const struct exporter *exporter = exporter_find(format);
    if (exporter == NULL) {
        strbuf_append_format(message, "unknown format '%s'", format);
        return RUFFPROF_BAD_OPTION;
    }
    struct view_filter filter = filter_of(profile->model, shown);
    struct view *view = NULL;
    enum ruffprof_status status = make_view(profile, &filter, &view, message);
    if (status != RUFFPROF_OK) {
        return status;
    }
    struct export_job job = {.model = profile->model, .view = view, .filter = &filter};
    job.style = (struct svg_style){.title = shown->title,
                                   .width = shown->width,
                                   .min_percent = shown->min_percent,
                                   .invert = shown->invert};
    switch (shown->color) {
    case RUFFPROF_COLOR_DEFAULT: job.style.color = SVG_BY_DEFAULT; break;
    case RUFFPROF_COLOR_TIER: job.style.color = SVG_BY_TIER; break;
    case RUFFPROF_COLOR_NAME: job.style.color = SVG_BY_NAME; break;
    case RUFFPROF_COLOR_CAUSE: job.style.color = SVG_BY_CAUSE; break;
    }
    if (!exporter_write(exporter, &job, out)) {
        status = ferror(out) != 0 ? RUFFPROF_IO : RUFFPROF_NO_MEMORY;
    } else if (fflush(out) != 0) {
        status = RUFFPROF_IO;
    }
    view_free(view);
    return status;
}

/* -- Exports -------------------------------------------------------------- */

struct sink_cookie {
    ruffprof_sink sink;
    void *user;
};

static ssize_t sink_write(void *cookie, const char *bytes, size_t count)
{
    const struct sink_cookie *sink = cookie;
    if (!sink->sink(sink->user, bytes, count)) {
        errno = EIO;
        return 0; /* how a cookie function reports failure */
    }
    return (ssize_t)count;
}

static void give_message(const struct strbuf *text, char *message, size_t room)
{
    if (message != NULL && room > 0) {
        size_t count = text->len < room - 1 ? text->len : room - 1;
        memcpy(message, strbuf_str(text), count);
        message[count] = '\0';
    }
}

enum ruffprof_status ruffprof_export(ruffprof_profile *profile, const char *format,
                                     const struct ruffprof_view *view,
                                     ruffprof_sink sink, void *user, char *message,
                                     size_t message_bytes)
{
    struct sink_cookie cookie = {.sink = sink, .user = user};
    FILE *out = fopencookie(&cookie, "w", (cookie_io_functions_t){.write = sink_write});
    if (out == NULL) {
        return RUFFPROF_NO_MEMORY;
    }
    struct strbuf text;
    strbuf_init(&text);
    enum ruffprof_status status = export_stream(profile, format, view, out, &text);
    if (fclose(out) != 0 && status == RUFFPROF_OK) {
        status = RUFFPROF_IO;
    }
    give_message(&text, message, message_bytes);
    strbuf_done(&text);
    return status;
}

enum ruffprof_status ruffprof_export_file(ruffprof_profile *profile, const char *format,
                                          const struct ruffprof_view *view,
                                          const char *path, int *os_error)
{
    struct os_atomic_file file;
    int error = os_atomic_open(&file, path);
    enum ruffprof_status status = RUFFPROF_IO;
    if (error == 0) {
        struct strbuf text;
        strbuf_init(&text);
        errno = 0;
        status = export_stream(profile, format, view, file.stream, &text);
        strbuf_done(&text);
        if (status == RUFFPROF_OK) {
            error = os_atomic_commit(&file);
            status = error == 0 ? RUFFPROF_OK : RUFFPROF_IO;
        } else {
            error = errno;
            os_atomic_abort(&file);
        }
    }
    if (status == RUFFPROF_IO && os_error != NULL) {
        *os_error = error;
    }
    return status;
}

enum ruffprof_status ruffprof_flamegraph_write(ruffprof_profile *profile,
                                               const struct ruffprof_view *view,
                                               const char *path, int *os_error)
{
    return ruffprof_export_file(profile, "svg", view, path, os_error);
}

enum ruffprof_status ruffprof_profile_hottest(ruffprof_profile *profile,
                                              const struct ruffprof_view *view,
                                              char *out, size_t room)
{
    static const struct ruffprof_view everything;
    struct view_filter filter =
        filter_of(profile->model, view != NULL ? view : &everything);
    struct view *made = NULL;
    struct strbuf text;
    strbuf_init(&text);
    enum ruffprof_status status = make_view(profile, &filter, &made, &text);
    if (status == RUFFPROF_OK) {
        strbuf_clear(&text);
        if (!report_hottest(profile->model, made, &text) || strbuf_failed(&text)) {
            status = RUFFPROF_NO_MEMORY;
        } else {
            give_message(&text, out, room);
        }
        view_free(made);
    }
    strbuf_done(&text);
    return status;
}
