#include "config.h"

#include "sink.h"

#include <string.h>

static const uint64_t FNV_OFFSET = 14695981039346656037u;
static const uint64_t FNV_PRIME = 1099511628211u;

static uint64_t combined_hash(const struct sink *sink);
static void keep(char *text, size_t capacity, size_t *used, const char *data,
                 size_t length);

void sink_reset(struct sink *sink)
{
    *sink = (struct sink){.hashes = {FNV_OFFSET, FNV_OFFSET}};
}

bool sink_write(void *context, int stream, const char *data, size_t length)
{
    struct sink *sink = context;
    size_t index = stream == 2;
    uint64_t hash = sink->hashes[index];
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)data[i]) * FNV_PRIME;
    }
    sink->hashes[index] = hash;
    sink->bytes[index] += length;
    if (index == 0) {
        keep(sink->head, SERIES_HEAD_SIZE, &sink->head_length, data, length);
    } else {
        keep(sink->errors, SINK_ERRORS_SIZE - 1, &sink->errors_length, data, length);
    }
    return true;
}

static void keep(char *text, size_t capacity, size_t *used, const char *data,
                 size_t length)
{
    size_t room = capacity - *used;
    size_t kept = length < room ? length : room;
    if (kept > 0) {
        memcpy(text + *used, data, kept);
        *used += kept;
    }
}

void sink_output(const struct sink *sink, struct series_output *out)
{
    *out = (struct series_output){
        .hash = combined_hash(sink),
        .bytes = sink->bytes[0] + sink->bytes[1],
        .head_length = sink->head_length,
    };
    memcpy(out->head, sink->head, sink->head_length);
}

bool sink_matches(const struct sink *sink, const struct series_output *output)
{
    return combined_hash(sink) == output->hash &&
           sink->bytes[0] + sink->bytes[1] == output->bytes;
}

/* Multiplying keeps "x" on stdout apart from "x" on stderr. */
static uint64_t combined_hash(const struct sink *sink)
{
    return (sink->hashes[0] * FNV_PRIME) ^ sink->hashes[1];
}
