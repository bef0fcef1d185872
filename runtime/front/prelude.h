/*
 * prelude.h - the names of lang/builtins.def.
 */
#ifndef FRONT_PRELUDE_H
#define FRONT_PRELUDE_H

#include <stddef.h>
#include <stdint.h>

/* Names of the table: functions, aliases, constants. */
enum {
    PRELUDE_NAMES = 0
#define BUILTIN(name, function, min, max, arity, flags) +1
#define BUILTIN_ALIAS(alias, canonical)                 +1
#define BUILTIN_CONSTANT(name, number)                  +1
#include "lang/builtins.def"
        ,
    PRELUDE_BUCKETS = 256
};

/* Private part: an index of the table, chains by a hash. Owns nothing. */
struct prelude {
    uint16_t heads[PRELUDE_BUCKETS]; /* position of a name + 1; 0: none */
    uint16_t nexts[PRELUDE_NAMES];
    uint16_t starts[PRELUDE_NAMES]; /* offset of the text */
};

/* Takes about a microsecond and no memory. */
void prelude_init(struct prelude *prelude);

/* What ast_name.builtin holds for this name: a row, AST_BUILTIN_NONE, or less for a
   constant. Aliases give the row of the canonical function. */
int32_t prelude_find(const struct prelude *prelude, const char *name, size_t len);

/* The row of the builtin written `object.member` (Promise.all), or AST_BUILTIN_NONE. */
int32_t prelude_find_member(const struct prelude *prelude, const char *object,
                            const char *member, size_t member_len);

/* The canonical name behind a value of ast_name.builtin other than AST_BUILTIN_NONE. */
const char *prelude_name(int32_t builtin);

#endif
