/*
 * parser.h - tokens to the tree of ast.h: what the parts of the parser share.
 *
 * A recursive descent parser with an operator table. Its parts: parser.c (life, tokens,
 * recovery), expressions.c, patterns.c, statements.c, declarations.c. Only front.c uses it
 * from outside.
 *
 * Failure. A function that fails has reported the problem (or `out_of_memory` is set) and
 * returns NULL or false; its callers do the same up to the list of statements, which skips to
 * a likely next statement and goes on. Between the report and that point `panicking` is set
 * and further reports are dropped.
 *
 * Depth. Everything that recurses is counted: nesting of expressions (parentheses,
 * literals, arguments, unary operators, functions inside), nesting of blocks, `else if`
 * chains. The counts go on through function bodies, so the C stack is bounded by the sum of
 * the three limits for any input.
 */
#ifndef FRONT_PARSER_H
#define FRONT_PARSER_H

#include "front/ast.h"
#include "front/lexer.h"

/* language.md 21. */
#define PARSER_MAX_EXPRESSION_DEPTH 256
#define PARSER_MAX_BLOCK_DEPTH      128
#define PARSER_MAX_ELEMENTS         1048576
/* `else if` in a row, counted through nested statements: readers recurse over them. */
#define PARSER_MAX_ELSE_IFS         1024

enum {
    PARSER_LOOKAHEAD = 3
};

VEC_DEFINE(parser_bytes, unsigned char);
VEC_DEFINE(parser_functions, struct ast_function *);
/* An exported name. */
struct parser_export {
    const struct name *name;
};

VEC_DEFINE(parser_exports, struct parser_export);

struct parser {
    struct lexer lexer;
    struct diagnostics *diags;
    struct arena *arena;
    struct names *names;
    struct ast_unit *unit;

    struct token token;                   /* the current one */
    struct token ahead[PARSER_LOOKAHEAD]; /* those behind it */
    uint32_t ahead_count;
    uint32_t last_end; /* behind the token before the current one */
    uint32_t brackets; /* open ( [ { and ${ before the current token */

    bool panicking;
    bool depth_reported; /* blocks nested too deep */
    bool end_reported;   /* what is missing at the end of the file is said once */
    bool out_of_memory;
    bool no_struct; /* in a head: `{` opens no struct literal */
    uint32_t expression_depth;
    uint32_t block_depth;
    uint32_t else_if_depth;
    uint32_t loop_depth;           /* loops of the function around the current token */
    struct ast_function *function; /* whose body is being parsed */

    struct parser_bytes scratch;       /* lists under construction, see parser_push */
    struct parser_functions functions; /* all, by id */
    struct parser_exports exports;
};

/* Parses the whole text into `unit`, whose source, arena and names are set. False when the
   unit is not usable (the reasons are in `diags`). */
bool parser_run(struct ast_unit *unit, struct diagnostics *diags);

/* ---- tokens ------------------------------------------------------------------------- */

void parser_advance(struct parser *p);
/* The n-th token behind the current one, n from 1 to PARSER_LOOKAHEAD. */
const struct token *parser_peek(struct parser *p, uint32_t n);
static inline bool parser_at(const struct parser *p, enum token_kind kind)
{
    return p->token.kind == kind;
}
/* The current token is an identifier with this text. */
bool parser_at_word(const struct parser *p, const char *text);
/* Moves past a token of this kind, if it is the current one. */
bool parser_accept(struct parser *p, enum token_kind kind);
/* The same; else reports `Expected 'C' CONTEXT but found TOKEN`. */
bool parser_expect(struct parser *p, enum token_kind kind, const char *context);
/* Takes an identifier; else reports `Expected WHAT but found TOKEN`. */
const struct name *parser_expect_name(struct parser *p, const char *what);
/* `:=` or `=`. */
bool parser_at_assign(const struct parser *p);
/* `:=`, `=` or a compound assignment. */
bool parser_at_assignment(const struct parser *p);
/* True when the current token can begin an expression. */
bool parser_at_expression(const struct parser *p);

/* ---- reports ------------------------------------------------------------------------ */

/* Reports a syntax error and panics; always false. */
bool parser_error(struct parser *p, uint32_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* `Expected WHAT but found TOKEN` at the current token; always false. */
bool parser_unexpected(struct parser *p, const char *what);
/* Reports what is told as a runtime error before anything runs (21a.8); does not panic. */
void parser_early_error(struct parser *p, uint32_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Enters a nested expression; false when that is too deep, reported. Every true needs a
   parser_leave. */
bool parser_enter(struct parser *p, const char *context);
void parser_leave(struct parser *p);

/* ---- nodes -------------------------------------------------------------------------- */

/* `bytes` zeroed bytes of the arena; NULL without memory, noted. */
void *parser_alloc(struct parser *p, size_t count, size_t bytes);
/* Lists grow on a common stack: mark = parser_mark(p); push items of one size; take them
   as one array of the arena. What a failed statement left is dropped where it is skipped. */
size_t parser_mark(const struct parser *p);
bool parser_push(struct parser *p, const void *item, size_t bytes);
/* NULL without memory (noted); otherwise *count items. */
void *parser_take(struct parser *p, size_t mark, size_t bytes, uint32_t *count);
void parser_drop(struct parser *p, size_t mark);

struct ast_name parser_name(const struct name *name, uint32_t offset);
struct ast_target_name parser_target(const struct name *name, uint32_t offset);
struct ast_string parser_string(const struct name *name);

/* ---- expressions.c ------------------------------------------------------------------ */

struct ast_expr *expressions_parse(struct parser *p);
/* An expression in which `{` opens no struct literal. */
struct ast_expr *expressions_parse_head(struct parser *p);
/* A literal expression of a token that is one (number, plain string, true, false, null). */
struct ast_expr *expressions_literal(struct parser *p);
/* A node that is as tall as its tallest child and one; NULL when too tall, reported. */
struct ast_expr *expressions_node(struct parser *p, enum ast_expr_kind kind,
                                  uint32_t offset, uint32_t child_height);

/* ---- patterns.c --------------------------------------------------------------------- */

/* A destructuring pattern or a name. */
struct ast_pattern *patterns_parse(struct parser *p, bool declares);
/* A pattern that is one name, `_` included when `ignorable`. */
struct ast_pattern *patterns_name(struct parser *p, const struct name *name,
                                  uint32_t offset, bool declares);
/* The pattern of a `case`, without the body. */
bool patterns_parse_case(struct parser *p, struct ast_case *out);
/* Skips `: type` when there is one. */
bool patterns_skip_annotation(struct parser *p);
/* Skips a type. */
bool patterns_skip_type(struct parser *p);

/* ---- statements.c ------------------------------------------------------------------- */

struct ast_stmt *statements_parse(struct parser *p);
/* `{ ... }`; the context completes messages: "after function parameters". */
struct ast_block *statements_block(struct parser *p, bool scoped, const char *context);
/* Statements up to the end of the text. */
struct ast_block *statements_program(struct parser *p);
struct ast_stmt *statements_node(struct parser *p, enum ast_stmt_kind kind,
                                 uint32_t offset);
/* A block that holds one statement. */
struct ast_block *statements_single(struct parser *p, struct ast_stmt *stmt,
                                    bool scoped);

/* ---- declarations.c ----------------------------------------------------------------- */

/* True when `func` or `async func` at the current token begins a named function. */
bool declarations_at_function(struct parser *p);
struct ast_stmt *declarations_function(struct parser *p);
/* An anonymous function; the current token is `func` or `async`. */
struct ast_function *declarations_lambda(struct parser *p);
/* A function of another kind whose body is the block at the current token. */
struct ast_function *declarations_block_function(struct parser *p,
                                                 enum ast_function_kind kind,
                                                 const char *name, uint32_t offset,
                                                 const char *context);
struct ast_stmt *declarations_struct(struct parser *p);
struct ast_stmt *declarations_enum(struct parser *p);
struct ast_stmt *declarations_import(struct parser *p);
struct ast_stmt *declarations_export(struct parser *p);
/* The function record of the unit's top level. */
struct ast_function *declarations_main(struct parser *p);

#endif
