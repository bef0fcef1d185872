/*
 * diagnostics.h - what lexer and parser found wrong, collected, and its text form
 * (language.md 3.4 and, for what is told as a runtime error, 15.4).
 *
 *     struct diagnostics diags;
 *     diagnostics_init(&diags);
 *     if (!front_parse(&input, &unit, &diags))
 *         diagnostics_render(&diags, source, false, &text);
 *     diagnostics_done(&diags);
 *
 * Belongs to one thread at a time.
 */
#ifndef FRONT_DIAGNOSTICS_H
#define FRONT_DIAGNOSTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

struct source;
struct strbuf;

/* Rows of lang/errors.def. */
enum diagnostic_code {
#define DIAGNOSTIC(name, code, label, title, exit_code, help) DIAGNOSTIC_##name,
#include "lang/errors.def"
    DIAGNOSTIC_CODES
};

/* Above this many a broken text only repeats itself; the rest is counted. */
#define DIAGNOSTICS_MAX 200

struct diagnostic {
    uint8_t code;    /* enum diagnostic_code */
    uint32_t offset; /* byte offset in the source */
    char *message;   /* owned */
};

VEC_DEFINE(diagnostic_vec, struct diagnostic);

/* Owns the messages. Fields may be read. */
struct diagnostics {
    struct diagnostic_vec items;
    uint64_t dropped; /* reported beyond DIAGNOSTICS_MAX */
    bool
        out_of_memory; /* something could not be recorded, or parsing ran out of memory */
};

void diagnostics_init(struct diagnostics *d);
void diagnostics_done(struct diagnostics *d);

/* Records a problem; the message is printf-formatted. */
void diagnostics_add(struct diagnostics *d, enum diagnostic_code code, uint32_t offset,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Forgets what was found at or behind `offset` (an unclosed literal explains the rest). */
void diagnostics_drop_from(struct diagnostics *d, uint32_t offset);

/* Orders by offset; equal offsets keep the order of discovery. */
void diagnostics_sort(struct diagnostics *d);

/* True when nothing was found and memory sufficed. */
bool diagnostics_empty(const struct diagnostics *d);

/* Exit code of a program with these: 0 none, 3 lexical or syntax, 4 when all are of the
   early runtime class, 6 out of memory. */
int diagnostics_exit_code(const struct diagnostics *d);

/*
 * Appends the text form of all; with `color` in ANSI colours. While there is a lexical or
 * syntax diagnostic, those of the early runtime class are left out: they can be wrong.
 * False without memory.
 */
bool diagnostics_render(const struct diagnostics *d, const struct source *source,
                        bool color, struct strbuf *out);

#endif
