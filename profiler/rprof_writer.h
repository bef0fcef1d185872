#ifndef RUFFPROF_RPROF_WRITER_H
#define RUFFPROF_RPROF_WRITER_H

/*
 * Appends records to a profile file. Used by one thread at a time: the drain thread of a
 * session while it records, tests, and `ruffprof merge`. Knows the format and nothing of
 * sampling; ids are the caller's (small, starting at 1; see notes/profile-format.md).
 *
 * Records are collected in memory and written as one block by `rprof_writer_tick` when
 * 64 KiB wait or 250 ms have passed, by `rprof_writer_flush`, or when the buffer is full.
 * A SIGKILL therefore loses at most what came after the last tick.
 *
 * Failure: the first failing write makes the writer *failed*. It then accepts and counts
 * records without keeping them, so that recording code needs no error paths;
 * `rprof_writer_status` tells, and `rprof_writer_close` still puts an end block behind
 * the last whole block. Nothing here is signal safe.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "rprof_format.h"

struct rprof_writer;

enum rprof_writer_status {
    RPROF_WRITER_OK = 0,
    RPROF_WRITER_NO_MEMORY,
    RPROF_WRITER_OPEN_FAILED,
    RPROF_WRITER_WRITE_FAILED,
};

/* The operating system as the writer sees it. Tests replace entries to make a disk fail.
 * Each behaves like the call of its name (−1 and errno). */
struct rprof_os {
    int (*open)(const char *path, int flags, mode_t mode);
    ssize_t (*write)(int fd, const void *bytes, size_t count);
    off_t (*lseek)(int fd, off_t offset, int whence);
    int (*ftruncate)(int fd, off_t length);
    int (*fallocate)(int fd, int mode, off_t offset, off_t length);
    int (*close)(int fd);
};

/* The real calls. */
extern const struct rprof_os rprof_os_linux;

/* What the end block says. */
struct rprof_ending {
    enum rprof_end_reason reason; /* replaced by WRITE_FAILED when a write failed */
    uint64_t duration_ns;
};

/* -- Life ----------------------------------------------------------------- */

/*
 * Creates (or truncates) `path` and writes the file header. `os` NULL = the real system;
 * it is borrowed until close. On failure `*out` is untouched and `*error` (if not NULL)
 * is the errno.
 */
enum rprof_writer_status rprof_writer_open(struct rprof_writer **out, const char *path,
                                           const struct rprof_os *os, int *error);

/* The same on a descriptor the caller opened for writing; the writer becomes its owner
 * on success. Pipes are accepted. */
enum rprof_writer_status rprof_writer_open_fd(struct rprof_writer **out, int fd,
                                              const struct rprof_os *os, int *error);

/*
 * Writes what waits and the end block, closes the file and frees the writer (also when
 * it failed before). Returns the status of the whole recording. NULL is allowed.
 */
enum rprof_writer_status rprof_writer_close(struct rprof_writer *writer,
                                            const struct rprof_ending *ending);

/* Frees without an end block and without writing what waits: what a SIGKILL leaves.
 * For the child after a fork, and tests. */
void rprof_writer_abandon(struct rprof_writer *writer);

/* What the clock of all later `*_ns` showed when the recording started; the file counts from
 * there. 0 unless set; to be set before the first time. Does not concern rprof_writer_tick. */
void rprof_writer_origin(struct rprof_writer *writer, uint64_t origin_ns);

/* -- Blocks --------------------------------------------------------------- */

/* To be called at least every 250 ms; `now_ns` is the recording's clock. Writes a block
 * when one is due. */
void rprof_writer_tick(struct rprof_writer *writer, uint64_t now_ns);

/* Writes what waits now. */
void rprof_writer_flush(struct rprof_writer *writer);

/* OK, or what went wrong first; `*error` (if not NULL) gets its errno. */
enum rprof_writer_status rprof_writer_status(const struct rprof_writer *writer,
                                             int *error);

/* Bytes in the file so far, whole blocks only. */
uint64_t rprof_writer_bytes(const struct rprof_writer *writer);

/* -- Definitions (each before its first use) ------------------------------- */

/* Facts about the recording: keys in notes/profile-format.md. Later values replace
 * earlier ones. `value` is cut at RPROF_NAME_MAX bytes. */
void rprof_writer_meta(struct rprof_writer *writer, const char *key, const char *value);
void rprof_writer_meta_number(struct rprof_writer *writer, const char *key,
                              uint64_t value);

/* A script; `text` NULL = keep the hash only (`--no-source`; `text_bytes` is then the
 * size to state). Text beyond RPROF_SOURCE_MAX is left out. */
void rprof_writer_source(struct rprof_writer *writer, uint64_t id, const char *path,
                         uint64_t hash, const char *text, size_t text_bytes);
void rprof_writer_module(struct rprof_writer *writer, uint64_t id, const char *path,
                         const uint8_t *build_id, size_t build_id_bytes, uint64_t bias,
                         uint64_t low, uint64_t high);
void rprof_writer_function(struct rprof_writer *writer, uint64_t id, const char *name,
                           uint64_t source, uint64_t line);

/* `ref` and `position`: function and line, or module and address for the native tier. */
void rprof_writer_frame(struct rprof_writer *writer, uint64_t id, enum rprof_tier tier,
                        uint64_t ref, uint64_t position, uint64_t opcode);
void rprof_writer_node(struct rprof_writer *writer, uint64_t id, uint64_t parent,
                       uint64_t frame);
/* Announces a thread; `tid` is the kernel's, `start_ns` when it came. */
void rprof_writer_thread(struct rprof_writer *writer, uint64_t thread, const char *name,
                         uint64_t tid, uint64_t start_ns);
/* The thread is gone; nothing of it may follow but LOST and PEAK. */
void rprof_writer_thread_end(struct rprof_writer *writer, uint64_t thread,
                             uint64_t end_ns);
void rprof_writer_cause(struct rprof_writer *writer, uint64_t id, const char *name);
void rprof_writer_counter(struct rprof_writer *writer, uint64_t id, const char *name);
void rprof_writer_opcode(struct rprof_writer *writer, uint64_t id, const char *name);

/* -- What happened -------------------------------------------------------- */

/* One sample of `thread`; `weight` is its own period (ns or events). */
void rprof_writer_sample(struct rprof_writer *writer, uint64_t thread, uint64_t time_ns,
                         uint64_t node, uint64_t weight);

/* Counters read with the sample just written, in the order of their ids. */
void rprof_writer_values(struct rprof_writer *writer, const uint64_t *values,
                         size_t count);

/* One allocation; `object` ≠ 0 if a `rprof_writer_free` may follow. */
void rprof_writer_alloc(struct rprof_writer *writer, uint64_t thread, uint64_t time_ns,
                        uint64_t node, uint64_t cause, uint64_t size_bytes,
                        uint64_t object);

/* `age_bytes`: bytes the freeing thread allocated since the object was made. */
void rprof_writer_free(struct rprof_writer *writer, uint64_t thread, uint64_t time_ns,
                       uint64_t object, uint64_t age_bytes);

/* Exact mode: increments since the last call for this node and cause. */
struct rprof_counts {
    uint64_t allocs, bytes, frees, freed_bytes, temporary_bytes;
};
void rprof_writer_counts(struct rprof_writer *writer, uint64_t thread, uint64_t time_ns,
                         uint64_t node, uint64_t cause, const struct rprof_counts *add);
void rprof_writer_peak(struct rprof_writer *writer, uint64_t thread, uint64_t node,
                       uint64_t cause, uint64_t objects, uint64_t bytes);

void rprof_writer_lost(struct rprof_writer *writer, uint64_t thread, uint64_t samples,
                       enum rprof_lost_reason reason);
void rprof_writer_cpu_time(struct rprof_writer *writer, uint64_t thread,
                           uint64_t time_ns, uint64_t cpu_ns);
void rprof_writer_mark(struct rprof_writer *writer, uint64_t time_ns,
                       enum rprof_mark kind, uint64_t value);
void rprof_writer_unwound(struct rprof_writer *writer, enum rprof_unwinder unwinder,
                          uint64_t frames);

#endif
