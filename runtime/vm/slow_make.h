/*
 * slow_make.h - the instructions that make arrays, dicts, boxes, texts, functions and
 * structs; part of slow.h.
 */
#ifndef RUFF_VM_SLOW_MAKE_H
#define RUFF_VM_SLOW_MAKE_H

#include "bytecode/chunk.h"

/* One of the instructions of that section of opcodes.def. */
bool slow_make(struct state *st, struct value *regs, struct insn *pc);

#endif
