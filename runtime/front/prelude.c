#include "config.h"

#include "front/prelude.h"

#include <string.h>

#include "front/ast.h"

static const char *const functions[] = {
#define BUILTIN(name, function, min, max, arity, flags) name,
#include "lang/builtins.def"
};

static const struct {
    const char *alias, *canonical;
} aliases[] = {
#define BUILTIN_ALIAS(alias, canonical) {alias, canonical},
#include "lang/builtins.def"
};

static const struct {
    const char *name;
    double value;
} constants[] = {
#define BUILTIN_CONSTANT(name, number) {name, number},
#include "lang/builtins.def"
};

static const struct {
    const char *object, *member, *canonical;
} members[] = {
#define BUILTIN_MEMBER(object, member, canonical) {object, member, canonical},
#include "lang/builtins.def"
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Constants stand below AST_BUILTIN_NONE, the first of them right below. */
#define CONSTANT_ROW(i) (AST_BUILTIN_NONE - 1 - (int32_t)(i))

static bool add(struct map *index, const char *name, int32_t row)
{
    return map_put_u64(index, name, strlen(name), (uint64_t)(int64_t)row);
}

bool prelude_init(struct prelude *prelude)
{
    map_init(&prelude->index, MAP_BORROW_KEYS);
    bool good = true;
    for (size_t i = 0; good && i < COUNT(functions); i++)
        good = add(&prelude->index, functions[i], (int32_t)i);
    for (size_t i = 0; good && i < COUNT(aliases); i++)
        good = add(
            &prelude->index, aliases[i].alias,
            prelude_find(prelude, aliases[i].canonical, strlen(aliases[i].canonical)));
    for (size_t i = 0; good && i < COUNT(constants); i++)
        good = add(&prelude->index, constants[i].name, CONSTANT_ROW(i));
    return good;
}

void prelude_done(struct prelude *prelude)
{
    map_done(&prelude->index);
}

int32_t prelude_find(const struct prelude *prelude, const char *name, size_t len)
{
    uint64_t row = 0;
    if (!map_get_u64(&prelude->index, name, len, &row))
        return AST_BUILTIN_NONE;
    return (int32_t)(int64_t)row;
}

int32_t prelude_find_member(const struct prelude *prelude, const char *object,
                            const char *member, size_t member_len)
{
    for (size_t i = 0; i < COUNT(members); i++)
        if (strcmp(members[i].object, object) == 0 &&
            strlen(members[i].member) == member_len &&
            memcmp(members[i].member, member, member_len) == 0)
            return prelude_find(prelude, members[i].canonical,
                                strlen(members[i].canonical));
    return AST_BUILTIN_NONE;
}

const char *prelude_name(int32_t builtin)
{
    return builtin >= 0 ? functions[builtin]
                        : constants[AST_BUILTIN_NONE - 1 - builtin].name;
}

double ast_builtin_constant(int32_t builtin)
{
    return constants[AST_BUILTIN_NONE - 1 - builtin].value;
}
