#include "config.h"

#include "export/exporter.h"

#include <stdio_ext.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"

static const struct exporter table[] = {
    {"folded", ".folded .collapsedstack.txt .collapsed",
     "one line a stack with its count: flamegraph.pl, inferno, speedscope",
     export_folded},
    {"svg", ".svg", "flame graph: zoom, search, tooltips", export_svg},
    {"html", ".html .htm", "the flame graph with the table of functions", export_html},
    {"pprof", ".pb.gz .pprof", "Google pprof, Pyroscope, Parca", export_pprof},
    {"speedscope", ".speedscope.json",
     "speedscope.app: one profile a thread, with time", export_speedscope},
    {"firefox", ".firefox.json", "profiler.firefox.com: threads, tiers as categories",
     export_firefox},
    {"callgrind", ".callgrind .callgrind.out", "KCachegrind, callgrind_annotate",
     export_callgrind},
    {"json", ".json", "the calling-context tree and facts, for scripts", export_json},
};

const struct exporter *exporter_table(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}

const struct exporter *exporter_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

static bool ends_with(const char *path, const char *suffix, size_t count)
{
    size_t length = strlen(path);
    return length >= count && memcmp(path + length - count, suffix, count) == 0;
}

const struct exporter *exporter_guess(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    if (strncmp(base, "callgrind.out", 13) == 0) {
        return exporter_find("callgrind");
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (const char *at = table[i].suffixes; *at != '\0';) {
            size_t count = strcspn(at, " ");
            if (ends_with(path, at, count)) {
                return &table[i];
            }
            at += count + (at[count] == ' ');
        }
    }
    return NULL;
}

bool exporter_write(const struct exporter *exporter, const struct export_job *job,
                    FILE *out)
{
    /* No other thread has this stream, and locking it for every number takes longer than
     * writing it. */
    int locking = __fsetlocking(out, FSETLOCKING_BYCALLER);
    bool good = exporter->write(job, out) && ferror(out) == 0;
    __fsetlocking(out, locking);
    return good;
}

/* XML 1.0 forbids U+FFFE and U+FFFF besides the control characters; other formats can do
 * without them too. */
void exporter_clean_name(struct strbuf *out, const char *name)
{
    size_t count = strlen(name);
    for (size_t at = 0; at < count;) {
        uint32_t c = 0;
        size_t n = utf8_decode(name + at, count - at, &c);
        if (n == 0) {
            strbuf_append_utf8(out, UTF8_REPLACEMENT);
            at++;
            continue;
        }
        bool blank = c == '\t' || c == '\n' || c == '\r';
        bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfffe ||
                       c == 0xffff || c == 0x2028 || c == 0x2029;
        if (blank) {
            strbuf_append_char(out, ' ');
        } else if (control) {
            strbuf_append_utf8(out, UTF8_REPLACEMENT);
        } else {
            strbuf_append(out, name + at, n);
        }
        at += n;
    }
}
