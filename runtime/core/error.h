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
struct struct_object;
struct strbuf;

enum error_kind {
    ERROR_NONE,
    ERROR_RAISED,    /* catchable */
    ERROR_EXIT,      /* exit(n): unwinds everything, not catchable */
    ERROR_INTERRUPT, /* Ctrl-C, time or step limit of an embedder: not catchable */
    ERROR_CANCEL,    /* unwinds a suspended body that is being dropped: not catchable */
};

struct error {
    enum error_kind kind;
    int exit_code;                   /* ERROR_EXIT */
    bool rethrown;                   /* keeps the position and stack it had */
    uint32_t offset;                 /* source position of the failing operation */
    const struct source_ref *source; /* NULL before anything ran */
    struct value message;            /* string */
    struct value stack;              /* array of names, outermost first */
    struct value cause;              /* unset: none */
    struct value trace;              /* for the uncaught report: same names as stack */
    struct value help; /* string for the report's help line; unset: none */
    int64_t line;      /* what the handler sees as `line`; 0: computed from offset */
};

/*
 * Raises MESSAGE (printf format) at the position of the running frame; records the names of
 * the active functions. Always returns false, so `return error_raise(...)` reads well.
 */
bool error_raise(struct state *st, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same with a ready string (taken). */
bool error_raise_take(struct state *st, struct value message);
/* Raises `Cannot allocate memory`-class errors without allocating. */
bool error_out_of_memory(struct state *st);
/* `throw v`, language.md 15.2. `v` is borrowed. Always false. */
bool error_throw(struct state *st, struct value v);
/* exit(code). Always false. */
bool error_exit(struct state *st, int code);
/* Stops the script: ERROR_INTERRUPT, or ERROR_CANCEL for a body being dropped. Always
   false. */
bool error_interrupt(struct state *st);
bool error_cancel(struct state *st);
/*
 * `Undefined variable: NAME` at the running position, hinting at the closest global or
 * builtin. Always false.
 */
bool error_undefined(struct state *st, const char *name);
/* Adds "did you mean" to the error just raised, if a candidate is near; always false. */
struct suggest;
bool error_suggest(struct state *st, const struct suggest *s);
/*
 * Gives the pending error a hint, printf format, shown as `  = help: ...` in the report of
 * an uncaught error and nowhere else. Always false, so it can follow error_raise:
 * `error_raise(...); return error_help(...)`.
 */
bool error_help(struct state *st, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Moves the pending error to another operation of the same source: used where one
   instruction has several positions. Always false. */
bool error_at(struct state *st, uint32_t offset);

/*
 * Takes the pending error as the struct `Error` a handler binds (15.3). Only for
 * ERROR_RAISED: returns false, leaving the error pending, for the others or when memory is
 * out.
 */
bool error_catch(struct state *st, struct value *out);
/* Drops a pending error. */
void error_clear(struct state *st);
/*
 * Moves the pending error aside (the isolate then has none) and back, for code that must
 * run while an error is on its way. error_restore_take drops what came in between.
 */
struct error error_save(struct state *st);
void error_restore_take(struct state *st, struct error saved);

/* Makes and drops what raising needs at hand: texts for errors that must not allocate,
   positions of caught errors. False when memory is out. Used by state.c. */
bool error_cache_init(struct state *st);
void error_cache_done(struct state *st);

/* 1-based line and column of the failing operation; both 0 when unknown. */
void error_position(const struct error *e, uint32_t *line, uint32_t *column);
/*
 * Appends the text of an uncaught error, language.md 15.4: header, position, gutter, help,
 * call stack. With `color`, ANSI colours. False when `out` ran out of memory.
 */
bool error_report(const struct error *e, bool color, struct strbuf *out);
/*
 * Appends the message as it is, but for NUL bytes, which are shown as `\x00`: readers of the
 * text may take it for a C string. False when `out` ran out of memory.
 */
bool error_append_message(const struct error *e, struct strbuf *out);

/* Where a caught error was raised; *source NULL: unknown. */
void error_origin(const struct state *st, const struct struct_object *s,
                  const struct source_ref **source, uint32_t *offset);
/* The same for an error that comes from another isolate. */
void error_set_origin(struct state *st, struct struct_object *s,
                      const struct source_ref *source, uint32_t offset);

#endif
