#ifndef RUFFPROF_RPROF_READER_H
#define RUFFPROF_RPROF_READER_H

/*
 * Takes a profile file apart, record by record. Treats it as hostile: no length is
 * believed before its bytes were seen, nothing recurses, damage is skipped and counted.
 * It checks the form only; whether ids make sense is the model's business (model.h).
 *
 * A reader works on bytes in memory and allocates nothing, so every failure is a fact
 * about the file. One thread per reader.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rprof_format.h"

enum rprof_reader_status {
    RPROF_READER_OK = 0,
    RPROF_READER_FOREIGN, /* not a profile file */
    RPROF_READER_NEWER,   /* a later version's file that asks for a later reader */
    RPROF_READER_EMPTY,   /* shorter than the file header */
};

/* Bytes inside the file; valid while the file's bytes are. Not terminated. */
struct rprof_text {
    const char *bytes;
    size_t count;
};

/* One record. Which member of `u` holds it follows from `tag`; `time_ns` and `thread` are
 * absolute again. THREAD_END has no member: `id` ended at `time_ns`. */
struct rprof_record {
    enum rprof_tag tag;
    uint64_t thread;
    uint64_t time_ns;
    uint64_t id; /* of definitions and NODE */
    union {
        struct {
            uint64_t parent, frame;
        } node;
        struct {
            uint64_t node, weight;
        } sample;
        struct {
            size_t count;
            const uint64_t *values; /* valid until the next record */
        } values;
        struct {
            uint64_t node, cause, size, object;
        } alloc;
        struct {
            uint64_t object, age;
        } freed;
        struct {
            uint64_t node, cause, allocs, bytes, frees, freed_bytes, temporary_bytes;
        } counts;
        struct {
            uint64_t node, cause, objects, bytes;
        } peak;
        struct {
            uint64_t samples, reason;
        } lost;
        struct {
            uint64_t cpu_ns;
        } cpu_time;
        struct {
            uint64_t kind, value;
        } mark;
        struct {
            uint64_t unwinder, frames;
        } unwound;
        struct {
            struct rprof_text key, value;
        } meta;
        struct {
            struct rprof_text path;
            uint64_t hash, bytes;
        } source;
        struct {
            uint64_t offset;
            struct rprof_text piece;
        } source_text;
        struct {
            struct rprof_text path, build_id;
            uint64_t bias, low, high;
        } module;
        struct {
            struct rprof_text name;
            uint64_t source, line;
        } function;
        struct {
            uint64_t tier, ref, position, opcode;
        } frame;
        struct {
            struct rprof_text name;
            uint64_t tid;
        } thread_name; /* time_ns: when it started; 0 = with the recording */
        struct {
            struct rprof_text name; /* CAUSE, COUNTER, OPCODE */
        } named;
        struct {
            uint64_t reason, duration_ns, samples, lost, alloc_samples, alloc_bytes;
        } end;
    } u;
};

/* What was wrong with the file so far. All zero = a whole file (once the end block was
 * read, see `ended`). */
struct rprof_damage {
    bool ended;               /* the end block was read */
    bool cut;                 /* the file stops inside a block */
    uint64_t damaged_blocks;  /* checksum wrong */
    uint64_t missing_blocks;  /* gaps in the sequence, damaged ones included */
    uint64_t skipped_bytes;   /* in no readable block */
    uint64_t damaged_records; /* rest of a block given up */
    uint64_t unknown_records; /* of a later version, skipped */
};

#define RPROF_VALUES_MAX 64

struct rprof_reader {
    /* private part: in the header so that a reader can live on the stack */
    const uint8_t *bytes;
    size_t count, at; /* the file, and where the next block is looked for */
    const uint8_t *block;
    size_t block_bytes, block_at;
    uint64_t time_ns, weight, thread;
    uint32_t next_sequence;
    uint64_t values[RPROF_VALUES_MAX];
    struct rprof_damage damage;
    uint16_t version;
};

/* Starts reading the `count` bytes of a file, which the caller keeps until the last
 * record was used. */
enum rprof_reader_status rprof_reader_init(struct rprof_reader *reader,
                                           const uint8_t *bytes, size_t count);

/* The next record; false at the end of what is readable. Unknown and damaged ones are
 * counted, not returned. */
bool rprof_reader_next(struct rprof_reader *reader, struct rprof_record *out);

/* Complete once `rprof_reader_next` returned false. */
const struct rprof_damage *rprof_reader_damage(const struct rprof_reader *reader);

/* One line for a person about what is missing, written to `out` (always terminated);
 * false (and "") when nothing is. */
bool rprof_reader_complaint(const struct rprof_damage *damage, char *out, size_t room);

#endif
