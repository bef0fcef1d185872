#ifndef RUFFPROF_RPROF_FORMAT_H
#define RUFFPROF_RPROF_FORMAT_H

/*
 * The profile file's constants and its smallest coders, shared by the writer and the
 * reader. What each record means is specified in notes/profile-format.md; this header
 * is the only place where its numbers are spelled.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/sizing.h"

#define RPROF_MAGIC             "\x89RPROF\r\n"
#define RPROF_MAGIC_BYTES       8
#define RPROF_FILE_HEADER_BYTES 16
#define RPROF_VERSION           1
/* A file says which reader it needs at least; we read files that need version 1. */
#define RPROF_OLDEST_READER     1

#define RPROF_BLOCK_SYNC         0x4b4c4252u /* "RBLK" in file order */
#define RPROF_BLOCK_HEADER_BYTES 24
/* One allocation bounds a block, whatever its header claims. */
#define RPROF_PAYLOAD_MAX        ((uint32_t)1 << 20)
/* The writer closes a block at this size or after this time. */
#define RPROF_BLOCK_BYTES        SIZE_OR_TINY((size_t)64 << 10, (size_t)64)
#define RPROF_BLOCK_NS           ((uint64_t)250000000)
/* Space kept behind the end of the file for the end block. */
#define RPROF_RESERVE_BYTES      4096

#define RPROF_VARINT_MAX   10
/* The writer cuts longer names; the reader refuses longer texts. */
#define RPROF_NAME_MAX     ((size_t)4096)
#define RPROF_TEXT_MAX     ((size_t)64 << 10)
#define RPROF_SOURCE_PIECE ((size_t)32 << 10)
#define RPROF_SOURCE_MAX   ((uint64_t)16 << 20)

enum rprof_block_kind {
    RPROF_BLOCK_DATA = 1,
    RPROF_BLOCK_END = 2
};

/* Tags below this one are followed by their fields; the others by a length. */
#define RPROF_FIRST_SIZED_TAG 64

enum rprof_tag {
    RPROF_NODE = 1,
    RPROF_THREAD = 2,
    RPROF_SAMPLE = 3,
    RPROF_VALUES = 4,
    RPROF_ALLOC = 5,
    RPROF_FREE = 6,
    RPROF_COUNTS = 7,
    RPROF_PEAK = 8,
    RPROF_LOST = 9,
    RPROF_CPU_TIME = 10,
    RPROF_MARK = 11,
    RPROF_UNWOUND = 12,

    RPROF_META = 64,
    RPROF_SOURCE = 65,
    RPROF_SOURCE_TEXT = 66,
    RPROF_MODULE = 67,
    RPROF_FUNCTION = 68,
    RPROF_FRAME = 69,
    RPROF_THREAD_NAME = 70,
    RPROF_CAUSE = 71,
    RPROF_COUNTER = 72,
    RPROF_OPCODE = 73,
    RPROF_THREAD_END = 74,
    RPROF_END = 80,
};

/* Where a frame's code came from. Stored in files: append only. */
#define RPROF_TIERS(X)    \
    X(UNKNOWN, "unknown") \
    X(INTERP, "interp")   \
    X(VM, "vm")           \
    X(JIT, "jit")         \
    X(INLINED, "inlined") \
    X(BUILTIN, "builtin") \
    X(NATIVE, "native")   \
    X(GC, "gc")           \
    X(COMPILE, "compile") \
    X(DEOPT, "deopt")     \
    X(IDLE, "idle")       \
    X(SCHEDULER, "scheduler")

enum rprof_tier {
#define TIER_ENUM(symbol, text) RPROF_TIER_##symbol,
    RPROF_TIERS(TIER_ENUM)
#undef TIER_ENUM
    RPROF_TIER_COUNT
};

enum rprof_mark {
    RPROF_MARK_RUN_BEGIN = 1,
    RPROF_MARK_RUN_END = 2,
    RPROF_MARK_ITERATION_BEGIN = 3,
    RPROF_MARK_ITERATION_END = 4,
    RPROF_MARK_PHASE = 5,
};

enum rprof_phase {
    RPROF_PHASE_NONE = 0,
    RPROF_PHASE_WARMUP = 1,
    RPROF_PHASE_STEADY = 2,
    RPROF_PHASE_SETUP = 3,
};

enum rprof_lost_reason {
    RPROF_LOST_RING_FULL = 1,
    RPROF_LOST_BEHIND = 2,
    RPROF_LOST_WALK_FAILED = 3,
    RPROF_LOST_ASYNCHRONOUS = 4,
    RPROF_LOST_WRITE_FAILED = 5,
};

enum rprof_unwinder {
    RPROF_UNWIND_FAST = 1,
    RPROF_UNWIND_LIBUNWIND = 2,
    RPROF_UNWIND_RUNTIME = 3,
};

enum rprof_end_reason {
    RPROF_END_NORMAL = 1,
    RPROF_END_SIGINT = 2,
    RPROF_END_SIGTERM = 3,
    RPROF_END_WRITE_FAILED = 4,
    RPROF_END_SCRIPT_DIED = 5,
};

/* CRC-32C (Castagnoli) of `count` bytes. Pure; any thread. */
uint32_t rprof_crc32c(const uint8_t *bytes, size_t count);

/* FNV-1a 64 of a script's bytes: tells whether two recordings had the same source. */
uint64_t rprof_source_hash(const uint8_t *bytes, size_t count);

/* Writes `value` as a varint to `out` (room for RPROF_VARINT_MAX bytes); returns the
 * number of bytes written. */
size_t rprof_varint_put(uint8_t *out, uint64_t value);

/* Reads a varint from at most `available` bytes. Returns the bytes used, or 0 when it is
 * cut or does not fit 64 bits (`*value` is then untouched). */
size_t rprof_varint_get(const uint8_t *in, size_t available, uint64_t *value);

/* "interp", "vm", …; "unknown" for a value out of range. Constant text. */
const char *rprof_tier_name(enum rprof_tier tier);

/* The name shown for a frame that has no function: "[gc]", "[unknown]", …. */
const char *rprof_tier_frame_name(enum rprof_tier tier);

/* One phrase for a report. Constant text. */
const char *rprof_end_reason_name(enum rprof_end_reason reason);

/* Signed differences as small unsigned numbers. Wraps for any pair of 64-bit values, so
 * writer and reader agree even on hostile ones. */
static inline uint64_t rprof_zigzag(uint64_t difference)
{
    return (difference << 1) ^ (0u - (difference >> 63));
}

static inline uint64_t rprof_unzigzag(uint64_t coded)
{
    return (coded >> 1) ^ (0u - (coded & 1u));
}

static inline void rprof_put_u16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

static inline void rprof_put_u32(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

static inline void rprof_put_u64(uint8_t *out, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

static inline uint16_t rprof_get_u16(const uint8_t *in)
{
    return (uint16_t)(in[0] | (uint16_t)in[1] << 8);
}

static inline uint32_t rprof_get_u32(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 |
           (uint32_t)in[3] << 24;
}

static inline uint64_t rprof_get_u64(const uint8_t *in)
{
    return (uint64_t)rprof_get_u32(in) | (uint64_t)rprof_get_u32(in + 4) << 32;
}

#endif
