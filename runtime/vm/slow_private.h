/*
 * slow_private.h - what the parts of the slow paths share: taking operands, the families.
 */
#ifndef RUFF_VM_SLOW_PRIVATE_H
#define RUFF_VM_SLOW_PRIVATE_H

#include "bytecode/chunk.h"

static inline struct value *slow_register(struct value *regs, uint16_t operand)
{
    return insn_register(regs, operand);
}

/* Drops an operand that is marked as taken. Not for instructions whose D means else. */
static inline void slow_take(struct state *st, struct value *regs,
                             const struct insn *pc, uint8_t mark, uint16_t operand)
{
    if ((pc->d & mark) != 0) {
        struct value *v = slow_register(regs, operand);
        if (value_is_object(*v))
            value_release(st, value_take(v));
    }
}
static inline void slow_take_a(struct state *st, struct value *regs,
                               const struct insn *pc)
{
    slow_take(st, regs, pc, INSN_TAKE_A, pc->a);
}
static inline void slow_take_b(struct state *st, struct value *regs,
                               const struct insn *pc)
{
    slow_take(st, regs, pc, INSN_TAKE_B, pc->b);
}
static inline void slow_take_c(struct state *st, struct value *regs,
                               const struct insn *pc)
{
    slow_take(st, regs, pc, INSN_TAKE_C, pc->c);
}

/* Ends `a := ... b [c]`: operands dropped as marked, then the result stored. Constants and
   numbers in C carry no mark. */
static inline void slow_finish(struct state *st, struct value *regs,
                               const struct insn *pc, struct value out)
{
    slow_take_b(st, regs, pc);
    slow_take_c(st, regs, pc);
    value_set_take(st, slow_register(regs, pc->a), out);
}

/* slow_call.c: CALLBUILTIN and MOVEBUILTIN. */
bool slow_builtin(struct state *st, struct value *regs, struct insn *pc);

/* slow_make.c: the instructions that make arrays, dicts, boxes, texts, functions, structs. */
#define SLOW_MAKE(name) \
    bool slow_make_##name(struct state *st, struct value *regs, struct insn *pc)
SLOW_MAKE(array);
SLOW_MAKE(append);
SLOW_MAKE(spread);
SLOW_MAKE(dict);
SLOW_MAKE(entry);
SLOW_MAKE(box);
SLOW_MAKE(tagged);
SLOW_MAKE(concat);
SLOW_MAKE(converted);
SLOW_MAKE(closure);
SLOW_MAKE(structdef);
SLOW_MAKE(struct);
#undef SLOW_MAKE

#endif
