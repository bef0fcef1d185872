/*
 * lexer.h - source text to tokens, one at a time (language.md 2, 21a.1).
 *
 * Problems go to the diagnostics; the lexer then returns a plausible token and goes on, so
 * that the parser can find more. An unclosed comment, string or interpolation ends the
 * text: what follows is TOKEN_END, what had been found behind it is dropped, and
 * `truncated_at` tells the parser not to complain about the end.
 *
 * Used by the parser only.
 */
#ifndef FRONT_LEXER_H
#define FRONT_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "base/vec.h"

struct arena;
struct diagnostics;
struct name;
struct names;
struct source;

/* Rows of lang/tokens.def. */
enum token_kind {
#define TOKEN(name, text)       TOKEN_##name,
#define PUNCTUATION(name, text) TOKEN_##name,
#define KEYWORD(name, text)     TOKEN_##name,
#include "lang/tokens.def"
    TOKEN_KINDS
};

/* Limits of language.md 21, in characters. */
#define LEXER_MAX_IDENTIFIER 256
#define LEXER_MAX_NUMBER     512
#define LEXER_MAX_STRING     1048576

struct token {
    uint8_t kind;    /* enum token_kind */
    bool first;      /* a line break stands between it and the token before */
    uint32_t offset; /* of its first byte */
    uint32_t end;    /* behind its last byte */
    union {
        int64_t integer;         /* INT */
        double number;           /* FLOAT */
        const struct name *name; /* IDENT and reserved words */
        struct {
            const char *bytes; /* STRING*: decoded text, in the arena; may hold NUL */
            uint32_t len;
        } string;
    } as;
};

/* One open `${`. */
struct lexer_hole {
    uint32_t quote;  /* offset of the string's opening quote */
    uint32_t dollar; /* offset of the `${` */
    uint32_t braces; /* open `{` inside the hole */
    uint32_t chars;  /* characters of the string so far */
};

VEC_DEFINE(lexer_hole_vec, struct lexer_hole);

/* Private part; the parser reads `truncated_at` and `out_of_memory`. */
struct lexer {
    const struct source *source;
    struct arena *arena;       /* borrowed: decoded strings */
    struct names *names;       /* borrowed */
    struct diagnostics *diags; /* borrowed */
    uint32_t at;               /* next byte */
    uint32_t end;              /* length of the text */
    uint32_t truncated_at;     /* UINT32_MAX while nothing was unclosed */
    bool out_of_memory;
    struct lexer_hole_vec holes;
    struct strbuf buffer; /* the string being decoded */
};

/* Reports NUL bytes and invalid UTF-8 at once. */
void lexer_init(struct lexer *lx, const struct source *source, struct arena *arena,
                struct names *names, struct diagnostics *diags);
void lexer_done(struct lexer *lx);

/* The next token; TOKEN_END again and again at the end. */
struct token lexer_next(struct lexer *lx);

/*
 * True when the text from `offset` (of a `[` or `{`) reads as a destructuring pattern up to
 * its closing bracket and `:=` or `=` follows. Looks ahead without moving; stops at the
 * first token no pattern has.
 */
bool lexer_pattern_follows(const struct lexer *lx, uint32_t offset);

/* How the table spells a kind, for messages. */
const char *lexer_kind_text(enum token_kind kind);
/* True for the reserved words. */
bool lexer_is_word(enum token_kind kind);

#endif
