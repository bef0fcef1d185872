#include "config.h"

#include "base/os_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"

static uint64_t clock_ns(clockid_t clock);
static bool append_program_name(struct strbuf *out, const char *running,
                                const char *self, const char *wanted);
static int read_growing(int fd, size_t max_bytes, size_t size_hint,
                        struct os_file *file);
static int choose_target(const char *path, char **target, bool *direct);
static int open_temp(struct os_atomic_file *file);
static void forget(struct os_atomic_file *file);

/* ---- clocks ------------------------------------------------------------------- */

uint64_t os_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t os_wall_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

uint64_t os_process_cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t os_thread_cpu_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void os_sleep_ns(uint64_t duration_ns)
{
    struct timespec left = {
        .tv_sec = (time_t)(duration_ns / 1000000000),
        .tv_nsec = (int64_t)(duration_ns % 1000000000),
    };
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
    }
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- facts -------------------------------------------------------------------- */

pid_t os_gettid(void)
{
    return (pid_t)syscall(SYS_gettid);
}

bool os_is_tty(int fd)
{
    return isatty(fd) == 1;
}

size_t os_page_bytes(void)
{
    int64_t bytes = sysconf(_SC_PAGESIZE);
    return bytes > 0 ? (size_t)bytes : 4096;
}

unsigned os_cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        int count = CPU_COUNT(&set);
        if (count > 0)
            return (unsigned)count;
    }
    int64_t online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

const void *os_process_random(void)
{
    return (const void *)getauxval(AT_RANDOM);
}

bool os_random_bytes(void *bytes, size_t n)
{
    char *at = bytes;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        n -= (size_t)got;
    }
    return true;
}

bool os_append_error(struct strbuf *out, int error)
{
    char text[128];
    return strbuf_append_format(out, "%s (os error %d)",
                                strerror_r(error, text, sizeof text), error);
}

int os_executable_path(struct strbuf *out)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    if (n < 0)
        return errno;
    if ((size_t)n == sizeof path)
        return ENAMETOOLONG;
    return strbuf_append(out, path, (size_t)n) ? 0 : ENOMEM;
}

int os_sibling_program(struct strbuf *out, const char *self, const char *wanted)
{
    struct strbuf path;
    strbuf_init(&path);
    int error = os_executable_path(&path);
    if (error == 0) {
        size_t folder = path.len;
        while (folder > 0 && path.data[folder - 1] != '/')
            folder--;
        char *running = mem_strndup(path.data + folder, path.len - folder);
        strbuf_truncate(&path, folder);
        bool named =
            running != NULL && append_program_name(&path, running, self, wanted);
        if (!named || access(strbuf_str(&path), X_OK) != 0) {
            strbuf_truncate(&path, folder);
            strbuf_append_str(&path, wanted);
        }
        mem_free(running);
        if (strbuf_failed(&path))
            error = ENOMEM;
        else if (access(strbuf_str(&path), X_OK) != 0)
            error = ENOENT;
        else if (!strbuf_append(out, path.data, path.len))
            error = ENOMEM;
    }
    strbuf_done(&path);
    return error;
}

/* Keeps what stands around the plain name: `x-ruff-1` becomes `x-ruffprof-1`. */
static bool append_program_name(struct strbuf *out, const char *running,
                                const char *self, const char *wanted)
{
    const char *at = strstr(running, self);
    if (at == NULL)
        return false;
    return strbuf_append(out, running, (size_t)(at - running)) &&
           strbuf_append_str(out, wanted) && strbuf_append_str(out, at + strlen(self));
}

/* ---- reading ------------------------------------------------------------------ */

int os_read_file(const char *path, size_t max_bytes, struct os_file *file)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = os_read_fd(fd, max_bytes, file);
    close(fd);
    return error;
}

int os_read_fd(int fd, size_t max_bytes, struct os_file *file)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    size_t hint = 0;
    if (S_ISREG(status.st_mode) && status.st_size > 0) {
        if ((uint64_t)status.st_size > max_bytes)
            return EFBIG;
        hint = (size_t)status.st_size;
    }
    return read_growing(fd, max_bytes, hint, file);
}

void os_file_done(struct os_file *file)
{
    mem_free(file->data);
    *file = (struct os_file){NULL, 0};
}

enum {
    /* Reading a file of unknown size: room a read gets at least, and how much comes when it
       has less. */
    UNKNOWN_LEAST = SIZE_OR_TINY(1024, 2),
    UNKNOWN_MORE = SIZE_OR_TINY(65536, 2),
};

/* The size the file claims is a hint only: it may grow, and files in /proc claim 0. */
static int read_growing(int fd, size_t max_bytes, size_t size_hint,
                        struct os_file *file)
{
    struct strbuf bytes;
    strbuf_init(&bytes);
    size_hint = SIZE_OR_TINY(size_hint, 0);
    int error = strbuf_reserve(&bytes, size_hint + 1) ? 0 : ENOMEM;
    while (error == 0) {
        /* A file of the size it claims needs one byte more, to see its end. */
        size_t least = size_hint > 0 ? 1 : UNKNOWN_LEAST;
        size_t extra = bytes.cap - bytes.len > least ? 0 : UNKNOWN_MORE;
        if (!strbuf_reserve(&bytes, extra)) {
            error = ENOMEM;
            break;
        }
        ssize_t got =
            read(fd, bytes.data + bytes.len, os_transfer(bytes.cap - bytes.len - 1));
        if (got < 0) {
            error = errno == EINTR ? 0 : errno;
            continue;
        }
        if (got == 0)
            break;
        bytes.len += (size_t)got;
        bytes.data[bytes.len] = '\0';
        if (bytes.len > max_bytes)
            error = EFBIG;
    }
    if (error == 0) {
        size_t len;
        char *data = strbuf_detach(&bytes, &len);
        if (data == NULL)
            return ENOMEM;
        *file = (struct os_file){data, len};
    }
    strbuf_done(&bytes);
    return error;
}

/* ---- writing ------------------------------------------------------------------ */

int os_write_all(int fd, const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t put = write(fd, at, os_transfer(n));
        if (put < 0) {
            if (errno == EINTR)
                continue;
            return errno;
        }
        at += put;
        n -= (size_t)put;
    }
    return 0;
}

int os_atomic_open(struct os_atomic_file *file, const char *path)
{
    struct os_atomic_file made = {.stream = NULL};
    bool direct;
    int error = choose_target(path, &made.path, &direct);
    if (error != 0)
        return error;
    if (direct) {
        made.stream = fopen(made.path, "we");
        error = made.stream == NULL ? errno : 0;
    } else {
        error = open_temp(&made);
    }
    if (error != 0) {
        forget(&made);
        return error;
    }
    *file = made;
    return 0;
}

int os_atomic_commit(struct os_atomic_file *file)
{
    errno = 0;
    bool written = fflush(file->stream) == 0 && ferror(file->stream) == 0;
    /* ferror remembers that a write failed but not why; the disk being full is the usual
       reason when errno was lost. */
    int error = written ? 0 : errno != 0 ? errno : ENOSPC;
    if (fclose(file->stream) != 0 && error == 0)
        error = errno;
    file->stream = NULL;
    if (error == 0 && file->temp != NULL && rename(file->temp, file->path) != 0)
        error = errno;
    if (error != 0 && file->temp != NULL)
        unlink(file->temp);
    forget(file);
    return error;
}

void os_atomic_abort(struct os_atomic_file *file)
{
    if (file->stream != NULL)
        fclose(file->stream);
    if (file->temp != NULL)
        unlink(file->temp);
    forget(file);
}

int os_write_file_atomic(const char *path, const void *bytes, size_t n)
{
    struct os_atomic_file file;
    int error = os_atomic_open(&file, path);
    if (error != 0)
        return error;
    if (n > 0 && fwrite(bytes, 1, n, file.stream) != n) {
        error = errno;
        os_atomic_abort(&file);
        return error;
    }
    return os_atomic_commit(&file);
}

/* A rename would replace a link by a file, and a pipe too: links are followed, and what
   is no regular file is written in place. */
static int choose_target(const char *path, char **target, bool *direct)
{
    struct stat status;
    char resolved[PATH_MAX];
    *direct = false;
    if (stat(path, &status) == 0) {
        if (S_ISDIR(status.st_mode))
            return EISDIR;
        *direct = !S_ISREG(status.st_mode);
        if (!*direct && realpath(path, resolved) != NULL)
            path = resolved;
    }
    *target = mem_strndup(path, strlen(path));
    return *target == NULL ? ENOMEM : 0;
}

static int open_temp(struct os_atomic_file *file)
{
    struct strbuf name;
    strbuf_init(&name);
    strbuf_append_format(&name, "%s.tmp-XXXXXX", file->path);
    file->temp = strbuf_detach(&name, NULL);
    if (file->temp == NULL)
        return ENOMEM;
    int fd = mkostemp(file->temp, O_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        mem_free(file->temp);
        file->temp = NULL;
        return error;
    }
    /* mkostemp makes the file private; a report is as public as any other new file, or
       as the one it replaces. */
    struct stat old;
    mode_t mode;
    if (stat(file->path, &old) == 0) {
        mode = old.st_mode & 07777;
    } else {
        mode_t mask = umask(0);
        umask(mask);
        mode = 0666 & ~mask;
    }
    file->stream = fchmod(fd, mode) == 0 ? fdopen(fd, "w") : NULL;
    if (file->stream == NULL) {
        int error = errno;
        close(fd);
        unlink(file->temp);
        return error;
    }
    return 0;
}

static void forget(struct os_atomic_file *file)
{
    mem_free(file->path);
    mem_free(file->temp);
    *file = (struct os_atomic_file){.stream = NULL};
}

/* ---- address space ---------------------------------------------------------------- */

void *os_reserve(size_t bytes)
{
    int protection = PROT_READ | PROT_WRITE;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
#ifdef RUFF_TSAN
    /* Past the sanitizer's mmap, which splits its shadow into mappings of their own until the
       kernel grants no more. The shadow of what was here before is wiped by its munmap. */
    void *p = (void *)syscall(SYS_mmap, NULL, bytes, protection, flags, -1, 0);
#else
    void *p = mmap(NULL, bytes, protection, flags, -1, 0);
#endif
    return p == MAP_FAILED ? NULL : p;
}

/* ---- stacks ------------------------------------------------------------------- */

int os_stack_map(struct os_stack *stack, size_t bytes)
{
    size_t page = os_page_bytes();
    if (bytes == 0 || bytes > SIZE_MAX - 2 * page)
        return ENOMEM;
    size_t usable = (bytes + page - 1) / page * page;
    char *low = mmap(NULL, usable + page, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (low == MAP_FAILED)
        return errno;
    if (mprotect(low, page, PROT_NONE) != 0) {
        int error = errno;
        munmap(low, usable + page);
        return error;
    }
    *stack = (struct os_stack){low + page, usable};
    return 0;
}

void os_stack_unmap(struct os_stack *stack)
{
    if (stack->base != NULL)
        munmap(stack->base - os_page_bytes(), stack->bytes + os_page_bytes());
    *stack = (struct os_stack){NULL, 0};
}
