#include "config.h"

#include "walker.h"

/* Reads a word of the stack; addresses are checked by the caller. Sanitizers must not see
   it: other functions' frames are none of this function's business. */
__attribute__((no_sanitize("address", "thread"))) static uintptr_t peek(
    uintptr_t address)
{
    return *(const volatile uintptr_t *)address;
}

static bool readable(uintptr_t address, uintptr_t low, uintptr_t high)
{
    return address >= low && address <= high - sizeof(uintptr_t) &&
           address % sizeof(uintptr_t) == 0;
}

/* By frame pointer: [fp] is the caller's, [fp + 8] the return address. */
static enum walker_step step_by_pointer(const struct cfi_table *t,
                                        struct walker_cursor *c, uintptr_t low,
                                        uintptr_t high)
{
    uintptr_t pc, fp;
    bool known;

    if (c->fp < c->sp || !readable(c->fp, low, high) ||
        !readable(c->fp + sizeof(uintptr_t), low, high))
        return WALKER_UNKNOWN;
    fp = peek(c->fp);
    pc = peek(c->fp + sizeof(uintptr_t));
    cfi_find(t, pc, &known);
    if (!known)
        return WALKER_UNKNOWN;
    *c = (struct walker_cursor){pc, c->fp + 2 * sizeof(uintptr_t), fp, true};
    return WALKER_STEPPED;
}

enum walker_step walker_step(const struct cfi_table *t, struct walker_cursor *c,
                             uintptr_t low, uintptr_t high)
{
    uintptr_t cfa = 0, fp = c->fp;
    bool known;
    const struct cfi_row *row = cfi_find(t, c->pc - (c->caller ? 1 : 0), &known);

    if (row == NULL || row->rule == CFI_UNSUPPORTED)
        return step_by_pointer(t, c, low, high);
    switch ((enum cfi_rule)row->rule) {
    case CFI_SP: cfa = c->sp + (uintptr_t)(intptr_t)row->cfa_offset; break;
    case CFI_FP: cfa = c->fp + (uintptr_t)(intptr_t)row->cfa_offset; break;
    case CFI_PLT:
        cfa = c->sp + (((c->pc & 15u) >= (uintptr_t)row->cfa_offset) ? 16 : 8);
        break;
    case CFI_NONE:
    case CFI_UNSUPPORTED: break; /* cfa 0 ends the walk */
    }
    if (cfa <= c->sp || !readable(cfa - sizeof(uintptr_t), low, high))
        return WALKER_END;
    if (row->fp_offset != 0) {
        uintptr_t saved = cfa + (uintptr_t)(intptr_t)row->fp_offset;

        if (readable(saved, low, high))
            fp = peek(saved);
    }
    *c = (struct walker_cursor){peek(cfa - sizeof(uintptr_t)), cfa, fp, true};
    return c->pc != 0 ? WALKER_STEPPED : WALKER_END;
}

/* First frame of the next activation. */
static size_t group_end(const struct ruff_intro_frame *frames, size_t count,
                        size_t from)
{
    size_t i = from;

    while (i < count && frames[i].activation == frames[from].activation)
        i++;
    return i;
}

/* Does the record of the next activation lie below `sp`? One of another stack (a generator's
   resumer) never does. */
static bool is_passed(const struct ruff_intro_frame *frames, size_t count, size_t next,
                      uintptr_t low, uintptr_t sp)
{
    uintptr_t at;

    if (next >= count)
        return false;
    at = (uintptr_t)frames[next].activation;
    return at >= low && at < sp;
}

uint32_t walker_walk(const void *context, const struct ruff_intro_registers *regs,
                     const struct ruff_intro_frame *frames, size_t count, uintptr_t low,
                     uintptr_t high, struct stack_native *out, uint32_t capacity,
                     bool *unknown)
{
    const struct cfi_table *t = cfi_current(context);
    struct walker_cursor c = {regs->pc, regs->sp, regs->fp, false};
    uint32_t n = 0, kept = 0; /* kept: of parts that are complete */
    size_t placed = 0;        /* Ruff frames whose activation has been passed */
    bool keep = true;

    *unknown = false;
    if (regs->sp < low || regs->sp >= high)
        return 0;
    for (uint32_t steps = 0; steps < WALKER_STEPS; steps++) {
        uintptr_t pc = c.pc;
        enum walker_step step;

        if (ruff_intro_is_engine_pc(c.caller ? pc - 1 : pc))
            keep = false;
        step = walker_step(t, &c, low, high);
        /* c.sp is now where this frame ends. */
        if (step == WALKER_STEPPED && is_passed(frames, count, placed, low, c.sp)) {
            while (is_passed(frames, count, placed, low, c.sp))
                placed = group_end(frames, count, placed);
            kept = n;
            keep = true;
        } else if (keep && n < capacity) {
            out[n++] = (struct stack_native){pc, (uint32_t)placed};
        }
        if (step != WALKER_STEPPED || (count != 0 && placed == count)) {
            *unknown = step == WALKER_UNKNOWN && placed == 0;
            break;
        }
    }
    /* Behind the oldest activation that was found there is only what started the engine. In
       the leaf part of a walk that found none, everything counts. */
    return placed != 0 ? kept : n;
}
