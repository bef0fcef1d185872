/*
 * ruff.h - embedding API of the Ruff runtime.
 *
 * A *runtime* (struct ruff) is one isolate: one OS thread uses it at a time. Threads that its
 * program starts (spawn, parallel_map) have isolates of their own and end with the run. A *program*
 * (struct ruff_program) is a parsed and resolved source with everything that survives runs:
 * bytecode, type feedback, compiled code. A *run* executes the program once in fresh
 * globals.
 *
 *     struct ruff_config config;
 *     ruff_config_init(&config);
 *     struct ruff *r = ruff_new(&config);
 *     struct ruff_program *p = NULL;
 *     if (ruff_load_file(r, "x.ruff", &p) == RUFF_OK) {
 *         struct ruff_result result;
 *         ruff_run(r, p, NULL, &result);
 *         ruff_result_done(&result);
 *     }
 *     ruff_program_free(p);
 *     ruff_free(r);
 *
 * No global state. Nothing here may be called from a signal handler unless it says so.
 */
#ifndef RUFF_H
#define RUFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#    define RUFF_API __attribute__((visibility("default")))
#else
#    define RUFF_API
#endif

struct ruff;
struct ruff_program;

/* Statuses; the value is also the exit code of `ruff` where the table in cli.md has one. */
enum ruff_status {
    RUFF_OK = 0,
    RUFF_BAD_USAGE = 2,
    RUFF_SYNTAX_ERROR = 3,
    RUFF_RUNTIME_ERROR = 4,
    RUFF_IO_ERROR = 5,
    RUFF_INTERNAL_ERROR = 6,
    RUFF_NO_MEMORY = 7,  /* exit code 6 */
    RUFF_EXIT = 8,       /* the script called exit(n); see ruff_result.exit_code */
    RUFF_INTERRUPTED = 9 /* ruff_interrupt */
};

enum ruff_mode {
    RUFF_MODE_INTERP,
    RUFF_MODE_VM,
    RUFF_MODE_JIT
};

/* "interp", "vm", "jit". */
RUFF_API const char *ruff_mode_name(enum ruff_mode mode);
/* False when `name` is no mode; *out is then untouched. */
RUFF_API bool ruff_mode_parse(const char *name, enum ruff_mode *out);
/* False for RUFF_MODE_JIT in a build without LLVM. */
RUFF_API bool ruff_mode_available(enum ruff_mode mode);

/*
 * Receives output as the script produces it: stream 1 is stdout, 2 stderr. Called in blocks, on
 * the thread that runs; those of tasks (language.md 18) call it, too, one at a time. Return
 * false to report a write error (the script goes on).
 */
typedef bool (*ruff_write_fn)(void *context, int stream, const char *data, size_t len);

struct ruff_config {
    enum ruff_mode mode; /* default: the fastest one built in */
    uint64_t max_memory; /* bytes of script values, 0 = no limit */
    uint64_t hash_seed;  /* 0 = random */
    ruff_write_fn write; /* NULL: file descriptors 1 and 2 */
    void *write_context;
    const char *input; /* stdin of the script; NULL: descriptor 0 */
    size_t input_len;
    int argc;    /* script arguments, after the script path */
    char **argv; /* borrowed for the life of the runtime */
    bool color;  /* ANSI colours in diagnostics */
    /* Count operations (--stats, --ops): instructions of the VM, nodes of the tree walker.
       The engine that counts is a slower one. */
    bool count_ops;
};

RUFF_API void ruff_config_init(struct ruff_config *config);

/* NULL when memory is out. */
RUFF_API struct ruff *ruff_new(const struct ruff_config *config);
RUFF_API void ruff_free(struct ruff *r);

/*
 * Reads, parses and resolves. On failure the diagnostics have been written to stream 2 in
 * the forms of language.md 3.4 and 20, and *out is untouched. The program is owned by the
 * caller and must be freed before the runtime.
 */
RUFF_API enum ruff_status ruff_load_file(struct ruff *r, const char *path,
                                         struct ruff_program **out);
/* The same from memory; `path` is the name used in messages. The text is copied. */
RUFF_API enum ruff_status ruff_load_text(struct ruff *r, const char *path,
                                         const char *text, size_t len,
                                         struct ruff_program **out);
RUFF_API void ruff_program_free(struct ruff_program *p);

/* Compiles everything to bytecode and verifies it, without running (`ruff check`). */
RUFF_API enum ruff_status ruff_check(struct ruff *r, struct ruff_program *p);

/* What happened in a run. Strings are owned by the result until ruff_result_done. */
struct ruff_result {
    enum ruff_status status; /* OK, RUNTIME_ERROR, EXIT, INTERRUPTED, NO_MEMORY */
    int exit_code;           /* what a process would exit with */
    char *message;           /* error message, or NULL */
    char *report;            /* full text of the uncaught error (15.4), or NULL */
    char *file;              /* where it failed or was interrupted, or NULL */
    uint32_t line, column;   /* 1-based; 0 = unknown */
};

RUFF_API void ruff_result_done(struct ruff_result *result);

/* Options of one run; zero-initialise, then set. */
struct ruff_run_options {
    bool discard_output; /* hash it instead: see ruff_stats.output_hash */
    bool quiet_errors;   /* do not write the report of an uncaught error to stream 2 */
    const char *entry;   /* call this parameterless global function after the top level;
                                NULL: top level only */
};

/*
 * One run in fresh globals: top level, then options->entry. stdin is rewound when it comes
 * from memory. Output is flushed when it returns. The result's status is returned as well.
 */
RUFF_API enum ruff_status ruff_run(struct ruff *r, struct ruff_program *p,
                                   const struct ruff_run_options *options,
                                   struct ruff_result *result);

/*
 * The same in two parts, for benchmarks whose set-up is not timed: ruff_run_begin runs the
 * top level and keeps the globals; ruff_run_call calls a parameterless global function;
 * ruff_run_end drops the globals.
 */
RUFF_API enum ruff_status ruff_run_begin(struct ruff *r, struct ruff_program *p,
                                         const struct ruff_run_options *options,
                                         struct ruff_result *result);
RUFF_API enum ruff_status ruff_run_call(struct ruff *r, const char *function,
                                        struct ruff_result *result);
RUFF_API void ruff_run_end(struct ruff *r);

/*
 * Test blocks. ruff_load_tests loads a file for its tests only: of its top level just the
 * declarations stay; ruff_load_tests_text does so from memory, as ruff_load_text. ruff_program_tests gives the names (borrowed, source order, a NUL in one
 * shown as `\x00`) and their number; ruff_run_test runs one in globals of its own, setup and teardown included:
 * RUFF_OK = passed, else result->message says why it failed.
 */
RUFF_API enum ruff_status ruff_load_tests(struct ruff *r, const char *path,
                                          struct ruff_program **out);
RUFF_API enum ruff_status ruff_load_tests_text(struct ruff *r, const char *path,
                                               const char *text, size_t len,
                                               struct ruff_program **out);
RUFF_API size_t ruff_program_tests(const struct ruff_program *p, const char **names,
                                   size_t capacity);
RUFF_API enum ruff_status ruff_run_test(struct ruff *r, struct ruff_program *p,
                                        size_t index, struct ruff_result *result);

/* Why stdout could not be written while scripts ran, an errno value; 0 when all of it
   was. Nothing is written after the first failure. */
RUFF_API int ruff_output_error(const struct ruff *r);

/* Asks the running script, or when none runs the next one, to stop soon. Async-signal-safe,
   any thread. */
RUFF_API void ruff_interrupt(struct ruff *r);

/* Names of global functions `bench_NAME()` without parameters, source order; borrowed. */
RUFF_API size_t ruff_program_functions(const struct ruff_program *p, const char *prefix,
                                       const char **names, size_t capacity);
RUFF_API const char *ruff_program_path(const struct ruff_program *p);
RUFF_API const char *ruff_program_text(const struct ruff_program *p, size_t *len);

/* Counters since the runtime was made; differences give one run's share. */
struct ruff_stats {
    uint64_t allocations, frees;
    uint64_t allocated_bytes, freed_bytes;
    uint64_t live_bytes, peak_bytes;
    uint64_t objects_alive;
    uint64_t copies;             /* copy-on-write copies of containers */
    uint64_t ops;                /* operations executed; 0 unless count_ops */
    uint64_t functions_compiled; /* made ready for the engine, tree or bytecode */
    uint64_t inline_cache_hits, inline_cache_misses;   /* 0 unless count_ops */
    uint64_t parse_ns, resolve_ns, compile_ns, run_ns; /* wall time per phase */
    uint64_t output_bytes;
    uint64_t output_hash; /* of the output of the last run */
};

RUFF_API void ruff_stats(const struct ruff *r, struct ruff_stats *out);

/* Disassembly of `function` (NULL: all) into a heap string the caller frees; NULL when no
   such function exists or memory is out. */
RUFF_API char *ruff_disassemble(struct ruff *r, struct ruff_program *p,
                                const char *function, bool optimized);

#endif
