#include "config.h"

#include <string.h>

#include "front/names.h"
#include "front/parser.h"

struct infix_row {
    uint8_t binding; /* 0: the token is no binary operator */
    uint8_t kind;    /* enum ast_expr_kind */
    uint8_t op;      /* enum ast_operator */
};

static const struct infix_row infix_rows[TOKEN_KINDS] = {
#define INFIX(token, binding, kind, operator) \
    [TOKEN_##token] = {binding, AST_##kind, AST_OP_##operator},
#include "lang/operators.def"
};

static struct ast_expr *parse_binary(struct parser *p, uint32_t weakest);
static struct ast_expr *parse_unary(struct parser *p);
static struct ast_expr *parse_postfix(struct parser *p);
static struct ast_expr *parse_member(struct parser *p, struct ast_expr *object);
static bool parse_args(struct parser *p, struct ast_list *out, uint32_t *height);
static struct ast_expr *make_pipe(struct parser *p, uint32_t offset,
                                  struct ast_expr *left, struct ast_expr *right);
static struct ast_expr *parse_primary(struct parser *p);
static struct ast_expr *parse_group(struct parser *p);
static struct ast_expr *parse_interpolation(struct parser *p);
static struct ast_expr *parse_array(struct parser *p);
static struct ast_expr *parse_dict(struct parser *p);
static struct ast_expr *parse_function(struct parser *p);
static struct ast_expr *parse_convert(struct parser *p);
static struct ast_expr *parse_word(struct parser *p);

static uint32_t taller(uint32_t height, const struct ast_expr *e)
{
    return e->height > height ? e->height : height;
}

/* The current token continues the expression only on the same line (language.md 3.3). */
static bool at_same_line(const struct parser *p, enum token_kind kind)
{
    return parser_at(p, kind) && !p->token.first;
}

/* ---- entry --------------------------------------------------------------------------- */

struct ast_expr *expressions_node(struct parser *p, enum ast_expr_kind kind,
                                  uint32_t offset, uint32_t child_height)
{
    if (child_height >= AST_MAX_HEIGHT) {
        parser_error(p, offset, "Expression chains more than %d operations; split it",
                     AST_MAX_HEIGHT - 1);
        return NULL;
    }
    struct ast_expr *e = parser_alloc(p, 1, sizeof *e);
    if (e == NULL)
        return NULL;
    e->kind = (uint8_t)kind;
    e->offset = offset;
    e->height = (uint16_t)(child_height + 1);
    return e;
}

static struct ast_expr *unary_node(struct parser *p, enum ast_expr_kind kind,
                                   uint32_t offset, struct ast_expr *operand)
{
    if (operand == NULL)
        return NULL;
    struct ast_expr *e = expressions_node(p, kind, offset, operand->height);
    if (e != NULL)
        e->as.unary.operand = operand;
    return e;
}

/* yield takes an operand unless what follows cannot belong to it (21a.6). */
static bool yield_is_bare(const struct parser *p)
{
    return p->token.first || parser_at(p, TOKEN_RIGHT_BRACE) ||
           parser_at(p, TOKEN_RIGHT_PAREN) || parser_at(p, TOKEN_RIGHT_BRACKET) ||
           parser_at(p, TOKEN_COMMA) || parser_at(p, TOKEN_SEMICOLON) ||
           parser_at(p, TOKEN_CASE) || parser_at(p, TOKEN_DEFAULT) ||
           parser_at(p, TOKEN_END) || parser_at(p, TOKEN_STRING_MIDDLE) ||
           parser_at(p, TOKEN_STRING_TAIL);
}

static struct ast_expr *parse_yield(struct parser *p)
{
    uint32_t offset = p->token.offset;
    parser_advance(p);
    if (!p->function->is_generator)
        parser_early_error(p, offset,
                           "Yield can only be used inside generator functions");
    if (yield_is_bare(p))
        return expressions_node(p, AST_YIELD, offset, 0);
    if (!parser_enter(p, "yield"))
        return NULL;
    struct ast_expr *operand = expressions_parse(p);
    parser_leave(p);
    return unary_node(p, AST_YIELD, offset, operand);
}

struct ast_expr *expressions_parse(struct parser *p)
{
    return parser_at(p, TOKEN_YIELD) ? parse_yield(p) : parse_binary(p, 1);
}

struct ast_expr *expressions_parse_head(struct parser *p)
{
    bool saved = p->no_struct;
    p->no_struct = true;
    struct ast_expr *e = expressions_parse(p);
    p->no_struct = saved;
    return e;
}

/* An expression between brackets: struct literals are allowed again (21a.5). */
static struct ast_expr *parse_nested(struct parser *p, const char *context)
{
    if (!parser_enter(p, context))
        return NULL;
    bool saved = p->no_struct;
    p->no_struct = false;
    struct ast_expr *e = expressions_parse(p);
    p->no_struct = saved;
    parser_leave(p);
    return e;
}

/* ---- operators ----------------------------------------------------------------------- */

/* Operators that bind at least as tightly as `weakest`; recursion is at most one level for
   each strength of the table. */
static struct ast_expr *parse_binary(struct parser *p, uint32_t weakest)
{
    struct ast_expr *left = parse_unary(p);
    while (left != NULL) {
        const struct infix_row *row = &infix_rows[p->token.kind];
        if (row->binding == 0 || row->binding < weakest)
            return left;
        uint32_t offset = p->token.offset;
        parser_advance(p);
        struct ast_expr *right = parse_binary(p, row->binding + 1u);
        if (right == NULL)
            return NULL;
        if (row->kind == AST_PIPE) {
            left = make_pipe(p, offset, left, right);
            continue;
        }
        struct ast_expr *e =
            expressions_node(p, row->kind, offset, taller(left->height, right));
        if (e == NULL)
            return NULL;
        e->as.binary.op = row->op;
        e->as.binary.left = left;
        e->as.binary.right = right;
        left = e;
    }
    return NULL;
}

static struct ast_list list_with_first(struct parser *p, struct ast_expr *first,
                                       struct ast_list rest)
{
    struct ast_list list = {.count = rest.count + 1};
    list.items = parser_alloc(p, list.count, sizeof *list.items);
    if (list.items == NULL)
        return list;
    list.items[0] = first;
    if (rest.count > 0)
        memcpy(list.items + 1, rest.items, rest.count * sizeof *list.items);
    return list;
}

/* 21a.7: a call on the right gets the left side as its first argument. */
static struct ast_expr *make_pipe(struct parser *p, uint32_t offset,
                                  struct ast_expr *left, struct ast_expr *right)
{
    struct ast_expr *e =
        expressions_node(p, AST_PIPE, offset, taller(left->height, right));
    if (e == NULL)
        return NULL;
    bool call = right->kind == AST_CALL && !right->parenthesised;
    if (right->kind == AST_METHOD && !right->parenthesised) {
        e->kind = AST_METHOD;
        e->offset = right->offset;
        e->as.method = right->as.method;
        e->as.method.pipe_first = left;
        return e;
    }
    e->as.call.is_pipe = true;
    e->as.call.callee = call ? right->as.call.callee : right;
    e->as.call.args = list_with_first(
        p, left, call ? right->as.call.args : (struct ast_list){.count = 0});
    return e->as.call.args.items != NULL ? e : NULL;
}

static struct ast_expr *parse_unary(struct parser *p)
{
    enum ast_expr_kind kind = AST_UNARY;
    enum ast_operator op = AST_OP_NEG;
    if (parser_at(p, TOKEN_BANG))
        op = AST_OP_NOT;
    else if (parser_at(p, TOKEN_NOT))
        op = AST_OP_NOT_WORD;
    else if (parser_at(p, TOKEN_AWAIT))
        kind = AST_AWAIT;
    else if (!parser_at(p, TOKEN_MINUS))
        return parse_postfix(p);
    uint32_t offset = p->token.offset;
    if (!parser_enter(p, "unary expression"))
        return NULL;
    parser_advance(p);
    struct ast_expr *e = unary_node(p, kind, offset, parse_unary(p));
    parser_leave(p);
    if (e != NULL)
        e->as.unary.op = (uint8_t)op;
    return e;
}

/* ---- calls, index, member -------------------------------------------------------------- */

static struct ast_expr *parse_call(struct parser *p, struct ast_expr *callee)
{
    uint32_t offset = p->token.offset, height = callee->height;
    struct ast_list args = {.count = 0};
    if (!parse_args(p, &args, &height))
        return NULL;
    struct ast_expr *e = expressions_node(p, AST_CALL, offset, height);
    if (e == NULL)
        return NULL;
    e->as.call.callee = callee;
    e->as.call.args = args;
    return e;
}

static struct ast_expr *parse_index(struct parser *p, struct ast_expr *object)
{
    uint32_t offset = p->token.offset;
    parser_advance(p);
    struct ast_expr *index = parse_nested(p, "index");
    if (index == NULL || !parser_expect(p, TOKEN_RIGHT_BRACKET, "after index"))
        return NULL;
    struct ast_expr *e =
        expressions_node(p, AST_INDEX, offset, taller(object->height, index));
    if (e == NULL)
        return NULL;
    e->as.index.object = object;
    e->as.index.index = index;
    return e;
}

static struct ast_expr *parse_postfix(struct parser *p)
{
    struct ast_expr *e = parse_primary(p);
    while (e != NULL) {
        if (at_same_line(p, TOKEN_LEFT_PAREN)) {
            e = parse_call(p, e);
        } else if (at_same_line(p, TOKEN_LEFT_BRACKET)) {
            e = parse_index(p, e);
        } else if (parser_at(p, TOKEN_DOT) || parser_at(p, TOKEN_OPTIONAL_DOT)) {
            e = parse_member(p, e);
        } else if (parser_at(p, TOKEN_QUESTION)) {
            e = unary_node(p, AST_TRY, p->token.offset, e);
            parser_advance(p);
        } else {
            return e;
        }
    }
    return NULL;
}

/* `.name`, `.name(args)`, `?.name`; the name may be a reserved word. */
static struct ast_expr *parse_member(struct parser *p, struct ast_expr *object)
{
    bool optional = parser_at(p, TOKEN_OPTIONAL_DOT);
    uint32_t offset = p->token.offset;
    parser_advance(p);
    if (!parser_at(p, TOKEN_IDENT) && !lexer_is_word(p->token.kind)) {
        parser_unexpected(p, optional ? "a name after '?.'" : "a name after '.'");
        return NULL;
    }
    struct ast_string name = parser_string(p->token.as.name);
    uint32_t name_offset = p->token.offset, height = object->height;
    parser_advance(p);
    if (optional || !at_same_line(p, TOKEN_LEFT_PAREN)) {
        struct ast_expr *e =
            expressions_node(p, optional ? AST_OPTIONAL : AST_MEMBER, offset, height);
        if (e == NULL)
            return NULL;
        e->as.member.object = object;
        e->as.member.name = name;
        return e;
    }
    offset = p->token.offset;
    struct ast_list args = {.count = 0};
    if (!parse_args(p, &args, &height))
        return NULL;
    struct ast_expr *e = expressions_node(p, AST_METHOD, offset, height);
    if (e == NULL)
        return NULL;
    e->as.method.object = object;
    e->as.method.name = name;
    e->as.method.name_offset = name_offset;
    e->as.method.args = args;
    return e;
}

/* `( args )` at the current token. */
static bool parse_args(struct parser *p, struct ast_list *out, uint32_t *height)
{
    parser_advance(p);
    size_t mark = parser_mark(p);
    while (!parser_at(p, TOKEN_RIGHT_PAREN)) {
        if (parser_at(p, TOKEN_ELLIPSIS))
            return parser_error(p, p->token.offset,
                                "Spread is not supported in arguments");
        struct ast_expr *arg = parse_nested(p, "call arguments");
        if (arg == NULL || !parser_push(p, &arg, sizeof arg))
            return false;
        *height = taller(*height, arg);
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    out->items = parser_take(p, mark, sizeof *out->items, &out->count);
    return out->items != NULL && parser_expect(p, TOKEN_RIGHT_PAREN, "after arguments");
}

/* ---- primary expressions --------------------------------------------------------------- */

struct ast_expr *expressions_literal(struct parser *p)
{
    const struct token *t = &p->token;
    enum ast_expr_kind kind = t->kind == TOKEN_INT      ? AST_INT
                              : t->kind == TOKEN_FLOAT  ? AST_FLOAT
                              : t->kind == TOKEN_STRING ? AST_STRING
                              : t->kind == TOKEN_TRUE   ? AST_TRUE
                              : t->kind == TOKEN_FALSE  ? AST_FALSE
                                                        : AST_NULL;
    struct ast_expr *e = expressions_node(p, kind, t->offset, 0);
    if (e == NULL)
        return NULL;
    if (kind == AST_INT)
        e->as.integer = t->as.integer;
    else if (kind == AST_FLOAT)
        e->as.number = t->as.number;
    else if (kind == AST_STRING)
        e->as.string =
            (struct ast_string){.bytes = t->as.string.bytes, .len = t->as.string.len};
    parser_advance(p);
    return e;
}

static struct ast_expr *parse_primary(struct parser *p)
{
    switch (p->token.kind) {
    case TOKEN_INT:
    case TOKEN_FLOAT:
    case TOKEN_STRING:
    case TOKEN_TRUE:
    case TOKEN_FALSE:
    case TOKEN_NULL: return expressions_literal(p);
    case TOKEN_STRING_HEAD: return parse_interpolation(p);
    case TOKEN_LEFT_PAREN: return parse_group(p);
    case TOKEN_LEFT_BRACKET: return parse_array(p);
    case TOKEN_LEFT_BRACE: return parse_dict(p);
    case TOKEN_FUNC:
    case TOKEN_ASYNC: return parse_function(p);
    case TOKEN_INT_TYPE:
    case TOKEN_FLOAT_TYPE:
    case TOKEN_STRING_TYPE:
    case TOKEN_BOOL_TYPE: return parse_convert(p);
    case TOKEN_IDENT:
    case TOKEN_SELF: return parse_word(p);
    default: parser_unexpected(p, "an expression"); return NULL;
    }
}

static struct ast_expr *parse_group(struct parser *p)
{
    parser_advance(p);
    struct ast_expr *e = parse_nested(p, "grouped expression");
    if (e == NULL || !parser_expect(p, TOKEN_RIGHT_PAREN, "after expression"))
        return NULL;
    e->parenthesised = true;
    return e;
}

static bool push_text_part(struct parser *p)
{
    if (p->token.as.string.len == 0)
        return true;
    struct ast_expr *e = expressions_node(p, AST_STRING, p->token.offset, 0);
    if (e == NULL)
        return false;
    e->as.string.bytes = p->token.as.string.bytes;
    e->as.string.len = p->token.as.string.len;
    return parser_push(p, &e, sizeof(struct ast_expr *));
}

static struct ast_expr *parse_interpolation(struct parser *p)
{
    uint32_t offset = p->token.offset, height = 0;
    size_t mark = parser_mark(p);
    for (;;) {
        bool last = parser_at(p, TOKEN_STRING_TAIL);
        if (!push_text_part(p))
            return NULL;
        parser_advance(p);
        if (last)
            break;
        if (!parser_at_expression(p)) {
            parser_error(p, p->token.offset, "Invalid interpolated string expression");
            return NULL;
        }
        struct ast_expr *part = parse_nested(p, "interpolated string");
        if (part == NULL || !parser_push(p, &part, sizeof part))
            return NULL;
        height = taller(height, part);
        if (!parser_at(p, TOKEN_STRING_MIDDLE) && !parser_at(p, TOKEN_STRING_TAIL)) {
            parser_error(p, p->token.offset, "Invalid interpolated string expression");
            return NULL;
        }
    }
    struct ast_expr *e = expressions_node(p, AST_INTERPOLATION, offset, height);
    if (e == NULL)
        return NULL;
    e->as.list.items =
        parser_take(p, mark, sizeof(struct ast_expr *), &e->as.list.count);
    return e->as.list.items != NULL ? e : NULL;
}

/* `...expr` or, for arrays, an element. */
static struct ast_expr *parse_element(struct parser *p, const char *context)
{
    uint32_t offset = p->token.offset;
    if (!parser_accept(p, TOKEN_ELLIPSIS))
        return parse_nested(p, context);
    return unary_node(p, AST_SPREAD, offset, parse_nested(p, context));
}

static struct ast_expr *parse_array(struct parser *p)
{
    uint32_t offset = p->token.offset, height = 0, count = 0;
    parser_advance(p);
    size_t mark = parser_mark(p);
    while (!parser_at(p, TOKEN_RIGHT_BRACKET)) {
        if (count++ == PARSER_MAX_ELEMENTS) {
            parser_error(p, p->token.offset,
                         "Array literal exceeds maximum element count of %d",
                         PARSER_MAX_ELEMENTS);
            return NULL;
        }
        struct ast_expr *item = parse_element(p, "array literal");
        if (item == NULL || !parser_push(p, &item, sizeof item))
            return NULL;
        height = taller(height, item);
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    if (!parser_expect(p, TOKEN_RIGHT_BRACKET, "after array elements"))
        return NULL;
    struct ast_expr *e = expressions_node(p, AST_ARRAY, offset, height);
    if (e == NULL)
        return NULL;
    e->as.list.items =
        parser_take(p, mark, sizeof(struct ast_expr *), &e->as.list.count);
    return e->as.list.items != NULL ? e : NULL;
}

static bool parse_entry(struct parser *p, struct ast_dict_entry *entry,
                        uint32_t *height)
{
    if (parser_accept(p, TOKEN_ELLIPSIS)) {
        entry->value = parse_nested(p, "dict literal");
        *height = entry->value != NULL ? taller(*height, entry->value) : 0;
        return entry->value != NULL;
    }
    entry->key = parse_nested(p, "dict literal");
    if (entry->key == NULL || !parser_expect(p, TOKEN_COLON, "after dict key"))
        return false;
    entry->key_name_fallback =
        entry->key->kind == AST_NAME && !entry->key->parenthesised;
    entry->value = parse_nested(p, "dict literal");
    if (entry->value == NULL)
        return false;
    *height = taller(taller(*height, entry->key), entry->value);
    return true;
}

static struct ast_expr *parse_dict(struct parser *p)
{
    uint32_t offset = p->token.offset, height = 0, count = 0;
    parser_advance(p);
    size_t mark = parser_mark(p);
    while (!parser_at(p, TOKEN_RIGHT_BRACE)) {
        if (count++ == PARSER_MAX_ELEMENTS) {
            parser_error(p, p->token.offset,
                         "Dictionary literal exceeds maximum item count of %d",
                         PARSER_MAX_ELEMENTS);
            return NULL;
        }
        struct ast_dict_entry entry = {.key = NULL};
        if (!parse_entry(p, &entry, &height) || !parser_push(p, &entry, sizeof entry))
            return NULL;
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    if (!parser_expect(p, TOKEN_RIGHT_BRACE, "after dict entries"))
        return NULL;
    struct ast_expr *e = expressions_node(p, AST_DICT, offset, height);
    if (e == NULL)
        return NULL;
    e->as.dict.entries =
        parser_take(p, mark, sizeof(struct ast_dict_entry), &e->as.dict.count);
    return e->as.dict.entries != NULL ? e : NULL;
}

static struct ast_expr *parse_function(struct parser *p)
{
    if (!parser_enter(p, "function expression"))
        return NULL;
    uint32_t offset = p->token.offset;
    struct ast_function *f = declarations_lambda(p);
    parser_leave(p);
    struct ast_expr *e = f != NULL ? expressions_node(p, AST_FUNC, offset, 0) : NULL;
    if (e != NULL)
        e->as.func = f;
    return e;
}

/* `( expr )` on the line of the word before it; *offset is that of the parenthesis. */
static struct ast_expr *parse_single_arg(struct parser *p, const char *context,
                                         uint32_t *offset)
{
    *offset = p->token.offset;
    if (p->token.first) {
        parser_unexpected(p, "'(' on the same line");
        return NULL;
    }
    if (!parser_expect(p, TOKEN_LEFT_PAREN, context))
        return NULL;
    struct ast_expr *operand = parse_nested(p, "call arguments");
    if (operand == NULL || !parser_expect(p, TOKEN_RIGHT_PAREN, "after argument"))
        return NULL;
    return operand;
}

static struct ast_expr *parse_convert(struct parser *p)
{
    uint8_t to = (uint8_t)(p->token.kind - TOKEN_INT_TYPE) + AST_TO_INT;
    _Static_assert(TOKEN_BOOL_TYPE - TOKEN_INT_TYPE == AST_TO_BOOL - AST_TO_INT,
                   "the type names stand in the order of enum ast_convert");
    parser_advance(p);
    uint32_t offset = 0;
    struct ast_expr *operand = parse_single_arg(p, "after type name", &offset);
    struct ast_expr *e = operand != NULL
                             ? expressions_node(p, AST_CONVERT, offset, operand->height)
                             : NULL;
    if (e == NULL)
        return NULL;
    e->as.convert.to = to;
    e->as.convert.operand = operand;
    return e;
}

/* ---- identifiers ----------------------------------------------------------------------- */

struct wrapper {
    const char *enum_name, *word;
    enum ast_expr_kind kind;
};

/* The built-in result and option values, with and without their enum's name. */
static const struct wrapper wrappers[] = {
    {"Result", "Ok", AST_OK},
    {"Result", "Err", AST_ERR},
    {"Option", "Some", AST_SOME},
    {"Option", "None", AST_NONE},
};

static const struct wrapper *find_wrapper(const char *enum_name, const char *word)
{
    for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++)
        if (strcmp(wrappers[i].word, word) == 0 &&
            (enum_name == NULL || strcmp(wrappers[i].enum_name, enum_name) == 0))
            return &wrappers[i];
    return NULL;
}

/* Behind `Ok`, `Result::Ok` ...: the payload. */
static struct ast_expr *parse_wrapper(struct parser *p, const struct wrapper *wrapper,
                                      uint32_t offset, bool qualified)
{
    if (wrapper->kind == AST_NONE) {
        if (qualified && at_same_line(p, TOKEN_LEFT_PAREN)) {
            parser_advance(p);
            if (!parser_expect(p, TOKEN_RIGHT_PAREN, "after Option::None"))
                return NULL;
        }
        return expressions_node(p, AST_NONE, offset, 0);
    }
    uint32_t paren = 0;
    const char *context = wrapper->kind == AST_OK    ? "after Ok"
                          : wrapper->kind == AST_ERR ? "after Err"
                                                     : "after Some";
    return unary_node(p, wrapper->kind, offset, parse_single_arg(p, context, &paren));
}

/* ENUM "::" VARIANT [ "(" args ")" ], the current token being `::`. */
static struct ast_expr *parse_tagged(struct parser *p, const struct name *enum_name,
                                     uint32_t offset)
{
    parser_advance(p);
    const struct name *variant = parser_expect_name(p, "a variant name after '::'");
    if (variant == NULL)
        return NULL;
    const struct wrapper *wrapper = find_wrapper(enum_name->text, variant->text);
    if (wrapper != NULL)
        return parse_wrapper(p, wrapper, offset, true);
    struct ast_list args = {.count = 0};
    uint32_t height = 0;
    if (at_same_line(p, TOKEN_LEFT_PAREN) && !parse_args(p, &args, &height))
        return NULL;
    struct ast_expr *e = expressions_node(p, AST_TAGGED, offset, height);
    if (e == NULL)
        return NULL;
    e->as.tagged.enum_name = parser_string(enum_name);
    e->as.tagged.variant = parser_string(variant);
    e->as.tagged.args = args;
    return e;
}

/* `{` right behind a name opens a struct literal before `}` and before `IDENT :`. */
static bool at_struct_literal(struct parser *p)
{
    if (p->no_struct || !at_same_line(p, TOKEN_LEFT_BRACE))
        return false;
    enum token_kind next = parser_peek(p, 1)->kind;
    return next == TOKEN_RIGHT_BRACE ||
           (next == TOKEN_IDENT && parser_peek(p, 2)->kind == TOKEN_COLON);
}

static struct ast_expr *parse_struct(struct parser *p, const struct name *name,
                                     uint32_t offset)
{
    parser_advance(p);
    size_t mark = parser_mark(p);
    uint32_t height = 0;
    while (!parser_at(p, TOKEN_RIGHT_BRACE)) {
        const struct name *field = parser_expect_name(p, "a field name");
        if (field == NULL || !parser_expect(p, TOKEN_COLON, "after field name"))
            return NULL;
        struct ast_field_init init = {.name = parser_string(field)};
        init.value = parse_nested(p, "struct literal");
        if (init.value == NULL || !parser_push(p, &init, sizeof init))
            return NULL;
        height = taller(height, init.value);
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    if (!parser_expect(p, TOKEN_RIGHT_BRACE, "after struct fields"))
        return NULL;
    struct ast_expr *e = expressions_node(p, AST_STRUCT, offset, height);
    if (e == NULL)
        return NULL;
    e->as.struct_lit.name = parser_name(name, offset);
    e->as.struct_lit.fields =
        parser_take(p, mark, sizeof(struct ast_field_init), &e->as.struct_lit.count);
    return e->as.struct_lit.fields != NULL ? e : NULL;
}

/* In an expression only `throw(e)` throws; other uses are a variable of that name. */
static struct ast_expr *parse_throw(struct parser *p, const struct name *name,
                                    uint32_t offset)
{
    uint32_t paren = 0;
    if (at_same_line(p, TOKEN_LEFT_PAREN))
        return unary_node(p, AST_THROW, offset,
                          parse_single_arg(p, "after throw", &paren));
    bool starts_operand =
        parser_at_expression(p) && !p->token.first && !parser_at(p, TOKEN_MINUS) &&
        !parser_at(p, TOKEN_LEFT_BRACKET) && !parser_at(p, TOKEN_LEFT_BRACE);
    if (starts_operand) {
        parser_error(p, offset,
                     "'throw' inside an expression needs parentheses: throw(e)");
        return NULL;
    }
    struct ast_expr *e = expressions_node(p, AST_NAME, offset, 0);
    if (e != NULL)
        e->as.name = parser_name(name, offset);
    return e;
}

static struct ast_expr *parse_word(struct parser *p)
{
    const struct name *name = p->token.as.name;
    uint32_t offset = p->token.offset;
    bool is_self = parser_at(p, TOKEN_SELF);
    parser_advance(p);
    if (!is_self && parser_at(p, TOKEN_COLON_COLON))
        return parse_tagged(p, name, offset);
    const struct wrapper *wrapper = is_self ? NULL : find_wrapper(NULL, name->text);
    if (wrapper != NULL)
        return parse_wrapper(p, wrapper, offset, false);
    if (strcmp(name->text, "throw") == 0)
        return parse_throw(p, name, offset);
    if (!is_self && at_struct_literal(p))
        return parse_struct(p, name, offset);
    struct ast_expr *e = expressions_node(p, AST_NAME, offset, 0);
    if (e != NULL)
        e->as.name = parser_name(name, offset);
    return e;
}
