#include "config.h"

#include "bytecode/verify.h"

#include "bytecode/chunk.h"

static enum verify_refusal check_insn(const struct chunk *c, uint32_t i);
static enum verify_refusal check_handler(const struct chunk *c, uint32_t i);

const char *verify_text(enum verify_refusal refusal)
{
    switch (refusal) {
    case VERIFY_OK: return "well formed";
    case VERIFY_EMPTY: return "no instructions";
    case VERIFY_OPCODE: return "unknown opcode";
    case VERIFY_REGISTER: return "register outside of the window";
    case VERIFY_CONSTANT: return "constant outside of the table";
    case VERIFY_JUMP: return "jump to no instruction";
    case VERIFY_TABLE: return "index outside of a side table";
    case VERIFY_GLOBAL: return "global slot outside of the unit";
    case VERIFY_EXT: return "second word missing or misplaced";
    case VERIFY_TAKE: return "take mark on an operand that cannot be taken";
    case VERIFY_END: return "control runs off the end";
    case VERIFY_HANDLER: return "handler range or target is wrong";
    }
    return "unknown";
}

bool verify_chunk(const struct chunk *c, struct verify_problem *problem)
{
    enum verify_refusal why = c->ncode == 0 ? VERIFY_EMPTY : VERIFY_OK;
    uint32_t i = 0;
    while (why == VERIFY_OK && i < c->ncode) {
        why = check_insn(c, i);
        if (why != VERIFY_OK)
            break;
        i += (opcode_table[c->code[i].op].flags & OPCODE_EXT) != 0 ? 2 : 1;
    }
    for (uint32_t h = 0; why == VERIFY_OK && h < c->nhandlers; h++) {
        why = check_handler(c, h);
        i = h;
    }
    if (why == VERIFY_OK)
        return true;
    *problem = (struct verify_problem){.refusal = why, .index = i};
    return false;
}

/* True when a jump may lead to `target`: an instruction that is no second word. */
static bool is_target(const struct chunk *c, uint32_t target)
{
    return target < c->ncode && c->code[target].op != OP_EXT;
}

static enum verify_refusal register_range(const struct chunk *c, uint16_t operand,
                                          uint32_t count)
{
    if (operand % 2 != 0)
        return VERIFY_REGISTER;
    uint64_t first = REG_INDEX(operand);
    if (count > 0 && first + count > c->nregs)
        return VERIFY_REGISTER;
    return VERIFY_OK;
}

/* How many registers an OPERAND_FIRST stands for. */
static uint32_t first_count(const struct chunk *c, const struct insn *i)
{
    uint32_t row = insn_wide(i);
    switch (i->op) {
    case OP_CALLBUILTIN:
    case OP_MOVEBUILTIN: return i->d;
    case OP_STRUCTDEF:
        if (row >= c->nstructdefs)
            return 0;
        return c->structdefs[row].nfields + c->structdefs[row].nmethods;
    case OP_STRUCT: return row < c->nliterals ? c->literals[row].count + 1 : 0;
    case OP_GETPATH:
    case OP_SETPATH: {
        uint32_t n = 0;
        if (row < c->npaths) {
            for (uint32_t k = 0; k < c->paths[row].count; k++)
                n += c->paths[row].names[k] == NULL ? 1u : 0u;
        }
        return n;
    }
    default: return i->c;
    }
}

static enum verify_refusal index_below(uint32_t index, uint32_t count)
{
    return index < count ? VERIFY_OK : VERIFY_TABLE;
}

static enum verify_refusal check_operand(const struct chunk *c, uint32_t at,
                                         uint8_t kind, uint16_t operand)
{
    const struct insn *i = &c->code[at];
    switch ((enum operand_kind)kind) {
    case OPERAND_NONE:
    case OPERAND_IMM:
    case OPERAND_COUNT:
    case OPERAND_WCOUNT:
    case OPERAND_OPERATOR:
    case OPERAND_BUILTIN:
    case OPERAND_XIMM: return VERIFY_OK;
    case OPERAND_WRITE:
    case OPERAND_READ:
    case OPERAND_BOTH: return register_range(c, operand, 1);
    case OPERAND_FIRST: return register_range(c, operand, first_count(c, i));
    case OPERAND_CONST:
        return operand % 2 == 0 && REG_INDEX(operand) < c->nconstants ? VERIFY_OK
                                                                      : VERIFY_CONSTANT;
    case OPERAND_WCONST:
        return insn_wide(i) < c->nconstants ? VERIFY_OK : VERIFY_CONSTANT;
    case OPERAND_XCONST:
        return (uint32_t)i->x < c->nconstants ? VERIFY_OK : VERIFY_CONSTANT;
    case OPERAND_JUMP:
    case OPERAND_XJUMP:
        return is_target(c, chunk_jump_target(c->code, at)) ? VERIFY_OK : VERIFY_JUMP;
    case OPERAND_CACHE: return index_below(operand, c->ncaches);
    case OPERAND_PATH: return index_below(insn_wide(i), c->npaths);
    case OPERAND_LITERAL: return index_below(insn_wide(i), c->nliterals);
    case OPERAND_STRUCTDEF: return index_below(insn_wide(i), c->nstructdefs);
    case OPERAND_XCLOSURE: return index_below((uint32_t)i->x, c->nclosures);
    case OPERAND_XGLOBAL:
        return (uint32_t)i->x < c->proto->unit->nglobals ? VERIFY_OK : VERIFY_GLOBAL;
    case OPERAND_XCOUNT: return i->x >= 0 ? VERIFY_OK : VERIFY_TABLE;
    }
    return VERIFY_OPCODE;
}

/* Operands that name several registers by a base and a count. */
static enum verify_refusal check_spans(const struct chunk *c, const struct insn *i)
{
    switch (i->op) {
    case OP_UNSET:
    case OP_IMPORT: return register_range(c, i->a, i->b);
    case OP_CALL: return register_range(c, i->a, (uint32_t)i->b + 1);
    case OP_CALLMETHOD: return register_range(c, i->a, (uint32_t)i->b + 2);
    case OP_FORPREP:
    case OP_FORNEXT: return register_range(c, i->a, 2);
    default: return VERIFY_OK;
    }
}

static enum verify_refusal check_takes(const struct insn *i,
                                       const struct opcode_info *info)
{
    uint8_t may = 0;
    may |= (info->flags & OPCODE_TAKES_A) != 0 ? INSN_TAKE_A : 0;
    may |= (info->flags & OPCODE_TAKES_B) != 0 ? INSN_TAKE_B : 0;
    may |= (info->flags & OPCODE_TAKES_C) != 0 ? INSN_TAKE_C : 0;
    /* Without take marks D is the instruction's own. */
    return may == 0 || ((i->d & INSN_TAKES) | may) == may ? VERIFY_OK : VERIFY_TAKE;
}

static enum verify_refusal check_insn(const struct chunk *c, uint32_t at)
{
    const struct insn *i = &c->code[at];
    if (i->op >= OPCODE_COUNT)
        return VERIFY_OPCODE;
    const struct opcode_info *info = &opcode_table[i->op];
    if (i->op == OP_EXT)
        return VERIFY_EXT;
    bool ext = (info->flags & OPCODE_EXT) != 0;
    if (ext && (at + 1 >= c->ncode || c->code[at + 1].op != OP_EXT))
        return VERIFY_EXT;
    if (ext && c->code[at + 1].a > c->npaths)
        return VERIFY_TABLE;
    bool skips = (info->flags & OPCODE_SKIPS) != 0;
    if ((info->flags & OPCODE_ENDS) == 0 && at + (ext || skips ? 2 : 1) >= c->ncode)
        return VERIFY_END;
    if (skips && c->code[at + 1].op != OP_JMP)
        return VERIFY_EXT;
    enum verify_refusal why = check_operand(c, at, info->a, i->a);
    if (why == VERIFY_OK)
        why = check_operand(c, at, info->b, i->b);
    if (why == VERIFY_OK)
        why = check_operand(c, at, info->c, i->c);
    if (why == VERIFY_OK)
        why = check_spans(c, i);
    if (why == VERIFY_OK)
        why = check_takes(i, info);
    return why;
}

static enum verify_refusal check_handler(const struct chunk *c, uint32_t i)
{
    const struct chunk_handler *h = &c->handlers[i];
    bool ok = h->start < h->end && h->end <= c->ncode && is_target(c, h->target) &&
              h->reg < c->nregs;
    return ok ? VERIFY_OK : VERIFY_HANDLER;
}
