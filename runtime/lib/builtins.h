/*
 * builtins.h - the table of builtins over lang/builtins.def and the bodies it names.
 *
 * The top floor puts the table into state_config.builtins. Rows are constant and shared by
 * all isolates. Bodies follow the contract of core/builtin.h.
 */
#ifndef RUFF_LIB_BUILTINS_H
#define RUFF_LIB_BUILTINS_H

#include <stddef.h>

#include "core/builtin.h"

#define BUILTIN(name, function, min, max, arity, flags)                 \
    bool function(struct state *st, struct value *args, uint32_t nargs, \
                  struct value *result);
#include "lang/builtins.def"

/* Ids: BUILTINS_ID_strings_len and so on, the row's position. */
enum builtins_id {
#define BUILTIN(name, function, min, max, arity, flags) BUILTINS_ID_##function,
#include "lang/builtins.def"
    BUILTINS_COUNT
};

extern const struct builtin builtins_table[BUILTINS_COUNT];

/* The row of a name or alias, NULL when there is none. `name` needs no NUL. */
const struct builtin *builtins_find(const char *name, size_t len);

#endif
