#include "config.h"

#include "lib/search.h"

#include <string.h>

#if defined(__SSE2__)
#    include <emmintrin.h>
#endif

static const char *find_bytewise(const char *text, size_t len, const char *what,
                                 size_t what_len);

const char *search_find(const char *text, size_t len, const char *what, size_t what_len)
{
    if (what_len <= 1) {
        if (what_len == 0)
            return text;
        return len > 0 ? memchr(text, what[0], len) : NULL;
    }
    if (what_len > len)
        return NULL;
    if (what_len >= SEARCH_LONG_BYTES)
        return memmem(text, len, what, what_len);
    size_t at = 0;
#if defined(__SSE2__)
    const __m128i first = _mm_set1_epi8(what[0]);
    const __m128i last = _mm_set1_epi8(what[what_len - 1]);
    for (; at + what_len - 1 + 16 <= len; at += 16) {
        __m128i heads = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
        __m128i tails =
            _mm_loadu_si128((const __m128i *)(const void *)(text + at + what_len - 1));
        __m128i both =
            _mm_and_si128(_mm_cmpeq_epi8(heads, first), _mm_cmpeq_epi8(tails, last));
        unsigned mask = (unsigned)_mm_movemask_epi8(both);
        while (mask != 0) {
            size_t hit = at + (size_t)__builtin_ctz(mask);
            if (memcmp(text + hit + 1, what + 1, what_len - 2) == 0)
                return text + hit;
            mask &= mask - 1;
        }
    }
#endif
    return find_bytewise(text + at, len - at, what, what_len);
}

static const char *find_bytewise(const char *text, size_t len, const char *what,
                                 size_t what_len)
{
    const char *end = text + len;
    while ((size_t)(end - text) >= what_len) {
        const char *hit = memchr(text, what[0], (size_t)(end - text) - what_len + 1);
        if (hit == NULL)
            return NULL;
        if (memcmp(hit + 1, what + 1, what_len - 1) == 0)
            return hit;
        text = hit + 1;
    }
    return NULL;
}
