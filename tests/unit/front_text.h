/*
 * Short ways from a text to what the front end makes of it, for its unit tests.
 * Every result is a heap string the caller frees with mem_free.
 */
#ifndef FRONT_TEXT_H
#define FRONT_TEXT_H

#include <stddef.h>

struct resolve_input;

/* The dump of the whole unit (ast_dump.h), or the rendered diagnostics. */
char *front_text_dump(const char *text, size_t len, const struct resolve_input *input);

/* The same of a C string, without the offsets of statements. */
char *front_text_tree(const char *text);

/* The statements of the top level only, one a line, without offsets and indentation. */
char *front_text_main(const char *text);

/* The messages, one a line as `CODE LINE:COLUMN MESSAGE`; "" when the text is good. */
char *front_text_errors(const char *text, size_t len);

#endif
