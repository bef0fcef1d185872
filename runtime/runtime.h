/*
 * runtime.h - the inside of struct ruff, for the files of the top floor.
 */
#ifndef RUFF_RUNTIME_H
#define RUFF_RUNTIME_H

#include <pthread.h>

#include <ruff.h>
#include <ruff_introspect.h>

#include "program.h"

#include "core/state.h"

/*
 * The program's own runtime is the *root*; those of its threads (isolate.h) have none of a
 * program's things but code of their own.
 */
struct ruff {
    struct ruff_config config;
    struct state *st;
    struct ruff *root; /* itself: not of a thread */
    struct ruff_program *programs;
    struct isolate *isolate;  /* isolate.c: of a thread's runtime; else NULL */
    struct isolate *isolates; /* isolate.c: of the root, under its lock */
    /* Of the root: reading and parsing modules, which any thread may do. */
    pthread_mutex_t load_lock;
    pthread_mutex_t output_lock; /* of the root: output and what counts it */
    pthread_mutex_t lock;        /* of the table of prototypes, of isolates */
    /* Prototypes by id, for tools; NULL once their program is freed. */
    struct proto **protos;
    uint32_t nprotos, protos_capacity;
    uint32_t next_proto_id;

    /* The run that is active. */
    struct ruff_program *running;
    struct import_level *imports; /* modules being evaluated, newest first */
    bool discard_output, quiet_errors;
    int output_error; /* ruff_output_error */
    uint64_t output_bytes, output_hash;
    uint64_t run_index;

    /* Tools. */
    struct ruff_intro_hooks hooks;
    uint64_t sample_mean, sample_random;

    uint64_t parse_ns, resolve_ns, run_ns;
};

/* Writes to stream 1 or 2 the way this runtime's output goes. */
bool runtime_write(struct ruff *r, int stream, const char *data, size_t len);
/* A runtime with its state and without a program; NULL when memory is out. `root` NULL: it
   will be one itself. */
struct ruff *runtime_new(const struct ruff_config *config, struct ruff *root);
/* Counters of this runtime alone. */
void runtime_stats(const struct ruff *r, struct ruff_stats *out);
/* Turns the pending error into a result, reports it unless quiet, and clears it. */
void runtime_take_error(struct ruff *r, struct ruff_result *result);
/* Runs a top level in the instance; the unit's main function is made and called. */
bool runtime_run_main(struct state *st, struct instance *instance);
/* Runs test `index` of the running program in globals its top level has made; teardown
   included (tests.c). */
bool runtime_run_test(struct state *st, struct instance *instance, uint32_t index);
/* Registers a new unit's prototypes. False when memory is out. */
bool runtime_register(struct ruff *r, struct program_unit *u);
void runtime_unregister(struct ruff *r, struct program_unit *u);
struct ruff *runtime_of(const struct state *st);

#endif
