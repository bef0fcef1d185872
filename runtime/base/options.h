/*
 * Command lines from one table per command: getopt_long, --help, --version, and errors that
 * name the nearest known option all come from it.
 *
 *     struct options o;
 *     if (!options_init(&o, &command, argc, argv)) ...no memory...
 *     int id;
 *     const char *value;
 *     enum options_event event;
 *     while ((event = options_next(&o, &id, &value)) == OPTIONS_OPTION) {
 *         switch (id) {
 *         case OPT_FREQ: ok = options_count(&o, value, 1, 10000, &freq); break;
 *         }
 *     }
 *     if (event == OPTIONS_EXIT) { code = o.exit_code; options_done(&o); return code; }
 *     ...o.operands[0 .. o.operand_count)...
 *
 * Every command understands -h/--help, --version, -q/--quiet, -v/--verbose and
 * --color=WHEN; the parser answers them itself. Errors are printed in the form of diag.h
 * and ask for exit code 2. getopt_long keeps its state in globals of the C library, so a
 * process parses one command line at a time.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/strbuf.h"

enum option_kind {
    OPTION_FLAG,     /* takes no value */
    OPTION_VALUE,    /* needs a value: --freq=HZ, --freq HZ, -F HZ */
    OPTION_OPTIONAL, /* may have one, with '=' only: --repeat, --repeat=N */
};

/* One row. */
struct option_spec {
    int id;                /* what options_next gives; the caller's enum, >= 0 */
    char short_name;       /* '\0': none */
    const char *long_name; /* without the dashes */
    enum option_kind kind;
    const char *argument; /* what the help calls the value; NULL for a flag */
    const char *help; /* one or more sentences; NULL hides the option from the help */
};

/* One command. All texts are borrowed for the life of the parser. */
struct options_command {
    const char *program; /* "ruffprof" */
    const char *name;    /* "record"; NULL when the program has no commands */
    const char *usage;   /* what follows "usage: PROGRAM "; one line each */
    const char *summary; /* what the command does, one sentence or more */
    const struct option_spec *specs;
    size_t spec_count;
    const char *details; /* printed behind the options: columns, examples; or NULL */
    bool
        stop_at_operand; /* everything behind the first operand belongs to the script */
};

enum options_event {
    OPTIONS_OPTION, /* one option of the table */
    OPTIONS_END,    /* no more; operands are set */
    OPTIONS_EXIT,   /* help or version was printed, or an error: leave with exit_code */
};

struct options {
    bool quiet;
    unsigned verbose; /* how many times -v was given */
    enum diag_color color;
    char **operands; /* part of argv */
    int operand_count;
    int exit_code;

    /* Private part. */
    const struct options_command *command;
    int argc;
    char **argv;
    struct option *long_options; /* owned */
    char *short_options;         /* owned */
    const struct option_spec *current;
};

/* argv[0] is the name of the program or of the command; argv is reordered by getopt_long.
   False without memory, which is said. */
bool options_init(struct options *o, const struct options_command *command, int argc,
                  char **argv);

/* The next option. *value is NULL when it has none; it points into argv. Not called again
   after END or EXIT. */
enum options_event options_next(struct options *o, int *id, const char **value);

/* Frees the parser; operands stay valid, they belong to argv. */
void options_done(struct options *o);

/* ---- values of the option just given ------------------------------------------------
   True and *out, or false after printing what is wrong; the caller then leaves with
   o->exit_code (2). */

/* A whole number between two limits. */
bool options_count(struct options *o, const char *value, uint64_t low, uint64_t high,
                   uint64_t *out);

/* A number of bytes: 4096, 64k, 1.5MiB, 2G (powers of 1024; a B behind is allowed). */
bool options_size(struct options *o, const char *value, uint64_t *bytes);

/* A time: 250ms, 2.5s, 1m, 100us, 5ns; a bare number means seconds. */
bool options_duration(struct options *o, const char *value, uint64_t *ns);

/* A number between two limits. */
bool options_number(struct options *o, const char *value, double low, double high,
                    double *out);

/* One of `count` words; *index tells which. The error names the nearest. */
bool options_choice(struct options *o, const char *value, const char *const *words,
                    size_t count, size_t *index);

/* Prints `PROGRAM: TEXT`, sets exit code 2 and returns false: for errors about values or
   operands that only the caller can see. */
__attribute__((format(printf, 2, 3))) bool options_error(struct options *o,
                                                         const char *format, ...);

/* ---- texts ------------------------------------------------------------------------- */

/* What --help prints. */
void options_print_help(FILE *out, const struct options_command *command);

/* What --version prints: version, features, compiler, host. */
void options_print_version(FILE *out, const char *program);

/* Every row the command understands, its own first, then the common ones. */
size_t options_spec_count(const struct options_command *command);
const struct option_spec *options_spec_at(const struct options_command *command,
                                          size_t i);

/* Appends how the option is written: `-F, --freq=HZ`. */
void options_append_names(struct strbuf *out, const struct option_spec *spec);

/* The nearest of the commands of a program, for "unknown command": prints the error line;
   the caller exits with 2. */
void options_unknown_command(const char *program, const char *given,
                             const char *const *commands, size_t count);

#endif
