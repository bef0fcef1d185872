#include "config.h"

#include "bytecode/chunk.h"

#include <string.h>

#include "base/mem.h"

/* The flag names of opcodes.def. */
enum {
    FAILS = OPCODE_FAILS,
    EXT = OPCODE_EXT,
    ENDS = OPCODE_ENDS,
    TAKES_A = OPCODE_TAKES_A,
    TAKES_B = OPCODE_TAKES_B,
    TAKES_C = OPCODE_TAKES_C,
    SKIPS = OPCODE_SKIPS
};

#ifdef RUFF_HARD_TESTS
/* Registers moved while each instruction of a function is left once; more are thinned out. */
#    define RESUME_MOVES_MAX 4000000u
#endif

const struct opcode_info opcode_table[OPCODE_COUNT] = {
#define OPCODE(name_, a_, b_, c_, flags_, jit_, meaning_) \
    [OP_##name_] = {.name = #name_,                       \
                    .a = OPERAND_##a_,                    \
                    .b = OPERAND_##b_,                    \
                    .c = OPERAND_##c_,                    \
                    .flags = (flags_),                    \
                    .jit = OPCODE_JIT_##jit_,             \
                    .meaning = (meaning_)},
#include "bytecode/opcodes.def"
#undef OPCODE
};

void chunk_free(struct chunk *c)
{
    if (c == NULL)
        return;
    for (uint32_t i = 0; i < c->nconstants; i++) {
        if (c->constants[i].kind == VALUE_STRING)
            string_constant_free(STRING_OF(c->constants[i]));
    }
    mem_free(c->counts);
#ifdef RUFF_HARD_TESTS
    mem_free(c->resumes);
#endif
}

void chunk_reset_caches(struct chunk *c)
{
    for (uint32_t i = 0; i < c->ncaches; i++) {
        c->caches[i].shape = 0;
        c->caches[i].def = 0;
        c->caches[i].method = NULL;
    }
    for (uint32_t i = 0; i < c->nliterals; i++) {
        c->literals[i].def = 0;
        c->literals[i].shape = NULL;
        c->literals[i].state = LITERAL_FRESH;
    }
}

bool chunk_start_counting(struct chunk *c)
{
    if (c->counts == NULL)
        c->counts = mem_alloc_zero(c->ncode, sizeof *c->counts);
    return c->counts != NULL;
}

#ifdef RUFF_HARD_TESTS
void chunk_start_resuming(struct chunk *c)
{
    c->resumes = mem_alloc_zero(c->ncode, sizeof *c->resumes);
    c->stride = 1 + (uint32_t)((uint64_t)c->nregs * c->ncode / RESUME_MOVES_MAX);
    for (uint32_t i = 0; c->resumes != NULL && i < c->ncode; i += c->stride)
        c->nfresh += c->code[i].op != OP_EXT ? 1u : 0u;
}

void chunk_count_resume(struct chunk *c, uint32_t index)
{
    if (c->resumes != NULL && c->resumes[index]++ == 0 && chunk_is_left_at(c, index))
        c->nfresh--;
}
#endif

uint32_t chunk_pc_offset(const struct proto *p, const uint32_t *pc)
{
    const struct chunk *c = p->chunk;
    if (c == NULL || pc == NULL)
        return p->offset;
    uint32_t index = chunk_pc_index(c, pc);
    return index < c->ncode ? c->positions[index] : p->offset;
}

const struct chunk_handler *chunk_find_handler(const struct chunk *c, uint32_t index)
{
    for (uint32_t i = 0; i < c->nhandlers; i++) {
        if (index >= c->handlers[i].start && index < c->handlers[i].end)
            return &c->handlers[i];
    }
    return NULL;
}

uint32_t chunk_jump_target(const struct insn *code, uint32_t index)
{
    const struct opcode_info *info = &opcode_table[code[index].op];
    if (info->b == OPERAND_XJUMP)
        return (uint32_t)((int64_t)index + code[index].x);
    if (info->c == OPERAND_JUMP)
        return (uint32_t)((int64_t)index + (int16_t)code[index].c);
    return UINT32_MAX;
}

bool chunk_set_jump(struct insn *code, uint32_t index, uint32_t target)
{
    int64_t distance = (int64_t)target - (int64_t)index;
    if (opcode_table[code[index].op].b == OPERAND_XJUMP) {
        code[index].x = (int32_t)distance;
        return true;
    }
    if (distance < INT16_MIN || distance > INT16_MAX)
        return false;
    code[index].c = (uint16_t)(int16_t)distance;
    return true;
}
