/*
 * manual.h - what a program says about itself: the help of a program with commands, its
 * manual pages and the words a shell completes.
 *
 * All of it is printed from the tables that parse the command line, so none of it can
 * disagree with the program. `PROGRAM --x-manual` and `PROGRAM COMMAND --x-manual` print
 * manual pages; `--x-words` in the same places prints one word a line for completion.
 * All texts are borrowed for the time of the call.
 */
#ifndef BASE_MANUAL_H
#define BASE_MANUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/options.h"

struct manual_command {
    const char *name;
    const char *operands; /* what follows the name, "[OPTION...] FILE" */
    const char *summary;  /* one line */
    const char *page;     /* manual page; NULL: PROGRAM-NAME, "": none of its own */
};

struct manual_program {
    const char *name;
    const char *summary; /* what it is for, one sentence */
    const struct manual_command *commands;
    size_t command_count;
    const char *remark;   /* one sentence behind the commands, or NULL */
    const char *examples; /* command lines, each ended by a newline */
};

/* Answers --help, -h, --version, --x-manual and --x-words as first argument: true when
   it did. */
bool manual_answer(const struct manual_program *program, const char *argument);

/* Help of the program: usage, commands, examples. */
void manual_print_help(FILE *out, const struct manual_program *program);
/* Its manual page, man(7). */
void manual_print_program(FILE *out, const struct manual_program *program);
/* The manual page of one command. */
void manual_print_command(FILE *out, const struct options_command *command);

/* Names of the commands. */
void manual_print_names(FILE *out, const struct manual_program *program);
/* Options that the help shows, `--freq=` when a value must follow. */
void manual_print_options(FILE *out, const struct options_command *command);

#endif
