/*
 * "Did you mean": the candidate nearest to a misspelt name, by the distance that counts
 * insertions, deletions, replacements and swaps of neighbours as one each.
 *
 *     struct suggest s;
 *     suggest_init(&s, "frq", 3);
 *     for each candidate: suggest_offer(&s, name, strlen(name));
 *     const char *best = suggest_best(&s, &len);        NULL: nothing is near
 *
 * Nothing allocates; candidates are borrowed until suggest_best. Bytes are compared, so a
 * letter outside ASCII counts as its bytes.
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

/* Longer names get no suggestion: they are rarely typed, and the cost is quadratic. */
enum {
    SUGGEST_MAX_BYTES = 64
};

/* Private part. */
struct suggest {
    const char *name;
    size_t name_len;
    const char *best;
    size_t best_len;
    size_t best_distance; /* offers must be nearer than this */
};

/* Starts a search. What is near enough depends on the length: 1 edit up to 3 bytes, 2 up
   to 7, 3 beyond. */
void suggest_init(struct suggest *s, const char *name, size_t n);

/* Considers a candidate; of several equally near the first offered stays. A candidate
   equal to the name itself is ignored. */
void suggest_offer(struct suggest *s, const char *candidate, size_t n);

/* The nearest candidate and its length (len may be NULL), or NULL. */
const char *suggest_best(const struct suggest *s, size_t *len);

/* All in one for an array of C strings; NULL when none is near. */
const char *suggest_nearest(const char *name, const char *const *candidates,
                            size_t count);

/* The distance of two names; SIZE_MAX when one is longer than SUGGEST_MAX_BYTES. */
size_t suggest_distance(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
