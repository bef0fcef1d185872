/*
 * Writes small profiles whose every figure is known, for tests of the readers:
 *
 *     rprof_fixture KIND FILE
 *
 * KIND: cpu (two threads, recursion, hostile names), threads (tasks one after another and
 * together, a row twice, one without an end), mem (sampled allocations), exact,
 * empty, iterations (12 iterations with a steady phase), cut (no end block), deep, wide (900
 * frames under names of many lengths and scripts, some of them hostile), storm (blocks of
 * 5000 samples, in hard tests of 5, until it is killed).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rprof_writer.h"

#include "base/sizing.h"

#define PERIOD UINT64_C(1003009)

static void facts(struct rprof_writer *w, const char *event)
{
    rprof_writer_meta(w, "producer", "rprof_fixture");
    rprof_writer_meta(w, "script", "demo/shapes.ruff");
    rprof_writer_meta(w, "command", "ruff run demo/shapes.ruff");
    rprof_writer_meta(w, "mode", "vm");
    rprof_writer_meta(w, "event", event);
    rprof_writer_meta(w, "weight_unit", "ns");
    rprof_writer_meta(w, "trigger", event[0] != '\0' ? "timer" : "none");
    rprof_writer_meta(w, "freq", event[0] != '\0' ? "997" : "");
    rprof_writer_meta(w, "unwinder", "auto");
    char text[1024];
    size_t used = 0;
    for (int i = 1; i <= 31; i++) {
        int n = snprintf(text + used, sizeof text - used, "%sstatement(%d)\n",
                         i % 5 == 0 ? "" : "    ", i);
        used += n > 0 ? (size_t)n : 0;
    }
    rprof_writer_source(w, 1, "demo/shapes.ruff", 1, text, used);
    rprof_writer_thread(w, 1, "main", 4711, 0);
}

/* <main>:9 → parse:3 → fib:5 → fib:6 → fib:5 …, draw:20 → map (builtin) → <lambda:21> */
static void functions(struct rprof_writer *w)
{
    rprof_writer_function(w, 1, "<main>", 1, 1);
    rprof_writer_function(w, 2, "parse", 1, 3);
    rprof_writer_function(w, 3, "fib", 1, 5);
    rprof_writer_function(w, 4, "draw", 1, 20);
    rprof_writer_function(w, 5, "map", 0, 0);
    rprof_writer_function(w, 6, "<lambda:21>", 1, 21);
    rprof_writer_function(w, 7, "odd;na&me \"x\" 12", 1, 30);
    rprof_writer_opcode(w, 1, "ADD");
    rprof_writer_opcode(w, 2, "CALL");
    rprof_writer_frame(w, 1, RPROF_TIER_VM, 1, 9, 2);
    rprof_writer_frame(w, 2, RPROF_TIER_VM, 2, 4, 2);
    rprof_writer_frame(w, 3, RPROF_TIER_VM, 3, 6, 1);
    rprof_writer_frame(w, 4, RPROF_TIER_JIT, 3, 7, 0);
    rprof_writer_frame(w, 5, RPROF_TIER_VM, 4, 20, 2);
    rprof_writer_frame(w, 6, RPROF_TIER_BUILTIN, 5, 0, 0);
    rprof_writer_frame(w, 7, RPROF_TIER_INLINED, 6, 21, 0);
    rprof_writer_frame(w, 8, RPROF_TIER_GC, 0, 0, 0);
    rprof_writer_frame(w, 9, RPROF_TIER_INTERP, 7, 31, 0);
    rprof_writer_module(w, 1, "/no/such/libdemo.so", (const uint8_t *)"\1\2", 2, 0, 0,
                        99);
    rprof_writer_frame(w, 10, RPROF_TIER_NATIVE, 1, 0x1f40, 0);
    rprof_writer_node(w, 1, 0, 1);   /* <main> */
    rprof_writer_node(w, 2, 1, 2);   /* <main>;parse */
    rprof_writer_node(w, 3, 2, 3);   /* …;fib */
    rprof_writer_node(w, 4, 3, 3);   /* …;fib;fib */
    rprof_writer_node(w, 5, 4, 4);   /* …;fib;fib;fib (jit) */
    rprof_writer_node(w, 6, 1, 5);   /* <main>;draw */
    rprof_writer_node(w, 7, 6, 6);   /* <main>;draw;map */
    rprof_writer_node(w, 8, 7, 7);   /* …;map;<lambda:21> */
    rprof_writer_node(w, 9, 1, 8);   /* <main>;[gc] */
    rprof_writer_node(w, 10, 6, 9);  /* <main>;draw;odd… */
    rprof_writer_node(w, 11, 7, 10); /* …;map;libdemo.so+0x1f40 */
}

static uint64_t now_ns;

static void samples(struct rprof_writer *w, uint64_t thread, uint64_t node,
                    unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        now_ns += PERIOD;
        rprof_writer_sample(w, thread, now_ns, node, PERIOD);
    }
}

static void write_cpu(struct rprof_writer *w)
{
    facts(w, "task-clock");
    functions(w);
    rprof_writer_thread(w, 2, "worker", 4712, 10 * PERIOD);
    for (unsigned round = 0; round < 10; round++) {
        samples(w, 1, 1, 2);  /* 20 in <main> itself */
        samples(w, 1, 2, 8);  /* 80 in parse */
        samples(w, 1, 3, 10); /* 100, 200 and 300 in fib at three depths */
        samples(w, 1, 4, 20);
        samples(w, 1, 5, 30);
        samples(w, 1, 7, 6);  /* 60 in map */
        samples(w, 1, 8, 15); /* 150 in the lambda */
        samples(w, 1, 9, 4);  /* 40 in the collector */
        samples(w, 1, 10, 3); /* 30 in the odd name */
        samples(w, 2, 11, 1); /* 10 native, on the worker */
    }
    rprof_writer_thread_end(w, 2, now_ns);
    samples(w, 1, 6, 7); /* 7 in draw itself: n<10 */
    rprof_writer_lost(w, 1, 3, RPROF_LOST_RING_FULL);
    rprof_writer_cpu_time(w, 1, now_ns, now_ns);
    rprof_writer_unwound(w, RPROF_UNWIND_RUNTIME, 4000);
    rprof_writer_unwound(w, RPROF_UNWIND_FAST, 120);
}

/* main waits; worker 1 maps and ends, its number is used again; worker 2 has a hostile name and
 * outlives the recording; samples of a thread whose row was lost. */
static void write_threads(struct rprof_writer *w)
{
    facts(w, "task-clock");
    functions(w);
    rprof_writer_cause(w, 1, "array growth");
    samples(w, 1, 2, 10);
    rprof_writer_thread(w, 2, "ruff-worker-1", 4712, now_ns);
    rprof_writer_thread(w, 3, "ruff;worker\x1b 2", 4713, now_ns + 5);
    rprof_writer_thread(w, 3, "again", 1, 1);
    for (unsigned i = 0; i < 10; i++) {
        samples(w, 2, 8, 3);
        samples(w, 3, 4, 2);
    }
    rprof_writer_alloc(w, 2, now_ns, 8, 1, 1000, 1);
    rprof_writer_lost(w, 2, 6, RPROF_LOST_RING_FULL);
    rprof_writer_cpu_time(w, 2, now_ns, 31 * PERIOD);
    rprof_writer_thread_end(w, 2, now_ns);
    rprof_writer_thread(w, 4, "ruff-worker-1", 4714, now_ns + 1000);
    samples(w, 4, 8, 15);
    samples(w, 4, 5, 5);
    rprof_writer_lost(w, 4, 1, RPROF_LOST_ASYNCHRONOUS);
    rprof_writer_thread_end(w, 4, now_ns);
    samples(w, 9, 2, 1);
}

static void write_mem(struct rprof_writer *w)
{
    facts(w, "");
    rprof_writer_meta(w, "alloc_mode", "sampled");
    rprof_writer_meta_number(w, "alloc_mean", 524288);
    functions(w);
    rprof_writer_cause(w, 1, "array growth");
    rprof_writer_cause(w, 2, "string concat");
    rprof_writer_cause(w, 3, "boxing");
    /* 100 allocations of 1 MiB, every second one freed at once; 20 of 4 KiB kept. */
    for (uint64_t i = 0; i < 100; i++) {
        rprof_writer_alloc(w, 1, 1000 + 10 * i, 2, 1, 1 << 20, i + 1);
        if (i % 2 == 1) {
            rprof_writer_free(w, 1, 1005 + 10 * i, i + 1, 100);
        }
    }
    for (uint64_t i = 0; i < 20; i++) {
        rprof_writer_alloc(w, 1, 3000 + 10 * i, 8, 2, 4096, 200 + i);
    }
    for (uint64_t i = 0; i < 12; i++) {
        rprof_writer_alloc(w, 1, 4000 + 10 * i, 10, 3, 64, 0);
    }
    now_ns = 5000;
}

static void write_exact(struct rprof_writer *w)
{
    facts(w, "");
    rprof_writer_meta(w, "alloc_mode", "exact");
    functions(w);
    rprof_writer_cause(w, 1, "array growth");
    rprof_writer_cause(w, 2, "closure");
    for (uint64_t i = 1; i <= 12; i++) {
        rprof_writer_mark(w, i * 1000, RPROF_MARK_ITERATION_BEGIN, i);
        struct rprof_counts grown = {.allocs = 10,
                                     .bytes = 1600,
                                     .frees = 10,
                                     .freed_bytes = 1600,
                                     .temporary_bytes = 800};
        struct rprof_counts made = {.allocs = 5, .bytes = 240};
        rprof_writer_counts(w, 1, i * 1000 + 10, 2, 1, &grown);
        rprof_writer_counts(w, 1, i * 1000 + 20, 8, 2, &made);
        rprof_writer_mark(w, i * 1000 + 900, RPROF_MARK_ITERATION_END, i);
    }
    rprof_writer_peak(w, 1, 2, 1, 10, 1600);
    rprof_writer_peak(w, 1, 8, 2, 60, 2880);
    now_ns = 13000;
}

static void write_iterations(struct rprof_writer *w)
{
    facts(w, "task-clock");
    functions(w);
    for (uint64_t i = 1; i <= 12; i++) {
        if (i == 1 || i == 3) {
            rprof_writer_mark(w, now_ns + 1, RPROF_MARK_PHASE,
                              i == 1 ? RPROF_PHASE_WARMUP : RPROF_PHASE_STEADY);
        }
        rprof_writer_mark(w, now_ns + 2, RPROF_MARK_ITERATION_BEGIN, i);
        samples(w, 1, 2, i <= 2 ? 30 : 20 + (unsigned)(i % 3));
        samples(w, 1, 5, 60);
        rprof_writer_mark(w, now_ns + 1, RPROF_MARK_ITERATION_END, i);
    }
    rprof_writer_cpu_time(w, 1, now_ns, now_ns + 200 * PERIOD); /* 200 in the kernel */
}

static void write_empty(struct rprof_writer *w)
{
    facts(w, "task-clock");
    rprof_writer_meta(w, "empty_reason", "the program took 0.4 ms");
    now_ns = 400000;
}

/* 3 000 activations of one function: no reader may recurse on it. */
static void write_deep(struct rprof_writer *w)
{
    facts(w, "task-clock");
    functions(w);
    rprof_writer_node(w, 100, 1, 3);
    for (uint64_t i = 1; i < 3000; i++) {
        rprof_writer_node(w, 100 + i, 99 + i, 3);
    }
    samples(w, 1, 3099, 50);
}

static void write_wide(struct rprof_writer *w)
{
    static const char *const names[] = {
        "parse",
        "f",
        "read_configuration_file_with_defaults",
        "Point.distance",
        "\xe8\xa7\xa3\xe6\x9e\x90\xe5\x99\xa8\xe3\x81\xae\xe5\x90\x8d\xe5\x89\x8d", /* CJK */
        "\xd0\xbf\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb5\xd1\x80\xd0\xba\xd0\xb0", /* Cyrillic */
        "\xf0\x9f\x9a\x80\xf0\x9f\x9a\x80 launch",
        "iiiiiiiiiiiiiiii",
        "WWWWWWWWWWWW",
        "</title><script>window.pwned=1</script>",
        "\"><script>window.pwned=2</script>",
        "]]><script>window.pwned=3</script>",
        "e\xcc\x81z\xcc\x88 combining"};
    enum {
        NAMES = sizeof names / sizeof names[0]
    };
    facts(w, "task-clock");
    for (uint64_t i = 1; i <= NAMES; i++) {
        rprof_writer_function(w, i, names[i - 1], 1, i);
        rprof_writer_frame(w, i, (enum rprof_tier)(1 + i % 6), i, i, 0);
    }
    uint64_t state = 12345;
    rprof_writer_node(w, 1, 0, 1);
    for (uint64_t node = 2; node <= 900; node++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t parent = node < 30 ? node - 1 : 1 + (state >> 33) % (node - 1);
        rprof_writer_node(w, node, parent, 1 + (state >> 45) % NAMES);
        samples(w, 1, node, 1 + (unsigned)(state >> 58) % 12);
    }
}

/* For tests that kill the writer: as often as not inside a write. */
/* A few bytes for each call, so that a killed storm dies inside of a block. */
static ssize_t write_little(int fd, const void *bytes, size_t count)
{
    return write(fd, bytes, count < 8 ? count : 8);
}

static void write_storm(struct rprof_writer *w)
{
    facts(w, "task-clock");
    functions(w);
    for (;;) {
        samples(w, 1, 5, SIZE_OR_TINY(5000, 5));
        rprof_writer_flush(w);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*write)(struct rprof_writer *);
    } kinds[] = {{"cpu", write_cpu},
                 {"threads", write_threads},
                 {"mem", write_mem},
                 {"exact", write_exact},
                 {"iterations", write_iterations},
                 {"empty", write_empty},
                 {"deep", write_deep},
                 {"cut", write_cpu},
                 {"wide", write_wide},
                 {"storm", write_storm}};
    struct rprof_writer *w = NULL;
    for (size_t i = 0; argc == 3 && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(argv[1], kinds[i].name) != 0) {
            continue;
        }
        struct rprof_os os = rprof_os_linux;
        if (kinds[i].write == write_storm) {
            os.write = write_little;
        }
        if (rprof_writer_open(&w, argv[2], &os, NULL) != RPROF_WRITER_OK) {
            return 5;
        }
        kinds[i].write(w);
        if (strcmp(argv[1], "cut") == 0) {
            rprof_writer_flush(w);
            rprof_writer_abandon(w);
            return 0;
        }
        struct rprof_ending ending = {.reason = RPROF_END_NORMAL,
                                      .duration_ns = now_ns};
        return rprof_writer_close(w, &ending) == RPROF_WRITER_OK ? 0 : 5;
    }
    fputs(
        "usage: rprof_fixture cpu|threads|mem|exact|iterations|empty|deep|cut|wide|storm FILE\n",
        stderr);
    return 2;
}
