#include "config.h"

#include <string.h>

#include "front/names.h"
#include "front/parser.h"

static struct ast_pattern *parse_list(struct parser *p, bool declares, bool is_dict);
static bool parse_rest(struct parser *p, struct ast_pattern *pattern);
static bool parse_tag(struct parser *p, struct ast_case *out);

static bool is_ignored(const struct name *name)
{
    return strcmp(name->text, "_") == 0;
}

static struct ast_pattern *pattern_node(struct parser *p, enum ast_pattern_kind kind,
                                        uint32_t offset, bool declares)
{
    struct ast_pattern *pattern = parser_alloc(p, 1, sizeof *pattern);
    if (pattern == NULL)
        return NULL;
    pattern->kind = (uint8_t)kind;
    pattern->offset = offset;
    pattern->declares = declares;
    return pattern;
}

/* ---- destructuring --------------------------------------------------------------------- */

struct ast_pattern *patterns_name(struct parser *p, const struct name *name,
                                  uint32_t offset, bool declares)
{
    struct ast_pattern *pattern = pattern_node(p, AST_PATTERN_NAME, offset, declares);
    if (pattern == NULL)
        return NULL;
    pattern->name = parser_target(name, offset);
    pattern->name.ignore = is_ignored(name);
    return pattern;
}

struct ast_pattern *patterns_parse(struct parser *p, bool declares)
{
    uint32_t offset = p->token.offset;
    bool is_dict = parser_at(p, TOKEN_LEFT_BRACE);
    if (is_dict || parser_at(p, TOKEN_LEFT_BRACKET)) {
        if (!parser_enter(p, "pattern"))
            return NULL;
        struct ast_pattern *pattern = parse_list(p, declares, is_dict);
        parser_leave(p);
        return pattern;
    }
    if (!parser_at(p, TOKEN_IDENT) && !declares) {
        parser_error(p, offset, "Invalid assignment target");
        return NULL;
    }
    const struct name *name = parser_expect_name(p, "a name");
    return name != NULL ? patterns_name(p, name, offset, declares) : NULL;
}

/* `[a, [b, c], ...rest]` or `{a, b, ...rest}`; the comma before `...` may be missing. */
static struct ast_pattern *parse_list(struct parser *p, bool declares, bool is_dict)
{
    enum token_kind close = is_dict ? TOKEN_RIGHT_BRACE : TOKEN_RIGHT_BRACKET;
    struct ast_pattern *pattern = pattern_node(
        p, is_dict ? AST_PATTERN_DICT : AST_PATTERN_ARRAY, p->token.offset, declares);
    if (pattern == NULL)
        return NULL;
    parser_advance(p);
    size_t mark = parser_mark(p);
    while (!parser_at(p, close) && !parser_at(p, TOKEN_ELLIPSIS)) {
        if (is_dict && !parser_at(p, TOKEN_IDENT)) {
            parser_unexpected(p, "a name");
            return NULL;
        }
        struct ast_pattern *item = patterns_parse(p, declares);
        if (item == NULL || !parser_push(p, &item, sizeof(struct ast_pattern *)))
            return NULL;
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    if (parser_at(p, TOKEN_ELLIPSIS) && !parse_rest(p, pattern))
        return NULL;
    pattern->items =
        parser_take(p, mark, sizeof(struct ast_pattern *), &pattern->count);
    if (pattern->items == NULL || !parser_expect(p, close, "after pattern"))
        return NULL;
    return pattern;
}

static bool parse_rest(struct parser *p, struct ast_pattern *pattern)
{
    parser_advance(p);
    uint32_t offset = p->token.offset;
    const struct name *name = parser_expect_name(p, "a name after '...'");
    if (name == NULL)
        return false;
    pattern->rest = parser_alloc(p, 1, sizeof *pattern->rest);
    if (pattern->rest == NULL)
        return false;
    *pattern->rest = parser_target(name, offset);
    pattern->rest->ignore = is_ignored(name);
    parser_accept(p, TOKEN_COMMA);
    return true;
}

/* ---- case patterns --------------------------------------------------------------------- */

static bool parse_negative(struct parser *p, struct ast_case *out)
{
    parser_advance(p);
    if (!parser_at(p, TOKEN_INT) && !parser_at(p, TOKEN_FLOAT))
        return parser_unexpected(p, "a number after '-'");
    out->literal = expressions_literal(p);
    if (out->literal == NULL)
        return false;
    if (out->literal->kind == AST_INT)
        out->literal->as.integer = -out->literal->as.integer;
    else
        out->literal->as.number = -out->literal->as.number;
    return true;
}

bool patterns_parse_case(struct parser *p, struct ast_case *out)
{
    out->offset = p->token.offset;
    out->kind = AST_CASE_LITERAL;
    switch (p->token.kind) {
    case TOKEN_INT:
    case TOKEN_FLOAT:
    case TOKEN_STRING:
    case TOKEN_TRUE:
    case TOKEN_FALSE:
    case TOKEN_NULL: out->literal = expressions_literal(p); return out->literal != NULL;
    case TOKEN_MINUS: return parse_negative(p, out);
    case TOKEN_STRING_HEAD:
        return parser_error(p, p->token.offset,
                            "A string pattern must not contain interpolation");
    case TOKEN_IDENT:
        if (!is_ignored(p->token.as.name))
            return parse_tag(p, out);
        out->kind = AST_CASE_ANY;
        parser_advance(p);
        return true;
    default: return parser_unexpected(p, "a pattern after 'case'");
    }
}

static bool parse_bindings(struct parser *p, struct ast_case *out)
{
    parser_advance(p);
    size_t mark = parser_mark(p);
    while (!parser_at(p, TOKEN_RIGHT_PAREN)) {
        uint32_t offset = p->token.offset;
        const struct name *name = parser_expect_name(p, "a name or '_'");
        if (name == NULL)
            return false;
        struct ast_target_name target = parser_target(name, offset);
        target.ignore = is_ignored(name);
        if (!parser_push(p, &target, sizeof target))
            return false;
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    out->bindings =
        parser_take(p, mark, sizeof(struct ast_target_name), &out->nbindings);
    return out->bindings != NULL &&
           parser_expect(p, TOKEN_RIGHT_PAREN, "after pattern");
}

/* Ok, Err, Some and None, bare or qualified by their own enum. */
static void classify_tag(struct ast_case *out, const struct name *first,
                         const struct name *second)
{
    static const struct {
        const char *enum_name, *word;
        enum ast_case_kind kind;
    } known[] = {
        {"Result", "Ok", AST_CASE_OK},
        {"Result", "Err", AST_CASE_ERR},
        {"Option", "Some", AST_CASE_SOME},
        {"Option", "None", AST_CASE_NONE},
    };
    out->kind = AST_CASE_TAG;
    out->bare_tag = second == NULL;
    const char *word = second != NULL ? second->text : first->text;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        bool qualified = second == NULL || strcmp(known[i].enum_name, first->text) == 0;
        if (strcmp(known[i].word, word) == 0 && qualified) {
            out->kind = (uint8_t)known[i].kind;
            out->bare_tag = false;
        }
    }
}

/* The resolver fills `extra`. */
static bool parse_tag(struct parser *p, struct ast_case *out)
{
    const struct name *first = p->token.as.name, *second = NULL;
    uint32_t offset = p->token.offset;
    parser_advance(p);
    if (parser_accept(p, TOKEN_COLON_COLON)) {
        second = parser_expect_name(p, "a variant name after '::'");
        if (second == NULL)
            return false;
    }
    classify_tag(out, first, second);
    out->tag = parser_string(first);
    if (second != NULL) {
        char *text = parser_alloc(p, first->len + second->len + 3, 1);
        if (text == NULL)
            return false;
        memcpy(text, first->text, first->len);
        memcpy(text + first->len, "::", 2);
        memcpy(text + first->len + 2, second->text, second->len);
        out->tag =
            (struct ast_string){.bytes = text, .len = first->len + second->len + 2};
    }
    if (parser_at(p, TOKEN_LEFT_PAREN) && !p->token.first && !parse_bindings(p, out))
        return false;
    uint32_t most = out->kind == AST_CASE_TAG    ? UINT32_MAX
                    : out->kind == AST_CASE_NONE ? 0
                                                 : 1;
    if (out->nbindings > most)
        return parser_error(p, offset, "Too many names in the pattern for %.*s",
                            (int)out->tag.len, out->tag.bytes);
    return true;
}

/* ---- types ------------------------------------------------------------------------------- */

bool patterns_skip_annotation(struct parser *p)
{
    return !parser_accept(p, TOKEN_COLON) || patterns_skip_type(p);
}

/* The `>` of a type; `>=` is then `>` followed by `=`, as in `x: list<int>= y`. */
static bool close_arguments(struct parser *p)
{
    if (!parser_at(p, TOKEN_GREATER_EQUAL))
        return parser_expect(p, TOKEN_GREATER, "after type arguments");
    p->token.kind = TOKEN_ASSIGN;
    p->token.offset++;
    return true;
}

bool patterns_skip_type(struct parser *p)
{
    switch (p->token.kind) {
    case TOKEN_INT_TYPE:
    case TOKEN_FLOAT_TYPE:
    case TOKEN_STRING_TYPE:
    case TOKEN_BOOL_TYPE:
    case TOKEN_FUNC:
    case TOKEN_NULL:
    case TOKEN_IDENT: parser_advance(p); break;
    default: return parser_unexpected(p, "a type");
    }
    if (parser_accept(p, TOKEN_LESS)) {
        if (!parser_enter(p, "type"))
            return false;
        bool good = true;
        do {
            good = patterns_skip_type(p);
        } while (good && parser_accept(p, TOKEN_COMMA));
        parser_leave(p);
        if (!good || !close_arguments(p))
            return false;
    }
    for (;;) {
        if (parser_accept(p, TOKEN_QUESTION) || parser_accept(p, TOKEN_COALESCE))
            continue;
        if (!parser_at(p, TOKEN_LEFT_BRACKET) || p->token.first)
            return true;
        parser_advance(p);
        if (!parser_expect(p, TOKEN_RIGHT_BRACKET, "in array type"))
            return false;
    }
}
