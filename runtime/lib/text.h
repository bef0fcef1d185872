/*
 * text.h - case conversions and slugs as pure text work, and the builtins around them
 * (language.md 19.3). `text` is valid UTF-8; the result is appended. False: no memory, or stopped.
 */
#ifndef RUFF_LIB_TEXT_H
#define RUFF_LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf;

/* Read now and then while the text is worked through: not 0 = stop. NULL: never. */
typedef const volatile int *text_stop;

bool text_append_capitalized(struct strbuf *out, const char *text, size_t len,
                             text_stop stop);
bool text_append_slug(struct strbuf *out, const char *text, size_t len, text_stop stop);
bool text_append_camel(struct strbuf *out, const char *text, size_t len,
                       text_stop stop);
/* Words joined by `joiner`: '_' for snake case, '-' for kebab case. */
bool text_append_snake(struct strbuf *out, const char *text, size_t len, char joiner,
                       text_stop stop);

#endif
