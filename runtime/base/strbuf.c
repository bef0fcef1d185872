#include "config.h"

#include "base/strbuf.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/sizing.h"
#include "base/utf8.h"

enum {
    FIRST_BYTES = SIZE_OR_TINY(32, 1),
    /* Room a formatted text gets before its length is known. */
    FORMAT_BYTES = SIZE_OR_TINY(64, 0),
};

static bool fail(struct strbuf *sb);

void strbuf_init(struct strbuf *sb)
{
    *sb = (struct strbuf){.data = NULL};
}

void strbuf_done(struct strbuf *sb)
{
    mem_free(sb->data);
    strbuf_init(sb);
}

void strbuf_clear(struct strbuf *sb)
{
    sb->len = 0;
    sb->failed = false;
    if (sb->data != NULL)
        sb->data[0] = '\0';
}

bool strbuf_reserve(struct strbuf *sb, size_t extra)
{
    if (sb->failed)
        return false;
    if (sb->cap > sb->len && extra < sb->cap - sb->len)
        return true;
    size_t need;
    if (__builtin_add_overflow(sb->len, extra, &need) || need == SIZE_MAX)
        return fail(sb);
    size_t cap = mem_grow(sb->cap < FIRST_BYTES ? FIRST_BYTES : sb->cap, need + 1);
    char *data = mem_realloc(sb->data, cap);
    if (data == NULL)
        return fail(sb);
    sb->data = data;
    sb->cap = cap;
    sb->data[sb->len] = '\0';
    return true;
}

bool strbuf_append(struct strbuf *sb, const void *bytes, size_t n)
{
    if (!strbuf_reserve(sb, n))
        return false;
    if (n > 0)
        memcpy(sb->data + sb->len, bytes, n);
    sb->len += n;
    sb->data[sb->len] = '\0';
    return true;
}

bool strbuf_append_str(struct strbuf *sb, const char *text)
{
    return strbuf_append(sb, text, strlen(text));
}

bool strbuf_append_char(struct strbuf *sb, char c)
{
    if (!strbuf_reserve(sb, 1))
        return false;
    sb->data[sb->len++] = c;
    sb->data[sb->len] = '\0';
    return true;
}

bool strbuf_append_repeat(struct strbuf *sb, char c, size_t count)
{
    if (!strbuf_reserve(sb, count))
        return false;
    memset(sb->data + sb->len, c, count);
    sb->len += count;
    sb->data[sb->len] = '\0';
    return true;
}

bool strbuf_append_i64(struct strbuf *sb, int64_t value)
{
    if (value < 0) {
        if (!strbuf_append_char(sb, '-'))
            return false;
        /* In unsigned arithmetic the smallest value has a magnitude too. */
        return strbuf_append_u64(sb, 0 - (uint64_t)value);
    }
    return strbuf_append_u64(sb, (uint64_t)value);
}

bool strbuf_append_u64(struct strbuf *sb, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return strbuf_append(sb, digits + at, sizeof digits - at);
}

bool strbuf_append_utf8(struct strbuf *sb, uint32_t code_point)
{
    char bytes[UTF8_MAX_BYTES];
    size_t n = utf8_encode(code_point, bytes);
    if (n == 0)
        n = utf8_encode(UTF8_REPLACEMENT, bytes);
    return strbuf_append(sb, bytes, n);
}

bool strbuf_append_format(struct strbuf *sb, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool ok = strbuf_append_vformat(sb, format, args);
    va_end(args);
    return ok;
}

bool strbuf_append_vformat(struct strbuf *sb, const char *format, va_list args)
{
    if (!strbuf_reserve(sb, FORMAT_BYTES))
        return false;
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(sb->data + sb->len, sb->cap - sb->len, format, args);
    bool ok = n >= 0;
    if (ok && (size_t)n >= sb->cap - sb->len) {
        ok = strbuf_reserve(sb, (size_t)n) &&
             vsnprintf(sb->data + sb->len, sb->cap - sb->len, format, again) == n;
    }
    va_end(again);
    if (!ok) {
        sb->data[sb->len] = '\0';
        return fail(sb);
    }
    sb->len += (size_t)n;
    return true;
}

void strbuf_truncate(struct strbuf *sb, size_t len)
{
    assert(len <= sb->len && "strbuf: truncate cannot lengthen");
    sb->len = len;
    if (sb->data != NULL)
        sb->data[len] = '\0';
}

const char *strbuf_str(const struct strbuf *sb)
{
    return sb->data == NULL ? "" : sb->data;
}

bool strbuf_failed(const struct strbuf *sb)
{
    return sb->failed;
}

char *strbuf_detach(struct strbuf *sb, size_t *len)
{
    if (!strbuf_reserve(sb, 0)) {
        strbuf_done(sb);
        return NULL;
    }
    char *data = sb->data;
    if (len != NULL)
        *len = sb->len;
    strbuf_init(sb);
    return data;
}

static bool fail(struct strbuf *sb)
{
    sb->failed = true;
    return false;
}
