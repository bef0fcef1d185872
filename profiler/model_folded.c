#include "config.h"

#include "model_folded.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

struct folder {
    struct model *model;
    struct idmap frames;   /* function → frame */
    struct idmap children; /* (parent + 1, frame) → node */
    struct strbuf name;
    bool failed;
};

/* The count behind the last blank: digits, and a fraction that is dropped. False when the
 * line is of another form; `*stack_bytes` is what comes before the blank. */
static bool split(const char *line, size_t count, size_t *stack_bytes, uint64_t *value)
{
    size_t end = count, digits = count;
    while (digits > 0 && ((line[digits - 1] >= '0' && line[digits - 1] <= '9') ||
                          line[digits - 1] == '.')) {
        digits--;
    }
    if (digits == end || digits == 0 || line[digits - 1] != ' ' ||
        line[digits] == '.') {
        return false;
    }
    uint64_t sum = 0;
    for (size_t i = digits; i < end && line[i] != '.'; i++) {
        uint64_t digit = (uint64_t)(line[i] - '0');
        if (sum > (UINT64_MAX >> 12) / 10) {
            return false; /* sums of such counts would overflow */
        }
        sum = sum * 10 + digit;
    }
    size_t stack = digits - 1;
    while (stack > 0 && line[stack - 1] == ' ') {
        stack--;
    }
    *stack_bytes = stack;
    *value = sum;
    return true;
}

static uint32_t frame_of(struct folder *folder, const char *name, size_t count)
{
    strbuf_clear(&folder->name);
    for (size_t i = 0; i < count; i++) {
        strbuf_append_char(&folder->name, name[i] == '\0' ? ' ' : name[i]);
    }
    uint32_t function =
        strbuf_failed(&folder->name)
            ? MODEL_NONE
            : model_add_function(folder->model, strbuf_str(&folder->name), "", 0);
    if (function == MODEL_NONE) {
        return MODEL_NONE;
    }
    uint32_t known = idmap_get(&folder->frames, function, 0);
    if (known != IDMAP_NONE) {
        return known;
    }
    struct model_frame frame = {
        .tier = RPROF_TIER_UNKNOWN, .function = function, .module = MODEL_NONE};
    uint32_t index = model_add_frame(folder->model, &frame);
    return index == MODEL_NONE ? MODEL_NONE
                               : idmap_put(&folder->frames, function, 0, index);
}

static uint32_t child_of(struct folder *folder, uint32_t parent, const char *name,
                         size_t count)
{
    uint32_t frame = frame_of(folder, name, count);
    if (frame == MODEL_NONE) {
        return MODEL_NONE;
    }
    uint64_t key = parent == MODEL_NONE ? 0 : (uint64_t)parent + 1;
    uint32_t known = idmap_get(&folder->children, key, frame);
    if (known != IDMAP_NONE) {
        return known;
    }
    uint32_t node = model_add_node(folder->model, parent, frame);
    return node == MODEL_NONE ? MODEL_NONE
                              : idmap_put(&folder->children, key, frame, node);
}

static void take_line(struct folder *folder, const char *line, size_t count)
{
    size_t stack_bytes = 0;
    uint64_t value = 0;
    if (!split(line, count, &stack_bytes, &value)) {
        folder->model->damage.damaged_records++;
        return;
    }
    uint32_t node = MODEL_NONE;
    for (size_t at = 0; at <= stack_bytes; at++) {
        const char *end = memchr(line + at, ';', stack_bytes - at);
        size_t length = end != NULL ? (size_t)(end - line) - at : stack_bytes - at;
        node = child_of(folder, node, line + at, length);
        if (node == MODEL_NONE) {
            folder->failed = true;
            return;
        }
        at += length;
    }
    struct model_sample sample = {.node = node, .weight = value};
    if (value > 0 && !model_add_sample(folder->model, &sample)) {
        folder->failed = true;
    }
}

enum model_status model_folded_read(struct model **out, const uint8_t *bytes,
                                    size_t count)
{
    struct folder folder = {.model = model_new()};
    if (folder.model == NULL) {
        return MODEL_NO_MEMORY;
    }
    idmap_init(&folder.frames);
    idmap_init(&folder.children);
    strbuf_init(&folder.name);
    const char *text = (const char *)bytes;
    for (size_t at = 0; at < count && !folder.failed;) {
        const char *end = memchr(text + at, '\n', count - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : count - at;
        size_t shown =
            length > 0 && text[at + length - 1] == '\r' ? length - 1 : length;
        if (shown > 0) {
            take_line(&folder, text + at, shown);
        }
        at += length + 1;
    }
    idmap_done(&folder.frames);
    idmap_done(&folder.children);
    strbuf_done(&folder.name);
    struct model *model = folder.model;
    /* A text with more other lines than stacks is some other text. */
    if (folder.failed || model->sample_count == 0 ||
        model->damage.damaged_records > model->sample_count) {
        model_free(model);
        return folder.failed ? MODEL_NO_MEMORY : MODEL_FOREIGN;
    }
    model->folded = true;
    model_finish(model);
    *out = model;
    return MODEL_OK;
}
