/*
 * Messages of the programs: one line `PROGRAM: what is wrong: what to do about it`, colours
 * on terminals, and escapes for bytes that would upset a terminal.
 *
 * Errors of scripts (file, line, caret) are not made here but in the runtime.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct strbuf;

enum diag_color {
    DIAG_COLOR_AUTO, /* on a terminal, unless NO_COLOR is set and not empty */
    DIAG_COLOR_ALWAYS,
    DIAG_COLOR_NEVER,
};

enum diag_style {
    DIAG_PLAIN, /* back to normal */
    DIAG_BOLD,
    DIAG_DIM,
    DIAG_RED,
    DIAG_GREEN,
    DIAG_YELLOW,
    DIAG_BLUE,
    DIAG_CYAN,
};

/* Reads "auto", "always" or "never"; false for anything else. */
bool diag_color_parse(const char *text, enum diag_color *color);

/* Whether output to the stream is to be coloured. */
bool diag_use_color(enum diag_color color, FILE *stream);

/* The sequence that switches the terminal to a style; "" when `use` is false. */
const char *diag_style(bool use, enum diag_style style);

/* Writes `PROGRAM: TEXT` and a line feed to stderr in one piece, control bytes of the text
   escaped. TEXT is "what is wrong: what to do about it". Output is best effort: there is
   nobody left to tell. */
__attribute__((format(printf, 2, 3))) void diag_error(const char *program,
                                                      const char *format, ...);
__attribute__((format(printf, 2, 0))) void diag_verror(const char *program,
                                                       const char *format,
                                                       va_list args);

/* Appends text with everything escaped that could move the cursor or hide something:
   control characters (\n, \t, \xNN), invalid UTF-8 (\xNN), C1 controls, line separators
   and direction marks (\u{202e}). False without memory. */
bool diag_escape(struct strbuf *out, const char *text, size_t n);
/* Appends text as it is but for NUL bytes (\x00), for readers that take it for a C string.
   False without memory. */
bool diag_escape_nul(struct strbuf *out, const char *text, size_t n);

/*
 * Says that a signal has stopped a script, and where (`file` NULL: unknown; `line` 0 is left
 * out), as one line on stderr:
 *     PROGRAM: stopped by SIGINT at FILE:LINE:COLUMN: KEPT
 */
void diag_interrupted(const char *program, int signal_number, const char *file,
                      uint32_t line, uint32_t column, const char *kept);

/*
 * First and last thing of every program. diag_start gives descriptors 0 to 2 something to
 * stand for where the caller closed them, so that a file opened later cannot take their place
 * and receive what is printed, and makes a file that may not grow (RLIMIT_FSIZE) fail like a
 * full disk. diag_finish writes stdout out; when that fails it says so in
 * one line (not for a reader that went away: it knows) and gives 5 in place of 0, else
 * `code`.
 */
void diag_start(void);
int diag_finish(const char *program, int code);

/* The line diag_finish prints, for output that does not go through stdio; `error` is an
   errno value. */
void diag_output_lost(const char *program, int error);

#endif
