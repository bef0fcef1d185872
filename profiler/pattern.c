#include "config.h"

#include "pattern.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/strbuf.h"

/* Enough for any sensible expression on a name of 4 KiB, and done in milliseconds. */
#define MATCH_LIMIT 100000u
#define DEPTH_LIMIT 1000u

struct pattern {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *limits;
};

bool pattern_new(struct pattern **out, const char *text, struct strbuf *message)
{
    int error = 0;
    PCRE2_SIZE offset = 0;
    struct pattern *pattern = calloc(1, sizeof *pattern);
    if (pattern == NULL) {
        return false;
    }
    /* Names are not trusted to be UTF-8, so they are matched as bytes. */
    pattern->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, &error,
                                  &offset, NULL);
    if (pattern->code != NULL) {
        pattern->data = pcre2_match_data_create(1, NULL);
        pattern->limits = pcre2_match_context_create(NULL);
    } else if (message != NULL) {
        PCRE2_UCHAR words[128];
        pcre2_get_error_message(error, words, sizeof words);
        strbuf_append_format(message, "bad regular expression '%s': %s at offset %zu",
                             text, (const char *)words, (size_t)offset);
    }
    if (pattern->data == NULL || pattern->limits == NULL) {
        pattern_free(pattern);
        return false;
    }
    pcre2_set_match_limit(pattern->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(pattern->limits, DEPTH_LIMIT);
    *out = pattern;
    return true;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern != NULL) {
        pcre2_match_context_free(pattern->limits);
        pcre2_match_data_free(pattern->data);
        pcre2_code_free(pattern->code);
        free(pattern);
    }
}

bool pattern_matches(const struct pattern *pattern, const char *name)
{
    return pcre2_match(pattern->code, (PCRE2_SPTR)name, strlen(name), 0, 0,
                       pattern->data, pattern->limits) >= 0;
}
