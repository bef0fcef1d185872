#include "config.h"

#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "loader.h"
#include "runtime.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "core/print.h"
#include "core/string.h"
#include "front/front.h"
#include "front/names.h"
#include "lib/lib_state.h"

static const char LAST_VALUE[] = "_";
/* Where a piece leaves its value: no program can name it, and it is empty when the piece
   ended before (by `?`), which must not show the value of an earlier one. */
static const char FRESH_VALUE[] = " value";

struct session {
    struct ruff *r;
    struct ruff_program *program; /* owns the units of all pieces */
    struct value *globals;        /* SESSION_MAX_GLOBALS slots, shared by all pieces */
    struct resolve_global *names; /* of the slots in use */
    uint32_t nglobals;
};

/* ---- life --------------------------------------------------------------------- */

struct session *session_new(struct ruff *r)
{
    struct session *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->r = r;
    s->globals = calloc(SESSION_MAX_GLOBALS, sizeof *s->globals);
    s->names = calloc(SESSION_MAX_GLOBALS, sizeof *s->names);
    s->program = loader_empty(r);
    if (s->globals == NULL || s->names == NULL || s->program == NULL) {
        session_free(s);
        return NULL;
    }
    r->running = s->program;
    return s;
}

static void drop_globals(void *context)
{
    struct session *s = context;

    lib_state_end_run(s->r->st);
    for (uint32_t i = 0; i < s->nglobals; i++)
        value_set_take(s->r->st, &s->globals[i], value_unset());
    instances_free(s->r->st);
}

void session_free(struct session *s)
{
    if (s == NULL)
        return;
    if (s->program != NULL)
        state_enter_stack(s->r->st, drop_globals, s);
    s->r->running = NULL;
    ruff_program_free(s->program);
    free(s->globals);
    free(s->names);
    free(s);
}

/* ---- one piece ------------------------------------------------------------------ */

/* The last statement `e` becomes an assignment to FRESH_VALUE. */
static bool keep_value(struct ast_unit *unit)
{
    const struct ast_block *top = unit->functions[0]->body;
    struct ast_stmt *last = top->count > 0 ? top->stmts[top->count - 1] : NULL;
    const struct name *name =
        names_intern(unit->names, FRESH_VALUE, strlen(FRESH_VALUE));
    struct ast_expr *value;

    if (name == NULL || last == NULL || last->kind != AST_STMT_EXPR)
        return false;
    value = last->as.expr;
    memset(&last->as, 0, sizeof last->as);
    last->kind = AST_STMT_ASSIGN;
    last->as.assign.target.name = (struct ast_name){
        .text = name->text, .len = (uint32_t)strlen(FRESH_VALUE), .builtin = -1};
    last->as.assign.value = value;
    return true;
}

/* Is the first problem that the text ends too early? */
static bool ends_early(const struct diagnostics *diags, const char *text, size_t len)
{
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        len--;
    if (diags->items.len == 0)
        return false;
    return diags->items.data[0].offset >= len ||
           diags->items.data[0].code == DIAGNOSTIC_UNTERMINATED ||
           diags->items.data[0].code == DIAGNOSTIC_OPEN_COMMENT;
}

/* Which of the unit's globals were made by const statements of this piece. */
static bool declares_const(const struct ast_unit *unit, uint32_t slot)
{
    const struct ast_block *top = unit->functions[0]->body;

    for (uint32_t i = 0; i < top->count; i++) {
        const struct ast_stmt *s = top->stmts[i];

        if (s->kind == AST_STMT_LET && s->as.let.is_const &&
            s->as.let.pattern->name.create.index == slot)
            return true;
    }
    return false;
}

static void remember_names(struct session *s, const struct ast_unit *unit)
{
    for (uint32_t i = s->nglobals; i < unit->nglobals && i < SESSION_MAX_GLOBALS; i++)
        s->names[i] = (struct resolve_global){.name = unit->globals[i],
                                              .is_const = declares_const(unit, i)};
    if (unit->nglobals > s->nglobals)
        s->nglobals = unit->nglobals;
}

struct piece {
    struct session *s;
    struct program_unit *unit;
    bool ok;
};

static void run_piece(void *context)
{
    struct piece *p = context;
    struct state *st = p->s->r->st;
    struct instance *instance = instance_new(st, &p->unit->unit);

    p->ok = false;
    if (instance == NULL)
        return;
    mem_free(instance->globals);
    instance->globals = p->s->globals;
    instance->borrowed = true;
    p->ok = runtime_run_main(st, instance);
    state_flush(st);
    lib_state_take_exit(st, &p->ok);
}

/* The slot of a global, NULL when no piece has mentioned it. */
static struct value *slot_of(struct session *s, const char *name)
{
    for (uint32_t i = 0; i < s->nglobals; i++)
        if (strcmp(s->names[i].name, name) == 0)
            return &s->globals[i];
    return NULL;
}

/* Moves the value of the piece to `_`; its slot there, or NULL if the piece gave none. */
static struct value *take_value(struct session *s)
{
    static const char declaration[] = "_ := null";
    struct value *fresh = slot_of(s, FRESH_VALUE), *last = slot_of(s, LAST_VALUE);
    char *shown = NULL;
    int exit_code;

    if (fresh == NULL || fresh->kind == VALUE_UNSET)
        return NULL;
    if (last == NULL) {
        session_eval(s, declaration, sizeof declaration - 1, true, &shown, &exit_code);
        last = slot_of(s, LAST_VALUE);
        if (last == NULL)
            return NULL;
    }
    value_set_take(s->r->st, last, *fresh);
    *fresh = value_unset();
    return last;
}

/* The last value as text: strings quoted, everything else as print shows it. */
static char *show(struct session *s)
{
    const struct value *last = take_value(s);
    struct value v;
    struct strbuf sb;
    char *text = NULL;

    if (last == NULL || last->kind == VALUE_NULL)
        return NULL;
    v = *last;
    strbuf_init(&sb);
    if (v.kind == VALUE_STRING)
        strbuf_append_char(&sb, '"');
    if (!print_display(s->r->st, &sb, v))
        error_clear(s->r->st);
    if (v.kind == VALUE_STRING)
        strbuf_append_char(&sb, '"');
    if (!sb.failed)
        text = strndup(sb.data, sb.len);
    strbuf_done(&sb);
    return text;
}

static enum session_status run_unit(struct session *s, struct program_unit *u,
                                    bool value, char **shown, int *exit_code)
{
    struct piece piece = {.s = s, .unit = u};
    struct ruff_result result;

    state_interrupt_clear(s->r->st);
    state_enter_stack(s->r->st, run_piece, &piece);
    if (piece.ok) {
        *shown = value ? show(s) : NULL;
        return *shown != NULL ? SESSION_VALUE : SESSION_OK;
    }
    runtime_take_error(s->r, &result);
    *exit_code = result.exit_code;
    piece.ok = result.status == RUFF_EXIT;
    ruff_result_done(&result);
    return piece.ok ? SESSION_EXIT : SESSION_FAILED;
}

enum session_status session_eval(struct session *s, const char *text, size_t len,
                                 bool complete, char **shown, int *exit_code)
{
    struct source *source = source_new("<repl>", text, len);
    struct ast_unit *ast = NULL;
    struct program_unit *u = NULL;
    struct diagnostics diags;
    struct strbuf sb;
    enum session_status status = SESSION_FAILED;
    bool value = false;

    strbuf_init(&sb);
    diagnostics_init(&diags);
    if (source != NULL &&
        front_parse(&(struct front_input){.source = source}, &ast, &diags)) {
        value = keep_value(ast);
        u = loader_piece(s->program, ast, &source, s->names, s->nglobals, &diags);
    }
    if (u != NULL && u->unit.nglobals <= SESSION_MAX_GLOBALS) {
        remember_names(s, u->ast);
        status = run_unit(s, u, value, shown, exit_code);
    } else if (!complete && source != NULL && ends_early(&diags, text, len)) {
        status = SESSION_INCOMPLETE;
    } else if (source != NULL) {
        diagnostics_render(&diags, source, s->r->config.color, &sb);
        runtime_write(s->r, 2, sb.data, sb.len);
    }
    source_free(source);
    diagnostics_done(&diags);
    strbuf_done(&sb);
    return status;
}

bool session_take_interrupt(struct session *s)
{
    bool taken = state_interrupted(s->r->st);

    state_interrupt_clear(s->r->st);
    return taken;
}
