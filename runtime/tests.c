#include "config.h"

#include "tests.h"

#include <stdlib.h>
#include <string.h>

#include "runtime.h"

#include "base/arena.h"
#include "base/diag.h"
#include "base/strbuf.h"
#include "core/state.h"
#include "front/front.h"
#include "front/names.h"

enum test_kind {
    TEST_CASE,
    TEST_GROUP,
    TEST_SETUP,
    TEST_TEARDOWN
};

/* A name no program can write, for the error that leaves setup. */
static const char SETUP_ERROR[] = "setup error";
static const char SETUP_PREFIX[] = "Setup failed: ";

/* ---- collecting ----------------------------------------------------------------- */

static bool is_declaration(const struct ast_stmt *s)
{
    switch ((enum ast_stmt_kind)s->kind) {
    case AST_STMT_FUNC:
    case AST_STMT_STRUCT:
    case AST_STMT_ENUM:
    case AST_STMT_IMPORT: return true;
    case AST_STMT_LET: return s->as.let.is_const;
    case AST_STMT_EXPORT: return is_declaration(s->as.export.stmt);
    default: return false;
    }
}

/* The name as a C string: NUL bytes become `\x00`. NULL: no memory. */
static const char *name_of(struct ast_unit *unit, struct ast_string name)
{
    struct strbuf text;
    char *copy = NULL;

    if (memchr(name.bytes, '\0', name.len) == NULL)
        return name.bytes;
    strbuf_init(&text);
    if (diag_escape_nul(&text, name.bytes, name.len))
        copy = arena_strdup(unit->arena, text.data, text.len);
    strbuf_done(&text);
    return copy;
}

static bool add_test(struct ruff_program *p, struct ast_unit *unit,
                     const struct ast_stmt *s)
{
    struct program_test *grown = realloc(p->tests, (p->ntests + 1) * sizeof *p->tests);
    const char *name = name_of(unit, s->as.test.name);

    if (grown == NULL)
        return false;
    p->tests = grown;
    if (name == NULL)
        return false;
    p->tests[p->ntests++] =
        (struct program_test){.name = name, .function = s->as.test.func->id};
    return true;
}

/* Groups are flattened, in order; the last setup and teardown win. */
static bool collect(struct ruff_program *p, struct ast_unit *unit,
                    const struct ast_block *block, struct ast_block **setup)
{
    for (uint32_t i = 0; i < block->count; i++) {
        const struct ast_stmt *s = block->stmts[i];

        if (s->kind != AST_STMT_TEST)
            continue;
        switch ((enum test_kind)s->as.test.kind) {
        case TEST_CASE:
            if (!add_test(p, unit, s))
                return false;
            break;
        case TEST_GROUP:
            if (!collect(p, unit, s->as.test.group, setup))
                return false;
            break;
        case TEST_SETUP: *setup = s->as.test.func->body; break;
        case TEST_TEARDOWN: p->teardown = s->as.test.func->id; break;
        }
    }
    return true;
}

/* ---- try { SETUP } except e { throw "Setup failed: " + e.message } -------------------- */

static void *tree_alloc(struct ast_unit *unit, size_t bytes, bool *ok)
{
    void *p = arena_alloc_zero(unit->arena, 1, bytes);

    if (p == NULL)
        *ok = false;
    return p;
}

static struct ast_expr *make_expr(struct ast_unit *unit, uint8_t kind, bool *ok)
{
    struct ast_expr *e = tree_alloc(unit, sizeof *e, ok);

    if (e != NULL)
        e->kind = kind;
    return e;
}

static struct ast_block *make_block(struct ast_unit *unit, struct ast_stmt *only,
                                    bool *ok)
{
    struct ast_block *b = tree_alloc(unit, sizeof *b, ok);
    struct ast_stmt **stmts = tree_alloc(unit, sizeof *stmts, ok);

    if (b == NULL || stmts == NULL)
        return NULL;
    stmts[0] = only;
    b->stmts = stmts;
    b->count = 1;
    return b;
}

static struct ast_name ast_name_of(const struct name *name)
{
    return (struct ast_name){.text = name->text, .len = name->len, .builtin = -1};
}

static struct ast_stmt *make_setup(struct ast_unit *unit, struct ast_block *setup)
{
    bool ok = true;
    struct ast_stmt *attempt = tree_alloc(unit, sizeof *attempt, &ok);
    struct ast_stmt *rethrow = tree_alloc(unit, sizeof *rethrow, &ok);
    struct ast_target_name *name = tree_alloc(unit, sizeof *name, &ok);
    struct ast_expr *sum = make_expr(unit, AST_BINARY, &ok);
    struct ast_expr *prefix = make_expr(unit, AST_STRING, &ok);
    struct ast_expr *member = make_expr(unit, AST_MEMBER, &ok);
    struct ast_expr *error = make_expr(unit, AST_NAME, &ok);
    struct ast_block *body = tree_alloc(unit, sizeof *body, &ok), *handler;
    const struct name *text =
        names_intern(unit->names, SETUP_ERROR, strlen(SETUP_ERROR));

    if (!ok || text == NULL)
        return NULL;
    handler = make_block(unit, rethrow, &ok);
    if (handler == NULL)
        return NULL;
    name->name = ast_name_of(text);
    error->as.name = ast_name_of(text);
    prefix->as.string = (struct ast_string){SETUP_PREFIX, sizeof SETUP_PREFIX - 1};
    member->as.member.object = error;
    member->as.member.name = (struct ast_string){"message", 7};
    sum->as.binary.op = AST_OP_ADD;
    sum->as.binary.left = prefix;
    sum->as.binary.right = member;
    rethrow->kind = AST_STMT_THROW;
    rethrow->as.expr = sum;
    *body = *setup;
    body->scoped = false;
    attempt->kind = AST_STMT_TRY;
    attempt->as.try_stmt.body = body;
    attempt->as.try_stmt.error_name = name;
    attempt->as.try_stmt.handler = handler;
    return attempt;
}

bool tests_prepare(struct ruff_program *p, struct ast_unit *unit)
{
    struct ast_block *top = unit->functions[0]->body, *setup = NULL;
    struct ast_stmt **kept;
    uint32_t count = 0;

    if (!collect(p, unit, top, &setup))
        return false;
    kept = arena_alloc_zero(unit->arena, top->count + 1u, sizeof(struct ast_stmt *));
    if (kept == NULL)
        return false;
    /* Tests stay in the tree: they are where their functions are resolved. */
    for (uint32_t i = 0; i < top->count; i++)
        if (is_declaration(top->stmts[i]) || top->stmts[i]->kind == AST_STMT_TEST)
            kept[count++] = top->stmts[i];
    if (setup != NULL) {
        kept[count] = make_setup(unit, setup);
        if (kept[count++] == NULL)
            return false;
        /* The statements have moved: the function they came from is empty. */
        setup->count = 0;
    }
    top->stmts = kept;
    top->count = count;
    return true;
}

void tests_done(struct ruff_program *p)
{
    free(p->tests);
    p->tests = NULL;
    p->ntests = 0;
}

/* ---- running ------------------------------------------------------------------------- */

size_t ruff_program_tests(const struct ruff_program *p, const char **names,
                          size_t capacity)
{
    for (uint32_t i = 0; i < p->ntests && i < capacity; i++)
        names[i] = p->tests[i].name;
    return p->ntests;
}

static bool call_block(struct state *st, struct instance *instance, uint32_t function)
{
    struct function *f =
        function_new(st, &instance->unit->protos[function], instance, NULL);
    struct value result = value_null();
    bool ok;

    if (f == NULL)
        return false;
    ok = call_function(st, f, value_unset(), NULL, 0, &result);
    if (ok)
        value_release(st, result);
    object_release(st, &f->head);
    return ok;
}

bool runtime_run_test(struct state *st, struct instance *instance, uint32_t index)
{
    const struct ruff_program *p = runtime_of(st)->running;
    struct error failed;
    bool ok = call_block(st, instance, p->tests[index].function);

    if (p->teardown == 0)
        return ok;
    failed = error_save(st);
    if (!call_block(st, instance, p->teardown) && st->error.kind == ERROR_RAISED)
        error_clear(st);
    if (!ok)
        error_restore_take(st, failed);
    return ok && st->error.kind == ERROR_NONE;
}
