#include "config.h"

#include <string.h>

#include "front/names.h"
#include "front/parser.h"

static struct ast_function *new_function(struct parser *p, enum ast_function_kind kind,
                                         const char *name, uint32_t offset);
static bool parse_signature(struct parser *p, struct ast_function *f);
static bool parse_body(struct parser *p, struct ast_function *f, const char *context);
static bool parse_method(struct parser *p, const struct name *owner, size_t *methods);
static bool parse_field(struct parser *p, struct ast_struct_field *field);
static bool collect_exports(struct parser *p, struct ast_stmt *stmt);

/* ---- functions ------------------------------------------------------------------------- */

struct ast_function *declarations_main(struct parser *p)
{
    return new_function(p, AST_FUNCTION_MAIN, "<main>", 0);
}

static struct ast_function *new_function(struct parser *p, enum ast_function_kind kind,
                                         const char *name, uint32_t offset)
{
    struct ast_function *f = parser_alloc(p, 1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->id = (uint32_t)p->functions.len;
    f->kind = (uint8_t)kind;
    f->name = name;
    f->offset = offset;
    f->parent = p->function;
    if (!parser_functions_push(&p->functions, f)) {
        p->out_of_memory = true;
        return NULL;
    }
    return f;
}

bool declarations_at_function(struct parser *p)
{
    uint32_t n = 1;
    if (parser_at(p, TOKEN_ASYNC)) {
        if (parser_peek(p, 1)->kind != TOKEN_FUNC)
            return false;
        n = 2;
    } else if (!parser_at(p, TOKEN_FUNC)) {
        return false;
    }
    if (parser_peek(p, n)->kind == TOKEN_STAR)
        n++;
    enum token_kind kind = parser_peek(p, n)->kind;
    return kind == TOKEN_IDENT || lexer_is_word(kind);
}

/* `[async] func [*]` at the current token. */
static struct ast_function *parse_intro(struct parser *p, enum ast_function_kind kind)
{
    uint32_t offset = p->token.offset;
    bool is_async = parser_accept(p, TOKEN_ASYNC);
    if (is_async)
        offset = p->token.offset;
    if (!parser_expect(p, TOKEN_FUNC, "after async"))
        return NULL;
    struct ast_function *f = new_function(p, kind, "<lambda>", offset);
    if (f == NULL)
        return NULL;
    f->is_async = is_async;
    f->is_generator = parser_accept(p, TOKEN_STAR);
    return f;
}

struct ast_stmt *declarations_function(struct parser *p)
{
    uint32_t offset = p->token.offset;
    struct ast_function *f = parse_intro(p, AST_FUNCTION_NAMED);
    if (f == NULL)
        return NULL;
    uint32_t name_offset = p->token.offset;
    const struct name *name = parser_expect_name(p, "a function name");
    if (name == NULL)
        return NULL;
    f->name = name->text;
    struct ast_stmt *stmt = statements_node(p, AST_STMT_FUNC, offset);
    if (stmt == NULL || !parse_signature(p, f) ||
        !parse_body(p, f, "before function body"))
        return NULL;
    stmt->as.func.name = parser_target(name, name_offset);
    stmt->as.func.func = f;
    return stmt;
}

struct ast_function *declarations_lambda(struct parser *p)
{
    struct ast_function *f = parse_intro(p, AST_FUNCTION_LAMBDA);
    if (f == NULL || !parse_signature(p, f) ||
        !parse_body(p, f, "before function body"))
        return NULL;
    return f;
}

struct ast_function *declarations_block_function(struct parser *p,
                                                 enum ast_function_kind kind,
                                                 const char *name, uint32_t offset,
                                                 const char *context)
{
    struct ast_function *f = new_function(p, kind, name, offset);
    return f != NULL && parse_body(p, f, context) ? f : NULL;
}

/* More parameters than this are a mistake in the text; engines count them in one byte. */
enum {
    MAX_PARAMS = 255
};

static bool has_param(const struct name *const *params, size_t count,
                      const struct name *name)
{
    for (size_t i = 0; i < count; i++)
        if (params[i] == name)
            return true;
    return false;
}

/* One parameter onto the list; `params` holds the names of the `count` before it. */
static bool parse_param(struct parser *p, const struct name **params, size_t count)
{
    if (!parser_at(p, TOKEN_IDENT) && !parser_at(p, TOKEN_SELF))
        return parser_unexpected(p, "a parameter name");
    const struct name *name = p->token.as.name;
    uint32_t offset = p->token.offset;
    if (count >= MAX_PARAMS)
        return parser_error(p, offset, "A function has at most %d parameters",
                            MAX_PARAMS);
    parser_advance(p);
    if (strcmp(name->text, "_") != 0 && has_param(params, count, name))
        return parser_error(p, offset, "Duplicate declaration in the same scope: %s",
                            name->text);
    params[count] = name;
    struct ast_target_name target = parser_target(name, offset);
    return parser_push(p, &target, sizeof target) && patterns_skip_annotation(p);
}

/* `( params ) [ -> type ]`. A method without `self` gets a nameless receiver first. */
static bool parse_signature(struct parser *p, struct ast_function *f)
{
    if (!parser_expect(p, TOKEN_LEFT_PAREN, "before parameters"))
        return false;
    const struct name *params[MAX_PARAMS];
    size_t count = 0, mark = parser_mark(p);
    if (f->kind == AST_FUNCTION_METHOD) {
        f->has_self = parser_at(p, TOKEN_SELF);
        f->hidden_self = !f->has_self;
    }
    if (f->hidden_self) {
        struct ast_target_name receiver = {
            .name = {.text = "", .offset = f->offset, .builtin = AST_BUILTIN_NONE}};
        if (!parser_push(p, &receiver, sizeof receiver))
            return false;
    }
    while (!parser_at(p, TOKEN_RIGHT_PAREN)) {
        if (!parse_param(p, params, count++))
            return false;
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    f->params = parser_take(p, mark, sizeof(struct ast_target_name), &f->nparams);
    if (f->params == NULL || !parser_expect(p, TOKEN_RIGHT_PAREN, "after parameters"))
        return false;
    return !parser_accept(p, TOKEN_ARROW) || patterns_skip_type(p);
}

/* The block at the current token, with the parser's view of loops and heads set aside. */
static bool parse_body(struct parser *p, struct ast_function *f, const char *context)
{
    struct ast_function *outer = p->function;
    uint32_t loops = p->loop_depth;
    bool no_struct = p->no_struct;
    p->function = f;
    p->loop_depth = 0;
    p->no_struct = false;
    f->body = statements_block(p, true, context);
    p->function = outer;
    p->loop_depth = loops;
    p->no_struct = no_struct;
    f->end_offset = p->last_end > 0 ? p->last_end - 1 : 0;
    return f->body != NULL;
}

/* ---- structs ----------------------------------------------------------------------------- */

struct ast_stmt *declarations_struct(struct parser *p)
{
    struct ast_stmt *stmt = statements_node(p, AST_STMT_STRUCT, p->token.offset);
    if (stmt == NULL)
        return NULL;
    parser_advance(p);
    uint32_t name_offset = p->token.offset;
    const struct name *name = parser_expect_name(p, "a struct name");
    if (name == NULL || !parser_expect(p, TOKEN_LEFT_BRACE, "after struct name"))
        return NULL;
    stmt->as.struct_decl.name = parser_target(name, name_offset);
    /* Fields and methods are two lists; the methods are chained by their ids, which ascend. */
    size_t first_function = p->functions.len, methods = 0;
    size_t mark = parser_mark(p);
    while (!parser_at(p, TOKEN_RIGHT_BRACE)) {
        if (parser_at(p, TOKEN_FUNC) || parser_at(p, TOKEN_ASYNC)) {
            if (!parse_method(p, name, &methods))
                return NULL;
        } else {
            struct ast_struct_field field = {.value = NULL};
            if (!parse_field(p, &field) || !parser_push(p, &field, sizeof field))
                return NULL;
        }
        if (!parser_accept(p, TOKEN_COMMA))
            parser_accept(p, TOKEN_SEMICOLON);
    }
    parser_advance(p);
    stmt->as.struct_decl.fields = parser_take(p, mark, sizeof(struct ast_struct_field),
                                              &stmt->as.struct_decl.nfields);
    stmt->as.struct_decl.methods =
        parser_alloc(p, methods, sizeof(struct ast_function *));
    if (stmt->as.struct_decl.fields == NULL || stmt->as.struct_decl.methods == NULL)
        return NULL;
    for (size_t i = first_function; i < p->functions.len; i++) {
        struct ast_function *f = p->functions.data[i];
        if (f->kind == AST_FUNCTION_METHOD && f->parent == p->function &&
            f->struct_name == name->text)
            stmt->as.struct_decl.methods[stmt->as.struct_decl.nmethods++] = f;
    }
    return stmt;
}

static bool parse_method(struct parser *p, const struct name *owner, size_t *methods)
{
    struct ast_function *f = parse_intro(p, AST_FUNCTION_METHOD);
    if (f == NULL)
        return false;
    const struct name *name = parser_expect_name(p, "a method name");
    if (name == NULL)
        return false;
    f->name = name->text;
    f->struct_name = owner->text;
    if (f->is_generator)
        parser_early_error(p, f->offset,
                           "Generator methods are not supported for structs: %s.%s",
                           owner->text, name->text);
    ++*methods;
    return parse_signature(p, f) && parse_body(p, f, "before method body");
}

/* `name [: type] [:= default]`. */
static bool parse_field(struct parser *p, struct ast_struct_field *field)
{
    const struct name *name = parser_expect_name(p, "a field name, 'func' or '}'");
    if (name == NULL || !patterns_skip_annotation(p))
        return false;
    field->name = parser_string(name);
    if (!parser_at_assign(p))
        return true;
    parser_advance(p);
    uint32_t offset = p->token.offset;
    struct ast_function *f = new_function(p, AST_FUNCTION_DEFAULT, name->text, offset);
    struct ast_stmt *stmt = statements_node(p, AST_STMT_RETURN, offset);
    if (f == NULL || stmt == NULL)
        return false;
    struct ast_function *outer = p->function;
    p->function = f;
    stmt->as.expr = expressions_parse(p);
    p->function = outer;
    f->body = statements_single(p, stmt, true);
    f->end_offset = p->last_end > 0 ? p->last_end - 1 : 0;
    field->value = stmt->as.expr;
    field->init = f;
    return field->value != NULL && f->body != NULL;
}

/* ---- enums, imports ---------------------------------------------------------------------- */

struct ast_stmt *declarations_enum(struct parser *p)
{
    struct ast_stmt *stmt = statements_node(p, AST_STMT_ENUM, p->token.offset);
    if (stmt == NULL)
        return NULL;
    parser_advance(p);
    uint32_t name_offset = p->token.offset;
    const struct name *name = parser_expect_name(p, "an enum name");
    if (name == NULL || !parser_expect(p, TOKEN_LEFT_BRACE, "after enum name"))
        return NULL;
    stmt->as.enum_decl.name = parser_target(name, name_offset);
    size_t mark = parser_mark(p);
    while (!parser_at(p, TOKEN_RIGHT_BRACE)) {
        const struct name *variant = parser_expect_name(p, "a variant name");
        if (variant == NULL)
            return NULL;
        struct ast_string text = parser_string(variant);
        if (!parser_push(p, &text, sizeof text))
            return NULL;
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    stmt->as.enum_decl.variants =
        parser_take(p, mark, sizeof(struct ast_string), &stmt->as.enum_decl.nvariants);
    if (stmt->as.enum_decl.variants == NULL ||
        !parser_expect(p, TOKEN_RIGHT_BRACE, "after enum variants"))
        return NULL;
    return stmt;
}

/* IDENT { "." IDENT }, as written without blanks. */
static bool parse_module_name(struct parser *p, bool dotted, struct ast_string *out)
{
    if (parser_at(p, TOKEN_STRING_HEAD))
        return parser_error(p, p->token.offset,
                            "A module name must not contain interpolation");
    const struct name *part = parser_expect_name(p, "a module name");
    if (part == NULL)
        return false;
    struct strbuf text;
    strbuf_init(&text);
    strbuf_append(&text, part->text, part->len);
    bool good = true;
    while (good && dotted && parser_accept(p, TOKEN_DOT)) {
        part = parser_expect_name(p, "a module name after '.'");
        good = part != NULL && strbuf_append_char(&text, '.') &&
               strbuf_append(&text, part->text, part->len);
    }
    const struct name *whole =
        good ? names_intern(p->names, strbuf_str(&text), text.len) : NULL;
    if (strbuf_failed(&text) || (good && whole == NULL))
        p->out_of_memory = true;
    strbuf_done(&text);
    if (whole == NULL)
        return false;
    *out = parser_string(whole);
    return true;
}

struct ast_stmt *declarations_import(struct parser *p)
{
    struct ast_stmt *stmt = statements_node(p, AST_STMT_IMPORT, p->token.offset);
    if (stmt == NULL)
        return NULL;
    stmt->as.import.all = parser_at(p, TOKEN_IMPORT);
    parser_advance(p);
    if (!parse_module_name(p, !stmt->as.import.all, &stmt->as.import.module))
        return NULL;
    if (stmt->as.import.all) {
        if (!parser_at(p, TOKEN_DOT))
            return stmt;
        parser_error(p, p->token.offset,
                     "A nested module is imported with 'from a.b import name'");
        return NULL;
    }
    if (!parser_expect(p, TOKEN_IMPORT, "after module name"))
        return NULL;
    size_t mark = parser_mark(p);
    do {
        uint32_t offset = p->token.offset;
        const struct name *name = parser_expect_name(p, "a name to import");
        if (name == NULL)
            return NULL;
        struct ast_target_name target = parser_target(name, offset);
        if (!parser_push(p, &target, sizeof target))
            return NULL;
    } while (parser_accept(p, TOKEN_COMMA));
    stmt->as.import.names =
        parser_take(p, mark, sizeof(struct ast_target_name), &stmt->as.import.nnames);
    return stmt->as.import.names != NULL ? stmt : NULL;
}

/* ---- exports ------------------------------------------------------------------------------ */

struct ast_stmt *declarations_export(struct parser *p)
{
    struct ast_stmt *stmt = statements_node(p, AST_STMT_EXPORT, p->token.offset);
    if (stmt == NULL)
        return NULL;
    if (p->function->kind != AST_FUNCTION_MAIN || p->block_depth > 0) {
        parser_error(p, p->token.offset, "'export' is allowed at the top level only");
        return NULL;
    }
    parser_advance(p);
    size_t mark = parser_mark(p);
    uint32_t offset = p->token.offset;
    stmt->as.export.stmt = statements_parse(p);
    if (stmt->as.export.stmt == NULL)
        return NULL;
    if (!collect_exports(p, stmt->as.export.stmt)) {
        parser_error(p, offset,
                     "'export' needs a declaration, an assignment or a name");
        return NULL;
    }
    stmt->as.export.names =
        parser_take(p, mark, sizeof(struct ast_name), &stmt->as.export.nnames);
    return stmt->as.export.names != NULL ? stmt : NULL;
}

static bool export_name(struct parser *p, const struct ast_name *name)
{
    struct ast_name read = parser_name(names_of_text(name->text), name->offset);
    struct parser_export item = {.name = names_of_text(name->text)};
    if (!parser_exports_push(&p->exports, item))
        p->out_of_memory = true;
    return parser_push(p, &read, sizeof read);
}

static bool export_pattern(struct parser *p, const struct ast_pattern *pattern)
{
    bool good = true;
    if (pattern->kind == AST_PATTERN_NAME)
        return pattern->name.ignore || export_name(p, &pattern->name.name);
    for (uint32_t i = 0; good && i < pattern->count; i++)
        good = export_pattern(p, pattern->items[i]);
    if (good && pattern->rest != NULL && !pattern->rest->ignore)
        good = export_name(p, &pattern->rest->name);
    return good;
}

/* Pushes the names a statement binds; false when it binds none by its nature. */
static bool collect_exports(struct parser *p, struct ast_stmt *stmt)
{
    switch ((enum ast_stmt_kind)stmt->kind) {
    case AST_STMT_FUNC: return export_name(p, &stmt->as.func.name.name);
    case AST_STMT_STRUCT: return export_name(p, &stmt->as.struct_decl.name.name);
    case AST_STMT_ENUM: return export_name(p, &stmt->as.enum_decl.name.name);
    case AST_STMT_LET:
    case AST_STMT_DESTRUCTURE: return export_pattern(p, stmt->as.let.pattern);
    case AST_STMT_ASSIGN:
        return stmt->as.assign.nsteps == 0 &&
               export_name(p, &stmt->as.assign.target.name);
    case AST_STMT_EXPR:
        return stmt->as.expr->kind == AST_NAME &&
               export_name(p, &stmt->as.expr->as.name);
    case AST_STMT_IMPORT: {
        bool good = !stmt->as.import.all;
        for (uint32_t i = 0; good && i < stmt->as.import.nnames; i++)
            good = export_name(p, &stmt->as.import.names[i].name);
        return good;
    }
    case AST_STMT_EXPORT:
    case AST_STMT_RETURN:
    case AST_STMT_THROW:
    case AST_STMT_IF:
    case AST_STMT_WHILE:
    case AST_STMT_FOR:
    case AST_STMT_MATCH:
    case AST_STMT_TRY:
    case AST_STMT_BREAK:
    case AST_STMT_CONTINUE:
    case AST_STMT_SPAWN:
    case AST_STMT_TEST: break;
    }
    return false;
}
