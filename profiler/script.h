#ifndef RUFFPROF_SCRIPT_H
#define RUFFPROF_SCRIPT_H

/*
 * The program a command of ruffprof runs: found like every FILE of the three programs (the
 * working directory, then the suites; `-` is standard input).
 */

#include <stdbool.h>

#include <ruff.h>

struct options;

/* Loads `path` into `r`. `doing` ("recording", "counting") is for the line that tells where
   a script was found. Errors have been written when it fails. */
enum ruff_status script_load(struct ruff *r, const char *path, const char *doing,
                             struct ruff_program **out);

/* The value of --mode. False: said what is wrong with it. */
bool script_mode(struct options *o, const char *name, struct ruff_config *config);

#endif
