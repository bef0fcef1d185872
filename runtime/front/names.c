#include "config.h"

#include "front/names.h"

#include <string.h>

#include "base/arena.h"
#include "base/sizing.h"
#include "front/lexer.h"

enum {
    NAMES_KEYWORD_MAX = 8, /* bytes of the longest reserved word */
    SUFFIX_DIGITS_MAX = 9, /* more payload values than that cannot be written */
    NAMES_EXPECTED = SIZE_OR_TINY(32, 1), /* room for the names of a small program */
};

/* The reserved words: text, length, kind. Texts in the row: no pointers to relocate. */
static const struct {
    char text[NAMES_KEYWORD_MAX + 1];
    uint8_t len;
    uint8_t kind; /* enum token_kind */
} keywords[] = {
#define KEYWORD(name, text) {text, sizeof(text) - 1, TOKEN_##name},
#include "lang/tokens.def"
};

static bool link_base(struct names *names, struct name *name);

bool names_init(struct names *names, struct arena *arena)
{
    names->arena = arena;
    map_init(&names->index, MAP_BORROW_KEYS);
    return map_reserve(&names->index, NAMES_EXPECTED);
}

void names_done(struct names *names)
{
    map_done(&names->index);
}

/* Asked once for each name of a unit. */
static uint32_t token_of(const char *text, size_t len)
{
    if (len > NAMES_KEYWORD_MAX)
        return TOKEN_IDENT;
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (keywords[i].len == len && memcmp(keywords[i].text, text, len) == 0)
            return keywords[i].kind;
    }
    return TOKEN_IDENT;
}

struct name *names_intern(struct names *names, const char *text, size_t len)
{
    struct name *name = map_get(&names->index, text, len);
    if (name != NULL)
        return name;
    name = arena_alloc(names->arena, sizeof *name + len + 1);
    if (name == NULL)
        return NULL;
    *name = (struct name){.len = (uint32_t)len, .token = token_of(text, len)};
    memcpy(name->text, text, len);
    name->text[len] = '\0';
    if (!map_put(&names->index, name->text, len, name) || !link_base(names, name))
        return NULL;
    return name;
}

const struct name *names_of_text(const char *text)
{
    return (const struct name *)(const void *)(text - offsetof(struct name, text));
}

/* Recurses once for each trailing `_N` of a name of at most 256 characters. */
static bool link_base(struct names *names, struct name *name)
{
    size_t at = name->len;
    while (at > 0 && name->text[at - 1] >= '0' && name->text[at - 1] <= '9')
        at--;
    size_t digits = name->len - at;
    if (digits == 0 || digits > SUFFIX_DIGITS_MAX || name->text[at] == '0' || at < 2 ||
        name->text[at - 1] != '_')
        return true;
    name->base = names_intern(names, name->text, at - 1);
    for (size_t i = at; i < name->len; i++)
        name->suffix = name->suffix * 10 + (uint32_t)(name->text[i] - '0');
    return name->base != NULL;
}
