/*
 * session.h - a program typed piece by piece (`ruff repl`): every piece is parsed, resolved
 * and run on its own, over globals that all pieces share.
 *
 * A piece that ends in an expression stores its value in the variable `_`.
 */
#ifndef RUFF_SESSION_H
#define RUFF_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include <ruff.h>

struct session;

/* Global variables a session may have; beyond, a piece is refused. */
#define SESSION_MAX_GLOBALS 65536u

enum session_status {
    SESSION_OK,         /* ran */
    SESSION_VALUE,      /* ran and ended in an expression that is not null */
    SESSION_INCOMPLETE, /* the text stops in the middle of something */
    SESSION_FAILED,     /* diagnostics or the report of an error went to stream 2 */
    SESSION_EXIT,       /* the piece called exit */
};

/* `r` is borrowed. NULL without memory. */
struct session *session_new(struct ruff *r);
void session_free(struct session *s);

/*
 * Runs one piece. With `complete` an unfinished text is an error, else SESSION_INCOMPLETE
 * and nothing is said. *exit_code is set with SESSION_EXIT. With SESSION_VALUE *shown is the
 * value as text (a string quoted), to be freed by the caller.
 */
enum session_status session_eval(struct session *s, const char *text, size_t len,
                                 bool complete, char **shown, int *exit_code);

/* Whether ruff_interrupt was called since the last piece ran; forgets it. */
bool session_take_interrupt(struct session *s);

#endif
