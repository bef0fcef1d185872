/*
 * compiler.h - what the parts of the compiler share; private to compile*.c.
 *
 * compile.c holds the entry, functions and registers, compile_names.c variables,
 * compile_expr.c expressions, compile_assign.c and compile_move.c assignments, compile_call.c calls and literals that gather values,
 * compile_jump.c conditions, compile_stmt.c statements, compile_control.c loops, match and
 * try, compile_pattern.c destructuring.
 *
 * Register discipline. Temporaries form a stack above the variables: `top` is the next free
 * one. A temporary holds a value from the instruction that writes it to the one that takes
 * it (take mark); then it holds nothing counted. A register of a variable is only written
 * by the last instruction of an expression, so that an error or a read in the middle sees
 * the old value.
 */
#ifndef RUFF_BYTECODE_COMPILER_H
#define RUFF_BYTECODE_COMPILER_H

#include "bytecode/builder.h"
#include "bytecode/chunk.h"
#include "front/ast.h"

/* Deepest tree the compiler follows; the parser stops long before (language.md 21). Chains
   of binary operators are walked in a loop and do not count. */
#define COMPILE_DEPTH_LIMIT 6000u

/* Main functions with at most this many globals keep them in registers. */
#define COMPILE_MAX_REGISTER_GLOBALS 4096u

/* Values gathered in registers before they go into an array or a text. */
#define COMPILE_BATCH 32u

struct loop {
    struct loop *outer;
    struct jump_vec breaks, continues; /* jumps to patch */
};

/*
 * The rest of `x := x + a + b ...` when x and a turn out to be texts (compile_assign.c): code
 * that stands behind the function or the try block it belongs to, out of the way.
 */
struct text_chain {
    const struct ast_stmt *s;
    uint32_t count; /* addends */
    uint32_t x;     /* register of x, or of a copy */
    uint32_t text;  /* register in which the addends gather */
    uint32_t a;     /* register of the first one */
    uint32_t enter; /* jump to this code */
    uint32_t back;  /* instruction it goes back to */
    bool in_register;
};

BUILDER_VEC(text_chain_vec, struct text_chain, 4);

struct compiler {
    struct text_chain_vec chains; /* waiting for compile_text_chains */
    struct builder b;
    struct state *st;
    struct proto *proto;
    const struct ast_function *fn;
    bool globals_in_registers;
    bool long_jumps;
    uint32_t local_base; /* register of slot 0: the globals come before it */
    uint32_t nlocals;    /* registers of variables */
    uint32_t top;        /* next free temporary */
    uint32_t nregs;      /* most registers in use at once */
    uint32_t depth;
    struct loop *loop;
};

/* Where a variable is. */
struct place {
    enum insn_place kind;
    uint32_t index; /* register, capture number or global slot */
};

/* ---- compile.c: registers and instructions -------------------------------------------- */

uint32_t compile_temp(struct compiler *c);
/* `count` consecutive temporaries; the first. */
uint32_t compile_temps(struct compiler *c, uint32_t count);
static inline bool compile_is_temp(const struct compiler *c, uint32_t reg)
{
    return reg >= c->nlocals;
}
/* Take mark for an operand: `mark` when reg is a temporary. */
static inline uint8_t compile_take(const struct compiler *c, uint32_t reg, uint8_t mark)
{
    return compile_is_temp(c, reg) ? mark : 0;
}
uint32_t compile_emit_abc(struct compiler *c, enum opcode op, uint8_t d, uint32_t a,
                          uint32_t b, uint32_t cc, uint32_t position);
/* Operands as they are stored: not doubled. */
uint32_t compile_emit_raw(struct compiler *c, enum opcode op, uint8_t d, uint16_t a,
                          uint16_t b, uint16_t cc, uint32_t position);
uint32_t compile_emit_ax(struct compiler *c, enum opcode op, uint8_t d, uint32_t a,
                         int32_t x, uint32_t position);
void compile_emit_ext(struct compiler *c, uint8_t d, uint32_t x, uint32_t position);
/* dst := src, taking a temporary. */
void compile_emit_move(struct compiler *c, uint32_t dst, uint32_t src,
                       uint32_t position);
void compile_emit_constant(struct compiler *c, uint32_t dst, struct value v,
                           uint32_t position);
void compile_emit_text(struct compiler *c, uint32_t dst, const char *bytes, size_t len,
                       uint32_t position);
/* A JMP whose target is patched later. */
uint32_t compile_emit_jump(struct compiler *c, uint32_t position);
void compile_patch_here(struct compiler *c, uint32_t jump);
void compile_patch_all(struct compiler *c, struct jump_vec *jumps, uint32_t target);
void compile_jump_push(struct compiler *c, struct jump_vec *jumps, uint32_t jump);
bool compile_enter(struct compiler *c);
void compile_leave(struct compiler *c);

/* Side table rows. Names become constants. */
uint32_t compile_path(struct compiler *c, uint32_t count, uint32_t position);
void compile_path_name(struct compiler *c, uint32_t path, uint32_t i, const char *name,
                       size_t len, uint32_t offset);
/* Inline cache for the next instruction. compile_cache_again: once more, for an instruction
   further on. The shared one is told the name first. */
uint16_t compile_cache(struct compiler *c, struct ast_string name, uint32_t position);
void compile_cache_again(struct compiler *c, uint16_t cache, struct ast_string name,
                         uint32_t position);
void compile_closure(struct compiler *c, uint32_t dst, const struct ast_function *f,
                     uint32_t position);

/* ---- compile_names.c ------------------------------------------------------------------ */

/* Not for AST_VAR_SELF_FIELD. */
struct place compile_name_place(const struct compiler *c, const struct ast_var *v);
/* dst := candidate; unset when it is. dst is a temporary when v->maybe. */
void compile_name_get(struct compiler *c, const struct ast_name *n,
                      const struct ast_var *v, uint32_t dst);
void compile_name_read(struct compiler *c, const struct ast_name *n, uint32_t dst);
/* Reads all candidates without the prelude; dst (a temporary) may be left unset. */
void compile_name_read_own(struct compiler *c, const struct ast_name *n, uint32_t dst);
/* Register of a variable that a read of `n` may use in place, checked when needed; false
   when it has none. `later_code`: code of the program may run before the use. */
bool compile_name_register(struct compiler *c, const struct ast_name *n,
                           bool later_code, uint32_t *reg);
/* Row of the builtin when `n` can mean nothing else, or -1. */
int32_t compile_name_builtin(const struct ast_name *n);
/* Register the result of an assignment or declaration may go to directly, else false. */
bool compile_name_direct(const struct compiler *c, const struct ast_target_name *t,
                         bool declares, uint32_t *reg);
/* Stores register src (a temporary is taken) as `x := e` does, or as a declaration does. */
void compile_name_assign(struct compiler *c, const struct ast_target_name *t,
                         uint32_t src, uint32_t position);
void compile_name_declare(struct compiler *c, const struct ast_target_name *t,
                          uint32_t src, uint32_t position);
void compile_place_store(struct compiler *c, struct place p, uint32_t src,
                         uint32_t position);
/* The jump taken when candidate `v` is unset. */
uint32_t compile_name_jump_unset(struct compiler *c, const struct ast_name *n,
                                 const struct ast_var *v);
/* Raises `format` with the name at the name's position, where both engines report it. */
void compile_name_raise(struct compiler *c, const char *format,
                        const struct ast_name *n);

/* ---- compile_expr.c, compile_call.c ---------------------------------------------------- */

void compile_expr_into(struct compiler *c, const struct ast_expr *e, uint32_t dst);
/* A register that holds the value: a variable's own, or a new temporary. */
uint32_t compile_expr_operand(struct compiler *c, const struct ast_expr *e,
                              bool later_code);
/* The value in a new temporary, the next one. */
uint32_t compile_expr_temp(struct compiler *c, const struct ast_expr *e);
void compile_expr_effect(struct compiler *c, const struct ast_expr *e);
/* True when evaluating `e` cannot run code that assigns a variable. */
bool compile_expr_is_quiet(const struct ast_expr *e);
/*
 * Is `e` a constant? Then *k is its row, or UINT32_MAX for an int of 16 bits, which is in
 * *number and has no row yet.
 */
bool compile_expr_constant(struct compiler *c, const struct ast_expr *e,
                           struct value *number, uint32_t *k);
/* The values of a list in consecutive new temporaries; the first of them. */
uint32_t compile_expr_list(struct compiler *c, struct ast_expr *const *items,
                           uint32_t count);
/* dst := left OP right, right an expression; left is taken when temporary. */
void compile_expr_binary(struct compiler *c, enum ast_operator op, uint32_t dst,
                         uint32_t left, const struct ast_expr *right,
                         uint32_t position);
void compile_call(struct compiler *c, const struct ast_expr *e, uint32_t dst);
void compile_call_method(struct compiler *c, const struct ast_expr *e, uint32_t dst);
/* x := builtin(x, ...) with the first argument moved; false: not of that form. */
bool compile_call_moving(struct compiler *c, const struct ast_target_name *t,
                         const struct ast_expr *value, uint32_t position);
void compile_array(struct compiler *c, const struct ast_expr *e, uint32_t dst);
void compile_dict(struct compiler *c, const struct ast_expr *e, uint32_t dst);
void compile_struct(struct compiler *c, const struct ast_expr *e, uint32_t dst);
void compile_interpolation(struct compiler *c, const struct ast_expr *e, uint32_t dst);

/* ---- compile_jump.c -------------------------------------------------------------------- */

/* Jumps when the truth of `e` is `sense`; the jumps go to `out`. */
void compile_jump_if(struct compiler *c, const struct ast_expr *e, bool sense,
                     struct jump_vec *out);
/* Jumps back to `target` when `e` is true, else falls through. NULL: always. */
void compile_jump_loop(struct compiler *c, const struct ast_expr *e, uint32_t target,
                       uint32_t position);
/* A jump with a 16-bit distance; gives the index to patch (long form when asked for). */
uint32_t compile_jump_short(struct compiler *c, struct insn i, uint32_t position);

/* ---- compile_stmt.c, compile_control.c, compile_pattern.c ------------------------------- */

void compile_stmt_block(struct compiler *c, const struct ast_block *b);
/* The block's slots as at entry; slot `skip` (a register, or UINT32_MAX) is left alone. */
void compile_stmt_open_scope(struct compiler *c, const struct ast_block *b,
                             uint32_t skip);
void compile_stmt(struct compiler *c, const struct ast_stmt *s);
void compile_stmt_function(struct compiler *c, const struct ast_stmt *s);
void compile_if(struct compiler *c, const struct ast_stmt *s);
void compile_while(struct compiler *c, const struct ast_stmt *s);
void compile_for(struct compiler *c, const struct ast_stmt *s);
void compile_match(struct compiler *c, const struct ast_stmt *s);
void compile_try(struct compiler *c, const struct ast_stmt *s);
void compile_break(struct compiler *c, const struct ast_stmt *s);
void compile_pattern_bind(struct compiler *c, const struct ast_pattern *p,
                          uint32_t src);
void compile_pattern_let(struct compiler *c, const struct ast_stmt *s);
void compile_pattern_assign(struct compiler *c, const struct ast_stmt *s);
/*
 * Is the variable certain once `n` (a read of the same name) has been evaluated? Then a
 * store goes to it without further questions, although the name may be unset before.
 */
bool compile_certain_after_read(const struct ast_target_name *t,
                                const struct ast_name *n);
/* Is `n` a read of the variable that `t` assigns? */
bool compile_reads_target(const struct ast_target_name *t, const struct ast_name *n);
/* compile_move.c: P := push(P, ...) and the like; false: not of that form. */
bool compile_moving_path(struct compiler *c, const struct ast_stmt *s);
/* Emits the waiting text chains from number `from` on. Control must not run into them. */
void compile_text_chains(struct compiler *c, size_t from);

#endif
