/*
 * names.h - the names of one unit, each kept once: two names are equal when their addresses
 * are. The text of every struct ast_name is one of these.
 *
 * The records live in the unit's arena. Belongs to one thread until the unit is resolved.
 */
#ifndef FRONT_NAMES_H
#define FRONT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

struct arena;

struct name {
    uint32_t len;
    uint32_t token; /* enum token_kind of a reserved word, else TOKEN_IDENT */
    /* A name of the form BASE_N (N a decimal >= 1 without leading zeros) knows both: a match
       pattern that binds BASE may bind it too, see struct ast_case. */
    const struct name *base;
    uint32_t suffix; /* N, 0 for other names */
    char text[];     /* NUL-terminated */
};

/* Private part. Owns the index only. */
struct names {
    struct arena *arena;
    struct map index;
};

/* An empty set. False without memory. */
bool names_init(struct names *names, struct arena *arena);
void names_done(struct names *names);

/* The record of a name or reserved word, made when it is new. NULL without memory. */
struct name *names_intern(struct names *names, const char *text, size_t len);

/* The record that a text came from (`text` must be name->text of some record). */
const struct name *names_of_text(const char *text);

#endif
