#include "config.h"

#include "core/call.h"

#include <stdio.h>

#include "base/sizing.h"
#include "core/builtin.h"
#include "core/call_fast.h"
#include "core/state.h"

/* Arguments a call with a receiver copies into its own C frame. */
enum {
    SMALL_ARGS = SIZE_OR_TINY(7, 1)
};

static bool dispatch(struct state *st, struct function *f, struct value *args,
                     struct value *result);
static bool call_with_self(struct state *st, struct function *f, struct value self,
                           struct value *args, uint32_t nargs, struct value *result);

/* ---- calling ------------------------------------------------------------------------ */

bool call_value(struct state *st, struct value callee, struct value *args,
                uint32_t nargs, struct value *result)
{
    switch (callee.kind) {
    case VALUE_FUNCTION:
        return call_function(st, FUNCTION_OF(callee), value_unset(), args, nargs,
                             result);
    case VALUE_BUILTIN: return call_builtin(st, callee.as.builtin, args, nargs, result);
    case VALUE_METHOD:
        return call_function(st, METHOD_OF(callee)->function,
                             METHOD_OF(callee)->receiver, args, nargs, result);
    default: return call_raise_not_callable(st, false);
    }
}

bool call_function(struct state *st, struct function *f, struct value self,
                   struct value *args, uint32_t nargs, struct value *result)
{
    const struct proto *p = f->proto;
    if (nargs != call_arity(p))
        return call_raise_arity(st, p, nargs);
    if ((p->flags & PROTO_METHOD) != 0)
        return call_with_self(st, f, self, args, nargs, result);
    return dispatch(st, f, args, result);
}

/* Puts the receiver before the arguments. */
static bool call_with_self(struct state *st, struct function *f, struct value self,
                           struct value *args, uint32_t nargs, struct value *result)
{
    struct value small[SMALL_ARGS + 1];
    struct value *all = small;
    size_t bytes = ((size_t)nargs + 1) * sizeof *all;
    if (nargs > SMALL_ARGS) {
        all = heap_alloc(st, bytes, HEAP_BUILTIN);
        if (all == NULL)
            return false;
    }
    all[0] = self.kind == VALUE_UNSET ? value_null() : value_retain(self);
    for (uint32_t i = 0; i < nargs; i++)
        all[i + 1] = value_take(&args[i]);
    bool ok = dispatch(st, f, all, result);
    value_release(st, all[0]);
    for (uint32_t i = 0; i < nargs; i++)
        args[i] = all[i + 1];
    if (all != small)
        heap_free(st, all, bytes);
    return ok;
}

/* `args` are all parameters, the receiver of a method included. */
static bool dispatch(struct state *st, struct function *f, struct value *args,
                     struct value *result)
{
    uint32_t flags = f->proto->flags;
    if ((flags & (PROTO_GENERATOR | PROTO_ASYNC)) == 0)
        return st->engine->call(st, f, args, result);
    if ((flags & PROTO_GENERATOR) != 0)
        return st->engine->generator_new(st, f, args, result);
    if (st->async_call != NULL)
        return st->async_call(st, f, args, result);
    return promise_run_now(st, f, args, result);
}

bool call_function_in_place(struct state *st, struct function *f, struct value self,
                            struct value *args, uint32_t nargs, struct value *result)
{
    const struct proto *p = f->proto;
    if (nargs != call_arity(p))
        return call_raise_arity(st, p, nargs);
    if ((p->flags & PROTO_METHOD) == 0)
        return dispatch(st, f, args, result);
    args[-1] = value_retain(self);
    bool ok = dispatch(st, f, args - 1, result);
    value_set_take(st, &args[-1], value_null());
    return ok;
}

bool call_builtin(struct state *st, const struct builtin *b, struct value *args,
                  uint32_t nargs, struct value *result)
{
    if (nargs < (uint32_t)b->min_args ||
        (b->max_args != BUILTIN_VARIADIC && nargs > (uint32_t)b->max_args))
        return call_raise_builtin_arity(st, b, nargs);
    if ((char *)__builtin_frame_address(0) <= st->c_stack_limit)
        return error_raise(st,
                           "Maximum call stack depth of %u exceeded while calling %s",
                           CALL_DEPTH_LIMIT, b->name);
    /* A builtin may call another one through a value (`map(xs, len)`) without a Ruff frame
       in between: put back what was there. */
    struct frame *frame = st->top;
    const struct builtin *outer = NULL;
    uint8_t outer_tool = st->tool_state;
    if (frame != NULL) {
        outer = frame->builtin;
        frame->builtin = b;
    }
    st->tool_state = STATE_BUILTIN;
    bool ok = b->fn(st, args, nargs, result);
    st->tool_state = outer_tool;
    if (frame != NULL)
        frame->builtin = outer;
    return ok;
}

bool call_main(struct state *st, struct function *f, struct value *result)
{
    state_depth_allow(st, 1);
    bool ok = st->engine->call(st, f, NULL, result);
    state_depth_allow(st, -1);
    return ok;
}

/* ---- facts -------------------------------------------------------------------------- */

bool call_is_callable(struct value v)
{
    return v.kind == VALUE_FUNCTION || v.kind == VALUE_BUILTIN ||
           v.kind == VALUE_METHOD;
}

uint32_t call_arity(const struct proto *p)
{
    return p->nparams - ((p->flags & PROTO_METHOD) != 0 ? 1u : 0u);
}

bool call_enter(struct state *st, const struct proto *p)
{
    return call_enter_fast(st, p);
}

void call_leave(struct state *st)
{
    call_leave_fast(st);
}

/* ---- errors ------------------------------------------------------------------------- */

bool call_raise_not_callable(struct state *st, bool pipe)
{
    if (pipe)
        return error_raise(st, "Pipe operator requires a function on the right side");
    return error_raise(st, "Cannot call non-function; the value being called is not "
                           "callable. Pass a function, closure, or imported callable "
                           "value instead.");
}

bool call_raise_arity(struct state *st, const struct proto *p, uint32_t nargs)
{
    return error_raise(st, "%s expects %u arguments, got %u", p->name, call_arity(p),
                       nargs);
}

bool call_raise_builtin_arity(struct state *st, const struct builtin *b, uint32_t nargs)
{
    const char *parens =
        b->arity == BUILTIN_ARITY_MATH || b->arity == BUILTIN_ARITY_FREE ? "()" : "";
    bool one = b->arity != BUILTIN_ARITY_PLAIN && b->min_args == 1 && b->max_args == 1;
    const char *plural = one ? "" : "s";
    char count[48];
    if (b->max_args == BUILTIN_VARIADIC)
        snprintf(count, sizeof count, "at least %d", b->min_args);
    else if (b->min_args != b->max_args)
        snprintf(count, sizeof count, "%d to %d", b->min_args, b->max_args);
    else
        snprintf(count, sizeof count, "%d", b->min_args);
    if (b->arity == BUILTIN_ARITY_MATH)
        return error_raise(st, "%s%s expects %s argument%s", b->name, parens, count,
                           plural);
    return error_raise(st, "%s%s expects %s argument%s, got %u", b->name, parens, count,
                       plural, nargs);
}

bool call_raise_depth(struct state *st, const struct proto *p)
{
    /* An interrupt makes the test of the depth fail. */
    if (state_interrupted(st))
        return error_interrupt(st);
    return error_raise(st, "Maximum call stack depth of %u exceeded while calling %s",
                       CALL_DEPTH_LIMIT, p->name);
}
