#include "config.h"

#include <stdlib.h>

#include "fuzz.h"

#include "base/diag.h"
#include "base/json_writer.h"
#include "base/strbuf.h"
#include "base/utf8.h"

/* Repaired, quoted and escaped text is valid; counting and stepping agree on it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct strbuf out;
    strbuf_init(&out);
    if (!utf8_replace_invalid(&out, text, size) ||
        !utf8_valid(strbuf_str(&out), out.len))
        abort();
    if (utf8_valid(text, size) !=
        (out.len == size && utf8_valid_prefix(text, size) == size))
        abort();
    size_t count = utf8_count(strbuf_str(&out), out.len), at = 0;
    for (size_t i = 0; i < count; i++) {
        if (i < 64 && utf8_advance(strbuf_str(&out), out.len, i) != at)
            abort();
        uint32_t code_point;
        size_t n = utf8_decode(out.data + at, out.len - at, &code_point);
        if (n == 0)
            abort();
        at += n;
    }
    if (at != out.len)
        abort();
    strbuf_clear(&out);
    if (!json_writer_quote(&out, text, size) || !utf8_valid(out.data, out.len))
        abort();
    strbuf_clear(&out);
    if (!diag_escape(&out, text, size) || !utf8_valid(strbuf_str(&out), out.len))
        abort();
    for (size_t i = 0; i < out.len; i++) {
        if ((unsigned char)out.data[i] < 0x20)
            abort();
    }
    strbuf_done(&out);
    return 0;
}
