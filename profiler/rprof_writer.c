#include "config.h"

#include "rprof_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/os_linux.h"

/* The longest record: a script's piece and its numbers; or a MODULE with two texts. */
#define RECORD_MAX   (RPROF_SOURCE_PIECE + 2 * RPROF_NAME_MAX + 128)
/* The longest end block: two records, one of them with the system's text for an error. */
#define END_BYTES    512
#define BUFFER_BYTES (RPROF_BLOCK_HEADER_BYTES + RPROF_BLOCK_BYTES + RECORD_MAX)

struct rprof_writer {
    const struct rprof_os *os;
    int fd;
    bool seekable;
    enum rprof_writer_status status;
    int error; /* errno of the first failure */

    uint64_t good_bytes; /* the file up to the end of its last whole block */
    uint64_t reserved;   /* up to this byte the disk has room for it */
    uint32_t sequence;

    uint8_t *buffer; /* owned; a block header's room, then the payload */
    size_t used;     /* payload bytes */

    /* Delta state, zero at the start of each block. */
    uint64_t time_ns, weight, thread;
    uint64_t origin_ns;      /* what the caller's clock showed at time 0 of the file */
    uint64_t block_since_ns; /* first tick that saw the block, for the 250 ms */
    bool block_seen;

    /* Totals for the end block. */
    uint64_t samples, lost, alloc_samples, alloc_bytes;
    /* Samples in the block that waits: they become lost if it cannot be written. */
    uint64_t waiting_samples, waiting_alloc_samples, waiting_alloc_bytes;
};

static bool write_all(struct rprof_writer *writer, const uint8_t *bytes, size_t count);
static void write_block(struct rprof_writer *writer, enum rprof_block_kind kind);
static bool reserve_end(struct rprof_writer *writer, uint64_t end);
static void fail(struct rprof_writer *writer, int error);
static void write_end_block(struct rprof_writer *writer,
                            const struct rprof_ending *ending);

/* -- The system ----------------------------------------------------------- */

/* The limit of a file's size counts for what is kept allocated behind its end, too. */
static int linux_fallocate(int fd, int mode, off_t offset, off_t length)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        (rlim_t)(offset + length) > limit.rlim_cur) {
        errno = EFBIG;
        return -1;
    }
    return fallocate(fd, mode, offset, length);
}

static int linux_open(const char *path, int flags, mode_t mode)
{
    return open(path, flags, mode);
}

static ssize_t linux_write(int fd, const void *bytes, size_t count)
{
    return write(fd, bytes, os_transfer(count));
}

const struct rprof_os rprof_os_linux = {
    .open = linux_open,
    .write = linux_write,
    .lseek = lseek,
    .ftruncate = ftruncate,
    .fallocate = linux_fallocate,
    .close = close,
};

/* -- Life ----------------------------------------------------------------- */

enum rprof_writer_status rprof_writer_open(struct rprof_writer **out, const char *path,
                                           const struct rprof_os *os, int *error)
{
    const struct rprof_os *system = os != NULL ? os : &rprof_os_linux;
    int fd = system->open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        if (error != NULL) {
            *error = errno;
        }
        return RPROF_WRITER_OPEN_FAILED;
    }
    enum rprof_writer_status status = rprof_writer_open_fd(out, fd, system, error);
    if (status != RPROF_WRITER_OK) {
        system->close(fd);
    }
    return status;
}

enum rprof_writer_status rprof_writer_open_fd(struct rprof_writer **out, int fd,
                                              const struct rprof_os *os, int *error)
{
    struct rprof_writer *writer = calloc(1, sizeof *writer);
    uint8_t *buffer = malloc(BUFFER_BYTES);
    if (writer == NULL || buffer == NULL) {
        free(writer);
        free(buffer);
        if (error != NULL) {
            *error = ENOMEM;
        }
        return RPROF_WRITER_NO_MEMORY;
    }
    writer->os = os != NULL ? os : &rprof_os_linux;
    writer->fd = fd;
    writer->buffer = buffer;
    writer->seekable = writer->os->lseek(fd, 0, SEEK_CUR) >= 0;

    uint8_t header[RPROF_FILE_HEADER_BYTES] = {0};
    memcpy(header, RPROF_MAGIC, RPROF_MAGIC_BYTES);
    rprof_put_u16(header + 8, RPROF_VERSION);
    rprof_put_u16(header + 10, RPROF_OLDEST_READER);
    if (!write_all(writer, header, sizeof header)) {
        if (error != NULL) {
            *error = writer->error;
        }
        free(buffer);
        free(writer);
        return RPROF_WRITER_WRITE_FAILED;
    }
    writer->good_bytes = sizeof header;
    (void)reserve_end(writer, writer->good_bytes);
    *out = writer;
    return RPROF_WRITER_OK;
}

enum rprof_writer_status rprof_writer_close(struct rprof_writer *writer,
                                            const struct rprof_ending *ending)
{
    if (writer == NULL) {
        return RPROF_WRITER_OK;
    }
    rprof_writer_flush(writer);
    write_end_block(writer, ending);
    enum rprof_writer_status status = writer->status;
    if (writer->os->close(writer->fd) != 0 && status == RPROF_WRITER_OK) {
        status = RPROF_WRITER_WRITE_FAILED; /* network file systems report here */
    }
    free(writer->buffer);
    free(writer);
    return status;
}

void rprof_writer_abandon(struct rprof_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    writer->os->close(writer->fd);
    free(writer->buffer);
    free(writer);
}

/* -- Blocks --------------------------------------------------------------- */

void rprof_writer_tick(struct rprof_writer *writer, uint64_t now_ns)
{
    if (writer->used == 0) {
        writer->block_seen = false;
        return;
    }
    if (!writer->block_seen) {
        writer->block_seen = true;
        writer->block_since_ns = now_ns;
    }
    if (writer->used >= RPROF_BLOCK_BYTES ||
        now_ns - writer->block_since_ns >= RPROF_BLOCK_NS) {
        rprof_writer_flush(writer);
    }
}

void rprof_writer_flush(struct rprof_writer *writer)
{
    if (writer->used > 0) {
        write_block(writer, RPROF_BLOCK_DATA);
    }
}

enum rprof_writer_status rprof_writer_status(const struct rprof_writer *writer,
                                             int *error)
{
    if (error != NULL) {
        *error = writer->error;
    }
    return writer->status;
}

uint64_t rprof_writer_bytes(const struct rprof_writer *writer)
{
    return writer->good_bytes;
}

/* Writes the payload that waits as one block and starts a new one. */
static void write_block(struct rprof_writer *writer, enum rprof_block_kind kind)
{
    uint8_t *header = writer->buffer;
    const uint8_t *payload = header + RPROF_BLOCK_HEADER_BYTES;
    memset(header, 0, RPROF_BLOCK_HEADER_BYTES);
    rprof_put_u32(header, RPROF_BLOCK_SYNC);
    header[4] = (uint8_t)kind;
    rprof_put_u32(header + 8, writer->sequence);
    rprof_put_u32(header + 12, (uint32_t)writer->used);
    rprof_put_u32(header + 16, rprof_crc32c(payload, writer->used));
    rprof_put_u32(header + 20, rprof_crc32c(header, 20));

    size_t bytes = RPROF_BLOCK_HEADER_BYTES + writer->used;
    bool sound = writer->status == RPROF_WRITER_OK || kind == RPROF_BLOCK_END;
    uint64_t end = writer->good_bytes + bytes;
    if (sound && write_all(writer, header, bytes) &&
        (kind == RPROF_BLOCK_END || reserve_end(writer, end))) {
        writer->good_bytes = end;
        writer->sequence++;
    } else {
        writer->samples -= writer->waiting_samples;
        writer->lost += writer->waiting_samples;
        writer->alloc_samples -= writer->waiting_alloc_samples;
        writer->alloc_bytes -= writer->waiting_alloc_bytes;
    }
    writer->used = 0;
    writer->time_ns = writer->weight = writer->thread = 0;
    writer->block_seen = false;
    writer->waiting_samples = writer->waiting_alloc_samples = 0;
    writer->waiting_alloc_bytes = 0;
}

static bool write_all(struct rprof_writer *writer, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        ssize_t n = writer->os->write(writer->fd, bytes, count);
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            fail(writer, errno);
            return false;
        }
        if (n == 0) {
            fail(writer, ENOSPC); /* a device that takes nothing is full */
            return false;
        }
        bytes += n;
        count -= (size_t)n;
    }
    return true;
}

static void fail(struct rprof_writer *writer, int error)
{
    if (writer->status == RPROF_WRITER_OK) {
        writer->status = RPROF_WRITER_WRITE_FAILED;
        writer->error = error;
    }
}

/* Keeps room for the end block behind `end`, where a block has just been written. False when
 * the disk is so full that there is none: that block's bytes are the room then, and the writer
 * has failed. A file system that cannot reserve costs only the end block of a recording that
 * fills the disk. */
static bool reserve_end(struct rprof_writer *writer, uint64_t end)
{
#ifdef FALLOC_FL_KEEP_SIZE
    if (writer->seekable && writer->status == RPROF_WRITER_OK) {
        if (writer->os->fallocate(writer->fd, FALLOC_FL_KEEP_SIZE, (off_t)end,
                                  RPROF_RESERVE_BYTES) == 0) {
            writer->reserved = end + RPROF_RESERVE_BYTES;
        } else if ((errno == ENOSPC || errno == EFBIG) &&
                   writer->reserved < end + END_BYTES) {
            fail(writer, errno);
            return false;
        }
    }
#else
    (void)writer;
    (void)end;
#endif
    return true;
}

/* -- Records -------------------------------------------------------------- */

/* Makes room for one record of at most `bytes`. A failed writer needs none: its buffer
 * is emptied as it fills. */
static void room(struct rprof_writer *writer, size_t bytes)
{
    if (writer->used + bytes > RPROF_BLOCK_BYTES + RECORD_MAX) {
        rprof_writer_flush(writer);
    }
}

static void put_number(struct rprof_writer *writer, uint64_t value)
{
    uint8_t *at = writer->buffer + RPROF_BLOCK_HEADER_BYTES + writer->used;
    writer->used += rprof_varint_put(at, value);
}

static void put_bytes(struct rprof_writer *writer, const void *bytes, size_t count)
{
    if (count > 0) {
        memcpy(writer->buffer + RPROF_BLOCK_HEADER_BYTES + writer->used, bytes, count);
        writer->used += count;
    }
}

static void put_text(struct rprof_writer *writer, const void *bytes, size_t count)
{
    put_number(writer, count);
    put_bytes(writer, bytes, count);
}

/* The length of a name as stored: cut at the limit, not inside a UTF-8 character. */
static size_t name_bytes(const char *name)
{
    size_t count = strnlen(name, RPROF_NAME_MAX + 1);
    if (count <= RPROF_NAME_MAX) {
        return count;
    }
    count = RPROF_NAME_MAX;
    while (count > RPROF_NAME_MAX - 4 &&
           ((unsigned char)name[count] & 0xc0u) == 0x80u) {
        count--;
    }
    return count;
}

/* Sized records: the length is put in front when the fields are known. */
static size_t sized_begin(struct rprof_writer *writer, enum rprof_tag tag)
{
    room(writer, RECORD_MAX);
    put_number(writer, (uint64_t)tag);
    return writer->used;
}

static void sized_end(struct rprof_writer *writer, size_t start)
{
    uint8_t length[RPROF_VARINT_MAX];
    size_t count = writer->used - start;
    size_t n = rprof_varint_put(length, count);
    uint8_t *fields = writer->buffer + RPROF_BLOCK_HEADER_BYTES + start;
    memmove(fields + n, fields, count);
    memcpy(fields, length, n);
    writer->used += n;
}

static void begin(struct rprof_writer *writer, enum rprof_tag tag)
{
    room(writer, RECORD_MAX);
    put_number(writer, (uint64_t)tag);
}

static void select_thread(struct rprof_writer *writer, uint64_t thread)
{
    room(writer, RECORD_MAX); /* here, so that no block ends between the two records */
    if (writer->thread != thread) {
        put_number(writer, RPROF_THREAD);
        put_number(writer, thread);
        writer->thread = thread;
    }
}

/* What was before the origin happened at it: a time must not wrap around. */
static uint64_t since_origin(const struct rprof_writer *writer, uint64_t time_ns)
{
    return time_ns > writer->origin_ns ? time_ns - writer->origin_ns : 0;
}

static void put_time(struct rprof_writer *writer, uint64_t time_ns)
{
    uint64_t time = since_origin(writer, time_ns);

    put_number(writer, rprof_zigzag(time - writer->time_ns));
    writer->time_ns = time;
}

void rprof_writer_origin(struct rprof_writer *writer, uint64_t origin_ns)
{
    writer->origin_ns = origin_ns;
}

/* -- Definitions ---------------------------------------------------------- */

void rprof_writer_meta(struct rprof_writer *writer, const char *key, const char *value)
{
    size_t start = sized_begin(writer, RPROF_META);
    put_text(writer, key, name_bytes(key));
    put_text(writer, value, name_bytes(value));
    sized_end(writer, start);
}

void rprof_writer_meta_number(struct rprof_writer *writer, const char *key,
                              uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    rprof_writer_meta(writer, key, text);
}

void rprof_writer_source(struct rprof_writer *writer, uint64_t id, const char *path,
                         uint64_t hash, const char *text, size_t text_bytes)
{
    uint8_t hash_bytes[8];
    rprof_put_u64(hash_bytes, hash);
    size_t start = sized_begin(writer, RPROF_SOURCE);
    put_number(writer, id);
    put_text(writer, path, name_bytes(path));
    put_bytes(writer, hash_bytes, sizeof hash_bytes);
    put_number(writer, text_bytes);
    sized_end(writer, start);
    if (text == NULL || text_bytes > RPROF_SOURCE_MAX) {
        return;
    }
    for (size_t at = 0; at < text_bytes; at += RPROF_SOURCE_PIECE) {
        size_t piece = text_bytes - at;
        if (piece > RPROF_SOURCE_PIECE) {
            piece = RPROF_SOURCE_PIECE;
        }
        start = sized_begin(writer, RPROF_SOURCE_TEXT);
        put_number(writer, id);
        put_number(writer, at);
        put_text(writer, text + at, piece);
        sized_end(writer, start);
    }
}

void rprof_writer_module(struct rprof_writer *writer, uint64_t id, const char *path,
                         const uint8_t *build_id, size_t build_id_bytes, uint64_t bias,
                         uint64_t low, uint64_t high)
{
    size_t start = sized_begin(writer, RPROF_MODULE);
    put_number(writer, id);
    put_text(writer, path, name_bytes(path));
    put_text(writer, build_id, build_id_bytes <= 64 ? build_id_bytes : 64);
    put_number(writer, bias);
    put_number(writer, low);
    put_number(writer, high);
    sized_end(writer, start);
}

void rprof_writer_function(struct rprof_writer *writer, uint64_t id, const char *name,
                           uint64_t source, uint64_t line)
{
    size_t start = sized_begin(writer, RPROF_FUNCTION);
    put_number(writer, id);
    put_text(writer, name, name_bytes(name));
    put_number(writer, source);
    put_number(writer, line);
    sized_end(writer, start);
}

void rprof_writer_frame(struct rprof_writer *writer, uint64_t id, enum rprof_tier tier,
                        uint64_t ref, uint64_t position, uint64_t opcode)
{
    size_t start = sized_begin(writer, RPROF_FRAME);
    put_number(writer, id);
    put_number(writer, (uint64_t)tier);
    put_number(writer, ref);
    put_number(writer, position);
    put_number(writer, opcode);
    sized_end(writer, start);
}

void rprof_writer_node(struct rprof_writer *writer, uint64_t id, uint64_t parent,
                       uint64_t frame)
{
    begin(writer, RPROF_NODE);
    put_number(writer, id);
    put_number(writer, parent);
    put_number(writer, frame);
}

void rprof_writer_thread(struct rprof_writer *writer, uint64_t thread, const char *name,
                         uint64_t tid, uint64_t start_ns)
{
    size_t start = sized_begin(writer, RPROF_THREAD_NAME);
    put_number(writer, thread);
    put_text(writer, name, name_bytes(name));
    put_number(writer, tid);
    put_number(writer, since_origin(writer, start_ns));
    sized_end(writer, start);
}

void rprof_writer_thread_end(struct rprof_writer *writer, uint64_t thread,
                             uint64_t end_ns)
{
    size_t start = sized_begin(writer, RPROF_THREAD_END);
    put_number(writer, thread);
    put_number(writer, since_origin(writer, end_ns));
    sized_end(writer, start);
}

static void define_name(struct rprof_writer *writer, enum rprof_tag tag, uint64_t id,
                        const char *name)
{
    size_t start = sized_begin(writer, tag);
    put_number(writer, id);
    put_text(writer, name, name_bytes(name));
    sized_end(writer, start);
}

void rprof_writer_cause(struct rprof_writer *writer, uint64_t id, const char *name)
{
    define_name(writer, RPROF_CAUSE, id, name);
}

void rprof_writer_counter(struct rprof_writer *writer, uint64_t id, const char *name)
{
    define_name(writer, RPROF_COUNTER, id, name);
}

void rprof_writer_opcode(struct rprof_writer *writer, uint64_t id, const char *name)
{
    define_name(writer, RPROF_OPCODE, id, name);
}

/* -- What happened -------------------------------------------------------- */

void rprof_writer_sample(struct rprof_writer *writer, uint64_t thread, uint64_t time_ns,
                         uint64_t node, uint64_t weight)
{
    select_thread(writer, thread);
    put_number(writer, RPROF_SAMPLE);
    put_time(writer, time_ns);
    put_number(writer, node);
    put_number(writer, rprof_zigzag(weight - writer->weight));
    writer->weight = weight;
    writer->samples++;
    writer->waiting_samples++;
}

void rprof_writer_values(struct rprof_writer *writer, const uint64_t *values,
                         size_t count)
{
    /* No `room` here: the record must stay in the block of its sample, and RECORD_MAX
     * leaves space behind any record for this many. */
    size_t kept = count <= 64 ? count : 64;
    put_number(writer, RPROF_VALUES);
    put_number(writer, kept);
    for (size_t i = 0; i < kept; i++) {
        put_number(writer, values[i]);
    }
}

void rprof_writer_alloc(struct rprof_writer *writer, uint64_t thread, uint64_t time_ns,
                        uint64_t node, uint64_t cause, uint64_t size_bytes,
                        uint64_t object)
{
    select_thread(writer, thread);
    put_number(writer, RPROF_ALLOC);
    put_time(writer, time_ns);
    put_number(writer, node);
    put_number(writer, cause);
    put_number(writer, size_bytes);
    put_number(writer, object);
    writer->alloc_samples++;
    writer->alloc_bytes += size_bytes;
    writer->waiting_alloc_samples++;
    writer->waiting_alloc_bytes += size_bytes;
}

void rprof_writer_free(struct rprof_writer *writer, uint64_t thread, uint64_t time_ns,
                       uint64_t object, uint64_t age_bytes)
{
    select_thread(writer, thread);
    put_number(writer, RPROF_FREE);
    put_time(writer, time_ns);
    put_number(writer, object);
    put_number(writer, age_bytes);
}

void rprof_writer_counts(struct rprof_writer *writer, uint64_t thread, uint64_t time_ns,
                         uint64_t node, uint64_t cause, const struct rprof_counts *add)
{
    select_thread(writer, thread);
    put_number(writer, RPROF_COUNTS);
    put_time(writer, time_ns);
    put_number(writer, node);
    put_number(writer, cause);
    put_number(writer, add->allocs);
    put_number(writer, add->bytes);
    put_number(writer, add->frees);
    put_number(writer, add->freed_bytes);
    put_number(writer, add->temporary_bytes);
    writer->alloc_samples += add->allocs;
    writer->alloc_bytes += add->bytes;
    writer->waiting_alloc_samples += add->allocs;
    writer->waiting_alloc_bytes += add->bytes;
}

void rprof_writer_peak(struct rprof_writer *writer, uint64_t thread, uint64_t node,
                       uint64_t cause, uint64_t objects, uint64_t bytes)
{
    select_thread(writer, thread);
    put_number(writer, RPROF_PEAK);
    put_number(writer, node);
    put_number(writer, cause);
    put_number(writer, objects);
    put_number(writer, bytes);
}

void rprof_writer_lost(struct rprof_writer *writer, uint64_t thread, uint64_t samples,
                       enum rprof_lost_reason reason)
{
    select_thread(writer, thread);
    put_number(writer, RPROF_LOST);
    put_number(writer, samples);
    put_number(writer, (uint64_t)reason);
    writer->lost += samples;
}

void rprof_writer_cpu_time(struct rprof_writer *writer, uint64_t thread,
                           uint64_t time_ns, uint64_t cpu_ns)
{
    select_thread(writer, thread);
    put_number(writer, RPROF_CPU_TIME);
    put_time(writer, time_ns);
    put_number(writer, cpu_ns);
}

void rprof_writer_mark(struct rprof_writer *writer, uint64_t time_ns,
                       enum rprof_mark kind, uint64_t value)
{
    begin(writer, RPROF_MARK);
    put_time(writer, time_ns);
    put_number(writer, (uint64_t)kind);
    put_number(writer, value);
}

void rprof_writer_unwound(struct rprof_writer *writer, enum rprof_unwinder unwinder,
                          uint64_t frames)
{
    begin(writer, RPROF_UNWOUND);
    put_number(writer, (uint64_t)unwinder);
    put_number(writer, frames);
}

/* -- The end -------------------------------------------------------------- */

static void write_end_block(struct rprof_writer *writer,
                            const struct rprof_ending *ending)
{
    bool failed = writer->status != RPROF_WRITER_OK;
    if (failed) {
        /* Over the torn block: its bytes, or the reserve, are the room we have. */
        if (!writer->seekable ||
            writer->os->lseek(writer->fd, (off_t)writer->good_bytes, SEEK_SET) < 0) {
            return;
        }
        char text[256];
        snprintf(text, sizeof text, "%s", strerror(writer->error));
        rprof_writer_meta(writer, "write_error", text);
    }
    size_t start = sized_begin(writer, RPROF_END);
    put_number(writer, failed ? RPROF_END_WRITE_FAILED : (uint64_t)ending->reason);
    put_number(writer, ending->duration_ns);
    put_number(writer, writer->samples);
    put_number(writer, writer->lost);
    put_number(writer, writer->alloc_samples);
    put_number(writer, writer->alloc_bytes);
    sized_end(writer, start);
    write_block(writer, RPROF_BLOCK_END);
    if (writer->seekable) {
        /* Drops a torn tail and gives the reserve back. */
        (void)writer->os->ftruncate(writer->fd, (off_t)writer->good_bytes);
    }
}
