/* Where a measured program's output goes: hashed, counted, and thrown away.
 *
 * Keeps a fingerprint of each stream and the first bytes of both, so that iterations,
 * processes and modes can be compared without storing what they print. Cost per byte is
 * the same in every mode. Not thread safe; no globals. */
#ifndef BENCH_SINK_H
#define BENCH_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "series.h"

/* What has to fit is the first diagnostic of a program that does not parse. */
#define SINK_ERRORS_SIZE 1024

struct sink {
    uint64_t hashes[2]; /* stdout, stderr */
    uint64_t bytes[2];
    char head[SERIES_HEAD_SIZE]; /* of stdout */
    size_t head_length;
    char errors[SINK_ERRORS_SIZE]; /* beginning of stderr, ends with '\0' */
    size_t errors_length;
};

/* Forgets everything: call before each iteration. */
void sink_reset(struct sink *sink);

/* A ruff_write_fn; `context` is the sink. Never fails. */
bool sink_write(void *context, int stream, const char *data, size_t length);

/* Fingerprint of both streams; the head is that of stdout. */
void sink_output(const struct sink *sink, struct series_output *out);

/* Whether sink_output would give the same fingerprint, without the copying. */
bool sink_matches(const struct sink *sink, const struct series_output *output);

#endif
