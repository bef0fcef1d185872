#include "config.h"

#include "interp/generator.h"

#include <alloca.h>
#include <stdlib.h>

#include "core/call_fast.h"
#include "core/fiber.h"
#include "core/iter.h"
#include "interp/eval.h"

/* The suspended body; generator->body. Owns what is in args and yielded. */
struct interp_fiber {
    struct state *st;
    struct function *function;  /* borrowed from the generator object */
    struct fiber *fiber;        /* NULL before the first step */
    struct interp_frame *frame; /* of the body, while suspended inside it */
    struct activation *activation;
    struct value yielded; /* the item on its way out */
    bool failed;          /* the body ended with a pending error */
    bool cancelled;       /* unwind at the next resume */
    uint32_t nargs;
    struct value args[];
};

bool interp_generator_new(struct state *st, struct function *f, struct value *args,
                          struct value *out)
{
    uint32_t n = f->proto->nparams;
    struct interp_fiber *b = calloc(1, sizeof *b + n * sizeof b->args[0]);

    if (b == NULL)
        return error_out_of_memory(st);
    b->st = st;
    b->function = f;
    b->yielded = value_unset();
    b->nargs = n;
    if (!generator_new(st, f, b, out)) {
        free(b);
        return false;
    }
    for (uint32_t i = 0; i < n; i++)
        b->args[i] = value_take(&args[i]);
    return true;
}

/* First code on the fiber. */
static void body_main(void *context)
{
    struct interp_fiber *b = context;
    struct interp_code *code = interp_code_of(b->st, b->function->proto);
    struct value *slots, result;

    if (code == NULL) {
        b->failed = true;
        return;
    }
    slots = alloca((b->function->proto->nlocals + 1) * sizeof *slots);
    for (uint32_t i = 0; i < b->nargs; i++)
        slots[i] = value_take(&b->args[i]);
    result = interp_run(b->st, b->function, code, slots, b);
    b->failed = node_stopped(result);
    value_release(b->st, result);
}

/* Puts the frames of the suspended body on top of the resumer's. */
static bool link_frames(struct state *st, struct interp_fiber *b)
{
    if (b->frame == NULL)
        return true;
    if (!b->cancelled && !call_enter_fast(st, b->function->proto))
        return false;
    if (b->cancelled)
        st->depth++;
    b->activation->prev = st->activations;
    st->activations = b->activation;
    b->frame->base.node = 0; /* its caller is another one now */
    frame_push(&st->top, &b->frame->base);
    b->frame = NULL;
    return true;
}

bool interp_generator_yield(struct interp_frame *f, struct value v)
{
    struct interp_fiber *b = f->generator;
    struct state *st = f->st;

    b->yielded = v;
    b->frame = f;
    b->activation = st->activations;
    st->activations = b->activation->prev;
    frame_pop(&st->top, &f->base);
    call_leave_fast(st);
    fiber_yield(st);
    return !b->cancelled || error_cancel(st);
}

bool interp_generator_resume(struct state *st, struct value generator, bool *done,
                             struct value *item)
{
    struct interp_fiber *b = GENERATOR_OF(generator)->body;

    if (b->fiber == NULL) {
        b->fiber = fiber_new(st, body_main, b);
        if (b->fiber == NULL)
            return error_out_of_memory(st);
    }
    if (!link_frames(st, b))
        return false;
    fiber_resume(st, b->fiber);
    if (!fiber_done(b->fiber)) {
        *item = b->yielded;
        b->yielded = value_unset();
        *done = false;
        return true;
    }
    fiber_free(st, b->fiber);
    b->fiber = NULL;
    if (b->failed)
        return false;
    *done = true;
    return true;
}

void interp_generator_free(struct state *st, struct object *generator)
{
    struct generator *g = (struct generator *)(void *)generator;
    struct interp_fiber *b = g->body;

    if (b == NULL)
        return;
    g->body = NULL;
    if (b->fiber != NULL && b->frame != NULL) {
        /* What the body's C frames own goes the normal way: as if an error passed. */
        struct error saved = error_save(st);

        b->cancelled = true;
        link_frames(st, b);
        fiber_resume(st, b->fiber);
        error_restore_take(st, saved);
    }
    fiber_free(st, b->fiber);
    value_release(st, b->yielded);
    for (uint32_t i = 0; i < b->nargs; i++)
        value_release(st, b->args[i]);
    free(b);
}

/* Temporaries in the C frames are not shown: what they hold counts as in use. */
void interp_generator_visit(const struct object *generator,
                            void (*visit)(void *context, struct object *child),
                            void *context)
{
    const struct generator *g = (const struct generator *)(const void *)generator;
    const struct interp_fiber *b = g->body;

    if (b == NULL)
        return;
    for (uint32_t i = 0; i < b->nargs; i++)
        if (value_is_object(b->args[i]))
            visit(context, b->args[i].as.object);
    if (b->frame == NULL)
        return;
    for (uint32_t i = 0; i < b->frame->base.proto->nlocals; i++)
        if (value_is_object(b->frame->base.slots[i]))
            visit(context, b->frame->base.slots[i].as.object);
}
