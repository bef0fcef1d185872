#ifndef RUFFPROF_PATTERN_H
#define RUFFPROF_PATTERN_H

/* A regular expression of the user's (`--focus`, `--ignore`), matched anywhere in a frame
 * name. PCRE2 with limits: a hostile expression or name gives "no match", not a hang. */

#include <stdbool.h>

struct pattern;
struct strbuf;

/* Compiles `text`. On failure `*out` is untouched and a sentence with the position is
 * appended to `message` (may be NULL). */
bool pattern_new(struct pattern **out, const char *text, struct strbuf *message);
void pattern_free(struct pattern *pattern);
bool pattern_matches(const struct pattern *pattern, const char *name);

#endif
