/*
 * program.h - a loaded program: its main unit, the modules it imports, and all prototypes.
 *
 * Owns sources, syntax trees, prototypes and (through them) the engines' code. Belongs to
 * one runtime; survives any number of runs.
 */
#ifndef RUFF_PROGRAM_H
#define RUFF_PROGRAM_H

#include "base/arena.h"
#include "core/function.h"

struct ast_unit;
struct source;
struct state;

/* A module as far as loading got. */
enum module_status {
    MODULE_LOADING,
    MODULE_READY,
    MODULE_NOT_FOUND,
    MODULE_UNSAFE,
    MODULE_BROKEN
};

struct module {
    char *name;    /* dotted name as written */
    char *root;    /* search root it was found in, or asked from when not found */
    char *problem; /* UNSAFE, BROKEN: text of the error */
    enum module_status status;
    const struct ast_unit *parsed; /* once parsed: knows the exports */
    struct unit *unit;             /* READY */
    struct module *next;
};

/* A unit with what it owns. */
struct program_unit {
    struct unit unit;     /* first: struct unit * converts back */
    struct ast_unit *ast; /* these are NULL in a copy */
    struct source *source;
    char *root;
    char *name;
    char **profile_names; /* names made for lambdas */
    struct arena code;    /* of a copy */
    struct program_unit *next;
};

/* A test block; see tests.h. */
struct program_test {
    const char *name;
    uint32_t function; /* id in the main unit */
};

struct ruff_program {
    struct ruff *runtime;
    struct program_unit *main;
    struct program_unit *units; /* all, main included */
    struct module *modules;
    char *main_dir;
    bool for_tests; /* only declarations and tests were kept */
    struct program_test *tests;
    uint32_t ntests;
    uint32_t teardown;         /* function id, 0: none */
    struct ruff_program *next; /* all programs of the runtime */
};

/*
 * Makes a unit of a resolved tree: prototypes with ids from *next_id on. Takes `ast` and
 * `source` (freed with the unit, also on failure). NULL when memory is out.
 */
struct program_unit *program_unit_new(struct ast_unit *ast, struct source *source,
                                      const char *root, const char *name,
                                      uint32_t *next_id);
/* Prototypes of its own, under the same ids, over the tree and source of the original, which
   must live longer. Reads only what never changes. NULL when memory is out. */
struct program_unit *program_unit_copy(const struct unit *original);
void program_unit_free(struct program_unit *u);

#endif
