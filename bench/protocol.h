/* What a worker tells the harness: lines of checksummed JSON on a pipe.
 *
 *     CHECKSUM SPACE JSON LF
 *
 * CHECKSUM is FNV-1a (32 bits, eight hexadecimal digits) of the JSON text. A script may
 * find the descriptor and write to it, and a dying worker may stop in the middle of a
 * line: the reader takes nothing on trust, every number is range-checked.
 *
 *     {"type":"phase","phase":"load|startup|warmup|timed|profile"}
 *     {"type":"tick"}                      still alive, sent between iterations
 *     {"type":"failure","reason":TEXT}     the last line of a worker that gave up
 *     {"type":"series",…}                  the last line of one that measured
 *     {"type":"profile",…}                 the last line of one that profiled
 *
 * Not thread safe; no globals. */
#ifndef BENCH_PROTOCOL_H
#define BENCH_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "series.h"

#define PROTOCOL_REASON_SIZE 600

/* Longer lines end the conversation; a series of 10 000 samples has under 1 MiB. */
#define PROTOCOL_MAX_LINE ((size_t)64 << 20)

enum protocol_phase {
    PROTOCOL_STARTING, /* before the first message */
    PROTOCOL_LOAD,
    PROTOCOL_STARTUP,
    PROTOCOL_WARMUP,
    PROTOCOL_TIMED,
    PROTOCOL_PROFILE
};

enum protocol_type {
    PROTOCOL_PHASE,
    PROTOCOL_TICK,
    PROTOCOL_FAILURE,
    PROTOCOL_SERIES,
    PROTOCOL_PROFILED
};

/* What a profiled pass found; counts only, the pictures are files. */
struct protocol_profile {
    uint64_t iterations;
    uint64_t samples; /* CPU samples, or allocations counted */
    uint64_t lost;
    uint64_t bytes;
};

struct protocol_message {
    enum protocol_type type;
    enum protocol_phase phase;         /* PROTOCOL_PHASE */
    char reason[PROTOCOL_REASON_SIZE]; /* PROTOCOL_FAILURE */
    struct series series;              /* PROTOCOL_SERIES; the handler may take it */
    struct protocol_profile profile;   /* PROTOCOL_PROFILED */
};

/* "while loading", "in the first iteration", "in warm-up", "in a timed iteration", …:
 * completes the sentence "crashed …". */
const char *protocol_phase_words(enum protocol_phase phase);

/* ---- Worker's side: false when the pipe is closed or memory is out. */

bool protocol_send_phase(int fd, enum protocol_phase phase);
bool protocol_send_tick(int fd);
bool protocol_send_failure(int fd, const char *reason);
bool protocol_send_series(int fd, const struct series *series);
bool protocol_send_profile(int fd, const struct protocol_profile *profile);

/* ---- Harness's side */

struct protocol_reader {
    char *line; /* owned: bytes since the last line feed */
    size_t length;
    size_t capacity;
};

/* The message and what it holds die after the call, except a series that was taken. */
typedef void (*protocol_handle_fn)(void *context, struct protocol_message *message);

void protocol_reader_init(struct protocol_reader *reader);
void protocol_reader_done(struct protocol_reader *reader);

/* Splits data into lines and hands each message over. false: a line is damaged, unknown
 * or too long, or memory is out; the conversation is then over. */
bool protocol_feed(struct protocol_reader *reader, const char *data, size_t length,
                   protocol_handle_fn handle, void *context);

/* ---- Used in tests */

/* FNV-1a, 32 bits. */
uint32_t protocol_checksum(const char *data, size_t length);

#endif
