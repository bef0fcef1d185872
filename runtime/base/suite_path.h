/*
 * Where benchmark suites may be, and the rule that lets `ruffprof record fib_recursive.ruff`
 * work from anywhere: a FILE without `/` that is not in the working directory is looked up in
 * the suites. Used by all three programs. No globals; not signal-safe.
 */
#ifndef BASE_SUITE_PATH_H
#define BASE_SUITE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define SUITE_PATH_MAX_ROOTS 8

/* Folders called `suites` that exist: ./suites, beside or above the running program (a build
   tree inside the source tree), the installation. Fills up to `capacity`, returns how many;
   the caller frees the strings. */
size_t suite_path_roots(char **roots, size_t capacity);

/*
 * The path a FILE of the command line means: itself when it exists or has a `/`, else the
 * first ROOT/SUITE/FILE (with or without .ruff), suites in byte order; itself again when
 * there is none. *elsewhere tells that the user should be told the path. The caller frees the
 * result; NULL without memory.
 */
char *suite_path_find(const char *file, bool *elsewhere);

#endif
