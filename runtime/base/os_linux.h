/*
 * What base needs from the operating system: clocks, whole files, files written whole,
 * stacks, random bytes, where the program lies. The one place of base that names Linux.
 *
 * Functions that can fail return 0 or an errno value (never -1) unless they return bool;
 * os_append_error gives the text. Out-parameters are written only on success.
 */
#ifndef BASE_OS_LINUX_H
#define BASE_OS_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/sizing.h"

struct strbuf;

/* ---- clocks, all in nanoseconds; thread- and signal-safe -------------------------- */

uint64_t os_monotonic_ns(void);   /* since some fixed moment; never goes back */
uint64_t os_wall_ns(void);        /* since 1970-01-01 UTC; may jump */
uint64_t os_process_cpu_ns(void); /* CPU time of all threads of this process */
uint64_t os_thread_cpu_ns(void);  /* CPU time of the calling thread */

/* Sleeps at least this long, also across signals. */
void os_sleep_ns(uint64_t duration_ns);

/* ---- facts ------------------------------------------------------------------------ */

pid_t os_gettid(void);       /* kernel id of the calling thread; signal-safe */
bool os_is_tty(int fd);      /* true when fd is a terminal */
size_t os_page_bytes(void);  /* size of a page */
unsigned os_cpu_count(void); /* CPUs this process may run on, at least 1 */

/* Fills `bytes` from the system's random source; false when there is none. */
bool os_random_bytes(void *bytes, size_t n);

/* The 16 random bytes the kernel gave this process when it started; NULL when it did not. */
const void *os_process_random(void);

/* Appends "No such file or directory (os error 2)". False without memory. */
bool os_append_error(struct strbuf *out, int error);

/* Appends the absolute path of the running program. 0, or why it is unknown. */
int os_executable_path(struct strbuf *out);

/* Appends the path of another program of this installation: in the folder of the running
   one, and named as this one is, so that `x-ruff` finds `x-ruffprof`. `self` is the plain
   name of the running program ("ruff"), `wanted` that of the other ("ruffprof"). ENOENT
   when no such program is there. */
int os_sibling_program(struct strbuf *out, const char *self, const char *wanted);

/* ---- transfers -------------------------------------------------------------------- */

/* How many of `n` bytes a read or write may ask the system for at once: all of them. In hard
   tests a few, so that every transfer is a short one, as a pipe or a signal can make it. */
static inline size_t os_transfer(size_t n)
{
    const size_t most = SIZE_OR_TINY(SIZE_MAX, 13);
    return n < most ? n : most;
}

/* ---- reading ---------------------------------------------------------------------- */

/* Owns `data`: `len` bytes and a NUL behind them. */
struct os_file {
    char *data;
    size_t len;
};

/* Reads a whole file. EFBIG when it holds more than `max_bytes`, EISDIR for a folder,
   ENOMEM; otherwise what open or read said. Works on pipes too. */
int os_read_file(const char *path, size_t max_bytes, struct os_file *file);

/* The same from an open descriptor, to its end; fd stays open. */
int os_read_fd(int fd, size_t max_bytes, struct os_file *file);

/* Frees the bytes; leaves an empty file. */
void os_file_done(struct os_file *file);

/* ---- writing ---------------------------------------------------------------------- */

/* Writes all bytes, across signals and short writes. Signal-safe. */
int os_write_all(int fd, const void *bytes, size_t n);

/* A file that appears only when complete: written under a temporary name in the same
   folder, then renamed. Owns the stream and both names. A path that is there but no
   regular file (a pipe, /dev/null) is written directly; a symbolic link is followed. */
struct os_atomic_file {
    FILE *stream; /* write here */
    char *path;   /* final name */
    char *temp;   /* temporary name; NULL when written directly */
};

/* Opens; on failure nothing has been made. */
int os_atomic_open(struct os_atomic_file *file, const char *path);

/* Flushes, closes and renames. On failure the old file is untouched and the temporary one
   removed. Either way `file` is finished. */
int os_atomic_commit(struct os_atomic_file *file);

/* Gives up: removes the temporary file. */
void os_atomic_abort(struct os_atomic_file *file);

/* All in one. */
int os_write_file_atomic(const char *path, const void *bytes, size_t n);

/* ---- address space ------------------------------------------------------------------ */

/* Zeroed address space that takes memory only where it is touched, readable and writable;
   NULL with errno. munmap gives it back. Thread-safe. */
void *os_reserve(size_t bytes);

/* ---- stacks ----------------------------------------------------------------------- */

/* A stack for one thread: reserved address space that costs memory only where touched,
   with one guard page below. Owns the mapping. */
struct os_stack {
    char *base;   /* lowest usable byte */
    size_t bytes; /* usable size; a multiple of the page size */
};

/* Reserves at least `bytes` (> 0). 0, ENOMEM or what mmap said. */
int os_stack_map(struct os_stack *stack, size_t bytes);

/* Gives the address space back; leaves an empty stack. Harmless on an empty one. */
void os_stack_unmap(struct os_stack *stack);

#endif
