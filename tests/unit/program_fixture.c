#include "config.h"

#include "program_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "bytecode/chunk.h"
#include "bytecode/compile.h"
#include "bytecode/disasm.h"
#include "core/array.h"
#include "core/print.h"
#include "front/front.h"

enum {
    ROWS = 512
};

/* Where the collecting print finds its buffer: tests run one program at a time. */
static struct strbuf *print_to;

static bool fixture_print(struct state *st, struct value *args, uint32_t nargs,
                          struct value *result)
{
    for (uint32_t i = 0; i < nargs; i++) {
        if (i > 0)
            strbuf_append_char(print_to, ' ');
        if (!print_display(st, print_to, args[i]))
            return false;
    }
    strbuf_append_char(print_to, '\n');
    *result = value_null();
    return true;
}

static bool fixture_push(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    (void)nargs;
    if (args[0].kind != VALUE_ARRAY)
        return error_raise(st, "push() requires an array");
    if (!array_push_take(st, &args[0], value_take(&args[1])))
        return false;
    *result = value_take(&args[0]);
    return true;
}

static bool fixture_other(struct state *st, struct value *args, uint32_t nargs,
                          struct value *result)
{
    (void)args;
    (void)nargs;
    (void)result;
    return error_raise(st, "this builtin is not in the fixture");
}

static struct builtin *make_builtins(uint32_t *count)
{
    static const char *const names[] = {
#define BUILTIN(name, function, min, max, arity, flags) name,
#include "lang/builtins.def"
    };
    size_t n = sizeof names / sizeof names[0];
    ck_assert_uint_le(n, ROWS);
    *count = (uint32_t)n;
    struct builtin *rows = calloc(ROWS, sizeof *rows);
    ck_assert_ptr_nonnull(rows);
    for (size_t i = 0; i < n; i++) {
        rows[i] = (struct builtin){.name = names[i],
                                   .fn = fixture_other,
                                   .max_args = BUILTIN_VARIADIC,
                                   .id = (uint16_t)i};
        if (strcmp(names[i], "print") == 0)
            rows[i].fn = fixture_print;
        if (strcmp(names[i], "push") == 0) {
            rows[i].fn = fixture_push;
            rows[i].flags = BUILTIN_MOVES_FIRST;
            rows[i].min_args = rows[i].max_args = 2;
        }
    }
    return rows;
}

static uint32_t flags_of(const struct ast_function *f)
{
    uint32_t flags = 0;
    flags |= f->is_async ? PROTO_ASYNC : 0;
    flags |= f->is_generator ? PROTO_GENERATOR : 0;
    flags |= f->kind == AST_FUNCTION_METHOD ? PROTO_METHOD : 0;
    flags |= f->hidden_self ? PROTO_HIDDEN_SELF : 0;
    flags |= f->has_self ? PROTO_SELF : 0;
    flags |= f->kind == AST_FUNCTION_LAMBDA ? PROTO_LAMBDA : 0;
    flags |= f->kind == AST_FUNCTION_MAIN ? PROTO_MAIN : 0;
    return flags;
}

static void make_protos(struct program *p)
{
    struct unit *u = &p->unit;
    u->nprotos = p->ast->nfunctions;
    u->protos = calloc(u->nprotos, sizeof *u->protos);
    ck_assert_ptr_nonnull(u->protos);
    for (uint32_t i = 0; i < u->nprotos; i++) {
        const struct ast_function *f = p->ast->functions[i];
        u->protos[i] = (struct proto){.id = i + 1,
                                      .index = i,
                                      .nparams = f->nparams,
                                      .nlocals = f->nlocals,
                                      .ncaptures = f->ncaptures,
                                      .flags = flags_of(f),
                                      .offset = f->offset,
                                      .name = f->name,
                                      .profile_name = f->name,
                                      .source = &u->source,
                                      .unit = u,
                                      .ast = f};
    }
}

static void make_lines(struct program *p, const char *text)
{
    size_t len = strlen(text);
    p->line_starts = calloc(len + 1, sizeof *p->line_starts);
    ck_assert_ptr_nonnull(p->line_starts);
    uint32_t n = 1;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n')
            p->line_starts[n++] = (uint32_t)i + 1;
    }
    p->unit.source = (struct source_ref){.path = "t.ruff",
                                         .text = text,
                                         .len = len,
                                         .line_starts = p->line_starts,
                                         .nlines = n};
}

void program_init(struct program *p, const struct engine *engine, const char *text)
{
    uint32_t nbuiltins;
    *p = (struct program){.builtins = make_builtins(&nbuiltins)};
    struct diagnostics diags;
    diagnostics_init(&diags);
    p->source = source_new("t.ruff", text, strlen(text));
    ck_assert_ptr_nonnull(p->source);
    struct front_input input = {.source = p->source};
    ck_assert(front_parse(&input, &p->ast, &diags));
    ck_assert(front_resolve(p->ast, NULL, &diags));
    diagnostics_done(&diags);
    p->unit.ast = p->ast;
    p->unit.nglobals = p->ast->nglobals;
    p->unit.global_names = p->ast->globals;
    make_lines(p, text);
    make_protos(p);
    struct state_config config = {.engine = engine,
                                  .builtins = p->builtins,
                                  .nbuiltins = nbuiltins,
                                  .hash_seed = 7};
    p->st = state_new(&config);
    ck_assert_ptr_nonnull(p->st);
    p->st->pc_offset = chunk_pc_offset;
    print_to = &p->printed;
}

void program_done(struct program *p)
{
    error_clear(p->st);
    state_free(p->st);
    for (uint32_t i = 0; i < p->unit.nprotos; i++)
        chunk_free(p->unit.protos[i].chunk);
    free(p->unit.protos);
    free(p->line_starts);
    free(p->builtins);
    front_unit_free(p->ast);
    source_free(p->source);
    strbuf_done(&p->printed);
}

struct proto *program_proto(struct program *p, const char *name)
{
    for (uint32_t i = 0; i < p->unit.nprotos; i++) {
        if (strcmp(p->unit.protos[i].name, name) == 0)
            return &p->unit.protos[i];
    }
    ck_abort_msg("no function %s", name);
    return NULL;
}

struct function *program_function(struct program *p, struct proto *proto)
{
    struct instance *instance = instance_new(p->st, &p->unit);
    ck_assert_ptr_nonnull(instance);
    struct function *f = function_new(p->st, proto, instance, NULL);
    ck_assert_ptr_nonnull(f);
    return f;
}

struct run {
    struct program *p;
    bool ok;
};

static void run_main(void *context)
{
    struct run *run = context;
    struct program *p = run->p;
    struct function *f = program_function(p, &p->unit.protos[0]);
    struct value result;
    run->ok = call_main(p->st, f, &result);
    if (run->ok)
        value_release(p->st, result);
    object_release(p->st, &f->head);
}

bool program_run(struct program *p)
{
    struct run run = {.p = p};
    state_enter_stack(p->st, run_main, &run);
    return run.ok;
}

const char *program_listing(struct program *p, const char *name, bool optimized)
{
    static char text[16384];
    struct chunk *c = bytecode_compile(p->st, program_proto(p, name), optimized);
    ck_assert_ptr_nonnull(c);
    struct strbuf sb;
    strbuf_init(&sb);
    ck_assert(disasm_chunk(c, false, &sb));
    ck_assert_uint_lt(sb.len, sizeof text);
    memcpy(text, strbuf_str(&sb), sb.len + 1);
    strbuf_done(&sb);
    chunk_free(c);
    return text;
}

unsigned program_count(const char *text, const char *needle)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, needle)) != NULL; at += strlen(needle))
        n++;
    return n;
}
