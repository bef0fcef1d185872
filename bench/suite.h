/* Which benchmarks there are: .ruff files in files and folders, and the functions
 * bench_NAME() inside them.
 *
 * A file without such functions is one benchmark: the whole program. A file with them
 * gives one benchmark per function, called FILE.NAME; its top level is set-up. Folders
 * are read without their sub-folders (helpers may live there), in byte order of the
 * names, so that a suite lists the same on every machine.
 *
 * Finding the functions needs a parser, which this module does not link: the caller
 * passes one in. Not thread safe; no globals. */
#ifndef BENCH_SUITE_H
#define BENCH_SUITE_H

#include <stdbool.h>
#include <stddef.h>

#define SUITE_FUNCTION_PREFIX "bench_"

struct suite_benchmark {
    char *path;     /* as given or found; owned */
    char *suite;    /* name of the folder the file is in; owned */
    char *name;     /* FILE or FILE.NAME, without suffix; owned */
    char *function; /* bench_NAME, NULL = whole program; owned */
};

struct suite {
    struct suite_benchmark *items; /* owned */
    size_t count;
    size_t capacity;
};

enum suite_status {
    SUITE_OK,
    SUITE_NOT_FOUND,    /* no such file or folder */
    SUITE_NO_PROGRAMS,  /* a folder without .ruff files */
    SUITE_UNREADABLE,   /* the system refuses to read it */
    SUITE_NOT_A_PROGRAM /* neither a regular file nor a folder */
};

/* One line without a trailing full stop: what is wrong and what to do about it. */
struct suite_error {
    char text[512];
    int system_error; /* errno behind it, or 0 */
};

/* Calls add(add_context, name) for every function of the file whose name starts with
 * SUITE_FUNCTION_PREFIX and that takes no parameters, in source order. A file that does
 * not parse calls nothing: the benchmark then fails with the parser's words when it is
 * run. */
typedef void (*suite_add_fn)(void *add_context, const char *name);
typedef void (*suite_inspect_fn)(void *context, const char *path, suite_add_fn add,
                                 void *add_context);

void suite_init(struct suite *suite);
void suite_done(struct suite *suite);

/* Adds the benchmarks of one file or folder. inspect may be NULL: whole programs only.
 * On failure nothing is added and error is filled. */
enum suite_status suite_add_path(struct suite *suite, const char *path,
                                 suite_inspect_fn inspect, void *inspect_context,
                                 struct suite_error *error);

/* Keeps the benchmarks whose name matches an extended POSIX regular expression. false:
 * the expression is wrong; error is filled and the suite is unchanged. */
bool suite_filter(struct suite *suite, const char *regex, struct suite_error *error);

/* Resolves a PATH of the command line as base/suite_path does for files; the name of a
 * suite works too. The caller frees the result. *was_found_elsewhere tells that the user
 * should be told the path. NULL: no memory. */
char *suite_resolve(const char *path, bool *was_found_elsewhere);

/* Path of the default suite (micro); NULL when there is none. The caller frees it. */
char *suite_default_path(void);

#endif
