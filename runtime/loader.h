/*
 * loader.h - from a path or a module name to a unit: finding, reading, parsing, resolving.
 *
 * Modules are parsed when the importing file is (so that `import m` knows its names) and
 * evaluated when the import statement runs. A module that cannot be loaded is remembered
 * with its problem, which is raised at run time (language.md 16).
 */
#ifndef RUFF_LOADER_H
#define RUFF_LOADER_H

#include <ruff.h>

#include "program.h"

struct diagnostics;
struct resolve_global;

/* Loads the main script (for_tests: see tests.h); diagnostics go to the runtime's stream 2. */
enum ruff_status loader_main(struct ruff *r, const char *path, const char *text,
                             size_t len, bool for_tests, struct ruff_program **out);

/* A program without a main script, for pieces (session.h). NULL without memory. */
struct ruff_program *loader_empty(struct ruff *r);
/* Resolves a parsed piece over the globals that are there and adds it to the program. ast is
   taken, also on failure, and *source, which is then NULL; on failure it may still be there, for
   the diagnostics. NULL: see diags. */
struct program_unit *loader_piece(struct ruff_program *p, struct ast_unit *ast,
                                  struct source **source,
                                  const struct resolve_global *globals, size_t nglobals,
                                  struct diagnostics *diags);

/* The bodies of state->import and state->import_symbol. */
bool loader_import(struct state *st, const struct unit *from, const char *name,
                   struct instance **out);
bool loader_import_symbol(struct state *st, struct instance *module, const char *symbol,
                          bool all, struct value *out);

#endif
