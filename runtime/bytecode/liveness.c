#include "config.h"

#include "bytecode/liveness.h"

#include <string.h>

#include "base/arena.h"
#include "bytecode/chunk.h"

/* Bits of the whole analysis (instructions times variables) it is done for: 4 MiB. */
#define LIVENESS_MAX_BITS ((uint64_t)32 << 20)

#define NO_HANDLER UINT32_MAX

struct liveness {
    struct chunk *c;
    uint32_t base;  /* first register that belongs to this function alone */
    uint32_t count; /* variables from there on */
    uint32_t words; /* of one set */
    uint64_t *in;   /* set before each instruction */
    uint64_t *out;  /* scratch: set behind the one looked at */
    uint32_t
        *handler; /* target of the innermost handler by instruction, or NO_HANDLER */
};

static bool init(struct liveness *l, struct chunk *c, struct arena *temp);
static bool has_candidates(const struct liveness *l);
static bool update(struct liveness *l, uint32_t i);
static void mark(struct liveness *l, uint32_t i);

void liveness_mark_last_uses(struct chunk *c, struct arena *temp)
{
    struct liveness l;
    if (!init(&l, c, temp))
        return;
    bool changed = true;
    while (changed) {
        changed = false;
        for (uint32_t i = c->ncode; i-- > 0;) {
            if (c->code[i].op != OP_EXT)
                changed = update(&l, i) || changed;
        }
    }
    for (uint32_t i = 0; i < c->ncode; i++) {
        if (c->code[i].op != OP_EXT)
            mark(&l, i);
    }
}

static bool init(struct liveness *l, struct chunk *c, struct arena *temp)
{
    uint32_t base = c->globals_in_registers ? c->proto->unit->nglobals : 0;
    *l = (struct liveness){.c = c, .base = base, .count = c->nlocals - base};
    l->words = (l->count + 63) / 64;
    if (l->count == 0 || (uint64_t)c->ncode * l->words * 64 > LIVENESS_MAX_BITS ||
        !has_candidates(l))
        return false;
    l->in = arena_alloc_zero(temp, (size_t)c->ncode * l->words, sizeof *l->in);
    l->out = arena_alloc(temp, l->words * sizeof *l->out);
    l->handler = arena_alloc(temp, c->ncode * sizeof *l->handler);
    if (l->in == NULL || l->out == NULL || l->handler == NULL)
        return false;
    for (uint32_t i = 0; i < c->ncode; i++)
        l->handler[i] = NO_HANDLER;
    /* Inner handlers stand first, so they are painted last. */
    for (uint32_t h = c->nhandlers; h-- > 0;) {
        for (uint32_t i = c->handlers[h].start; i < c->handlers[h].end; i++)
            l->handler[i] = c->handlers[h].target;
    }
    return true;
}

/* ---- sets ----------------------------------------------------------------------------- */

static uint64_t *set_before(const struct liveness *l, uint32_t i)
{
    return l->in + (size_t)i * l->words;
}

static void join(struct liveness *l, uint32_t i)
{
    const uint64_t *in = set_before(l, i);
    for (uint32_t w = 0; w < l->words; w++)
        l->out[w] |= in[w];
}

static bool is_own(const struct liveness *l, uint32_t reg)
{
    return reg >= l->base && reg - l->base < l->count;
}

static void add(struct liveness *l, uint32_t reg)
{
    if (is_own(l, reg))
        l->out[(reg - l->base) / 64] |= (uint64_t)1 << ((reg - l->base) % 64);
}

static void remove_reg(struct liveness *l, uint32_t reg)
{
    if (is_own(l, reg))
        l->out[(reg - l->base) / 64] &= ~((uint64_t)1 << ((reg - l->base) % 64));
}

static bool has(const struct liveness *l, uint32_t reg)
{
    return (l->out[(reg - l->base) / 64] >> ((reg - l->base) % 64) & 1) != 0;
}

/* ---- one instruction ------------------------------------------------------------------ */

/* l->out := what is live behind instruction i, on every way on. */
static void gather_out(struct liveness *l, uint32_t i)
{
    const struct chunk *c = l->c;
    const struct insn *insn = &c->code[i];
    uint8_t flags = opcode_table[insn->op].flags;
    memset(l->out, 0, l->words * sizeof *l->out);
    uint32_t target = chunk_jump_target(c->code, i);
    if (target < c->ncode)
        join(l, target);
    /* The item is written on the way back only. */
    if (insn->op == OP_FORNEXT)
        remove_reg(l, REG_INDEX(insn->b));
    uint32_t next = i + ((flags & OPCODE_EXT) != 0 ? 2 : 1);
    if ((flags & OPCODE_ENDS) == 0 && next < c->ncode)
        join(l, next);
    if ((flags & OPCODE_SKIPS) != 0 && next + 1 < c->ncode)
        join(l, next + 1);
    if (l->handler[i] != NO_HANDLER)
        join(l, l->handler[i]);
}

static void operand_written(struct liveness *l, uint8_t kind, uint16_t operand)
{
    if (kind == OPERAND_WRITE)
        remove_reg(l, REG_INDEX(operand));
}

static void operand_read(struct liveness *l, uint8_t kind, uint16_t operand)
{
    if (kind == OPERAND_READ || kind == OPERAND_BOTH)
        add(l, REG_INDEX(operand));
}

/* Registers that are read without being operands. */
static void hidden_reads(struct liveness *l, uint32_t i)
{
    const struct chunk *c = l->c;
    const struct insn *insn = &c->code[i];
    if (insn->op == OP_CLOSURE) {
        const struct chunk_closure *row = &c->closures[insn->x];
        for (uint32_t k = 0; k < row->count; k++) {
            if (!row->captures[k].from_capture)
                add(l, row->captures[k].index);
        }
    }
    bool has_place = insn->op == OP_INTO || insn->op == OP_GETPATH ||
                     insn->op == OP_SETPATH || insn->op == OP_MOVEBUILTIN;
    if (has_place &&
        (c->code[i + 1].d == PLACE_LOCAL || c->code[i + 1].d == PLACE_CELL))
        add(l, insn_ext_index(&c->code[i + 1]));
    /* Index values: a variable's own register serves for a single one. */
    if (has_place && c->code[i + 1].a != 0)
        add(l, insn_ext_first(&c->code[i + 1]));
    if (insn->op == OP_FORNEXT)
        add(l, REG_INDEX(insn->a) + 1);
}

static bool update(struct liveness *l, uint32_t i)
{
    const struct insn *insn = &l->c->code[i];
    const struct opcode_info *info = &opcode_table[insn->op];
    gather_out(l, i);
    if (insn->op == OP_UNSET) {
        for (uint32_t k = 0; k < insn->b; k++)
            remove_reg(l, REG_INDEX(insn->a) + k);
    } else if (insn->op == OP_DROP) {
        /* Releasing is no use: there may be nothing left to release. */
        remove_reg(l, REG_INDEX(insn->a));
    } else if (insn->op != OP_FORNEXT) {
        /* A handler sees the old value of what a failing instruction would have written. */
        if (l->handler[i] == NO_HANDLER)
            operand_written(l, info->a, insn->a);
        operand_read(l, info->a, insn->a);
    } else {
        add(l, REG_INDEX(insn->a));
    }
    operand_read(l, info->b, insn->b);
    operand_read(l, info->c, insn->c);
    hidden_reads(l, i);
    uint64_t *in = set_before(l, i);
    bool changed = memcmp(in, l->out, l->words * sizeof *in) != 0;
    memcpy(in, l->out, l->words * sizeof *in);
    return changed;
}

/* ---- marks ---------------------------------------------------------------------------- */

/* The operand of an instruction that is worth taking: whoever gets the value may change it in
   place. 0: none. */
static uint8_t taking(const struct insn *i)
{
    switch (i->op) {
    case OP_MOVE:
    case OP_ADD:
    case OP_ADDK:
    case OP_SETFIELD:
    case OP_SETCELL:
    case OP_BOX: return INSN_TAKE_B;
    case OP_SETGLOBAL:
    case OP_SETCAPTURE:
    case OP_SETPATH: return INSN_TAKE_A;
    case OP_SETINDEX:
    case OP_DICTSET: return INSN_TAKE_C;
    default: return 0;
    }
}

/* Could instruction i take a variable? Gives the mark, 0: no, and the operand. */
static uint8_t candidate(const struct liveness *l, uint32_t i, uint16_t *operand)
{
    const struct insn *insn = &l->c->code[i];
    uint8_t take = taking(insn);
    if (take == 0 || (insn->d & take) != 0)
        return 0;
    *operand = take == INSN_TAKE_A ? insn->a : take == INSN_TAKE_B ? insn->b : insn->c;
    return is_own(l, REG_INDEX(*operand)) ? take : 0;
}

static bool has_candidates(const struct liveness *l)
{
    uint16_t operand;
    for (uint32_t i = 0; i < l->c->ncode; i++) {
        if (l->c->code[i].op != OP_EXT && candidate(l, i, &operand) != 0)
            return true;
    }
    return false;
}

static void mark(struct liveness *l, uint32_t i)
{
    struct insn *insn = &l->c->code[i];
    const struct opcode_info *info = &opcode_table[insn->op];
    uint16_t operand;
    uint8_t take = candidate(l, i, &operand);
    if (take == 0)
        return;
    /* Named twice, the value has another use in this very instruction. */
    unsigned named = 0;
    bool b_is_register = info->b == OPERAND_READ,
         c_is_register = info->c == OPERAND_READ;
    named += insn->a == operand ? 1u : 0u;
    named += b_is_register && insn->b == operand ? 1u : 0u;
    named += c_is_register && insn->c == operand ? 1u : 0u;
    if (named != 1)
        return;
    if (insn->op == OP_SETPATH && l->c->code[i + 1].d == PLACE_LOCAL &&
        insn_ext_index(&l->c->code[i + 1]) == REG_INDEX(operand))
        return;
    gather_out(l, i);
    if (!has(l, REG_INDEX(operand)))
        insn->d |= take;
}
