/*
 * verify.h - proves that a chunk is well formed, so that the VM needs no checks.
 *
 * Checked: opcodes, operand ranges, jump targets, second words, table indices, handlers,
 * and that control cannot run off the end. Not checked: which kinds of values registers
 * hold. Debug builds verify every chunk they compile.
 */
#ifndef RUFF_BYTECODE_VERIFY_H
#define RUFF_BYTECODE_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

struct chunk;

enum verify_refusal {
    VERIFY_OK,
    VERIFY_EMPTY,
    VERIFY_OPCODE,
    VERIFY_REGISTER,
    VERIFY_CONSTANT,
    VERIFY_JUMP,
    VERIFY_TABLE,
    VERIFY_GLOBAL,
    VERIFY_EXT,
    VERIFY_TAKE,
    VERIFY_END,
    VERIFY_HANDLER,
};

struct verify_problem {
    enum verify_refusal refusal;
    uint32_t index; /* instruction, or handler for VERIFY_HANDLER */
};

/* False: *problem says where and why. */
bool verify_chunk(const struct chunk *c, struct verify_problem *problem);
const char *verify_text(enum verify_refusal refusal);

#endif
