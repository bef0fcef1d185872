/*
 * suggest.h - "did you mean": the closest of several names to a misspelt one.
 *
 *     struct suggest s;
 *     suggest_init(&s, "lenght", 6);
 *     suggest_offer(&s, "length", 6);     for every name that would have been right
 *     if (s.best != NULL) ...             the closest one, when it is close enough
 *
 * Used only after an error has happened. Names are borrowed until the best is read.
 */
#ifndef RUFF_CORE_SUGGEST_H
#define RUFF_CORE_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/* Longer names are not compared: a long name misspelt is rare and the cost is quadratic. */
#define SUGGEST_NAME_BYTES 64

struct suggest {
    const char *word;
    size_t len;      /* bytes */
    size_t distance; /* edits a better candidate must stay below */
    const char *best;
    size_t best_len;
};

void suggest_init(struct suggest *s, const char *word, size_t len);
/* Among equally close names the first one offered wins. */
void suggest_offer(struct suggest *s, const char *name, size_t len);

#endif
