/*
 * command.h - the commands of `ruff`: what they share.
 */
#ifndef RUFF_COMMAND_H
#define RUFF_COMMAND_H

#include <ruff.h>

#include "base/options.h"

/* Each gets its own arguments (argv[0] is the command's name) and gives the exit code. */
int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
int command_disasm(int argc, char **argv);
int command_test(int argc, char **argv);
int command_repl(int argc, char **argv);

/* Ids of the options every running command has; a command's own ids start at
   COMMAND_OPTION_NEXT. */
enum {
    COMMAND_OPTION_MODE,
    COMMAND_OPTION_INTERPRETER,
    COMMAND_OPTION_JIT,
    COMMAND_OPTION_MAX_MEMORY,
    COMMAND_OPTION_HASH_SEED,
    COMMAND_OPTION_NEXT,
};

/* Rows for those, for the tables of the commands. */
#define COMMAND_ENGINE_OPTIONS                                                               \
    {COMMAND_OPTION_MODE,                                                                    \
     0,                                                                                      \
     "mode",                                                                                 \
     OPTION_VALUE,                                                                           \
     "MODE",                                                                                 \
     "Engine: interp walks the tree, vm runs bytecode, jit compiles hot code. Default: the " \
     "fastest one built in."},                                                               \
        {COMMAND_OPTION_INTERPRETER, 0, "interpreter", OPTION_FLAG, NULL,                    \
         "Short for --mode=interp."},                                                        \
        {COMMAND_OPTION_JIT, 0, "jit", OPTION_FLAG, NULL, "Short for --mode=jit."},          \
        {COMMAND_OPTION_MAX_MEMORY,                                                          \
         0,                                                                                  \
         "max-memory",                                                                       \
         OPTION_VALUE,                                                                       \
         "SIZE",                                                                             \
         "Bytes the script's values may use; beyond, a catchable error."},                   \
    {                                                                                        \
        COMMAND_OPTION_HASH_SEED, 0, "hash-seed", OPTION_VALUE, "N",                         \
            "Seed of the string hash (default: random)."                                     \
    }

/* Handles one of the options above. False: said what is wrong, leave with o->exit_code. */
bool command_engine_option(struct options *o, int id, const char *value,
                           struct ruff_config *config);

/* A runtime; NULL: not enough memory, which is said. */
struct ruff *command_runtime(const struct ruff_config *config);

/* Loads a script: `-` is standard input, a bare name may come from the suites (one line on
   stderr says so). */
enum ruff_status command_load(struct ruff *r, const char *path,
                              struct ruff_program **out);

/* The same for its tests; only `-` is special. */
enum ruff_status command_load_tests(struct ruff *r, const char *path,
                                    struct ruff_program **out);

/* Exit code of a status that is not a script's own. */
int command_exit_code(enum ruff_status status);

#endif
