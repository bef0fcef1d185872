#include "config.h"

#include "bytecode/compile.h"

#include <string.h>

#include "base/os_linux.h"
#include "bytecode/compiler.h"
#include "bytecode/optimize.h"
#include "bytecode/verify.h"

static struct chunk *compile_once(struct state *st, struct proto *p, bool long_jumps,
                                  bool optimized, enum builder_refusal *why);
static void compile_body(struct compiler *c);

/* ---- entry ---------------------------------------------------------------------------- */

struct chunk *bytecode_compile(struct state *st, struct proto *p, bool optimized)
{
    enum builder_refusal why;
    /* A top level runs once: the passes would cost more than they give. */
    optimized = optimized && (p->flags & PROTO_MAIN) == 0;
    struct chunk *chunk = compile_once(st, p, false, optimized, &why);
    if (chunk == NULL && why == BUILDER_LONG_JUMP)
        chunk = compile_once(st, p, true, optimized, &why);
    if (chunk != NULL)
        return chunk;
    if (why == BUILDER_NO_MEMORY)
        error_out_of_memory(st);
    else
        error_raise(st, "Function %s is too large: %s", p->name,
                    builder_refusal_text(why));
    return NULL;
}

bool bytecode_ensure(struct state *st, struct proto *p)
{
    if (p->chunk != NULL)
        return true;
    uint64_t started = os_monotonic_ns();
    struct chunk *chunk = bytecode_compile(st, p, true);
    if (chunk == NULL)
        return false;
#if defined(RUFF_HARD_TESTS) || defined(RUFF_ASAN)
    struct verify_problem problem;
    if (!verify_chunk(chunk, &problem)) {
        error_raise(st, "Bytecode of %s is wrong at %u: %s", p->name, problem.index,
                    verify_text(problem.refusal));
        chunk_free(chunk);
        return false;
    }
#endif
#ifdef RUFF_HARD_TESTS
    chunk_start_resuming(chunk);
#endif
    p->chunk = chunk;
    p->unit->free_chunk = chunk_free;
    st->compiled++;
    st->compile_ns += os_monotonic_ns() - started;
    return true;
}

bool bytecode_ensure_unit(struct state *st, struct unit *u)
{
    for (uint32_t i = 0; i < u->nprotos; i++) {
        if (!bytecode_ensure(st, &u->protos[i]))
            return false;
    }
    return true;
}

void bytecode_reset_unit(struct unit *u)
{
    for (uint32_t i = 0; i < u->nprotos; i++) {
        if (u->protos[i].chunk != NULL)
            chunk_reset_caches(u->protos[i].chunk);
    }
}

/* ---- one function --------------------------------------------------------------------- */

static struct chunk *compile_once(struct state *st, struct proto *p, bool long_jumps,
                                  bool optimized, enum builder_refusal *why)
{
    struct compiler c = {.st = st, .proto = p, .fn = p->ast, .long_jumps = long_jumps};
    _Alignas(ARENA_ALIGN) char room[BUILDER_ROOM];
    struct arena *home = p->unit->code;
    builder_init(&c.b, string_hash_key(st), home != NULL ? home : p->unit->ast->arena,
                 room);
    c.globals_in_registers = c.fn->kind == AST_FUNCTION_MAIN &&
                             !p->unit->shared_globals &&
                             p->unit->nglobals <= COMPILE_MAX_REGISTER_GLOBALS;
    c.local_base = c.globals_in_registers ? p->unit->nglobals : 0;
    uint64_t nlocals = (uint64_t)c.local_base + c.fn->nlocals;
    if (nlocals > REG_MAX - 8) {
        *why = BUILDER_REGISTERS;
        builder_done(&c.b);
        return NULL;
    }
    c.nlocals = (uint32_t)nlocals;
    c.top = c.nregs = c.nlocals;
    compile_body(&c);
    struct chunk *chunk = builder_finish(&c.b, p, c.nlocals, c.nregs);
    *why = c.b.refusal;
    if (chunk != NULL) {
        chunk->globals_in_registers = c.globals_in_registers;
        bool plain = (p->flags & (PROTO_ASYNC | PROTO_GENERATOR | PROTO_MAIN)) == 0;
        chunk->arity = plain ? p->nparams : CHUNK_NO_PLAIN_CALL;
        if (optimized)
            optimize_chunk(chunk, &c.b.temp);
    }
    builder_done(&c.b);
    return chunk;
}

static void compile_body(struct compiler *c)
{
    const struct ast_function *fn = c->fn;
    for (uint32_t i = 0; i < fn->ncell_params; i++)
        compile_emit_abc(c, OP_WRAPCELL, 0, c->local_base + fn->cell_params[i], 0, 0,
                         fn->offset);
    for (uint32_t i = 0; i < fn->nhoisted; i++)
        compile_stmt_function(c, fn->hoisted[i]);
    compile_stmt_block(c, fn->body);
    compile_emit_abc(c, OP_RETNULL, 0, 0, 0, 0, fn->end_offset);
    compile_text_chains(c, 0);
}

/* ---- registers ------------------------------------------------------------------------ */

uint32_t compile_temps(struct compiler *c, uint32_t count)
{
    uint32_t first = c->top;
    if (count > REG_MAX || first > REG_MAX - count) {
        builder_refuse(&c->b, BUILDER_REGISTERS);
        return c->nlocals;
    }
    c->top += count;
    if (c->top > c->nregs)
        c->nregs = c->top;
    return first;
}

uint32_t compile_temp(struct compiler *c)
{
    return compile_temps(c, 1);
}

bool compile_enter(struct compiler *c)
{
    if (++c->depth > COMPILE_DEPTH_LIMIT)
        builder_refuse(&c->b, BUILDER_DEPTH);
    return c->b.refusal == BUILDER_OK;
}

void compile_leave(struct compiler *c)
{
    c->depth--;
}

/* ---- instructions --------------------------------------------------------------------- */

/* The stored form of an operand that the opcode table describes. */
static uint16_t stored(struct compiler *c, uint8_t kind, uint32_t operand)
{
    switch ((enum operand_kind)kind) {
    case OPERAND_WRITE:
    case OPERAND_READ:
    case OPERAND_BOTH:
    case OPERAND_FIRST:
    case OPERAND_CONST:
        if (operand > REG_MAX)
            builder_refuse(&c->b, BUILDER_REGISTERS);
        return REG_OPERAND(operand);
    case OPERAND_IMM:
    case OPERAND_JUMP: return (uint16_t)operand;
    case OPERAND_NONE:
    case OPERAND_COUNT:
    case OPERAND_OPERATOR:
    case OPERAND_BUILTIN:
    case OPERAND_CACHE:
    case OPERAND_PATH:
    case OPERAND_LITERAL:
    case OPERAND_STRUCTDEF:
    case OPERAND_XCONST:
    case OPERAND_XIMM:
    case OPERAND_XJUMP:
    case OPERAND_XGLOBAL:
    case OPERAND_XCOUNT:
    case OPERAND_XCLOSURE: break;
    }
    if (operand > UINT16_MAX)
        builder_refuse(&c->b, BUILDER_TABLE);
    return (uint16_t)operand;
}

uint32_t compile_emit_abc(struct compiler *c, enum opcode op, uint8_t d, uint32_t a,
                          uint32_t b, uint32_t cc, uint32_t position)
{
    const struct opcode_info *info = &opcode_table[op];
    return compile_emit_raw(c, op, d, stored(c, info->a, a), stored(c, info->b, b),
                            stored(c, info->c, cc), position);
}

uint32_t compile_emit_raw(struct compiler *c, enum opcode op, uint8_t d, uint16_t a,
                          uint16_t b, uint16_t cc, uint32_t position)
{
    struct insn i = {.op = (uint8_t)op, .d = d, .a = a};
    i.b = b;
    i.c = cc;
    return builder_emit(&c->b, i, position);
}

uint32_t compile_emit_ax(struct compiler *c, enum opcode op, uint8_t d, uint32_t a,
                         int32_t x, uint32_t position)
{
    struct insn i = {.op = (uint8_t)op, .d = d, .a = stored(c, opcode_table[op].a, a)};
    i.x = x;
    return builder_emit(&c->b, i, position);
}

void compile_emit_ext(struct compiler *c, uint8_t d, uint32_t x, uint32_t position)
{
    compile_emit_ax(c, OP_EXT, d, 0, (int32_t)x, position);
}

void compile_emit_move(struct compiler *c, uint32_t dst, uint32_t src,
                       uint32_t position)
{
    if (dst != src)
        compile_emit_abc(c, OP_MOVE, compile_take(c, src, INSN_TAKE_B), dst, src, 0,
                         position);
}

void compile_emit_constant(struct compiler *c, uint32_t dst, struct value v,
                           uint32_t position)
{
    if (v.kind == VALUE_NULL)
        compile_emit_abc(c, OP_LOADNULL, 0, dst, 0, 0, position);
    else if (v.kind == VALUE_INT && v.as.integer >= INT32_MIN &&
             v.as.integer <= INT32_MAX)
        compile_emit_ax(c, OP_LOADI, 0, dst, (int32_t)v.as.integer, position);
    else
        compile_emit_ax(c, OP_LOADK, 0, dst, (int32_t)builder_constant(&c->b, v),
                        position);
}

void compile_emit_text(struct compiler *c, uint32_t dst, const char *bytes, size_t len,
                       uint32_t position)
{
    compile_emit_ax(c, OP_LOADK, 0, dst, (int32_t)builder_string(&c->b, bytes, len),
                    position);
}

uint32_t compile_emit_jump(struct compiler *c, uint32_t position)
{
    return compile_emit_ax(c, OP_JMP, 0, 0, 0, position);
}

void compile_patch_here(struct compiler *c, uint32_t jump)
{
    builder_patch(&c->b, jump, builder_here(&c->b));
}

void compile_patch_all(struct compiler *c, struct jump_vec *jumps, uint32_t target)
{
    for (size_t i = 0; i < jumps->len; i++)
        builder_patch(&c->b, jumps->data[i], target);
    jumps->len = 0;
}

void compile_jump_push(struct compiler *c, struct jump_vec *jumps, uint32_t jump)
{
    if (!jump_vec_push(&c->b.temp, jumps, jump))
        builder_refuse(&c->b, BUILDER_NO_MEMORY);
}

/* ---- side tables ---------------------------------------------------------------------- */

uint32_t compile_path(struct compiler *c, uint32_t count, uint32_t position)
{
    struct chunk_path path = {.count = count};
    path.names = arena_alloc_zero(c->b.arena, count, sizeof(struct string *));
    path.offsets = arena_alloc_zero(c->b.arena, count, sizeof(uint32_t));
    if (path.names == NULL || path.offsets == NULL ||
        !path_vec_push(&c->b.temp, &c->b.paths, path)) {
        builder_refuse(&c->b, BUILDER_NO_MEMORY);
        return 0;
    }
    for (uint32_t i = 0; i < count; i++)
        path.offsets[i] = position;
    return (uint32_t)c->b.paths.len - 1;
}

void compile_path_name(struct compiler *c, uint32_t path, uint32_t i, const char *name,
                       size_t len, uint32_t offset)
{
    if (path >= c->b.paths.len)
        return;
    struct chunk_path *row = &c->b.paths.data[path];
    row->offsets[i] = offset;
    if (name != NULL)
        row->names[i] = builder_string_at(&c->b, builder_string(&c->b, name, len));
}

void compile_closure(struct compiler *c, uint32_t dst, const struct ast_function *f,
                     uint32_t position)
{
    struct chunk_closure row = {.proto = &c->proto->unit->protos[f->id],
                                .count = f->ncaptures};
    row.captures = arena_alloc_zero(c->b.arena, f->ncaptures, sizeof *row.captures);
    if (row.captures == NULL) {
        builder_refuse(&c->b, BUILDER_NO_MEMORY);
        return;
    }
    for (uint32_t i = 0; i < f->ncaptures; i++) {
        bool from_capture = f->captures[i].from_capture;
        row.captures[i].from_capture = from_capture;
        row.captures[i].index =
            f->captures[i].index + (from_capture ? 0 : c->local_base);
    }
    if (!closure_vec_push(&c->b.temp, &c->b.closures, row))
        builder_refuse(&c->b, BUILDER_NO_MEMORY);
    compile_emit_ax(c, OP_CLOSURE, 0, dst, (int32_t)c->b.closures.len - 1, position);
}
