/* Text into fixed buffers: one line of it, cut where it must be, never inside a character.
 *
 * For messages and names whose length has a bound; growing text is base/strbuf. Thread
 * safe. */
#ifndef BENCH_TEXTBUF_H
#define BENCH_TEXTBUF_H

#include <stddef.h>

/* As snprintf, but what does not fit is cut before the character that crosses the end, and
 * the text's length is returned. size ≥ 1. */
size_t textbuf_format(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Replaces control bytes by '?' so that a script's words cannot steer a terminal. */
void textbuf_make_printable(char *text);

#endif
