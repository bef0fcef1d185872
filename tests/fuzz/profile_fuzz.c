/*
 * Any bytes, read as a profile: the model holds (references exist, nodes follow their
 * parents), every view adds up, and every report and exporter ends. The checksums of blocks are
 * made right first, so that the search gets past them.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "model.h"
#include "report.h"

#include "base/strbuf.h"
#include "export/exporter.h"

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static void repair_checksums(uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at + RPROF_BLOCK_HEADER_BYTES <= size; at++) {
        uint8_t *header = bytes + at;
        if (rprof_get_u32(header) != RPROF_BLOCK_SYNC) {
            continue;
        }
        size_t payload = rprof_get_u32(header + 12);
        if (payload > size - at - RPROF_BLOCK_HEADER_BYTES) {
            payload = size - at - RPROF_BLOCK_HEADER_BYTES;
        }
        rprof_put_u32(header + 12, (uint32_t)payload);
        rprof_put_u32(header + 16,
                      rprof_crc32c(header + RPROF_BLOCK_HEADER_BYTES, payload));
        rprof_put_u32(header + 20, rprof_crc32c(header, 20));
        at += RPROF_BLOCK_HEADER_BYTES - 1 + payload;
    }
}

static void check_model(const struct model *model)
{
    for (uint32_t i = 0; i < model->node_count; i++) {
        uint32_t parent = model->nodes[i].parent;
        require(model->nodes[i].frame < model->frame_count);
        require(parent == MODEL_NONE || parent < i);
    }
    for (uint32_t i = 0; i < model->frame_count; i++) {
        require(model->frames[i].function < model->function_count);
    }
    for (size_t i = 0; i < model->sample_count; i++) {
        require(model->samples[i].node < model->node_count);
        require(i == 0 ||
                model->samples[i - 1].when.time_ns <= model->samples[i].when.time_ns);
    }
    for (size_t i = 0; i < model->alloc_count; i++) {
        require(model->allocs[i].node < model->node_count);
    }
}

static void check_view(const struct view *view)
{
    uint64_t outermost = 0;
    for (uint32_t i = 0; i < view->node_count; i++) {
        const struct view_node *node = &view->nodes[i];
        require(node->end > i && node->end <= view->node_count);
        require(node->parent == MODEL_NONE || node->parent < i);
        outermost += node->parent == MODEL_NONE ? node->total : 0;
    }
    require(outermost == view->shown);
}

static void show(struct model *model, const struct view_filter *filter, size_t kind,
                 FILE *out)
{
    struct view *view = NULL;
    if (view_new(&view, model, filter, NULL) != VIEW_OK) {
        return;
    }
    check_view(view);
    size_t count = 0;
    const struct exporter *table = exporter_table(&count);
    struct export_job job = {.model = model, .view = view, .filter = filter};
    for (size_t i = 0; i < count; i++) {
        exporter_write(&table[i], &job, out);
    }
    /* One kind of table an input: resampling takes most of the time. */
    struct report_options flat = {.by = (enum rows_by)(kind % (ROWS_BY_CAUSE + 1)),
                                  .limit = 3,
                                  .json = kind % 2 == 0};
    report_write(model, view, &flat, out);
    struct report_options tree = {.shape = REPORT_TREE, .limit = 50};
    report_write(model, view, &tree, out);
    view_free(view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    FILE *out = fopen("/dev/null", "w");
    struct model *model = NULL;
    if (copy != NULL && out != NULL) {
        if (size > 0) {
            memcpy(copy, data, size);
        }
        repair_checksums(copy, size);
        if (model_read_bytes(&model, copy, size, false) == MODEL_OK) {
            check_model(model);
            struct view_filter cpu = {.metric = VIEW_CPU};
            struct view_filter peak = {.metric = VIEW_PEAK, .reverse = true};
            struct view_filter live = {.metric = VIEW_LIVE, .value = VIEW_OBJECTS};
            show(model, &cpu, size, out);
            show(model, &peak, size, out);
            show(model, &live, size, out);
            model_free(model);
        }
    }
    if (out != NULL) {
        fclose(out);
    }
    free(copy);
    return 0;
}
