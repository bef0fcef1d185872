/*
 * prelude.h - the names of lang/builtins.def.
 */
#ifndef FRONT_PRELUDE_H
#define FRONT_PRELUDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

/* Private part. Owns an index of the table. */
struct prelude {
    struct map index;
};

/* False without memory. */
bool prelude_init(struct prelude *prelude);
void prelude_done(struct prelude *prelude);

/* What ast_name.builtin holds for this name: a row, AST_BUILTIN_NONE, or less for a
   constant. Aliases give the row of the canonical function. */
int32_t prelude_find(const struct prelude *prelude, const char *name, size_t len);

/* The row of the builtin written `object.member` (Promise.all), or AST_BUILTIN_NONE. */
int32_t prelude_find_member(const struct prelude *prelude, const char *object,
                            const char *member, size_t member_len);

/* The canonical name behind a value of ast_name.builtin other than AST_BUILTIN_NONE. */
const char *prelude_name(int32_t builtin);

#endif
