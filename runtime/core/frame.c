#include "config.h"

#include "core/frame.h"

#include "core/state.h"

uint32_t frame_offset(const struct state *st, const struct frame *f)
{
    if (f->tier == FRAME_INTERP)
        return (uint32_t)f->at.offset;
    if (st->pc_offset == NULL || f->at.pc == NULL)
        return f->proto->offset;
    return st->pc_offset(f->proto, f->at.pc);
}
