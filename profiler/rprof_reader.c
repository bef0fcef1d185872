#include "config.h"

#include "rprof_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Fields still to be taken from one record (or from the rest of a block). A field that
 * is not there makes the cursor bad; later fields read as zero. */
struct cursor {
    const uint8_t *bytes;
    size_t count, at;
    bool good;
};

static bool next_block(struct rprof_reader *reader);
static bool take_block(struct rprof_reader *reader, const uint8_t *header);
static bool read_record(struct rprof_reader *reader, struct rprof_record *out,
                        bool *known);
static bool read_sized(struct rprof_record *out, struct cursor *in);
static bool read_frequent(struct rprof_reader *reader, struct rprof_record *out,
                          struct cursor *in);

enum rprof_reader_status rprof_reader_init(struct rprof_reader *reader,
                                           const uint8_t *bytes, size_t count)
{
    size_t seen = count < RPROF_MAGIC_BYTES ? count : RPROF_MAGIC_BYTES;
    if (count == 0) {
        return RPROF_READER_EMPTY;
    }
    if (memcmp(bytes, RPROF_MAGIC, seen) != 0) {
        return RPROF_READER_FOREIGN;
    }
    if (count < RPROF_FILE_HEADER_BYTES) {
        return RPROF_READER_EMPTY;
    }
    if (rprof_get_u16(bytes + 10) > RPROF_VERSION) {
        return RPROF_READER_NEWER;
    }
    memset(reader, 0, sizeof *reader);
    reader->bytes = bytes;
    reader->count = count;
    reader->at = RPROF_FILE_HEADER_BYTES;
    reader->version = rprof_get_u16(bytes + 8);
    return RPROF_READER_OK;
}

bool rprof_reader_next(struct rprof_reader *reader, struct rprof_record *out)
{
    for (;;) {
        if (reader->block_at >= reader->block_bytes) {
            if (!next_block(reader)) {
                return false;
            }
            continue;
        }
        bool known = false;
        if (!read_record(reader, out, &known)) {
            reader->damage.damaged_records++;
            reader->block_at = reader->block_bytes;
            continue;
        }
        if (known) {
            return true;
        }
    }
}

const struct rprof_damage *rprof_reader_damage(const struct rprof_reader *reader)
{
    return &reader->damage;
}

/* -- Blocks --------------------------------------------------------------- */

static bool header_is_sound(const uint8_t *header)
{
    return rprof_get_u32(header) == RPROF_BLOCK_SYNC &&
           rprof_get_u32(header + 12) <= RPROF_PAYLOAD_MAX &&
           rprof_get_u32(header + 20) == rprof_crc32c(header, 20);
}

/* Finds the next readable block at or after `at`. The search looks at each byte once:
 * the first byte of the sync word is tested before anything else. */
static bool next_block(struct rprof_reader *reader)
{
    while (!reader->damage.ended && reader->at < reader->count) {
        size_t left = reader->count - reader->at;
        const uint8_t *header = reader->bytes + reader->at;
        if (left < RPROF_BLOCK_HEADER_BYTES) {
            reader->damage.cut = true;
            reader->damage.skipped_bytes += left;
            reader->at = reader->count;
            return false;
        }
        if (header[0] != (RPROF_BLOCK_SYNC & 0xffu) || !header_is_sound(header)) {
            reader->damage.skipped_bytes++;
            reader->at++;
            continue;
        }
        if (take_block(reader, header)) {
            return true;
        }
    }
    return false;
}

/* Enters the block whose sound header stands at `at`, or steps over it. */
static bool take_block(struct rprof_reader *reader, const uint8_t *header)
{
    size_t payload = rprof_get_u32(header + 12);
    size_t left = reader->count - reader->at - RPROF_BLOCK_HEADER_BYTES;
    if (payload > left) {
        /* Cut here, unless whole blocks follow: then the length was of a torn block that
         * later ones overwrote, and the search goes on behind its header. */
        reader->damage.cut = true;
        reader->damage.skipped_bytes += RPROF_BLOCK_HEADER_BYTES;
        reader->at += RPROF_BLOCK_HEADER_BYTES;
        return false;
    }
    uint32_t sequence = rprof_get_u32(header + 8);
    const uint8_t *bytes = header + RPROF_BLOCK_HEADER_BYTES;
    if (rprof_get_u32(header + 16) != rprof_crc32c(bytes, payload)) {
        /* The header's own checksum vouches for the length: step over the whole block.
         * Searching inside it would let a file of overlapping headers cost n². */
        reader->damage.damaged_blocks++;
        reader->damage.skipped_bytes += RPROF_BLOCK_HEADER_BYTES + payload;
        reader->at += RPROF_BLOCK_HEADER_BYTES + payload;
        return false;
    }
    if (sequence > reader->next_sequence) {
        reader->damage.missing_blocks += sequence - reader->next_sequence;
    }
    if (sequence >= reader->next_sequence) {
        reader->next_sequence = sequence == UINT32_MAX ? sequence : sequence + 1;
    }
    reader->at += RPROF_BLOCK_HEADER_BYTES + payload;
    if (header[4] != RPROF_BLOCK_DATA && header[4] != RPROF_BLOCK_END) {
        reader->damage.unknown_records++;
        return false;
    }
    reader->block = bytes;
    reader->block_bytes = payload;
    reader->block_at = 0;
    reader->time_ns = reader->weight = reader->thread = 0;
    return true;
}

/* -- Fields --------------------------------------------------------------- */

static uint64_t number(struct cursor *in)
{
    uint64_t value = 0;
    size_t n =
        in->good ? rprof_varint_get(in->bytes + in->at, in->count - in->at, &value) : 0;
    if (n == 0) {
        in->good = false;
        return 0;
    }
    in->at += n;
    return value;
}

static struct rprof_text text_of(struct cursor *in, size_t limit)
{
    struct rprof_text text = {.bytes = "", .count = 0};
    uint64_t count = number(in);
    if (!in->good || count > limit || count > in->count - in->at) {
        in->good = false;
        return text;
    }
    text.bytes = (const char *)(in->bytes + in->at);
    text.count = (size_t)count;
    in->at += (size_t)count;
    return text;
}

static uint64_t word(struct cursor *in)
{
    if (!in->good || in->count - in->at < 8) {
        in->good = false;
        return 0;
    }
    uint64_t value = rprof_get_u64(in->bytes + in->at);
    in->at += 8;
    return value;
}

static uint64_t time_of(struct rprof_reader *reader, struct cursor *in)
{
    reader->time_ns += rprof_unzigzag(number(in));
    return reader->time_ns;
}

/* -- Records -------------------------------------------------------------- */

/* False = the block cannot be read further. `*known` false = skipped. */
static bool read_record(struct rprof_reader *reader, struct rprof_record *out,
                        bool *known)
{
    struct cursor in = {.bytes = reader->block,
                        .count = reader->block_bytes,
                        .at = reader->block_at,
                        .good = true};
    memset(out, 0, sizeof *out);
    uint64_t tag = number(&in);
    if (!in.good) {
        return false;
    }
    if (tag < RPROF_FIRST_SIZED_TAG) {
        if (tag < RPROF_NODE || tag > RPROF_UNWOUND) {
            return false;
        }
        out->tag = (enum rprof_tag)tag;
        *known = read_frequent(reader, out, &in);
        reader->block_at = in.at;
        out->thread = reader->thread;
        return in.good;
    }
    uint64_t size = number(&in);
    if (!in.good || size > in.count - in.at) {
        return false;
    }
    struct cursor fields = {
        .bytes = in.bytes + in.at, .count = (size_t)size, .at = 0, .good = true};
    reader->block_at = in.at + (size_t)size;
    if ((tag < RPROF_META || tag > RPROF_THREAD_END) && tag != RPROF_END) {
        reader->damage.unknown_records++;
        return true;
    }
    out->tag = (enum rprof_tag)tag;
    *known = read_sized(out, &fields);
    if (!*known) {
        reader->damage.damaged_records++; /* this one only: its length is known */
    } else if (tag == RPROF_END) {
        reader->damage.ended = true;
    }
    return true;
}

/* Reads a record without a length; false if it only changed the reader's state. */
static bool read_frequent(struct rprof_reader *reader, struct rprof_record *out,
                          struct cursor *in)
{
    switch ((unsigned)out->tag) {
    case RPROF_NODE:
        out->id = number(in);
        out->u.node.parent = number(in);
        out->u.node.frame = number(in);
        return true;
    case RPROF_THREAD: reader->thread = number(in); return false;
    case RPROF_SAMPLE:
        out->time_ns = time_of(reader, in);
        out->u.sample.node = number(in);
        reader->weight += rprof_unzigzag(number(in));
        out->u.sample.weight = reader->weight;
        return true;
    case RPROF_VALUES: {
        uint64_t count = number(in);
        if (count > RPROF_VALUES_MAX) {
            in->good = false;
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            reader->values[i] = number(in);
        }
        out->u.values.count = (size_t)count;
        out->u.values.values = reader->values;
        return true;
    }
    case RPROF_ALLOC:
        out->time_ns = time_of(reader, in);
        out->u.alloc.node = number(in);
        out->u.alloc.cause = number(in);
        out->u.alloc.size = number(in);
        out->u.alloc.object = number(in);
        return true;
    case RPROF_FREE:
        out->time_ns = time_of(reader, in);
        out->u.freed.object = number(in);
        out->u.freed.age = number(in);
        return true;
    case RPROF_COUNTS:
        out->time_ns = time_of(reader, in);
        out->u.counts.node = number(in);
        out->u.counts.cause = number(in);
        out->u.counts.allocs = number(in);
        out->u.counts.bytes = number(in);
        out->u.counts.frees = number(in);
        out->u.counts.freed_bytes = number(in);
        out->u.counts.temporary_bytes = number(in);
        return true;
    case RPROF_PEAK:
        out->u.peak.node = number(in);
        out->u.peak.cause = number(in);
        out->u.peak.objects = number(in);
        out->u.peak.bytes = number(in);
        return true;
    case RPROF_LOST:
        out->u.lost.samples = number(in);
        out->u.lost.reason = number(in);
        return true;
    case RPROF_CPU_TIME:
        out->time_ns = time_of(reader, in);
        out->u.cpu_time.cpu_ns = number(in);
        return true;
    case RPROF_MARK:
        out->time_ns = time_of(reader, in);
        out->u.mark.kind = number(in);
        out->u.mark.value = number(in);
        return true;
    case RPROF_UNWOUND:
        out->u.unwound.unwinder = number(in);
        out->u.unwound.frames = number(in);
        return true;
    default: in->good = false; return false;
    }
}

static bool read_sized(struct rprof_record *out, struct cursor *in)
{
    switch ((unsigned)out->tag) {
    case RPROF_META:
        out->u.meta.key = text_of(in, RPROF_TEXT_MAX);
        out->u.meta.value = text_of(in, RPROF_TEXT_MAX);
        break;
    case RPROF_SOURCE:
        out->id = number(in);
        out->u.source.path = text_of(in, RPROF_TEXT_MAX);
        out->u.source.hash = word(in);
        out->u.source.bytes = number(in);
        break;
    case RPROF_SOURCE_TEXT:
        out->id = number(in);
        out->u.source_text.offset = number(in);
        out->u.source_text.piece = text_of(in, RPROF_TEXT_MAX);
        break;
    case RPROF_MODULE:
        out->id = number(in);
        out->u.module.path = text_of(in, RPROF_TEXT_MAX);
        out->u.module.build_id = text_of(in, RPROF_TEXT_MAX);
        out->u.module.bias = number(in);
        out->u.module.low = number(in);
        out->u.module.high = number(in);
        break;
    case RPROF_FUNCTION:
        out->id = number(in);
        out->u.function.name = text_of(in, RPROF_TEXT_MAX);
        out->u.function.source = number(in);
        out->u.function.line = number(in);
        break;
    case RPROF_FRAME:
        out->id = number(in);
        out->u.frame.tier = number(in);
        out->u.frame.ref = number(in);
        out->u.frame.position = number(in);
        out->u.frame.opcode = number(in);
        break;
    case RPROF_THREAD_NAME:
        out->id = number(in);
        out->u.thread_name.name = text_of(in, RPROF_TEXT_MAX);
        out->u.thread_name.tid = number(in);
        /* Files made before threads had a start end here. */
        out->time_ns = in->good && in->at < in->count ? number(in) : 0;
        break;
    case RPROF_THREAD_END:
        out->id = number(in);
        out->time_ns = number(in);
        break;
    case RPROF_CAUSE:
    case RPROF_COUNTER:
    case RPROF_OPCODE:
        out->id = number(in);
        out->u.named.name = text_of(in, RPROF_TEXT_MAX);
        break;
    case RPROF_END:
        out->u.end.reason = number(in);
        out->u.end.duration_ns = number(in);
        out->u.end.samples = number(in);
        out->u.end.lost = number(in);
        out->u.end.alloc_samples = number(in);
        out->u.end.alloc_bytes = number(in);
        break;
    default: return false;
    }
    return in->good;
}

/* -- Words ---------------------------------------------------------------- */

__attribute__((format(printf, 4, 5))) static void add(char *out, size_t room,
                                                      size_t *used, const char *format,
                                                      ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out + *used, room - *used, format, args);
    va_end(args);
    if (n > 0) {
        *used += (size_t)n < room - *used ? (size_t)n : room - *used - 1;
    }
}

bool rprof_reader_complaint(const struct rprof_damage *damage, char *out, size_t room)
{
    if (room == 0) {
        return false;
    }
    out[0] = '\0';
    size_t used = 0;
    const char *comma = "";
    uint64_t missing = damage->missing_blocks;
    if (!damage->ended) {
        add(out, room, &used, "the recording was cut short (no end block)");
        comma = ", ";
    }
    if (missing > 0 || damage->damaged_blocks > 0) {
        uint64_t blocks =
            missing > damage->damaged_blocks ? missing : damage->damaged_blocks;
        add(out, room, &used, "%s%llu block%s of samples damaged or missing", comma,
            (unsigned long long)blocks, blocks == 1 ? "" : "s");
        comma = ", ";
    }
    if (damage->skipped_bytes > 0) {
        add(out, room, &used, "%s%llu unreadable byte%s skipped", comma,
            (unsigned long long)damage->skipped_bytes,
            damage->skipped_bytes == 1 ? "" : "s");
        comma = ", ";
    }
    if (damage->damaged_records > 0) {
        add(out, room, &used, "%s%llu malformed record%s skipped", comma,
            (unsigned long long)damage->damaged_records,
            damage->damaged_records == 1 ? "" : "s");
        comma = ", ";
    }
    if (damage->unknown_records > 0) {
        add(out, room, &used, "%s%llu record%s of a later version skipped", comma,
            (unsigned long long)damage->unknown_records,
            damage->unknown_records == 1 ? "" : "s");
    }
    return used > 0;
}
