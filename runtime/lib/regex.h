/*
 * regex.h - the regular expression builtins of 19.3 over PCRE2. The dialect is cut down by
 * regex_dialect.h. Compiled patterns are cached per isolate.
 *
 * Matching is leftmost-first. Backtracking is bounded by REGEX_MATCH_LIMIT; a match that
 * hits it is an error, so that no pattern can hang a program.
 */
#ifndef RUFF_LIB_REGEX_H
#define RUFF_LIB_REGEX_H

struct regex_cache;

enum {
    /* Backtracking points per match: about 0.2 s. PCRE2's own default. */
    REGEX_MATCH_LIMIT = 10000000,
    REGEX_CACHE_SLOTS = 64,
    /* Uses or bytes of text from which native code pays for its 50 µs of making. */
    REGEX_JIT_USES = 8,
    REGEX_JIT_TEXT_BYTES = 4096
};

/* NULL is ignored. */
void regex_cache_free(struct regex_cache *cache);

#endif
