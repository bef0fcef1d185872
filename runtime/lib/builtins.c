#include "config.h"

#include "lib/builtins.h"

#include <string.h>

/* As in enum builtin_arity, under the short names of the .def file. */
#define ARITY(suffix) BUILTIN_ARITY_##suffix

const struct builtin builtins_table[BUILTINS_COUNT] = {
#define BUILTIN(name, function, min, max, arity, flags) \
    {name, function, min, max, ARITY(arity), flags, BUILTINS_ID_##function},
#include "lang/builtins.def"
};

struct alias {
    const char *alias, *canonical;
};

static const struct alias aliases[] = {
#define BUILTIN_ALIAS(alias, canonical) {alias, canonical},
#include "lang/builtins.def"
};

static bool same(const char *text, const char *name, size_t len)
{
    return strncmp(text, name, len) == 0 && text[len] == '\0';
}

const struct builtin *builtins_find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (same(aliases[i].alias, name, len)) {
            name = aliases[i].canonical;
            len = strlen(name);
            break;
        }
    }
    for (size_t i = 0; i < BUILTINS_COUNT; i++)
        if (same(builtins_table[i].name, name, len))
            return &builtins_table[i];
    return NULL;
}
