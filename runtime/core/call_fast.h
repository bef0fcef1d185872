/*
 * call_fast.h - counting calls, inline, for the engines. The same meaning as call_enter and
 * call_leave of call.h.
 */
#ifndef RUFF_CORE_CALL_FAST_H
#define RUFF_CORE_CALL_FAST_H

#include "core/state.h"

/* True when one more call fits: by count and by bytes left on the C stack. */
static inline bool call_fits(const struct state *st)
{
    return st->depth < __atomic_load_n(&st->depth_limit, __ATOMIC_RELAXED) &&
           (char *)__builtin_frame_address(0) > st->c_stack_limit;
}

static inline bool call_enter_fast(struct state *st, const struct proto *p)
{
    if (__builtin_expect(!call_fits(st), 0))
        return call_raise_depth(st, p);
    st->depth++;
    return true;
}

static inline void call_leave_fast(struct state *st)
{
    st->depth--;
}

#endif
