/*
 * search.h - finding a text in a text, many times over.
 *
 * The C library's memmem builds a table on each call, which costs more than a short
 * distance is worth; here nothing is prepared. Blocks of 16 positions are tested at once on
 * the needle's first and last byte, what passes is compared. Worst case: product of the
 * lengths, so needles of SEARCH_LONG_BYTES and more go to memmem, which is linear.
 */
#ifndef RUFF_LIB_SEARCH_H
#define RUFF_LIB_SEARCH_H

#include <stddef.h>

enum {
    SEARCH_LONG_BYTES = 64
};

/* First occurrence of `what` in `text`, NULL when there is none; `text` for an empty
   `what`. Thread- and signal-safe. */
const char *search_find(const char *text, size_t len, const char *what,
                        size_t what_len);

#endif
