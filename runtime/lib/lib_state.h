/*
 * lib_state.h - what the builtins keep per isolate, hung on state->lib.
 *
 * Made at first need, freed by lib_state_free when the isolate ends.
 */
#ifndef RUFF_LIB_STATE_H
#define RUFF_LIB_STATE_H

#include "base/strbuf.h"
#include "core/scope.h"
#include "core/value.h"

struct state;
struct outcome;
struct pool;
struct regex_cache;
struct seat;
struct tasks;

struct lib_state {
    struct scope_random random; /* of what runs in no scope */
    struct strbuf
        scratch; /* for print and other short-lived text; see lib_state_scratch */
    struct strbuf input; /* bytes of stdin read ahead */
    size_t input_at;     /* of `input`, already handed out */
    bool input_ended;
    struct regex_cache *regexes; /* regex.c */
    struct tasks *tasks;         /* tasks.c */
    struct pool *pool;        /* pool.c: of the program; NULL: it has used none yet */
    struct seat *seat;        /* this isolate's in it */
    struct outcome *outcomes; /* jobs.c: of jobs given to others */
};

/* Sets the hooks of lib in a new isolate: methods of lib's structs, tasks. */
void lib_state_attach(struct state *st);

/* NULL with an error set when memory is out. */
struct lib_state *lib_state(struct state *st);
/* What the running code draws random numbers from, seeded or not; NULL with an error set. */
struct scope_random *lib_state_random(struct state *st);
/* The scratch buffer, emptied; the caller may use it until it calls into Ruff code or
   another builtin. NULL with an error set. */
struct strbuf *lib_state_scratch(struct state *st);
/* An exit() in a task on another thread takes the place of what the run has come to (*ok,
   or the pending error). */
void lib_state_take_exit(struct state *st, bool *ok);
/* A run has ended, well or not: ends the program's threads, unwinds the tasks it left
   behind, drops their timers and empties the store of shared_set, so that every run starts
   alike.
   To be called on the run's stack or outside of it, before its globals go. */
void lib_state_end_run(struct state *st);

/* Ends tasks, drops caches. Before state_free, while the engine still works, because
   suspended tasks are unwound. Harmless when nothing was made. */
void lib_state_free(struct state *st);

#endif
