/*
 * resolve.h - names to slots, captures, globals and builtins, once for all engines.
 *
 * Completes the tree of a parsed unit (see the comments in ast.h). Finds no errors of its
 * own: what is undefined is an error when it is read. Fails only without memory.
 */
#ifndef FRONT_RESOLVE_H
#define FRONT_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ast_unit;

/* A global that exists before the unit runs (a session that goes on, such as a REPL). */
struct resolve_global {
    const char *name;
    bool is_const;
};

struct resolve_input {
    /*
     * `import m`: the names module m exports, in *names (borrowed until front_resolve
     * returns); their count is the result. 0 when the module does not exist or is broken: the
     * import then fails at run time. NULL: no module exports anything.
     */
    size_t (*exports)(void *context, const char *module, size_t module_len,
                      const char *const **names);
    void *context;
    /* These get the first global slots in this order; any of them may be unset. */
    const struct resolve_global *globals;
    size_t nglobals;
};

/* `input` may be NULL. */
bool resolve_unit(struct ast_unit *unit, const struct resolve_input *input);

#endif
