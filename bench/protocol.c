#include "config.h"

#include "protocol.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os_linux.h"
#include "base/sizing.h"

enum {
    CHECKSUM_DIGITS = 8
};

static const char *const PHASES[] = {
    [PROTOCOL_STARTING] = "starting", [PROTOCOL_LOAD] = "load",
    [PROTOCOL_STARTUP] = "startup",   [PROTOCOL_WARMUP] = "warmup",
    [PROTOCOL_TIMED] = "timed",       [PROTOCOL_PROFILE] = "profile",
};

static bool send_message(int fd, json_t *message);
static bool write_all(int fd, const char *data, size_t length);
static json_t *times_to_json(const struct series_times *times);
static json_t *head_to_json(const struct series_output *output);
static bool reader_append(struct protocol_reader *reader, const char *data,
                          size_t length);
static bool handle_line(const char *line, size_t length, protocol_handle_fn handle,
                        void *context);
static bool decode(const json_t *object, struct protocol_message *out);
static bool decode_phase(const json_t *object, enum protocol_phase *out);
static bool decode_series(const json_t *object, struct series *out);
static bool decode_output(const json_t *object, struct series_output *out);
static bool decode_profile(const json_t *object, struct protocol_profile *out);
static bool get_times(const json_t *object, const char *key, struct series_times *out);
static bool get_number(const json_t *object, const char *key, double *out);
static bool get_count(const json_t *object, const char *key, uint64_t *out);

const char *protocol_phase_words(enum protocol_phase phase)
{
    switch (phase) {
    case PROTOCOL_STARTING: return "while starting";
    case PROTOCOL_LOAD: return "while loading the program";
    case PROTOCOL_STARTUP: return "in the first iteration";
    case PROTOCOL_WARMUP: return "in warm-up";
    case PROTOCOL_TIMED: return "in a timed iteration";
    case PROTOCOL_PROFILE: return "in the profiled pass";
    }
    return "";
}

/* ---- Sending ----------------------------------------------------------------- */

bool protocol_send_phase(int fd, enum protocol_phase phase)
{
    return send_message(
        fd, json_pack("{s:s,s:s}", "type", "phase", "phase", PHASES[phase]));
}

bool protocol_send_tick(int fd)
{
    return send_message(fd, json_pack("{s:s}", "type", "tick"));
}

bool protocol_send_failure(int fd, const char *reason)
{
    /* Text that is no UTF-8 (a script's message may hold anything) becomes a fixed
     * sentence instead of a lost message. */
    json_t *message = json_pack("{s:s,s:s}", "type", "failure", "reason", reason);
    if (message == NULL) {
        message = json_pack("{s:s,s:s}", "type", "failure", "reason",
                            "failed with a message that is not UTF-8");
    }
    return send_message(fd, message);
}

bool protocol_send_series(int fd, const struct series *series)
{
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, series->output.hash);
    json_t *message = json_pack(
        "{s:s, s:f, s:f, s:I, s:I, s:f, s:f, s:f, s:s, s:I, s:o, s:o, s:o, s:o}",
        "type", "series", "startup", series->startup_ns, "startup_wall",
        series->startup_wall_ns, "batch", (json_int_t)series->batch, "interrupted",
        (json_int_t)series->interrupted, "allocations", series->work.allocations,
        "bytes", series->work.bytes, "ops", series->work.ops, "output_hash", hash,
        "output_bytes", (json_int_t)series->output.bytes, "output_head",
        head_to_json(&series->output), "warmup", times_to_json(&series->warmup),
        "samples", times_to_json(&series->samples), "wall",
        times_to_json(&series->wall));
    return send_message(fd, message);
}

bool protocol_send_profile(int fd, const struct protocol_profile *profile)
{
    return send_message(fd, json_pack("{s:s, s:I, s:I, s:I, s:I}", "type", "profile",
                                      "iterations", (json_int_t)profile->iterations,
                                      "samples", (json_int_t)profile->samples, "lost",
                                      (json_int_t)profile->lost, "bytes",
                                      (json_int_t)profile->bytes));
}

static json_t *times_to_json(const struct series_times *times)
{
    json_t *array = json_array();
    for (size_t i = 0; i < times->count; i++) {
        (void)json_array_append_new(array, json_real(times->values[i]));
    }
    return array;
}

/* Bytes as numbers: the head may be any bytes, JSON strings may not. */
static json_t *head_to_json(const struct series_output *output)
{
    json_t *array = json_array();
    for (size_t i = 0; i < output->head_length; i++) {
        (void)json_array_append_new(array,
                                    json_integer((unsigned char)output->head[i]));
    }
    return array;
}

static bool send_message(int fd, json_t *message)
{
    if (message == NULL) {
        return false;
    }
    char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    if (text == NULL) {
        return false;
    }
    size_t length = strlen(text);
    char *line = NULL;
    int line_length =
        asprintf(&line, "%08" PRIx32 " %s\n", protocol_checksum(text, length), text);
    bool ok = line_length > 0 && write_all(fd, line, (size_t)line_length);
    if (line_length >= 0) {
        free(line);
    }
    free(text);
    return ok;
}

static bool write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, data, os_transfer(length));
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        data += written;
        length -= (size_t)written;
    }
    return true;
}

uint32_t protocol_checksum(const char *data, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)data[i]) * 16777619u;
    }
    return hash;
}

/* ---- Receiving --------------------------------------------------------------- */

void protocol_reader_init(struct protocol_reader *reader)
{
    *reader = (struct protocol_reader){0};
}

void protocol_reader_done(struct protocol_reader *reader)
{
    free(reader->line);
    protocol_reader_init(reader);
}

bool protocol_feed(struct protocol_reader *reader, const char *data, size_t length,
                   protocol_handle_fn handle, void *context)
{
    while (length > 0) {
        const char *end = memchr(data, '\n', length);
        size_t piece = end == NULL ? length : (size_t)(end - data);
        if (!reader_append(reader, data, piece)) {
            return false;
        }
        if (end == NULL) {
            return true;
        }
        bool ok = handle_line(reader->line, reader->length, handle, context);
        reader->length = 0;
        if (!ok) {
            return false;
        }
        data += piece + 1;
        length -= piece + 1;
    }
    return true;
}

static bool reader_append(struct protocol_reader *reader, const char *data,
                          size_t length)
{
    size_t needed = reader->length + length;
    if (needed > PROTOCOL_MAX_LINE) {
        return false;
    }
    if (needed > reader->capacity || reader->line == NULL) {
        size_t capacity =
            reader->capacity == 0 ? SIZE_OR_TINY(1024, 1) : reader->capacity;
        while (capacity < needed) {
            capacity *= 2;
        }
        char *line = realloc(reader->line, capacity);
        if (line == NULL) {
            return false;
        }
        reader->line = line;
        reader->capacity = capacity;
    }
    memcpy(reader->line + reader->length, data, length);
    reader->length = needed;
    return true;
}

static bool handle_line(const char *line, size_t length, protocol_handle_fn handle,
                        void *context)
{
    if (length <= CHECKSUM_DIGITS + 1 || line[CHECKSUM_DIGITS] != ' ') {
        return false;
    }
    const char *text = line + CHECKSUM_DIGITS + 1;
    size_t text_length = length - (CHECKSUM_DIGITS + 1);
    char expected[CHECKSUM_DIGITS + 1];
    snprintf(expected, sizeof expected, "%08" PRIx32,
             protocol_checksum(text, text_length));
    if (memcmp(expected, line, CHECKSUM_DIGITS) != 0) {
        return false;
    }
    json_t *object = json_loadb(text, text_length, JSON_REJECT_DUPLICATES, NULL);
    struct protocol_message *message = calloc(1, sizeof *message);
    bool ok = object != NULL && message != NULL;
    if (ok) {
        series_init(&message->series);
        ok = decode(object, message);
        if (ok) {
            handle(context, message);
        }
        series_done(&message->series);
    }
    free(message);
    json_decref(object);
    return ok;
}

static bool decode(const json_t *object, struct protocol_message *out)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    if (type == NULL) {
        return false;
    }
    if (strcmp(type, "phase") == 0) {
        out->type = PROTOCOL_PHASE;
        return decode_phase(object, &out->phase);
    }
    if (strcmp(type, "tick") == 0) {
        out->type = PROTOCOL_TICK;
        return true;
    }
    if (strcmp(type, "failure") == 0) {
        const char *reason = json_string_value(json_object_get(object, "reason"));
        out->type = PROTOCOL_FAILURE;
        snprintf(out->reason, sizeof out->reason, "%s", reason == NULL ? "" : reason);
        return reason != NULL;
    }
    if (strcmp(type, "series") == 0) {
        out->type = PROTOCOL_SERIES;
        return decode_series(object, &out->series);
    }
    if (strcmp(type, "profile") == 0) {
        out->type = PROTOCOL_PROFILED;
        return decode_profile(object, &out->profile);
    }
    return false;
}

static bool decode_phase(const json_t *object, enum protocol_phase *out)
{
    const char *name = json_string_value(json_object_get(object, "phase"));
    for (size_t i = 0; name != NULL && i < sizeof PHASES / sizeof *PHASES; i++) {
        if (strcmp(name, PHASES[i]) == 0) {
            *out = (enum protocol_phase)i;
            return true;
        }
    }
    return false;
}

static bool decode_series(const json_t *object, struct series *out)
{
    uint64_t batch;
    if (!get_number(object, "startup", &out->startup_ns) ||
        !get_number(object, "startup_wall", &out->startup_wall_ns) ||
        !get_count(object, "batch", &batch) || batch == 0 || batch > UINT32_MAX ||
        !get_count(object, "interrupted", &out->interrupted) ||
        !get_number(object, "allocations", &out->work.allocations) ||
        !get_number(object, "bytes", &out->work.bytes) ||
        !get_number(object, "ops", &out->work.ops) ||
        !decode_output(object, &out->output) ||
        !get_times(object, "warmup", &out->warmup) ||
        !get_times(object, "samples", &out->samples) ||
        !get_times(object, "wall", &out->wall)) {
        return false;
    }
    out->batch = (uint32_t)batch;
    return series_finish(out);
}

static bool decode_output(const json_t *object, struct series_output *out)
{
    const char *hash = json_string_value(json_object_get(object, "output_hash"));
    const json_t *head = json_object_get(object, "output_head");
    if (hash == NULL || strlen(hash) != 16 || strspn(hash, "0123456789abcdef") != 16 ||
        !get_count(object, "output_bytes", &out->bytes) || !json_is_array(head) ||
        json_array_size(head) > SERIES_HEAD_SIZE) {
        return false;
    }
    out->hash = strtoull(hash, NULL, 16);
    out->head_length = json_array_size(head);
    for (size_t i = 0; i < out->head_length; i++) {
        json_int_t byte = json_integer_value(json_array_get(head, i));
        if (byte < 0 || byte > UCHAR_MAX) {
            return false;
        }
        out->head[i] = (char)byte;
    }
    return true;
}

static bool decode_profile(const json_t *object, struct protocol_profile *out)
{
    return get_count(object, "iterations", &out->iterations) &&
           get_count(object, "samples", &out->samples) &&
           get_count(object, "lost", &out->lost) &&
           get_count(object, "bytes", &out->bytes);
}

static bool get_times(const json_t *object, const char *key, struct series_times *out)
{
    const json_t *array = json_object_get(object, key);
    if (!json_is_array(array)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_number(item) || !series_times_add(out, json_number_value(item))) {
            return false;
        }
    }
    return true;
}

static bool get_number(const json_t *object, const char *key, double *out)
{
    const json_t *item = json_object_get(object, key);
    if (!json_is_number(item) || !(json_number_value(item) >= 0.0)) {
        return false;
    }
    *out = json_number_value(item);
    return true;
}

static bool get_count(const json_t *object, const char *key, uint64_t *out)
{
    const json_t *item = json_object_get(object, key);
    if (!json_is_integer(item) || json_integer_value(item) < 0) {
        return false;
    }
    *out = (uint64_t)json_integer_value(item);
    return true;
}
