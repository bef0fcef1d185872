#include "config.h"

#include "front/prelude.h"

#include <string.h>

#include "front/ast.h"

/*
 * All names in a row, each with its NUL: a table of pointers would have to be relocated when
 * the program starts, and a hash table filled. Functions first, then aliases, then constants.
 */
static const char texts[] =
#define BUILTIN(name, function, min, max, arity, flags) name "\0"
#include "lang/builtins.def"
#define BUILTIN_ALIAS(alias, canonical) alias "\0"
#include "lang/builtins.def"
#define BUILTIN_CONSTANT(name, number) name "\0"
#include "lang/builtins.def"
    ;

static const uint8_t lengths[PRELUDE_NAMES] = {
#define BUILTIN(name, function, min, max, arity, flags) sizeof(name) - 1,
#include "lang/builtins.def"
#define BUILTIN_ALIAS(alias, canonical) sizeof(alias) - 1,
#include "lang/builtins.def"
#define BUILTIN_CONSTANT(name, number) sizeof(name) - 1,
#include "lang/builtins.def"
};

static const struct {
    const char *alias, *canonical;
} aliases[] = {
#define BUILTIN_ALIAS(alias, canonical) {alias, canonical},
#include "lang/builtins.def"
};

static const double constants[] = {
#define BUILTIN_CONSTANT(name, number) number,
#include "lang/builtins.def"
};

static const struct {
    const char *object, *member, *canonical;
} members[] = {
#define BUILTIN_MEMBER(object, member, canonical) {object, member, canonical},
#include "lang/builtins.def"
};

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define FIRST_CONSTANT (PRELUDE_NAMES - COUNT(constants))
#define FIRST_ALIAS    (FIRST_CONSTANT - COUNT(aliases))

/* Constants stand below AST_BUILTIN_NONE, the first of them right below. */
#define CONSTANT_ROW(i) (AST_BUILTIN_NONE - 1 - (int32_t)(i))

/* The names are ours, so nobody can choose them to collide: length and two letters do. */
static size_t bucket_of(const char *name, size_t len)
{
    unsigned first = (unsigned char)name[0], last = (unsigned char)name[len - 1];
    return (first * 5 + last * 3 + len * 17) % PRELUDE_BUCKETS;
}

void prelude_init(struct prelude *prelude)
{
    memset(prelude->heads, 0, sizeof prelude->heads);
    size_t at = 0;
    for (size_t i = 0; i < PRELUDE_NAMES; i++) {
        uint16_t *head = &prelude->heads[bucket_of(texts + at, lengths[i])];
        prelude->starts[i] = (uint16_t)at;
        prelude->nexts[i] = *head;
        *head = (uint16_t)(i + 1);
        at += lengths[i] + 1u;
    }
}

int32_t prelude_find(const struct prelude *prelude, const char *name, size_t len)
{
    if (len == 0)
        return AST_BUILTIN_NONE;
    size_t at = prelude->heads[bucket_of(name, len)];
    while (at != 0 && (lengths[at - 1] != len ||
                       memcmp(texts + prelude->starts[at - 1], name, len) != 0))
        at = prelude->nexts[at - 1];
    if (at == 0)
        return AST_BUILTIN_NONE;
    size_t i = at - 1;
    if (i >= FIRST_CONSTANT)
        return CONSTANT_ROW(i - FIRST_CONSTANT);
    if (i < FIRST_ALIAS)
        return (int32_t)i;
    const char *canonical = aliases[i - FIRST_ALIAS].canonical;
    return prelude_find(prelude, canonical, strlen(canonical));
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
    size_t row = builtin >= 0
                     ? (size_t)builtin
                     : FIRST_CONSTANT + (size_t)(AST_BUILTIN_NONE - 1 - builtin);
    const char *text = texts;
    for (size_t i = 0; i < row; i++)
        text += lengths[i] + 1u;
    return text;
}

double ast_builtin_constant(int32_t builtin)
{
    return constants[AST_BUILTIN_NONE - 1 - builtin];
}
