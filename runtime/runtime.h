/*
 * runtime.h - the inside of struct ruff, for the files of the top floor.
 */
#ifndef RUFF_RUNTIME_H
#define RUFF_RUNTIME_H

#include <ruff.h>
#include <ruff_introspect.h>

#include "program.h"

#include "core/state.h"

struct ruff {
    struct ruff_config config;
    struct state *st;
    struct ruff_program *programs;
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
