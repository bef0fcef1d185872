/*
 * regex.h - the regular expression builtins of 19.3 over PCRE2. The dialect is cut down by
 * regex_dialect.h. Compiled patterns are cached per isolate.
 *
 * Matching is leftmost-first. PCRE2 may backtrack REGEX_MATCH_LIMIT times for one match; a
 * pattern that wants more goes to regex_linear.h for good, so that none can hang a program.
 * Only a pattern with Unicode classes is an error then.
 */
#ifndef RUFF_LIB_REGEX_H
#define RUFF_LIB_REGEX_H

struct regex_cache;

enum {
    /* Backtracking points per match: some 10 ms. */
    REGEX_MATCH_LIMIT = 500000,
    REGEX_CACHE_SLOTS = 64,
    /* Uses or bytes of text from which native code pays for its 50 µs of making. */
    REGEX_JIT_USES = 8,
    REGEX_JIT_TEXT_BYTES = 4096
};

/* NULL is ignored. */
void regex_cache_free(struct regex_cache *cache);

#endif
