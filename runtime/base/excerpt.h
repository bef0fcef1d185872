/*
 * The three lines that show a position in a source text, the same in every diagnostic:
 *
 *        |
 *     12 | let x := 1 +
 *        |            ^
 *
 * A tab becomes one space. Control bytes, invalid UTF-8 and invisible direction marks are
 * written as escapes, so that a source cannot steer the terminal. Of a line longer than
 * EXCERPT_MAX_CHARS only the part around the position is shown, with `...` where it is cut.
 */
#ifndef BASE_EXCERPT_H
#define BASE_EXCERPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;

/* Two or three times a wide terminal: longer lines come from generated code. */
#define EXCERPT_MAX_CHARS 240

/*
 * Appends the lines, each with its LF, for the byte `offset` of `text`; an offset beyond
 * the end means the end. `line` is the 1-based number to show. With `color` the gutter is
 * blue and the caret red. False without memory.
 */
bool excerpt_append(struct strbuf *out, const char *text, size_t len, size_t offset,
                    uint32_t line, bool color);

#endif
