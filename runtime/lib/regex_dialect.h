/*
 * regex_dialect.h - translates a pattern of the language's regular expressions (19.3) into
 * one for PCRE2, and refuses what the dialect does not have: back-references, look-around,
 * atomic groups, recursion, possessive quantifiers (`a++` is a repeated repetition here),
 * verbs. Pure text work; no PCRE2 call.
 */
#ifndef RUFF_LIB_REGEX_DIALECT_H
#define RUFF_LIB_REGEX_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf;

enum {
    /* Nested groups; each costs the translator a C frame of nothing but bookkeeping, and
       PCRE2's own default limit is 250. */
    REGEX_DIALECT_MAX_NESTING = 200
};

/*
 * Appends the translation of the valid UTF-8 `pattern` to `out`. *unicode tells whether a
 * (?u) flag asks for Unicode classes; written only on success. False: not in the dialect, or
 * memory is out (strbuf_failed tells which).
 */
bool regex_dialect_translate(const char *pattern, size_t len, struct strbuf *out,
                             bool *unicode);

#endif
