/*
 * slow.h - what an instruction does when its fast path does not apply.
 *
 * Used by the dispatch loop and by compiled code. Each function does the whole instruction
 * `pc` on the window `regs` of the newest frame, whose at.pc has been stored: operands with
 * a take mark are consumed, the result is written. On failure (false, an error is set) the
 * operands are as before.
 */
#ifndef RUFF_VM_SLOW_H
#define RUFF_VM_SLOW_H

#include "bytecode/chunk.h"

/* a := b OP right, right being operand c or a constant. */
bool slow_arith(struct state *st, struct value *regs, struct insn *pc,
                enum ops_operator op, struct value right);
bool slow_unary(struct state *st, struct value *regs, struct insn *pc,
                enum ops_operator op);
/* Truth of a OP right for the jumps, whose operands are A and B. */
bool slow_jump(struct state *st, struct value *regs, struct insn *pc,
               enum ops_operator op, struct value right, bool *truth);
/* The instruction pair INTO, EXT. */
bool slow_into(struct state *st, struct value *regs, struct insn *pc);
/*
 * All other instructions that have no fast path at all, and the slow paths of INDEX,
 * SETINDEX, MEMBER, SETFIELD, FORPREP, by opcode. NULL: done in the loop only.
 */
typedef bool (*slow_fn)(struct state *st, struct value *regs, struct insn *pc);
extern const slow_fn slow_functions[OPCODE_COUNT];

/* How a call goes on. */
enum slow_call {
    SLOW_CALL_FAILED,
    SLOW_CALL_DONE, /* the result is in A */
    SLOW_CALL_ENTER, /* the callee in A is a plain function with the right arity and has a
                        chunk, its window starts at A + 1: push its frame */
};
enum slow_call slow_call(struct state *st, struct value *regs, struct insn *pc);
enum slow_call slow_call_method(struct state *st, struct value *regs, struct insn *pc);
/* No room for a frame of the function in A. Always false. */
bool slow_raise_depth(struct state *st, struct value *regs, struct insn *pc);

/* Next item of a cursor that is neither a range nor an array: *done at its end. */
bool slow_next(struct state *st, struct value *regs, struct insn *pc, bool *done);
/* Postfix `?`: *returns when the function must return *out at once. */
bool slow_try(struct state *st, struct value *regs, struct insn *pc, bool *returns,
              struct value *out);

/* slot := *from, which is taken. In two words: what was just stored as payload and kind cannot
   be loaded as one of 16 bytes without waiting for the stores. */
static inline void slow_move(struct state *st, struct value *slot,
                             const struct value *from)
{
    struct object *old = slot->kind >= VALUE_FIRST_OBJECT ? slot->as.object : NULL;
    slot->as.bits = from->as.bits;
    slot->kind = from->kind;
    if (old != NULL)
        object_release(st, old);
}

/* Releases the counted values of n registers. */
void slow_clear(struct state *st, struct value *regs, uint32_t n);
/* The same for a few registers of which hardly any is counted: arguments after a call. */
static inline void slow_clear_few(struct state *st, struct value *regs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (regs[i].kind >= VALUE_FIRST_OBJECT)
            slow_clear(st, &regs[i], 1);
    }
}

/* Storage of the variable, or of the place inside of it, that an EXT word names. NULL: there
   is no such place, or it is shared with another value. */
struct value *slow_variable(struct state *st, struct value *regs,
                            const struct insn *ext);

#endif
