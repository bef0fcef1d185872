#include "config.h"

#include <errno.h>
#include <ruffprof_picture.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model.h"
#include "view.h"

#include "base/os_linux.h"
#include "base/strbuf.h"
#include "export/exporter.h"

static enum ruffprof_picture_status read_model(const char *path, struct model **model,
                                               struct ruffprof_picture_result *result);
static enum ruffprof_picture_status write_svg(const struct ruffprof_picture *picture,
                                              struct model *model, struct view *view,
                                              struct ruffprof_picture_result *result);
static void say(struct ruffprof_picture_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum ruffprof_picture_status ruffprof_picture_draw(
    const struct ruffprof_picture *picture, struct ruffprof_picture_result *result)
{
    struct model *model = NULL;
    struct view *view = NULL;
    struct view_filter filter = {.metric = picture->memory ? VIEW_ALLOC : VIEW_CPU};
    *result = (struct ruffprof_picture_result){0};
    enum ruffprof_picture_status status = read_model(picture->profile, &model, result);
    if (status != RUFFPROF_PICTURE_OK) {
        return status;
    }
    if (view_new(&view, model, &filter, NULL) != VIEW_OK) {
        say(result, "out of memory");
        status = RUFFPROF_PICTURE_NO_MEMORY;
    } else {
        status = write_svg(picture, model, view, result);
    }
    view_free(view);
    model_free(model);
    return status;
}

static enum ruffprof_picture_status read_model(const char *path, struct model **model,
                                               struct ruffprof_picture_result *result)
{
    int error = 0;
    switch (model_read_file(model, path, true, &error)) {
    case MODEL_OK: return RUFFPROF_PICTURE_OK;
    case MODEL_IO:
        say(result, "cannot read '%s': %s", path, strerror(error));
        return RUFFPROF_PICTURE_IO;
    case MODEL_NO_MEMORY:
        say(result, "out of memory");
        return RUFFPROF_PICTURE_NO_MEMORY;
    case MODEL_FOREIGN:
        say(result, "nothing of '%s' can be read as a profile", path);
        return RUFFPROF_PICTURE_DAMAGED;
    case MODEL_NEWER:
        say(result, "'%s' needs a later version", path);
        return RUFFPROF_PICTURE_DAMAGED;
    }
    return RUFFPROF_PICTURE_DAMAGED;
}

static enum ruffprof_picture_status write_svg(const struct ruffprof_picture *picture,
                                              struct model *model, struct view *view,
                                              struct ruffprof_picture_result *result)
{
    struct export_job job = {.model = model,
                             .view = view,
                             .filter = &(struct view_filter){.metric = view->metric},
                             .style = {.title = picture->title}};
    struct os_atomic_file file;
    int error = os_atomic_open(&file, picture->output);
    if (error == 0) {
        if (!exporter_write(exporter_find("svg"), &job, file.stream)) {
            error = ferror(file.stream) != 0 ? EIO : ENOMEM;
            os_atomic_abort(&file);
        } else {
            error = os_atomic_commit(&file);
        }
    }
    if (error != 0) {
        say(result, "cannot write '%s': %s", picture->output, strerror(error));
        return error == ENOMEM ? RUFFPROF_PICTURE_NO_MEMORY : RUFFPROF_PICTURE_IO;
    }
    result->samples = picture->memory ? view->item_count : view->shown;
    result->bytes = picture->memory ? model_alloc_bytes(model) : 0.0;
    result->objects = picture->memory ? model_alloc_objects(model) : 0.0;
    result->complete = model_complete(model);
    struct strbuf complaint;
    strbuf_init(&complaint);
    if (model_complaint(model, &complaint)) {
        say(result, "%s", strbuf_str(&complaint));
    }
    strbuf_done(&complaint);
    return RUFFPROF_PICTURE_OK;
}

static void say(struct ruffprof_picture_result *result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(result->message, sizeof result->message, format, arguments);
    va_end(arguments);
}
