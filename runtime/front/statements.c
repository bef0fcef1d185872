#include "config.h"

#include <string.h>

#include "front/names.h"
#include "front/parser.h"

enum test_kind {
    TEST_CASE,
    TEST_GROUP,
    TEST_SETUP,
    TEST_TEARDOWN
};

struct compound_row {
    bool known;
    uint8_t op; /* enum ast_operator */
};

static const struct compound_row compound_rows[TOKEN_KINDS] = {
#define COMPOUND(token, operator) [TOKEN_##token] = {true, AST_OP_##operator},
#include "lang/operators.def"
};

static bool parse_list(struct parser *p, bool in_block, struct ast_block *out);
static void skip_statement(struct parser *p, uint32_t brackets, uint32_t start,
                           bool in_block);
static struct ast_stmt *parse_let(struct parser *p);
static struct ast_stmt *parse_const(struct parser *p);
static struct ast_stmt *parse_destructure(struct parser *p);
static struct ast_stmt *parse_simple(struct parser *p);
static struct ast_stmt *parse_return(struct parser *p);
static struct ast_stmt *parse_throw(struct parser *p);
static struct ast_stmt *parse_if(struct parser *p);
static struct ast_stmt *parse_loop(struct parser *p);
static struct ast_stmt *parse_for(struct parser *p);
static struct ast_stmt *parse_match(struct parser *p);
static struct ast_stmt *parse_try(struct parser *p);
static struct ast_stmt *parse_jump(struct parser *p);
static struct ast_stmt *parse_spawn(struct parser *p);
static bool at_test(struct parser *p, enum test_kind *kind);
static struct ast_stmt *parse_test(struct parser *p, enum test_kind kind);

/* ---- lists of statements ----------------------------------------------------------------- */

struct ast_stmt *statements_node(struct parser *p, enum ast_stmt_kind kind,
                                 uint32_t offset)
{
    struct ast_stmt *stmt = parser_alloc(p, 1, sizeof *stmt);
    if (stmt == NULL)
        return NULL;
    stmt->kind = (uint8_t)kind;
    stmt->offset = offset;
    return stmt;
}

static struct ast_block *new_block(struct parser *p, bool scoped)
{
    struct ast_block *block = parser_alloc(p, 1, sizeof *block);
    if (block != NULL)
        block->scoped = scoped;
    return block;
}

struct ast_block *statements_single(struct parser *p, struct ast_stmt *stmt,
                                    bool scoped)
{
    struct ast_block *block = new_block(p, scoped);
    if (block == NULL || stmt == NULL)
        return NULL;
    block->stmts = parser_alloc(p, 1, sizeof(struct ast_stmt *));
    if (block->stmts == NULL)
        return NULL;
    block->stmts[0] = stmt;
    block->count = 1;
    return block;
}

struct ast_block *statements_program(struct parser *p)
{
    struct ast_block *block = new_block(p, true);
    return block != NULL && parse_list(p, false, block) ? block : NULL;
}

struct ast_block *statements_block(struct parser *p, bool scoped, const char *context)
{
    if (p->block_depth >= PARSER_MAX_BLOCK_DEPTH && parser_at(p, TOKEN_LEFT_BRACE)) {
        /* What follows is as deep: once is enough. */
        if (p->depth_reported)
            p->panicking = true;
        else
            parser_error(
                p, p->token.offset,
                "Maximum block nesting depth of %d exceeded while parsing a block",
                PARSER_MAX_BLOCK_DEPTH);
        p->depth_reported = true;
        return NULL;
    }
    struct ast_block *block = new_block(p, scoped);
    if (block == NULL || !parser_expect(p, TOKEN_LEFT_BRACE, context))
        return NULL;
    bool no_struct = p->no_struct;
    p->no_struct = false;
    p->block_depth++;
    bool good = parse_list(p, true, block);
    p->block_depth--;
    p->no_struct = no_struct;
    return good && parser_expect(p, TOKEN_RIGHT_BRACE, "to close the block") ? block
                                                                             : NULL;
}

/* Statements up to the end or, in a block, up to its `}`. Broken ones are skipped. */
static bool parse_list(struct parser *p, bool in_block, struct ast_block *out)
{
    size_t mark = parser_mark(p);
    while (!parser_at(p, TOKEN_END) && !(in_block && parser_at(p, TOKEN_RIGHT_BRACE))) {
        if (parser_accept(p, TOKEN_SEMICOLON))
            continue;
        uint32_t brackets = p->brackets, start = p->token.offset;
        size_t before = parser_mark(p);
        struct ast_stmt *stmt = statements_parse(p);
        if (p->out_of_memory || p->lexer.out_of_memory)
            return false;
        if (stmt != NULL) {
            parser_push(p, &stmt, sizeof(struct ast_stmt *));
            continue;
        }
        parser_drop(p, before);
        skip_statement(p, brackets, start, in_block);
        p->panicking = false;
    }
    out->stmts = parser_take(p, mark, sizeof(struct ast_stmt *), &out->count);
    return out->stmts != NULL;
}

/* A reserved word that, first on its line, most likely begins a statement. */
static bool begins_statement(const struct parser *p)
{
    switch (p->token.kind) {
    case TOKEN_LET:
    case TOKEN_MUT:
    case TOKEN_CONST:
    case TOKEN_STRUCT:
    case TOKEN_ENUM:
    case TOKEN_IMPORT:
    case TOKEN_FROM:
    case TOKEN_EXPORT:
    case TOKEN_RETURN:
    case TOKEN_IF:
    case TOKEN_WHILE:
    case TOKEN_LOOP:
    case TOKEN_FOR:
    case TOKEN_MATCH:
    case TOKEN_TRY:
    case TOKEN_BREAK:
    case TOKEN_CONTINUE:
    case TOKEN_SPAWN:
    case TOKEN_FUNC:
    case TOKEN_ASYNC: return p->token.first;
    default: return false;
    }
}

/*
 * After a broken statement that began at `start` with `brackets` open: goes to where the next
 * one may begin. That is, with the brackets closed again, behind a `;`, at the `}` of the
 * block, or at any token that is first on its line; with brackets still open, at a word that
 * begins statements, for then a closing bracket is what is missing. So it is when the mistake
 * was found at a `}` alone on its line, which then ends the block.
 */
static void skip_statement(struct parser *p, uint32_t brackets, uint32_t start,
                           bool in_block)
{
    if (in_block && parser_at(p, TOKEN_RIGHT_BRACE) && p->token.first) {
        p->brackets = brackets;
        return;
    }
    if (p->token.offset == start && !parser_at(p, TOKEN_END))
        parser_advance(p);
    while (!parser_at(p, TOKEN_END)) {
        if (p->brackets <= brackets &&
            (parser_at(p, TOKEN_SEMICOLON) || parser_at(p, TOKEN_RIGHT_BRACE) ||
             (p->token.first && !parser_at(p, TOKEN_RIGHT_PAREN) &&
              !parser_at(p, TOKEN_RIGHT_BRACKET))))
            break;
        if (p->brackets > brackets && begins_statement(p) &&
            !parser_at(p, TOKEN_FUNC) && !parser_at(p, TOKEN_ASYNC))
            break;
        parser_advance(p);
    }
    p->brackets = brackets;
}

/* ---- dispatch ------------------------------------------------------------------------------ */

struct ast_stmt *statements_parse(struct parser *p)
{
    switch (p->token.kind) {
    case TOKEN_LET:
    case TOKEN_MUT: return parse_let(p);
    case TOKEN_CONST: return parse_const(p);
    case TOKEN_STRUCT: return declarations_struct(p);
    case TOKEN_ENUM: return declarations_enum(p);
    case TOKEN_IMPORT:
    case TOKEN_FROM: return declarations_import(p);
    case TOKEN_EXPORT: return declarations_export(p);
    case TOKEN_RETURN: return parse_return(p);
    case TOKEN_IF: return parse_if(p);
    case TOKEN_WHILE:
    case TOKEN_LOOP: return parse_loop(p);
    case TOKEN_FOR: return parse_for(p);
    case TOKEN_MATCH: return parse_match(p);
    case TOKEN_TRY: return parse_try(p);
    case TOKEN_BREAK:
    case TOKEN_CONTINUE: return parse_jump(p);
    case TOKEN_SPAWN: return parse_spawn(p);
    case TOKEN_FUNC:
    case TOKEN_ASYNC:
        return declarations_at_function(p) ? declarations_function(p) : parse_simple(p);
    case TOKEN_LEFT_BRACKET:
    case TOKEN_LEFT_BRACE:
        return lexer_pattern_follows(&p->lexer, p->token.offset) ? parse_destructure(p)
                                                                 : parse_simple(p);
    case TOKEN_IDENT: {
        enum test_kind kind = TEST_CASE;
        if (at_test(p, &kind))
            return parse_test(p, kind);
        return parser_at_word(p, "throw") ? parse_throw(p) : parse_simple(p);
    }
    default: break; /* an expression, or nothing that begins a statement */
    }
    if (parser_at_expression(p))
        return parse_simple(p);
    parser_unexpected(p, "a statement");
    return NULL;
}

/* ---- bindings and assignments ---------------------------------------------------------------- */

/* The value behind `:=` or another assignment token, which is the current one. */
static struct ast_expr *parse_value(struct parser *p)
{
    parser_advance(p);
    struct ast_expr *value = expressions_parse(p);
    if (value != NULL && parser_at_assignment(p)) {
        parser_error(p, p->token.offset,
                     "Chained assignment is not supported; split the assignment into "
                     "separate statements");
        return NULL;
    }
    return value;
}

static struct ast_expr *parse_initializer(struct parser *p)
{
    if (!patterns_skip_annotation(p))
        return NULL;
    if (!parser_at_assign(p)) {
        parser_expect(p, TOKEN_COLON_ASSIGN, "before the initial value");
        return NULL;
    }
    return parse_value(p);
}

static struct ast_stmt *parse_let(struct parser *p)
{
    struct ast_stmt *stmt = statements_node(p, AST_STMT_LET, p->token.offset);
    if (stmt == NULL)
        return NULL;
    parser_advance(p);
    stmt->as.let.pattern = patterns_parse(p, true);
    if (stmt->as.let.pattern == NULL)
        return NULL;
    stmt->as.let.value = parse_initializer(p);
    return stmt->as.let.value != NULL ? stmt : NULL;
}

static struct ast_stmt *parse_const(struct parser *p)
{
    struct ast_stmt *stmt = statements_node(p, AST_STMT_LET, p->token.offset);
    if (stmt == NULL)
        return NULL;
    parser_advance(p);
    uint32_t offset = p->token.offset;
    const struct name *name = parser_expect_name(p, "a name after 'const'");
    if (name == NULL)
        return NULL;
    stmt->as.let.is_const = true;
    stmt->as.let.pattern = patterns_name(p, name, offset, true);
    stmt->as.let.value = parse_initializer(p);
    return stmt->as.let.value != NULL && stmt->as.let.pattern != NULL ? stmt : NULL;
}

static struct ast_stmt *parse_destructure(struct parser *p)
{
    struct ast_pattern *pattern = patterns_parse(p, false);
    if (pattern == NULL)
        return NULL;
    if (!parser_at_assign(p)) {
        parser_unexpected(p, "':=' after pattern");
        return NULL;
    }
    struct ast_stmt *stmt = statements_node(p, AST_STMT_DESTRUCTURE, p->token.offset);
    if (stmt == NULL)
        return NULL;
    stmt->as.let.pattern = pattern;
    stmt->as.let.value = parse_value(p);
    return stmt->as.let.value != NULL ? stmt : NULL;
}

/* Turns `root.field[index]...` into a root and steps; false when it is something else. */
static bool make_target(struct parser *p, struct ast_expr *e, struct ast_stmt *out)
{
    uint32_t count = 0;
    for (struct ast_expr *at = e;; count++) {
        if (at->parenthesised)
            return false;
        if (at->kind == AST_NAME)
            break;
        if (at->kind != AST_MEMBER && at->kind != AST_INDEX)
            return false;
        at = at->kind == AST_MEMBER ? at->as.member.object : at->as.index.object;
    }
    struct ast_step *steps = parser_alloc(p, count, sizeof *steps);
    if (steps == NULL)
        return false;
    out->as.assign.steps = steps;
    out->as.assign.nsteps = count;
    for (; count > 0; count--) {
        struct ast_step *step = &steps[count - 1];
        step->offset = e->offset;
        if (e->kind == AST_MEMBER) {
            step->name = e->as.member.name;
            e = e->as.member.object;
        } else {
            step->index = e->as.index.index;
            e = e->as.index.object;
        }
    }
    out->as.assign.target = (struct ast_target_name){.name = e->as.name};
    return true;
}

/* An expression, or an assignment when an assignment token follows it. */
static struct ast_stmt *parse_simple(struct parser *p)
{
    uint32_t offset = p->token.offset;
    struct ast_expr *e = expressions_parse(p);
    if (e == NULL)
        return NULL;
    if (!parser_at_assignment(p)) {
        struct ast_stmt *stmt = statements_node(p, AST_STMT_EXPR, e->offset);
        if (stmt != NULL)
            stmt->as.expr = e;
        return stmt;
    }
    struct ast_stmt *stmt = statements_node(p, AST_STMT_ASSIGN, p->token.offset);
    if (stmt == NULL)
        return NULL;
    if (!make_target(p, e, stmt)) {
        parser_error(p, offset, "Invalid assignment target");
        return NULL;
    }
    const struct compound_row *row = &compound_rows[p->token.kind];
    stmt->as.assign.compound = row->known;
    stmt->as.assign.op = row->op;
    stmt->as.assign.value = parse_value(p);
    return stmt->as.assign.value != NULL ? stmt : NULL;
}

/* ---- return, throw, jumps ---------------------------------------------------------------------- */

static struct ast_stmt *parse_return(struct parser *p)
{
    struct ast_stmt *stmt = statements_node(p, AST_STMT_RETURN, p->token.offset);
    if (stmt == NULL)
        return NULL;
    parser_advance(p);
    if (parser_at(p, TOKEN_RIGHT_BRACE) || parser_at(p, TOKEN_SEMICOLON) ||
        parser_at(p, TOKEN_END) || parser_at(p, TOKEN_CASE) ||
        parser_at(p, TOKEN_DEFAULT))
        return stmt;
    stmt->as.expr = expressions_parse(p);
    return stmt->as.expr != NULL ? stmt : NULL;
}

/* `throw EXPR` on one line (21a.3); otherwise the variable `throw`. */
static struct ast_stmt *parse_throw(struct parser *p)
{
    uint32_t offset = p->token.offset;
    const struct token *next = parser_peek(p, 1);
    struct token word = p->token;
    p->token = *next;
    bool throws = !next->first && parser_at_expression(p);
    p->token = word;
    if (!throws)
        return parse_simple(p);
    parser_advance(p);
    struct ast_stmt *stmt = statements_node(p, AST_STMT_THROW, offset);
    if (stmt == NULL)
        return NULL;
    stmt->as.expr = expressions_parse(p);
    return stmt->as.expr != NULL ? stmt : NULL;
}

static struct ast_stmt *parse_jump(struct parser *p)
{
    bool is_break = parser_at(p, TOKEN_BREAK);
    struct ast_stmt *stmt = statements_node(
        p, is_break ? AST_STMT_BREAK : AST_STMT_CONTINUE, p->token.offset);
    if (stmt != NULL && p->loop_depth == 0)
        parser_early_error(p, p->token.offset, "%s can only be used inside a loop",
                           is_break ? "break" : "continue");
    parser_advance(p);
    return stmt;
}

/* ---- if, loops ---------------------------------------------------------------------------------- */

/* The chain of `else if` is a loop here and a tower of blocks in the tree. */
static struct ast_stmt *parse_if(struct parser *p)
{
    struct ast_stmt *first = NULL, *last = NULL;
    uint32_t chain = p->else_if_depth;
    bool good = false;
    for (;;) {
        struct ast_stmt *stmt = statements_node(p, AST_STMT_IF, p->token.offset);
        if (stmt == NULL)
            break;
        if (last == NULL) {
            first = stmt;
        } else {
            last->as.if_stmt.else_block = statements_single(p, stmt, true);
            if (last->as.if_stmt.else_block == NULL)
                break;
            if (p->else_if_depth++ >= PARSER_MAX_ELSE_IFS) {
                parser_error(p, p->token.offset, "More than %d 'else if' in a row",
                             PARSER_MAX_ELSE_IFS);
                break;
            }
        }
        last = stmt;
        parser_advance(p);
        stmt->as.if_stmt.condition = expressions_parse_head(p);
        if (stmt->as.if_stmt.condition == NULL)
            break;
        stmt->as.if_stmt.then_block = statements_block(p, true, "after if condition");
        if (stmt->as.if_stmt.then_block == NULL)
            break;
        if (!parser_accept(p, TOKEN_ELSE)) {
            good = true;
            break;
        }
        if (!parser_at(p, TOKEN_IF)) {
            stmt->as.if_stmt.else_block = statements_block(p, true, "after else");
            good = stmt->as.if_stmt.else_block != NULL;
            break;
        }
    }
    p->else_if_depth = chain;
    return good ? first : NULL;
}

static struct ast_block *parse_loop_body(struct parser *p, const char *context)
{
    p->loop_depth++;
    struct ast_block *body = statements_block(p, true, context);
    p->loop_depth--;
    return body;
}

/* `while C {}`, `loop {}`, `loop while C {}`. */
static struct ast_stmt *parse_loop(struct parser *p)
{
    struct ast_stmt *stmt = statements_node(p, AST_STMT_WHILE, p->token.offset);
    if (stmt == NULL)
        return NULL;
    bool endless = parser_accept(p, TOKEN_LOOP) && !parser_at(p, TOKEN_WHILE);
    if (!endless) {
        parser_advance(p);
        stmt->as.while_stmt.condition = expressions_parse_head(p);
        if (stmt->as.while_stmt.condition == NULL)
            return NULL;
    }
    stmt->as.while_stmt.body =
        parse_loop_body(p, endless ? "after loop" : "after while condition");
    return stmt->as.while_stmt.body != NULL ? stmt : NULL;
}

static struct ast_stmt *parse_for(struct parser *p)
{
    struct ast_stmt *stmt = statements_node(p, AST_STMT_FOR, p->token.offset);
    if (stmt == NULL)
        return NULL;
    parser_advance(p);
    stmt->as.for_stmt.pattern = patterns_parse(p, true);
    if (stmt->as.for_stmt.pattern == NULL ||
        !parser_expect(p, TOKEN_IN, "after loop variable"))
        return NULL;
    stmt->as.for_stmt.iterable = expressions_parse_head(p);
    if (stmt->as.for_stmt.iterable == NULL)
        return NULL;
    stmt->as.for_stmt.body = parse_loop_body(p, "after for header");
    return stmt->as.for_stmt.body != NULL ? stmt : NULL;
}

/* ---- match, try ----------------------------------------------------------------------------------- */

/* A block or a single statement; either way no scope of its own. */
static struct ast_block *parse_arm(struct parser *p)
{
    if (!parser_expect(p, TOKEN_COLON, "after pattern"))
        return NULL;
    if (parser_at(p, TOKEN_LEFT_BRACE))
        return statements_block(p, false, "in match arm");
    if (p->block_depth >= PARSER_MAX_BLOCK_DEPTH) {
        parser_error(
            p, p->token.offset,
            "Maximum block nesting depth of %d exceeded while parsing a match arm",
            PARSER_MAX_BLOCK_DEPTH);
        return NULL;
    }
    p->block_depth++;
    struct ast_stmt *stmt = statements_parse(p);
    p->block_depth--;
    return stmt != NULL ? statements_single(p, stmt, false) : NULL;
}

static bool parse_arms(struct parser *p, struct ast_stmt *stmt)
{
    size_t mark = parser_mark(p);
    for (;;) {
        while (parser_accept(p, TOKEN_SEMICOLON)) {
        }
        if (!parser_accept(p, TOKEN_CASE))
            break;
        struct ast_case item = {.literal = NULL};
        if (!patterns_parse_case(p, &item))
            return false;
        item.body = parse_arm(p);
        if (item.body == NULL || !parser_push(p, &item, sizeof item))
            return false;
    }
    stmt->as.match.cases =
        parser_take(p, mark, sizeof(struct ast_case), &stmt->as.match.ncases);
    if (stmt->as.match.cases == NULL)
        return false;
    if (parser_accept(p, TOKEN_DEFAULT)) {
        stmt->as.match.default_block = parse_arm(p);
        if (stmt->as.match.default_block == NULL)
            return false;
        while (parser_accept(p, TOKEN_SEMICOLON)) {
        }
        if (parser_at(p, TOKEN_CASE) || parser_at(p, TOKEN_DEFAULT))
            return parser_error(p, p->token.offset, "'default' must be the last arm");
    }
    return true;
}

static struct ast_stmt *parse_match(struct parser *p)
{
    struct ast_stmt *stmt = statements_node(p, AST_STMT_MATCH, p->token.offset);
    if (stmt == NULL)
        return NULL;
    parser_advance(p);
    stmt->as.match.subject = expressions_parse_head(p);
    if (stmt->as.match.subject == NULL)
        return NULL;
    if (p->block_depth >= PARSER_MAX_BLOCK_DEPTH) {
        parser_error(p, p->token.offset,
                     "Maximum block nesting depth of %d exceeded while parsing a match",
                     PARSER_MAX_BLOCK_DEPTH);
        return NULL;
    }
    if (!parser_expect(p, TOKEN_LEFT_BRACE, "after match value"))
        return NULL;
    bool no_struct = p->no_struct;
    p->no_struct = false;
    p->block_depth++;
    bool good = parse_arms(p, stmt);
    p->block_depth--;
    p->no_struct = no_struct;
    if (!good)
        return NULL;
    if (parser_accept(p, TOKEN_RIGHT_BRACE))
        return stmt;
    parser_unexpected(p, "'case', 'default' or '}' in match");
    return NULL;
}

static struct ast_stmt *parse_try(struct parser *p)
{
    struct ast_stmt *stmt = statements_node(p, AST_STMT_TRY, p->token.offset);
    if (stmt == NULL)
        return NULL;
    parser_advance(p);
    stmt->as.try_stmt.body = statements_block(p, false, "after try");
    if (stmt->as.try_stmt.body == NULL ||
        !parser_expect(p, TOKEN_EXCEPT, "after try block"))
        return NULL;
    if (parser_at(p, TOKEN_IDENT)) {
        stmt->as.try_stmt.error_name =
            parser_alloc(p, 1, sizeof *stmt->as.try_stmt.error_name);
        if (stmt->as.try_stmt.error_name == NULL)
            return NULL;
        *stmt->as.try_stmt.error_name =
            parser_target(p->token.as.name, p->token.offset);
        stmt->as.try_stmt.error_name->ignore = strcmp(p->token.as.name->text, "_") == 0;
        parser_advance(p);
    }
    stmt->as.try_stmt.handler = statements_block(p, false, "after except");
    return stmt->as.try_stmt.handler != NULL ? stmt : NULL;
}

/* ---- spawn, tests ---------------------------------------------------------------------------------- */

static struct ast_stmt *parse_spawn(struct parser *p)
{
    struct ast_stmt *stmt = statements_node(p, AST_STMT_SPAWN, p->token.offset);
    if (stmt == NULL)
        return NULL;
    uint32_t offset = p->token.offset;
    parser_advance(p);
    stmt->as.func.func = declarations_block_function(p, AST_FUNCTION_SPAWN, "<spawn>",
                                                     offset, "after spawn");
    return stmt->as.func.func != NULL ? stmt : NULL;
}

/* The test words are keywords only before what makes them one (language.md 2.2). */
static bool at_test(struct parser *p, enum test_kind *kind)
{
    static const char *const words[] = {"test", "test_group", "test_setup",
                                        "test_teardown"};
    for (uint32_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!parser_at_word(p, words[i]))
            continue;
        enum token_kind next = parser_peek(p, 1)->kind;
        *kind = (enum test_kind)i;
        return i >= TEST_SETUP ? next == TOKEN_LEFT_BRACE
                               : next == TOKEN_STRING || next == TOKEN_STRING_HEAD;
    }
    return false;
}

/* No mode runs other statements of a group (language.md 17), so they leave the tree. */
static void keep_tests_only(struct ast_block *block)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < block->count; i++)
        if (block->stmts[i]->kind == AST_STMT_TEST)
            block->stmts[kept++] = block->stmts[i];
    block->count = kept;
}

static struct ast_stmt *parse_test(struct parser *p, enum test_kind kind)
{
    uint32_t offset = p->token.offset;
    struct ast_stmt *stmt = statements_node(p, AST_STMT_TEST, offset);
    if (stmt == NULL)
        return NULL;
    parser_advance(p);
    p->unit->has_tests = true;
    stmt->as.test.kind = (uint8_t)kind;
    const char *name = kind == TEST_SETUP ? "test_setup" : "test_teardown";
    if (kind < TEST_SETUP) {
        if (parser_at(p, TOKEN_STRING_HEAD)) {
            parser_error(p, p->token.offset,
                         "A test name must not contain interpolation");
            return NULL;
        }
        stmt->as.test.name = (struct ast_string){.bytes = p->token.as.string.bytes,
                                                 .len = p->token.as.string.len};
        name = p->token.as.string.bytes;
        parser_advance(p);
    }
    if (kind == TEST_GROUP) {
        stmt->as.test.group = statements_block(p, true, "after test group name");
        if (stmt->as.test.group == NULL)
            return NULL;
        keep_tests_only(stmt->as.test.group);
        return stmt;
    }
    stmt->as.test.func = declarations_block_function(p, AST_FUNCTION_TEST, name, offset,
                                                     "after test name");
    return stmt->as.test.func != NULL ? stmt : NULL;
}
