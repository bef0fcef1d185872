#include "config.h"

#include "textbuf.h"

#include <stdarg.h>
#include <stdio.h>

static size_t character_boundary(const char *text, size_t length);

size_t textbuf_format(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(out, size, format, arguments);
    va_end(arguments);
    if (wanted < 0) {
        out[0] = '\0';
        return 0;
    }
    if ((size_t)wanted < size) {
        return (size_t)wanted;
    }
    size_t length = character_boundary(out, size - 1);
    out[length] = '\0';
    return length;
}

/* The largest length up to `length` at which no UTF-8 sequence is cut: the last lead byte
 * among the final four decides. */
static size_t character_boundary(const char *text, size_t length)
{
    for (size_t back = 1; back <= 4 && back <= length; back++) {
        unsigned char byte = (unsigned char)text[length - back];
        if ((byte & 0xC0u) == 0x80u) {
            continue;
        }
        size_t needed = byte < 0x80u ? 1 : byte < 0xE0u ? 2 : byte < 0xF0u ? 3 : 4;
        return needed <= back ? length : length - back;
    }
    return length;
}

void textbuf_make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            *text = '?';
        }
    }
}
