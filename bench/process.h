/* Runs one child process and watches it: messages, output, silence, death.
 *
 * The child gets its standard input from a file descriptor, its standard output and
 * error go into bounded buffers (the last PROCESS_TAIL_SIZE bytes are kept, the rest is
 * counted), and descriptor PROCESS_MESSAGE_FD carries its messages, which are handed
 * over as they arrive. The child leads its own process group: a Ctrl-C in the terminal
 * reaches the harness only, and everything the child started dies with it. It is killed
 * when the harness dies.
 *
 * Not here: what the messages mean (protocol.h, runner.h). Not thread safe; no globals.*/
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROCESS_MESSAGE_FD 3
#define PROCESS_TAIL_SIZE  4096

enum process_end {
    PROCESS_EXITED,      /* code: exit code */
    PROCESS_SIGNALLED,   /* code: signal number */
    PROCESS_SILENT,      /* killed: no message for longer than allowed */
    PROCESS_FLOODED,     /* killed: the consumer refused its messages */
    PROCESS_INTERRUPTED, /* killed: the interrupt descriptor became readable */
    PROCESS_NOT_STARTED  /* code: errno */
};

/* The last bytes a stream produced, and how many in all. */
struct process_tail {
    char text[PROCESS_TAIL_SIZE + 1]; /* ends with '\0' */
    size_t length;
    uint64_t total_bytes;
};

struct process_outcome {
    enum process_end end;
    int code;
    struct process_tail output;
    struct process_tail errors;
};

/* Bytes of the message stream, in pieces of any size. Return false to end the child. */
typedef bool (*process_consume_fn)(void *context, const char *data, size_t length);

struct process_spec {
    char *const *argv;   /* argv[0] is the file executed; ends with NULL */
    int input_fd;        /* becomes the child's standard input; −1 = /dev/null */
    int interrupt_fd;    /* readable = stop; −1 = none */
    int pin_cpu;         /* −1 = any */
    uint64_t silence_ns; /* longest time without a message; 0 = no limit */
    process_consume_fn consume;
    void *consume_context;
    void (*idle)(void *context); /* called about every 100 ms while waiting, or NULL */
    void *idle_context;
};

/* Runs the child to its end. Always fills *out. */
void process_run(const struct process_spec *spec, struct process_outcome *out);

#endif
