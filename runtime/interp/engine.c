/*
 * The tree walker as an engine: frames, and the code of prototypes.
 */
#include "config.h"

#include "interp/engine.h"

#include <alloca.h>
#include <stdlib.h>

#include "base/os_linux.h"
#include "core/call_fast.h"
#include "interp/build.h"
#include "interp/eval.h"
#include "interp/generator.h"

struct interp_code *interp_code_of(struct state *st, struct proto *p)
{
    if (p->interp_code == NULL) {
        uint64_t started = os_monotonic_ns();

        p->interp_code = build_function(st, p);
        st->compiled++;
        st->compile_ns += os_monotonic_ns() - started;
    }
    return p->interp_code;
}

void interp_code_free(struct interp_code *code)
{
    if (code == NULL)
        return;
    build_release_constants(code);
    arena_done(&code->arena);
    free(code);
}

/* What must be in place before the first statement of a body. */
static bool prologue(struct interp_frame *f, const struct interp_code *code)
{
    const struct ast_function *ast = f->base.proto->ast;

    for (uint32_t i = 0; i < ast->ncell_params; i++) {
        struct value *slot = &f->base.slots[ast->cell_params[i]];
        struct cell *c = cell_new_take(f->st, value_take(slot));

        if (c == NULL)
            return false;
        *slot = value_object(&c->head);
    }
    for (uint32_t i = 0; i < code->nhoisted; i++)
        if (node_exec(f, code->hoisted[i]) != EXEC_NORMAL)
            return false;
    return true;
}

struct value interp_run(struct state *st, struct function *fn, struct interp_code *code,
                        struct value *slots, struct interp_fiber *generator)
{
    struct proto *proto = fn->proto;
    struct interp_frame f;
    struct activation activation;
    enum exec_status status;
    struct value result;

    if (__builtin_expect(!call_enter_fast(st, proto), 0)) {
        for (uint32_t i = 0; i < proto->nparams; i++)
            value_release(st, slots[i]);
        return value_unset();
    }
    for (uint32_t i = proto->nparams; i < proto->nlocals; i++)
        slots[i] = value_unset();
    f.base.function = fn;
    f.base.proto = proto;
    f.base.slots = slots;
    f.base.at.offset = proto->offset;
    f.base.builtin = NULL;
    f.base.tier = FRAME_INTERP;
    f.base.flags = 0;
    f.base.unused = 0;
    f.base.node = 0;
    f.st = st;
    f.globals = fn->instance->globals;
    f.result = value_unset();
    f.generator = generator;
    f.returning = false;
    activation.base = &f.base;
    activation.prev = st->activations;
    frame_push(&st->top, &f.base);
    __atomic_store_n(&st->activations, &activation, __ATOMIC_RELAXED);

    status = EXEC_NORMAL;
    if (__builtin_expect(code->needs_prologue, 0) && !prologue(&f, code))
        status = EXEC_STOPPED;
    if (status == EXEC_NORMAL)
        status = node_exec(&f, code->body);
    result = status == EXEC_RETURN    ? f.result
             : status == EXEC_STOPPED ? value_unset()
                                      : value_null();
    for (uint32_t i = 0; i < proto->nlocals; i++)
        value_release(st, slots[i]);

    __atomic_store_n(&st->activations, activation.prev, __ATOMIC_RELAXED);
    frame_pop(&st->top, &f.base);
    call_leave_fast(st);
    return result;
}

static bool engine_call(struct state *st, struct function *fn, struct value *args,
                        struct value *result)
{
    struct interp_code *code = interp_code_of(st, fn->proto);
    struct value *slots, out;

    if (code == NULL)
        return false;
    slots = alloca((fn->proto->nlocals + 1) * sizeof *slots);
    for (uint32_t i = 0; i < fn->proto->nparams; i++)
        slots[i] = value_take(&args[i]);
    object_retain(&fn->head);
    out = interp_run(st, fn, code, slots, NULL);
    object_release(st, &fn->head);
    if (node_stopped(out))
        return false;
    *result = out;
    return true;
}

#define ENGINE                                                                    \
    .name = "interp", .call = engine_call, .generator_new = interp_generator_new, \
    .generator_resume = interp_generator_resume,                                  \
    .generator_free = interp_generator_free, .generator_visit = interp_generator_visit

const struct engine interp_engine = {ENGINE};
const struct engine interp_counting_engine = {ENGINE};
