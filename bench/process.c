#include "config.h"

#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timer.h"

#include "base/os_linux.h"
#include "base/sizing.h"

enum {
    IDLE_INTERVAL_MS = 100
};

/* Exit codes of the child before exec; the shell's convention. */
enum {
    EXIT_NOT_EXECUTABLE = 126
};

struct channel {
    int read_end;
    int write_end;
};

enum watched {
    WATCH_DEATH,
    WATCH_MESSAGES,
    WATCH_OUTPUT,
    WATCH_ERRORS,
    WATCH_INTERRUPT,
    WATCH_COUNT
};

struct child {
    pid_t pid;
    int death_fd; /* readable when the child has ended */
    struct channel messages;
    struct channel output;
    struct channel errors;
    /* Carries errno of a failed exec; closed by a successful one. */
    struct channel start;
};

static bool open_channels(struct child *child);
static bool open_channel(struct channel *channel);
static void close_channels(struct child *child);
static void close_channel(struct channel *channel);
static void close_fd(int *fd);
static void become_child(const struct process_spec *spec, struct child *child,
                         int input_fd, pid_t parent);
static void pin_to(int cpu);
static int read_start_error(int fd);
static enum process_end watch(const struct process_spec *spec, struct child *child,
                              struct process_outcome *out);
static bool drain_messages(const struct process_spec *spec, struct child *child,
                           uint64_t *last_heard_ns);
static void drain_tail(int *fd, struct process_tail *tail);
static void tail_add(struct process_tail *tail, const char *data, size_t length);
static void reap(struct child *child, enum process_end end,
                 struct process_outcome *out);

void process_run(const struct process_spec *spec, struct process_outcome *out)
{
    *out = (struct process_outcome){.end = PROCESS_NOT_STARTED};
    struct child child = {.pid = -1,
                          .death_fd = -1,
                          .messages = {-1, -1},
                          .output = {-1, -1},
                          .errors = {-1, -1},
                          .start = {-1, -1}};
    int null_fd = -1;
    int input_fd = spec->input_fd;
    int start_error = 0;
    pid_t parent = getpid();
    if (input_fd < 0) {
        input_fd = null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    if (input_fd < 0 || !open_channels(&child)) {
        out->code = errno;
        goto done;
    }
    child.pid = fork();
    if (child.pid < 0) {
        out->code = errno;
        goto done;
    }
    if (child.pid == 0) {
        become_child(spec, &child, input_fd, parent);
    }
    /* Both sides set the group, so that it exists whoever runs first. */
    (void)setpgid(child.pid, child.pid);
    close_fd(&child.messages.write_end);
    close_fd(&child.output.write_end);
    close_fd(&child.errors.write_end);
    close_fd(&child.start.write_end);
    child.death_fd = pidfd_open(child.pid, 0);
    start_error = read_start_error(child.start.read_end);
    if (start_error != 0 || child.death_fd < 0) {
        start_error = start_error != 0 ? start_error : errno;
        reap(&child, PROCESS_NOT_STARTED, out);
        out->code = start_error;
        goto done;
    }
    reap(&child, watch(spec, &child, out), out);
done:
    close_channels(&child);
    close_fd(&null_fd);
}

/* ---- Start ------------------------------------------------------------------- */

static bool open_channels(struct child *child)
{
    return open_channel(&child->messages) && open_channel(&child->output) &&
           open_channel(&child->errors) && open_channel(&child->start);
}

static bool open_channel(struct channel *channel)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) {
        return false;
    }
    channel->read_end = fds[0];
    channel->write_end = fds[1];
    /* Only our end: the child writes as to any pipe. */
    return fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0;
}

static void close_channels(struct child *child)
{
    close_fd(&child->death_fd);
    close_channel(&child->messages);
    close_channel(&child->output);
    close_channel(&child->errors);
    close_channel(&child->start);
}

static void close_channel(struct channel *channel)
{
    close_fd(&channel->read_end);
    close_fd(&channel->write_end);
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

/* Runs in the child between fork and exec: async-signal-safe calls only. */
static void become_child(const struct process_spec *spec, struct child *child,
                         int input_fd, pid_t parent)
{
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(EXIT_NOT_EXECUTABLE);
    }
    /* First out of the way of 0–3, then into place: a descriptor of ours may have one of
     * these numbers. Duplicates of a number to itself would keep close-on-exec. */
    enum {
        SAFE = 10
    };
    int from[] = {input_fd, child->output.write_end, child->errors.write_end,
                  child->messages.write_end, child->start.write_end};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, SAFE);
    }
    for (int fd = 0; fd <= PROCESS_MESSAGE_FD; fd++) {
        if (dup2(from[fd], fd) < 0) {
            _exit(EXIT_NOT_EXECUTABLE);
        }
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    pin_to(spec->pin_cpu);
    execv(spec->argv[0], spec->argv);
    int reason = errno;
    ssize_t written = write(from[PROCESS_MESSAGE_FD + 1], &reason, sizeof reason);
    _exit(written < 0 ? EXIT_NOT_EXECUTABLE : EXIT_NOT_EXECUTABLE + 1);
}

static void pin_to(int cpu)
{
    if (cpu < 0 || cpu >= CPU_SETSIZE) {
        return;
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

/* Waits until the child has executed its program (end of file) or says why not. */
static int read_start_error(int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    while (poll(&entry, 1, -1) < 0 && errno == EINTR) {
    }
    int reason = 0;
    ssize_t got = read(fd, &reason, sizeof reason);
    return got == (ssize_t)sizeof reason ? reason : 0;
}

/* ---- Watch ------------------------------------------------------------------- */

static enum process_end watch(const struct process_spec *spec, struct child *child,
                              struct process_outcome *out)
{
    uint64_t last_heard_ns = timer_wall_now();
    for (;;) {
        struct pollfd entries[WATCH_COUNT] = {
            [WATCH_DEATH] = {.fd = child->death_fd, .events = POLLIN},
            [WATCH_MESSAGES] = {.fd = child->messages.read_end, .events = POLLIN},
            [WATCH_OUTPUT] = {.fd = child->output.read_end, .events = POLLIN},
            [WATCH_ERRORS] = {.fd = child->errors.read_end, .events = POLLIN},
            [WATCH_INTERRUPT] = {.fd = spec->interrupt_fd, .events = POLLIN},
        };
        int ready = poll(entries, WATCH_COUNT, IDLE_INTERVAL_MS);
        if (ready < 0 && errno != EINTR) {
            return PROCESS_FLOODED;
        }
        if (ready > 0 && entries[WATCH_INTERRUPT].revents != 0) {
            return PROCESS_INTERRUPTED;
        }
        bool is_dead = ready > 0 && entries[WATCH_DEATH].revents != 0;
        if (!drain_messages(spec, child, &last_heard_ns)) {
            return PROCESS_FLOODED;
        }
        drain_tail(&child->output.read_end, &out->output);
        drain_tail(&child->errors.read_end, &out->errors);
        if (is_dead) {
            /* What it wrote before it died has just been read: a pipe keeps it. A
             * grandchild may still hold the other ends; it is not waited for. */
            return PROCESS_EXITED;
        }
        uint64_t now_ns = timer_wall_now();
        if (spec->silence_ns != 0 &&
            timer_difference(last_heard_ns, now_ns) > spec->silence_ns) {
            return PROCESS_SILENT;
        }
        if (spec->idle != NULL) {
            spec->idle(spec->idle_context);
        }
    }
}

static bool drain_messages(const struct process_spec *spec, struct child *child,
                           uint64_t *last_heard_ns)
{
    char data[8192];
    while (child->messages.read_end >= 0) {
        ssize_t got = read(child->messages.read_end, data, os_transfer(sizeof data));
        if (got < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        if (got == 0) {
            close_fd(&child->messages.read_end);
            return true;
        }
        *last_heard_ns = timer_wall_now();
        if (spec->consume != NULL &&
            !spec->consume(spec->consume_context, data, (size_t)got)) {
            return false;
        }
    }
    return true;
}

/* At most so much per turn, which is more than pipes hold, so that a child that never stops
 * printing cannot keep the harness from looking at the clock. */
static void drain_tail(int *fd, struct process_tail *tail)
{
    enum {
        BYTES_PER_TURN = 1024 * 1024
    };
    char data[8192];
    for (size_t taken = 0; taken < BYTES_PER_TURN && *fd >= 0;) {
        ssize_t got = read(*fd, data, SIZE_OR_TINY(sizeof data, 509));
        if (got < 0) {
            return;
        }
        if (got == 0) {
            close_fd(fd);
            return;
        }
        tail_add(tail, data, (size_t)got);
        taken += (size_t)got;
    }
}

static void tail_add(struct process_tail *tail, const char *data, size_t length)
{
    tail->total_bytes += length;
    if (length >= PROCESS_TAIL_SIZE) {
        memcpy(tail->text, data + length - PROCESS_TAIL_SIZE, PROCESS_TAIL_SIZE);
        tail->length = PROCESS_TAIL_SIZE;
    } else {
        size_t overflow = tail->length + length > PROCESS_TAIL_SIZE
                              ? tail->length + length - PROCESS_TAIL_SIZE
                              : 0;
        memmove(tail->text, tail->text + overflow, tail->length - overflow);
        memcpy(tail->text + tail->length - overflow, data, length);
        tail->length += length - overflow;
    }
    tail->text[tail->length] = '\0';
}

/* ---- End --------------------------------------------------------------------- */

/* Ends whatever is left of the group and collects the child. */
static void reap(struct child *child, enum process_end end, struct process_outcome *out)
{
    if (end != PROCESS_EXITED) {
        (void)kill(child->pid, SIGKILL);
    }
    (void)kill(-child->pid, SIGKILL);
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    out->end = end;
    if (end == PROCESS_EXITED) {
        if (WIFSIGNALED(status)) {
            out->end = PROCESS_SIGNALLED;
            out->code = WTERMSIG(status);
        } else {
            out->code = WEXITSTATUS(status);
        }
    }
}
