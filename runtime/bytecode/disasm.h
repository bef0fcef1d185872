/*
 * disasm.h - bytecode as text, stable enough for golden files.
 *
 * One line an instruction: index, source line, opcode, operands, meaning. Registers of
 * variables are rN, temporaries tN (counted from 0 above the variables); `!` behind an
 * operand means that it is taken; jumps show their target.
 */
#ifndef RUFF_BYTECODE_DISASM_H
#define RUFF_BYTECODE_DISASM_H

#include <stdbool.h>

struct chunk;
struct strbuf;

/* Appends the listing; false without memory. `meaning` adds the last column. Execution
   counts are shown when the chunk has them. */
bool disasm_chunk(const struct chunk *c, bool meaning, struct strbuf *out);

#endif
