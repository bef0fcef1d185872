#include "config.h"

#include "front/ast_dump.h"

#include "base/strbuf.h"
#include "front/ast.h"
#include "front/prelude.h"

static const char *const operator_texts[] = {
#define OPERATOR(name, text, method) text,
#include "lang/operators.def"
};

static void dump_function(const struct ast_function *f, struct strbuf *out);
static void dump_block(const struct ast_block *block, int depth, struct strbuf *out);
static void dump_statement(const struct ast_stmt *stmt, int depth, struct strbuf *out);
static void dump_expr(const struct ast_expr *e, struct strbuf *out);
static void dump_list(struct ast_list list, struct strbuf *out);

bool ast_dump(const struct ast_unit *unit, struct strbuf *out)
{
    for (uint32_t i = 0; i < unit->nfunctions; i++)
        dump_function(unit->functions[i], out);
    strbuf_append_format(out, "globals:");
    for (uint32_t i = 0; i < unit->nglobals; i++)
        strbuf_append_format(out, " %s", unit->globals[i]);
    strbuf_append_format(out, "\nexports:");
    for (uint32_t i = 0; i < unit->nexports; i++)
        strbuf_append_format(out, " %s@g%u", unit->exports[i],
                             unit->export_slots != NULL ? unit->export_slots[i] : 0);
    strbuf_append_char(out, '\n');
    return !strbuf_failed(out);
}

/* ---- names --------------------------------------------------------------------------------- */

static void dump_text(struct ast_string s, struct strbuf *out)
{
    strbuf_append_char(out, '"');
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.bytes[i];
        if (c < 0x20 || c == '"' || c == '\\')
            strbuf_append_format(out, "\\x%02x", c);
        else
            strbuf_append_char(out, (char)c);
    }
    strbuf_append_char(out, '"');
}

static void dump_var(const struct ast_var *var, struct strbuf *out)
{
    static const char letters[] = {'l', 'c', 'u', 'g', 's'};
    strbuf_append_format(out, "%c%u%s%s", letters[var->kind], var->index,
                         var->maybe ? "?" : "", var->is_const ? "!" : "");
}

static void dump_name(const struct ast_name *name, struct strbuf *out)
{
    strbuf_append_format(out, "%s@", name->text);
    for (uint32_t i = 0; i < name->nvars; i++) {
        strbuf_append_str(out, i > 0 ? "," : "");
        dump_var(&name->vars[i], out);
    }
    if (name->builtin != AST_BUILTIN_NONE)
        strbuf_append_format(out, "%s<%s>", name->nvars > 0 ? "," : "",
                             prelude_name(name->builtin));
    if (name->self != NULL) {
        strbuf_append_str(out, " of ");
        dump_var(name->self, out);
    }
}

static void dump_target(const struct ast_target_name *target, struct strbuf *out)
{
    if (target->ignore) {
        strbuf_append_char(out, '_');
        return;
    }
    dump_name(&target->name, out);
    strbuf_append_str(out, "+");
    dump_var(&target->create, out);
    for (uint32_t i = 0; i < target->nconflicts; i++) {
        strbuf_append_str(out, " conflict ");
        dump_var(&target->conflicts[i], out);
    }
}

static void dump_pattern(const struct ast_pattern *pattern, struct strbuf *out)
{
    if (pattern->kind == AST_PATTERN_NAME) {
        dump_target(&pattern->name, out);
        return;
    }
    bool array = pattern->kind == AST_PATTERN_ARRAY;
    strbuf_append_char(out, array ? '[' : '{');
    for (uint32_t i = 0; i < pattern->count; i++) {
        strbuf_append_str(out, i > 0 ? " " : "");
        dump_pattern(pattern->items[i], out);
    }
    if (pattern->rest != NULL) {
        strbuf_append_str(out, " ...");
        dump_target(pattern->rest, out);
    }
    strbuf_append_char(out, array ? ']' : '}');
}

/* ---- functions, blocks ------------------------------------------------------------------------ */

static void dump_slots(const char *label, const uint32_t *slots, uint32_t count,
                       struct strbuf *out)
{
    for (uint32_t i = 0; i < count; i++)
        strbuf_append_format(out, "%s%u", i > 0 ? "," : label, slots[i]);
}

static void dump_function(const struct ast_function *f, struct strbuf *out)
{
    static const char *const kinds[] = {"main",    "func",  "lambda", "method",
                                        "default", "spawn", "test"};
    strbuf_append_format(out, "%s %u %s%s%s", kinds[f->kind], f->id,
                         f->struct_name != NULL ? f->struct_name : "",
                         f->struct_name != NULL ? "." : "", f->name);
    strbuf_append_format(out, "%s%s%s%s (", f->is_async ? " async" : "",
                         f->is_generator ? " generator" : "",
                         f->has_self ? " self" : "",
                         f->hidden_self ? " hidden-self" : "");
    for (uint32_t i = 0; i < f->nparams; i++) {
        strbuf_append_str(out, i > 0 ? " " : "");
        dump_target(&f->params[i], out);
    }
    strbuf_append_format(out, ") locals %u", f->nlocals);
    dump_slots(" cell-params ", f->cell_params, f->ncell_params, out);
    for (uint32_t i = 0; i < f->ncaptures; i++)
        strbuf_append_format(
            out, "%s%s=%c%u", i > 0 ? "," : " captures ", f->captures[i].name,
            f->captures[i].from_capture ? 'u' : 'c', f->captures[i].index);
    strbuf_append_str(out, " at ");
    strbuf_append_format(out, "%u-%u", f->offset, f->end_offset);
    dump_block(f->body, 1, out);
}

static void dump_block(const struct ast_block *block, int depth, struct strbuf *out)
{
    strbuf_append_str(out, block->scoped ? "" : " unscoped");
    dump_slots(" reset ", block->reset_slots, block->nreset, out);
    dump_slots(" cells ", block->cell_slots, block->ncells, out);
    strbuf_append_char(out, '\n');
    for (uint32_t i = 0; i < block->count; i++)
        dump_statement(block->stmts[i], depth, out);
}

static void dump_branch(const char *label, const struct ast_block *block, int depth,
                        struct strbuf *out)
{
    strbuf_append_format(out, "%*s%s", depth * 2, "", label);
    dump_block(block, depth + 1, out);
}

/* ---- statements ---------------------------------------------------------------------------------- */

static void dump_case(const struct ast_case *c, int depth, struct strbuf *out)
{
    static const char *const kinds[] = {"any",  "literal", "ok", "err",
                                        "some", "none",    "tag"};
    strbuf_append_format(out, "%*scase %s", depth * 2, "", kinds[c->kind]);
    if (c->kind == AST_CASE_LITERAL) {
        strbuf_append_char(out, ' ');
        dump_expr(c->literal, out);
    }
    if (c->kind == AST_CASE_TAG) {
        strbuf_append_str(out, c->bare_tag ? " bare " : " ");
        dump_text(c->tag, out);
    }
    for (uint32_t i = 0; i < c->nbindings; i++) {
        strbuf_append_char(out, ' ');
        dump_target(&c->bindings[i], out);
    }
    for (uint32_t i = 0; i < c->nextra; i++) {
        strbuf_append_format(out, " extra[%u] ", c->extra_index[i]);
        dump_target(&c->extra[i], out);
    }
    dump_block(c->body, depth + 1, out);
}

static void dump_match(const struct ast_stmt *stmt, int depth, struct strbuf *out)
{
    strbuf_append_format(out, "match slot %u ", stmt->as.match.subject_slot);
    dump_expr(stmt->as.match.subject, out);
    strbuf_append_char(out, '\n');
    for (uint32_t i = 0; i < stmt->as.match.ncases; i++)
        dump_case(&stmt->as.match.cases[i], depth, out);
    if (stmt->as.match.default_block != NULL)
        dump_branch("default", stmt->as.match.default_block, depth, out);
}

static void dump_assign(const struct ast_stmt *stmt, struct strbuf *out)
{
    strbuf_append_format(
        out,
        "%s= ", stmt->as.assign.compound ? operator_texts[stmt->as.assign.op] : "");
    dump_target(&stmt->as.assign.target, out);
    for (uint32_t i = 0; i < stmt->as.assign.nsteps; i++) {
        const struct ast_step *step = &stmt->as.assign.steps[i];
        strbuf_append_str(out, step->index != NULL ? " [" : " .");
        if (step->index != NULL)
            dump_expr(step->index, out);
        else
            strbuf_append(out, step->name.bytes, step->name.len);
        strbuf_append_str(out, step->index != NULL ? "]" : "");
    }
    strbuf_append_char(out, ' ');
    dump_expr(stmt->as.assign.value, out);
    strbuf_append_char(out, '\n');
}

static void dump_struct(const struct ast_stmt *stmt, struct strbuf *out)
{
    strbuf_append_str(out, "struct ");
    dump_target(&stmt->as.struct_decl.name, out);
    for (uint32_t i = 0; i < stmt->as.struct_decl.nfields; i++) {
        const struct ast_struct_field *field = &stmt->as.struct_decl.fields[i];
        strbuf_append_char(out, ' ');
        strbuf_append(out, field->name.bytes, field->name.len);
        if (field->init != NULL)
            strbuf_append_format(out, "=#%u", field->init->id);
    }
    for (uint32_t i = 0; i < stmt->as.struct_decl.nmethods; i++)
        strbuf_append_format(out, " #%u", stmt->as.struct_decl.methods[i]->id);
    strbuf_append_char(out, '\n');
}

static void dump_import(const struct ast_stmt *stmt, struct strbuf *out)
{
    strbuf_append_format(out, "import%s ", stmt->as.import.all ? " all" : "");
    dump_text(stmt->as.import.module, out);
    for (uint32_t i = 0; i < stmt->as.import.nnames; i++) {
        strbuf_append_char(out, ' ');
        dump_target(&stmt->as.import.names[i], out);
    }
    strbuf_append_char(out, '\n');
}

static void dump_test(const struct ast_stmt *stmt, int depth, struct strbuf *out)
{
    static const char *const kinds[] = {"test ", "test_group ", "test_setup",
                                        "test_teardown"};
    strbuf_append_str(out, kinds[stmt->as.test.kind]);
    if (stmt->as.test.name.bytes != NULL)
        dump_text(stmt->as.test.name, out);
    if (stmt->as.test.group != NULL)
        dump_block(stmt->as.test.group, depth, out);
    else
        strbuf_append_format(out, " #%u\n", stmt->as.test.func->id);
}

static void dump_line(const char *word, const struct ast_expr *e, struct strbuf *out)
{
    strbuf_append_str(out, word);
    if (e != NULL) {
        strbuf_append_str(out, word[0] != '\0' ? " " : "");
        dump_expr(e, out);
    }
    strbuf_append_char(out, '\n');
}

/* `depth` is that of the statement's own blocks. */
static void dump_body(const struct ast_stmt *stmt, int depth, struct strbuf *out)
{
    switch ((enum ast_stmt_kind)stmt->kind) {
    case AST_STMT_EXPR: dump_line("", stmt->as.expr, out); break;
    case AST_STMT_LET:
    case AST_STMT_DESTRUCTURE:
        strbuf_append_str(out, stmt->kind != AST_STMT_LET ? "destructure "
                               : stmt->as.let.is_const    ? "const "
                                                          : "let ");
        dump_pattern(stmt->as.let.pattern, out);
        dump_line(" ", stmt->as.let.value, out);
        break;
    case AST_STMT_ASSIGN: dump_assign(stmt, out); break;
    case AST_STMT_FUNC:
        strbuf_append_str(out, stmt->as.func.hoisted ? "hoisted " : "func ");
        dump_target(&stmt->as.func.name, out);
        strbuf_append_format(out, " #%u\n", stmt->as.func.func->id);
        break;
    case AST_STMT_STRUCT: dump_struct(stmt, out); break;
    case AST_STMT_ENUM:
        strbuf_append_str(out, "enum ");
        dump_target(&stmt->as.enum_decl.name, out);
        strbuf_append_format(out, " variants %u\n", stmt->as.enum_decl.nvariants);
        break;
    case AST_STMT_IMPORT: dump_import(stmt, out); break;
    case AST_STMT_EXPORT:
        strbuf_append_str(out, "export");
        for (uint32_t i = 0; i < stmt->as.export.nnames; i++) {
            strbuf_append_char(out, ' ');
            dump_name(&stmt->as.export.names[i], out);
        }
        strbuf_append_char(out, '\n');
        dump_statement(stmt->as.export.stmt, depth, out);
        break;
    case AST_STMT_RETURN: dump_line("return", stmt->as.expr, out); break;
    case AST_STMT_THROW: dump_line("throw", stmt->as.expr, out); break;
    case AST_STMT_IF:
        dump_line("if", stmt->as.if_stmt.condition, out);
        dump_branch("then", stmt->as.if_stmt.then_block, depth, out);
        if (stmt->as.if_stmt.else_block != NULL)
            dump_branch("else", stmt->as.if_stmt.else_block, depth, out);
        break;
    case AST_STMT_WHILE:
        dump_line(stmt->as.while_stmt.condition != NULL ? "while" : "loop",
                  stmt->as.while_stmt.condition, out);
        dump_branch("do", stmt->as.while_stmt.body, depth, out);
        break;
    case AST_STMT_FOR:
        strbuf_append_format(out, "for slot %u ", stmt->as.for_stmt.iter_slot);
        dump_pattern(stmt->as.for_stmt.pattern, out);
        dump_line(" in", stmt->as.for_stmt.iterable, out);
        dump_branch("do", stmt->as.for_stmt.body, depth, out);
        break;
    case AST_STMT_MATCH: dump_match(stmt, depth, out); break;
    case AST_STMT_TRY:
        strbuf_append_str(out, "try\n");
        dump_branch("do", stmt->as.try_stmt.body, depth, out);
        strbuf_append_format(out, "%*sexcept ", depth * 2, "");
        if (stmt->as.try_stmt.error_name != NULL)
            dump_target(stmt->as.try_stmt.error_name, out);
        dump_block(stmt->as.try_stmt.handler, depth + 1, out);
        break;
    case AST_STMT_BREAK: strbuf_append_str(out, "break\n"); break;
    case AST_STMT_CONTINUE: strbuf_append_str(out, "continue\n"); break;
    case AST_STMT_SPAWN:
        strbuf_append_format(out, "spawn #%u\n", stmt->as.func.func->id);
        break;
    case AST_STMT_TEST: dump_test(stmt, depth, out); break;
    }
}

static void dump_statement(const struct ast_stmt *stmt, int depth, struct strbuf *out)
{
    strbuf_append_format(out, "%*s%u: ", depth * 2, "", stmt->offset);
    dump_body(stmt, depth + 1, out);
}

/* ---- expressions ------------------------------------------------------------------------------------ */

static void dump_prefix(const char *word, const struct ast_expr *a,
                        const struct ast_expr *b, struct strbuf *out)
{
    strbuf_append_format(out, "(%s", word);
    for (int i = 0; i < 2; i++)
        if ((i == 0 ? a : b) != NULL) {
            strbuf_append_char(out, ' ');
            dump_expr(i == 0 ? a : b, out);
        }
    strbuf_append_char(out, ')');
}

static void dump_dict(const struct ast_expr *e, struct strbuf *out)
{
    strbuf_append_str(out, "(dict");
    for (uint32_t i = 0; i < e->as.dict.count; i++) {
        const struct ast_dict_entry *entry = &e->as.dict.entries[i];
        strbuf_append_char(out, ' ');
        if (entry->key != NULL)
            dump_expr(entry->key, out);
        strbuf_append_str(out, entry->key == NULL         ? "..."
                               : entry->key_name_fallback ? "|:"
                                                          : ":");
        dump_expr(entry->value, out);
    }
    strbuf_append_char(out, ')');
}

static void dump_struct_literal(const struct ast_expr *e, struct strbuf *out)
{
    strbuf_append_str(out, "(struct ");
    dump_name(&e->as.struct_lit.name, out);
    for (uint32_t i = 0; i < e->as.struct_lit.count; i++) {
        strbuf_append_char(out, ' ');
        strbuf_append(out, e->as.struct_lit.fields[i].name.bytes,
                      e->as.struct_lit.fields[i].name.len);
        strbuf_append_char(out, ':');
        dump_expr(e->as.struct_lit.fields[i].value, out);
    }
    strbuf_append_char(out, ')');
}

static void dump_method(const struct ast_expr *e, struct strbuf *out)
{
    strbuf_append_str(out, "(method ");
    if (e->as.method.pipe_first != NULL) {
        dump_expr(e->as.method.pipe_first, out);
        strbuf_append_str(out, " |> ");
    }
    dump_expr(e->as.method.object, out);
    strbuf_append_format(out, " .%.*s", (int)e->as.method.name.len,
                         e->as.method.name.bytes);
    dump_list(e->as.method.args, out);
    strbuf_append_char(out, ')');
}

static void dump_call(const struct ast_expr *e, struct strbuf *out)
{
    strbuf_append_str(out, e->as.call.is_pipe ? "(pipe " : "(call ");
    dump_expr(e->as.call.callee, out);
    dump_list(e->as.call.args, out);
    strbuf_append_char(out, ')');
}

static void dump_member(const struct ast_expr *e, struct strbuf *out)
{
    strbuf_append_str(out, e->kind == AST_MEMBER ? "(member " : "(optional ");
    dump_expr(e->as.member.object, out);
    strbuf_append_format(out, " .%.*s)", (int)e->as.member.name.len,
                         e->as.member.name.bytes);
}

static void dump_tagged(const struct ast_expr *e, struct strbuf *out)
{
    strbuf_append_format(out, "(tagged %.*s::%.*s", (int)e->as.tagged.enum_name.len,
                         e->as.tagged.enum_name.bytes, (int)e->as.tagged.variant.len,
                         e->as.tagged.variant.bytes);
    dump_list(e->as.tagged.args, out);
    strbuf_append_char(out, ')');
}

static void dump_list(struct ast_list list, struct strbuf *out)
{
    for (uint32_t i = 0; i < list.count; i++) {
        strbuf_append_char(out, ' ');
        dump_expr(list.items[i], out);
    }
}

static void dump_expr(const struct ast_expr *e, struct strbuf *out)
{
    static const char *const converts[] = {"int", "float", "string", "bool"};
    switch ((enum ast_expr_kind)e->kind) {
    case AST_NULL: strbuf_append_str(out, "null"); break;
    case AST_TRUE: strbuf_append_str(out, "true"); break;
    case AST_FALSE: strbuf_append_str(out, "false"); break;
    case AST_INT: strbuf_append_i64(out, e->as.integer); break;
    case AST_FLOAT: strbuf_append_format(out, "%.17gf", e->as.number); break;
    case AST_STRING: dump_text(e->as.string, out); break;
    case AST_NAME: dump_name(&e->as.name, out); break;
    case AST_INTERPOLATION:
    case AST_ARRAY:
        strbuf_append_str(out, e->kind == AST_ARRAY ? "(array" : "(interpolation");
        dump_list(e->as.list, out);
        strbuf_append_char(out, ')');
        break;
    case AST_DICT: dump_dict(e, out); break;
    case AST_STRUCT: dump_struct_literal(e, out); break;
    case AST_FUNC: strbuf_append_format(out, "#%u", e->as.func->id); break;
    case AST_UNARY:
        dump_prefix(operator_texts[e->as.unary.op], e->as.unary.operand, NULL, out);
        break;
    case AST_BINARY:
        dump_prefix(operator_texts[e->as.binary.op], e->as.binary.left,
                    e->as.binary.right, out);
        break;
    case AST_AND: dump_prefix("and", e->as.binary.left, e->as.binary.right, out); break;
    case AST_OR: dump_prefix("or", e->as.binary.left, e->as.binary.right, out); break;
    case AST_COALESCE:
        dump_prefix("??", e->as.binary.left, e->as.binary.right, out);
        break;
    case AST_PIPE:
    case AST_CALL: dump_call(e, out); break;
    case AST_METHOD: dump_method(e, out); break;
    case AST_INDEX:
        dump_prefix("index", e->as.index.object, e->as.index.index, out);
        break;
    case AST_MEMBER:
    case AST_OPTIONAL: dump_member(e, out); break;
    case AST_TRY: dump_prefix("try", e->as.unary.operand, NULL, out); break;
    case AST_AWAIT: dump_prefix("await", e->as.unary.operand, NULL, out); break;
    case AST_YIELD: dump_prefix("yield", e->as.unary.operand, NULL, out); break;
    case AST_OK: dump_prefix("Ok", e->as.unary.operand, NULL, out); break;
    case AST_ERR: dump_prefix("Err", e->as.unary.operand, NULL, out); break;
    case AST_SOME: dump_prefix("Some", e->as.unary.operand, NULL, out); break;
    case AST_NONE: strbuf_append_str(out, "None"); break;
    case AST_TAGGED: dump_tagged(e, out); break;
    case AST_CONVERT:
        dump_prefix(converts[e->as.convert.to], e->as.convert.operand, NULL, out);
        break;
    case AST_THROW: dump_prefix("throw", e->as.unary.operand, NULL, out); break;
    case AST_SPREAD: dump_prefix("...", e->as.unary.operand, NULL, out); break;
    }
}
