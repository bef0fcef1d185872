#include "config.h"

#include "bytecode/compile.h"

#include <string.h>

#include "base/os_linux.h"
#include "bytecode/compiler.h"
#include "bytecode/optimize.h"
#include "bytecode/verify.h"

/* Why there is no chunk. */
struct refusal {
    enum builder_refusal why;
    uint32_t offset; /* in the source */
};

static struct chunk *compile_once(struct state *st, struct proto *p, bool long_jumps,
                                  bool optimized, struct refusal *refusal);
static void compile_body(struct compiler *c);

/* ---- entry ---------------------------------------------------------------------------- */

static struct chunk *compile_any(struct state *st, struct proto *p, bool optimized,
                                 struct refusal *refusal)
{
    struct chunk *chunk = compile_once(st, p, false, optimized, refusal);
    if (chunk == NULL && refusal->why == BUILDER_LONG_JUMP)
        chunk = compile_once(st, p, true, optimized, refusal);
    return chunk;
}

struct chunk *bytecode_compile(struct state *st, struct proto *p, bool optimized)
{
    struct refusal refusal;
    /* A top level runs once: the passes would cost more than they give. */
    optimized = optimized && (p->flags & PROTO_MAIN) == 0;
    struct chunk *chunk = compile_any(st, p, optimized, &refusal);
    if (chunk != NULL)
        return chunk;
    if (refusal.why == BUILDER_NO_MEMORY)
        error_out_of_memory(st);
    else
        error_raise(st, "Function %s is too large: %s", p->name,
                    builder_refusal_text(refusal.why));
    return NULL;
}

bool bytecode_fits(struct state *st, struct proto *p, struct bytecode_refusal *refusal)
{
    struct refusal why;
    struct chunk *chunk = compile_any(st, p, false, &why);
    if (chunk != NULL) {
        chunk_free(chunk);
        return true;
    }
    refusal->offset = why.offset;
    refusal->why = why.why == BUILDER_NO_MEMORY ? NULL : builder_refusal_text(why.why);
    return false;
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
                                  bool optimized, struct refusal *refusal)
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
    c.b.refused_at = c.fn->offset;
    c.nlocals = (uint32_t)(nlocals <= REG_MAX ? nlocals : REG_MAX);
    c.top = c.nregs = c.nlocals;
    if (nlocals > REG_MAX)
        builder_refuse(&c.b, BUILDER_REGISTERS);
    else
        compile_body(&c);
    struct chunk *chunk = builder_finish(&c.b, p, c.nlocals, c.nregs);
    *refusal = (struct refusal){.why = c.b.refusal, .offset = c.b.refused_at};
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
    case OPERAND_WCONST:
    case OPERAND_WCOUNT:
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

static bool is_wide(uint8_t kind)
{
    return kind == OPERAND_PATH || kind == OPERAND_LITERAL ||
           kind == OPERAND_STRUCTDEF || kind == OPERAND_WCONST ||
           kind == OPERAND_WCOUNT;
}

uint32_t compile_emit_abc(struct compiler *c, enum opcode op, uint8_t d, uint32_t a,
                          uint32_t b, uint32_t cc, uint32_t position)
{
    const struct opcode_info *info = &opcode_table[op];
    if (is_wide(info->c) && cc <= INSN_WIDE_MAX) {
        d |= insn_wide_d(cc);
        cc &= UINT16_MAX;
    }
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

void compile_cache_again(struct compiler *c, uint16_t cache, struct ast_string name,
                         uint32_t position)
{
    if (cache == BUILDER_SHARED_CACHE)
        compile_emit_ax(c, OP_CACHENAME, 0, 0,
                        (int32_t)builder_string(&c->b, name.bytes, name.len), position);
}

uint16_t compile_cache(struct compiler *c, struct ast_string name, uint32_t position)
{
    uint16_t cache = builder_cache(&c->b, name.bytes, name.len);
    compile_cache_again(c, cache, name, position);
    return cache;
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
