#include "config.h"

#include "front/source.h"

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

static bool find_lines(struct source *s);

struct source *source_new(const char *path, const char *text, size_t len)
{
    struct source *s = mem_alloc_zero(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->given_bytes = len;
    s->len = len <= SOURCE_MAX_BYTES ? len : 0;
    s->path = mem_strndup(path, strlen(path));
    s->text = mem_strndup(text, s->len);
    if (s->path == NULL || s->text == NULL || !find_lines(s)) {
        source_free(s);
        return NULL;
    }
    return s;
}

void source_free(struct source *s)
{
    if (s == NULL)
        return;
    mem_free(s->path);
    mem_free(s->text);
    mem_free(s->line_starts);
    mem_free(s);
}

uint32_t source_line(const struct source *s, uint32_t offset)
{
    uint32_t low = 0, high = s->nlines;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (s->line_starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low + 1;
}

uint32_t source_column(const struct source *s, uint32_t offset)
{
    if (offset > s->len)
        offset = (uint32_t)s->len;
    uint32_t start = s->line_starts[source_line(s, offset) - 1];
    return (uint32_t)utf8_count(s->text + start, offset - start) + 1;
}

const char *source_line_text(const struct source *s, uint32_t line, size_t *len)
{
    size_t start = s->line_starts[line - 1];
    size_t end = line < s->nlines ? s->line_starts[line] : s->len;
    if (end > start && s->text[end - 1] == '\n')
        end--;
    if (end > start && s->text[end - 1] == '\r')
        end--;
    *len = end - start;
    return s->text + start;
}

/* ---- lines --------------------------------------------------------------------------- */

static bool find_lines(struct source *s)
{
    const char *end = s->text + s->len;
    size_t count = 1;
    for (const char *at = s->text; (at = memchr(at, '\n', (size_t)(end - at))) != NULL;
         at++)
        count++;
    s->line_starts = mem_realloc_array(NULL, count, sizeof *s->line_starts);
    if (s->line_starts == NULL)
        return false;
    s->line_starts[0] = 0;
    s->nlines = 1;
    for (const char *at = s->text; (at = memchr(at, '\n', (size_t)(end - at))) != NULL;
         at++)
        s->line_starts[s->nlines++] = (uint32_t)(at + 1 - s->text);
    return true;
}
