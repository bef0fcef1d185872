#include "config.h"

#include "base/suggest.h"

#include <stdint.h>
#include <string.h>

static size_t smaller(size_t a, size_t b);

void suggest_init(struct suggest *s, const char *name, size_t n)
{
    size_t allowed = n <= 3 ? 1 : n <= 7 ? 2 : 3;
    *s = (struct suggest){.name = name, .name_len = n, .best_distance = allowed + 1};
}

void suggest_offer(struct suggest *s, const char *candidate, size_t n)
{
    size_t distance = suggest_distance(s->name, s->name_len, candidate, n);
    /* A distance as long as the name itself means that nothing is left of it. */
    if (distance == 0 || distance >= s->best_distance || distance >= s->name_len)
        return;
    s->best = candidate;
    s->best_len = n;
    s->best_distance = distance;
}

const char *suggest_best(const struct suggest *s, size_t *len)
{
    if (s->best != NULL && len != NULL)
        *len = s->best_len;
    return s->best;
}

const char *suggest_nearest(const char *name, const char *const *candidates,
                            size_t count)
{
    struct suggest s;
    suggest_init(&s, name, strlen(name));
    for (size_t i = 0; i < count; i++)
        suggest_offer(&s, candidates[i], strlen(candidates[i]));
    return suggest_best(&s, NULL);
}

/* Damerau and Levenshtein, restricted to swaps of neighbours; three rows of the table. */
size_t suggest_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    if (a_len > SUGGEST_MAX_BYTES || b_len > SUGGEST_MAX_BYTES)
        return SIZE_MAX;
    size_t rows[3][SUGGEST_MAX_BYTES + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        above[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = smaller(replaced, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b_len];
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}
