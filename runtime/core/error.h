/*
 * error.h - the pending error of an isolate.
 *
 * A function that can fail returns false and leaves the error here. Nothing is thrown: each
 * caller returns false in turn until a handler (`try`), a callback's caller or the top takes
 * it. There is at most one pending error.
 */
#ifndef RUFF_CORE_ERROR_H
#define RUFF_CORE_ERROR_H

#include "core/value.h"

struct unit;
struct source_ref;

enum error_kind {
    ERROR_NONE,
    ERROR_RAISED, /* catchable */
    ERROR_EXIT,   /* exit(n): unwinds everything, not catchable */
    ERROR_INTERRUPT, /* Ctrl-C, time or step limit of an embedder: not catchable */
};

struct error {
    enum error_kind kind;
    int exit_code;        /* ERROR_EXIT */
    bool rethrown;        /* keeps the position and stack it had */
    uint32_t offset;      /* source position of the failing operation */
    const struct source_ref *source; /* NULL before anything ran */
    struct value message; /* string */
    struct value stack;   /* array of names, outermost first */
    struct value cause;   /* unset: none */
    struct value trace;   /* for the uncaught report: same names as stack */
};

/*
 * Raises MESSAGE (printf format) at the position of the running frame; records the names of
 * the active functions. Always returns false, so `return error_raise(...)` reads well.
 */
bool error_raise(struct state *st, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same with a ready string (taken). */
bool error_raise_take(struct state *st, struct value message);
/* The same with the topmost `skip` frames left out of stack and position (language 21a.19). */
bool error_raise_skip(struct state *st, uint32_t skip, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Raises `Cannot allocate memory`-class errors without allocating. */
bool error_out_of_memory(struct state *st);
/* `throw v`, language.md 15.2. `v` is borrowed. Always false. */
bool error_throw(struct state *st, struct value v);
/* exit(code). Always false. */
bool error_exit(struct state *st, int code);

/*
 * Takes the pending error as the struct `Error` a handler binds (15.3). Only for
 * ERROR_RAISED: returns false, leaving the error pending, for the others or when memory is
 * out.
 */
bool error_catch(struct state *st, struct value *out);
/* Drops a pending error. */
void error_clear(struct state *st);

#endif
