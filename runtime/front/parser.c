#include "config.h"

#include "front/parser.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "front/diagnostics.h"
#include "front/names.h"
#include "front/source.h"

static bool finish_unit(struct parser *p);
static void describe_token(const struct parser *p, struct strbuf *out);

/* ---- life ---------------------------------------------------------------------------- */

bool parser_run(struct ast_unit *unit, struct diagnostics *diags)
{
    struct parser p = {
        .diags = diags, .arena = unit->arena, .names = unit->names, .unit = unit};
    lexer_init(&p.lexer, unit->source, unit->arena, unit->names, diags);
    p.token = lexer_next(&p.lexer);
    p.function = declarations_main(&p);
    struct ast_block *body = p.function != NULL ? statements_program(&p) : NULL;
    bool done = false;
    if (body != NULL) {
        unit->functions = p.functions.data;
        p.functions.data[0]->body = body;
        done = finish_unit(&p);
    }
    if (p.out_of_memory || p.lexer.out_of_memory)
        diags->out_of_memory = true;
    lexer_done(&p.lexer);
    parser_bytes_done(&p.scratch);
    parser_functions_done(&p.functions);
    parser_exports_done(&p.exports);
    diagnostics_sort(diags);
    return done && diagnostics_empty(diags);
}

static int compare_texts(const void *a, const void *b)
{
    const struct parser_export *left = a, *right = b;
    return strcmp(left->name->text, right->name->text);
}

/* Moves the lists of the unit to its arena. */
static bool finish_unit(struct parser *p)
{
    struct ast_unit *unit = p->unit;
    struct ast_function *main_function = p->functions.data[0];
    main_function->end_offset = (uint32_t)unit->source->len;
    unit->nfunctions = (uint32_t)p->functions.len;
    unit->functions = parser_alloc(p, p->functions.len, sizeof(struct ast_function *));
    unit->exports = parser_alloc(p, p->exports.len, sizeof *unit->exports);
    if (unit->functions == NULL || unit->exports == NULL)
        return false;
    memcpy(unit->functions, p->functions.data,
           p->functions.len * sizeof *p->functions.data);
    if (p->exports.len > 0)
        qsort(p->exports.data, p->exports.len, sizeof *p->exports.data, compare_texts);
    for (size_t i = 0; i < p->exports.len; i++)
        if (i == 0 || p->exports.data[i].name != p->exports.data[i - 1].name)
            unit->exports[unit->nexports++] = p->exports.data[i].name->text;

    size_t mark = parser_mark(p);
    for (uint32_t i = 0; i < main_function->body->count; i++) {
        struct ast_stmt *stmt = main_function->body->stmts[i];
        struct ast_stmt *inner =
            stmt->kind == AST_STMT_EXPORT ? stmt->as.export.stmt : stmt;
        if (inner->kind != AST_STMT_FUNC)
            continue;
        inner->as.func.hoisted = true;
        parser_push(p, &inner, sizeof inner);
    }
    main_function->hoisted =
        parser_take(p, mark, sizeof(struct ast_stmt *), &main_function->nhoisted);
    return main_function->hoisted != NULL;
}

/* ---- tokens -------------------------------------------------------------------------- */

void parser_advance(struct parser *p)
{
    switch (p->token.kind) {
    case TOKEN_LEFT_PAREN:
    case TOKEN_LEFT_BRACKET:
    case TOKEN_LEFT_BRACE:
    case TOKEN_STRING_HEAD: p->brackets++; break;
    case TOKEN_RIGHT_PAREN:
    case TOKEN_RIGHT_BRACKET:
    case TOKEN_RIGHT_BRACE:
    case TOKEN_STRING_TAIL: p->brackets -= p->brackets > 0; break;
    default: break; /* all other tokens */
    }
    p->last_end = p->token.end;
    if (p->ahead_count == 0) {
        p->token = lexer_next(&p->lexer);
        return;
    }
    p->token = p->ahead[0];
    p->ahead_count--;
    for (uint32_t i = 0; i < p->ahead_count; i++)
        p->ahead[i] = p->ahead[i + 1];
}

const struct token *parser_peek(struct parser *p, uint32_t n)
{
    while (p->ahead_count < n)
        p->ahead[p->ahead_count++] = lexer_next(&p->lexer);
    return &p->ahead[n - 1];
}

bool parser_at_word(const struct parser *p, const char *text)
{
    return p->token.kind == TOKEN_IDENT && strcmp(p->token.as.name->text, text) == 0;
}

bool parser_accept(struct parser *p, enum token_kind kind)
{
    if (!parser_at(p, kind))
        return false;
    parser_advance(p);
    return true;
}

bool parser_expect(struct parser *p, enum token_kind kind, const char *context)
{
    if (parser_accept(p, kind))
        return true;
    struct strbuf found;
    strbuf_init(&found);
    describe_token(p, &found);
    parser_error(p, p->token.offset, "Expected '%s' %s but found %s",
                 lexer_kind_text(kind), context, strbuf_str(&found));
    strbuf_done(&found);
    return false;
}

const struct name *parser_expect_name(struct parser *p, const char *what)
{
    if (!parser_at(p, TOKEN_IDENT)) {
        parser_unexpected(p, what);
        return NULL;
    }
    const struct name *name = p->token.as.name;
    parser_advance(p);
    return name;
}

bool parser_at_assign(const struct parser *p)
{
    return parser_at(p, TOKEN_COLON_ASSIGN) || parser_at(p, TOKEN_ASSIGN);
}

bool parser_at_assignment(const struct parser *p)
{
    return p->token.kind >= TOKEN_COLON_ASSIGN && p->token.kind <= TOKEN_PERCENT_ASSIGN;
}

bool parser_at_expression(const struct parser *p)
{
    static const bool begins[TOKEN_KINDS] = {
        [TOKEN_IDENT] = true,        [TOKEN_INT] = true,
        [TOKEN_FLOAT] = true,        [TOKEN_STRING] = true,
        [TOKEN_STRING_HEAD] = true,  [TOKEN_MINUS] = true,
        [TOKEN_BANG] = true,         [TOKEN_LEFT_PAREN] = true,
        [TOKEN_LEFT_BRACKET] = true, [TOKEN_LEFT_BRACE] = true,
        [TOKEN_FUNC] = true,         [TOKEN_INT_TYPE] = true,
        [TOKEN_FLOAT_TYPE] = true,   [TOKEN_STRING_TYPE] = true,
        [TOKEN_BOOL_TYPE] = true,    [TOKEN_SELF] = true,
        [TOKEN_NULL] = true,         [TOKEN_YIELD] = true,
        [TOKEN_ASYNC] = true,        [TOKEN_AWAIT] = true,
        [TOKEN_TRUE] = true,         [TOKEN_FALSE] = true,
        [TOKEN_NOT] = true,
    };
    return begins[p->token.kind];
}

/* ---- reports ------------------------------------------------------------------------- */

bool parser_error(struct parser *p, uint32_t offset, const char *format, ...)
{
    if (p->panicking)
        return false;
    p->panicking = true;
    bool at_end = parser_at(p, TOKEN_END) && offset >= p->token.offset;
    if (at_end && p->end_reported)
        return false;
    p->end_reported = p->end_reported || at_end;
    if (p->out_of_memory || p->lexer.out_of_memory || offset >= p->lexer.truncated_at)
        return false;
    struct strbuf text;
    strbuf_init(&text);
    va_list args;
    va_start(args, format);
    strbuf_append_vformat(&text, format, args);
    va_end(args);
    diagnostics_add(p->diags, DIAGNOSTIC_SYNTAX, offset, "%s", strbuf_str(&text));
    if (strbuf_failed(&text))
        p->out_of_memory = true;
    strbuf_done(&text);
    return false;
}

bool parser_unexpected(struct parser *p, const char *what)
{
    struct strbuf found;
    strbuf_init(&found);
    describe_token(p, &found);
    parser_error(p, p->token.offset, "Expected %s but found %s", what,
                 strbuf_str(&found));
    strbuf_done(&found);
    return false;
}

void parser_early_error(struct parser *p, uint32_t offset, const char *format, ...)
{
    struct strbuf text;
    strbuf_init(&text);
    va_list args;
    va_start(args, format);
    strbuf_append_vformat(&text, format, args);
    va_end(args);
    diagnostics_add(p->diags, DIAGNOSTIC_EARLY_RUNTIME, offset, "%s",
                    strbuf_str(&text));
    if (strbuf_failed(&text))
        p->out_of_memory = true;
    strbuf_done(&text);
}

/* The token as the source has it, in quotes and cut when long. */
static void describe_token(const struct parser *p, struct strbuf *out)
{
    enum {
        SHOWN_BYTES = 40
    };
    const struct token *t = &p->token;
    if (t->kind == TOKEN_END || t->kind == TOKEN_STRING ||
        t->kind == TOKEN_STRING_HEAD || t->kind == TOKEN_STRING_MIDDLE ||
        t->kind == TOKEN_STRING_TAIL) {
        strbuf_append_str(out, lexer_kind_text(t->kind));
        return;
    }
    uint32_t len = t->end - t->offset;
    strbuf_append_format(out, "'%.*s%s'", (int)(len < SHOWN_BYTES ? len : SHOWN_BYTES),
                         p->unit->source->text + t->offset,
                         len > SHOWN_BYTES ? "..." : "");
}

bool parser_enter(struct parser *p, const char *context)
{
    if (p->expression_depth >= PARSER_MAX_EXPRESSION_DEPTH)
        return parser_error(
            p, p->token.offset,
            "Maximum expression nesting depth of %d exceeded while parsing %s",
            PARSER_MAX_EXPRESSION_DEPTH, context);
    p->expression_depth++;
    return true;
}

void parser_leave(struct parser *p)
{
    p->expression_depth--;
}

/* ---- nodes --------------------------------------------------------------------------- */

void *parser_alloc(struct parser *p, size_t count, size_t bytes)
{
    void *block = arena_alloc_zero(p->arena, count, bytes);
    if (block == NULL)
        p->out_of_memory = true;
    return block;
}

size_t parser_mark(const struct parser *p)
{
    return p->scratch.len;
}

bool parser_push(struct parser *p, const void *item, size_t bytes)
{
    if (parser_bytes_append(&p->scratch, item, bytes))
        return true;
    p->out_of_memory = true;
    return false;
}

void *parser_take(struct parser *p, size_t mark, size_t bytes, uint32_t *count)
{
    size_t len = p->scratch.len - mark;
    void *items = arena_alloc(p->arena, len);
    if (items == NULL)
        p->out_of_memory = true;
    else if (len > 0)
        memcpy(items, p->scratch.data + mark, len);
    p->scratch.len = mark;
    *count = (uint32_t)(len / bytes);
    return p->out_of_memory ? NULL : items;
}

void parser_drop(struct parser *p, size_t mark)
{
    p->scratch.len = mark;
}

struct ast_name parser_name(const struct name *name, uint32_t offset)
{
    return (struct ast_name){.text = name->text,
                             .len = name->len,
                             .offset = offset,
                             .builtin = AST_BUILTIN_NONE};
}

struct ast_target_name parser_target(const struct name *name, uint32_t offset)
{
    return (struct ast_target_name){.name = parser_name(name, offset)};
}

struct ast_string parser_string(const struct name *name)
{
    return (struct ast_string){.bytes = name->text, .len = name->len};
}
