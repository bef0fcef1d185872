#include "config.h"

#include "vm/engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/os_linux.h"
#include "bytecode/compile.h"
#include "core/call_fast.h"
#include "core/fiber.h"
#include "core/iter.h"
#include "vm/slow.h"
#include "vm/vm.h"

/* Stacks of a fiber that is not the isolate's first: address space, not memory. */
#define REGION_REGISTERS ((size_t)4 << 20)
#define REGION_FRAMES    ((size_t)CALL_DEPTH_LIMIT + 64u)

/* What to run: a function from an instruction on, with the first registers of its window. */
struct launch {
    struct function *function;
    uint32_t pc_index;
    struct value *registers; /* moved into the window */
    uint32_t nregisters;
    vm_loop_fn loop;
};

/* Where it runs. */
struct window {
    struct value *registers;
    struct frame *frame;
    struct value *globals; /* of the instance, while the window holds them */
    uint8_t outer_tool;
};

static bool window_open(struct state *st, const struct launch *l,
                        struct vm_activation *act, struct window *w);
static enum vm_status window_run(struct state *st, const struct launch *l,
                                 struct vm_activation *act, struct window *w,
                                 struct value *out);
static void window_close(struct state *st, struct vm_activation *act, struct window *w);

/* ---- calls ---------------------------------------------------------------------------- */

static bool run(struct state *st, const struct launch *l, struct value *result)
{
    struct vm_activation act;
    struct window w;
    if (!window_open(st, l, &act, &w))
        return false;
    struct value out;
    enum vm_status status = window_run(st, l, &act, &w, &out);
    assert(status != VM_YIELDED && "vm: a plain function yields");
    window_close(st, &act, &w);
    if (status != VM_DONE)
        return false;
    *result = out;
    return true;
}

static bool call_with(struct state *st, struct function *f, struct value *args,
                      struct value *result, vm_loop_fn loop)
{
    struct proto *p = f->proto;
    /* A main function begins a run: the isolate may be a new one. */
    if ((p->flags & PROTO_MAIN) != 0)
        bytecode_reset_unit(p->unit);
    if (!bytecode_ensure(st, p))
        return false;
    struct launch l = {
        .function = f, .registers = args, .nregisters = p->nparams, .loop = loop};
    return run(st, &l, result);
}

/*
 * A callback: the newest frame is the VM's, on this C stack. The same as call_with without
 * what a callback does not need; map, filter and reduce call it for every item.
 */
static bool call_inside(struct state *st, struct function *f, struct value *args,
                        struct value *result)
{
    struct frame *top = st->top, *frame = top + 1;
    /* `head` is the first member. */
    const struct vm_activation *outer =
        (const struct vm_activation *)(const void *)st->activations;
    struct chunk *chunk = f->proto->chunk;
    struct value *regs = top->slots + top->chunk->nregs, out;
    uint8_t outer_tool = st->tool_state;

    if ((size_t)(outer->regs_end - regs) < chunk->nregs || frame >= outer->frames_end)
        return call_raise_depth(st, f->proto);
    if (!call_enter_fast(st, f->proto))
        return false;
    /* In two words, as slow_move. */
    for (uint32_t i = 0; i < f->proto->nparams; i++) {
        regs[i].as.bits = args[i].as.bits;
        regs[i].kind = args[i].kind;
        args[i].kind = VALUE_NULL;
    }
    frame->function = f;
    frame->proto = f->proto;
    frame->chunk = chunk;
    frame->slots = regs;
    frame->at.pc = (const uint32_t *)(const void *)chunk->code;
    frame->builtin = NULL;
    frame->tier = FRAME_VM;
    frame->flags = VM_FRAME_OLDEST;
    frame->unused = 0;
    frame->node = 0;
    struct vm_activation act = {.head = {.prev = st->activations, .base = frame},
                                .fiber = outer->fiber,
                                .regs_end = outer->regs_end,
                                .frames_end = outer->frames_end};
    frame_push(&st->top, frame);
    st->activations = &act.head;
    st->tool_state = STATE_VM;
    enum vm_status status = vm_run(st, &act, &out);
    /* After a return only variables may hold something. */
    slow_clear_few(st, regs, status == VM_DONE ? chunk->nlocals : chunk->nregs);
    st->tool_state = outer_tool;
    st->activations = act.head.prev;
    frame_pop(&st->top, frame);
    frame->flags = 0;
    call_leave_fast(st);
    if (status != VM_DONE)
        return false;
    result->as.bits = out.as.bits;
    result->kind = out.kind;
    return true;
}

/* May call_inside be used? */
static bool is_callback(const struct state *st, const struct function *f)
{
    const struct activation *a = st->activations;

    return f->proto->chunk != NULL && !chunk_is_fresh(f->proto->chunk) &&
           (f->proto->flags & PROTO_MAIN) == 0 && a != NULL &&
           a->base->tier == FRAME_VM && st->top != NULL && st->top->tier == FRAME_VM &&
           ((const struct vm_activation *)(const void *)a)->fiber == st->fiber;
}

static bool call_plain(struct state *st, struct function *f, struct value *args,
                       struct value *result)
{
    if (is_callback(st, f))
        return call_inside(st, f, args, result);
    return call_with(st, f, args, result, vm_run);
}

static bool call_counting(struct state *st, struct function *f, struct value *args,
                          struct value *result)
{
    return call_with(st, f, args, result, vm_run_counting);
}

static vm_loop_fn loop_of(const struct state *st)
{
    return st->engine == &vm_counting_engine ? vm_run_counting : vm_run;
}

bool vm_resume(struct state *st, struct function *f, uint32_t pc_index,
               struct value *registers, struct value *result)
{
    struct launch l = {.function = f,
                       .pc_index = pc_index,
                       .registers = registers,
                       .nregisters = f->proto->chunk->nregs,
                       .loop = loop_of(st)};
    return run(st, &l, result);
}

/* ---- windows -------------------------------------------------------------------------- */

static struct frame *newest_frame(const struct state *st)
{
    struct frame *f = st->top;
    while (f != NULL && f->tier != FRAME_VM)
        f = f->prev;
    return f;
}

static const struct vm_activation *newest_activation(const struct state *st)
{
    const struct activation *a = st->activations;
    while (a != NULL && a->base->tier != FRAME_VM)
        a = a->prev;
    /* `head` is the first member. */
    return (const struct vm_activation *)(const void *)a;
}

/* A fiber's first activation gets stacks of its own: what ran before may go on while the
   fiber sleeps. */
static bool own_region(struct vm_activation *act, struct value **regs,
                       struct frame **frame)
{
    size_t regs_bytes = REGION_REGISTERS * sizeof(struct value);
    size_t bytes = regs_bytes + REGION_FRAMES * sizeof(struct frame);
    char *p = os_reserve(bytes);
    if (p == NULL)
        return false;
    act->region = p;
    act->region_bytes = bytes;
    *regs = (struct value *)(void *)p;
    act->regs_end = *regs + REGION_REGISTERS;
    *frame = (struct frame *)(void *)(p + regs_bytes);
    act->frames_end = *frame + REGION_FRAMES;
    return true;
}

/* First free register and frame; false when there is no memory for a region. */
static bool find_room(struct state *st, struct vm_activation *act, struct value **regs,
                      struct frame **frame)
{
    const struct vm_activation *outer = newest_activation(st);
    *act = (struct vm_activation){.fiber = st->fiber};
    struct frame *top = newest_frame(st);
    if (outer != NULL && top != NULL && outer->fiber == st->fiber) {
        act->regs_end = outer->regs_end;
        act->frames_end = outer->frames_end;
        *regs = top->slots + top->chunk->nregs;
        *frame = top + 1;
        return true;
    }
    /* The scheduler of lib gives each task stacks of its own and shows no activation. */
    if (outer != NULL && st->fiber != NULL && fiber_resumer(st->fiber) != NULL)
        return own_region(act, regs, frame);
    act->regs_end = st->stack_end;
    act->frames_end = st->frame_end;
    *regs = st->stack_base;
    *frame = st->frame_base;
    return true;
}

static void free_region(struct vm_activation *act)
{
    if (act->region != NULL)
        munmap(act->region, act->region_bytes);
}

/* Globals of a main function move into its first registers. */
static void bind_globals(struct window *w, struct function *f)
{
    struct instance *instance = f->instance;
    w->globals = instance->globals;
    for (uint32_t i = 0; i < f->proto->unit->nglobals; i++) {
        w->registers[i] = w->globals[i];
        w->globals[i].kind = VALUE_UNSET;
    }
    instance->globals = w->registers;
    w->frame->flags |= VM_FRAME_GLOBALS;
}

static void unbind_globals(struct window *w, struct function *f)
{
    struct instance *instance = f->instance;
    for (uint32_t i = 0; i < f->proto->unit->nglobals; i++) {
        w->globals[i] = w->registers[i];
        w->registers[i].kind = VALUE_UNSET;
    }
    instance->globals = w->globals;
}

static bool window_open(struct state *st, const struct launch *l,
                        struct vm_activation *act, struct window *w)
{
    struct function *f = l->function;
    struct chunk *chunk = f->proto->chunk;
    if (!call_enter(st, f->proto))
        return false;
    struct value *regs;
    struct frame *frame;
    if (!find_room(st, act, &regs, &frame)) {
        call_leave(st);
        return error_out_of_memory(st);
    }
    if ((size_t)(act->regs_end - regs) < chunk->nregs || frame >= act->frames_end) {
        free_region(act);
        call_leave(st);
        return call_raise_depth(st, f->proto);
    }
    for (uint32_t i = 0; i < l->nregisters; i++)
        regs[i] = value_take(&l->registers[i]);
    *frame = (struct frame){.function = f,
                            .proto = f->proto,
                            .slots = regs,
                            .chunk = chunk,
                            .tier = FRAME_VM,
                            .flags = VM_FRAME_OLDEST};
    frame->at.pc = (const uint32_t *)(const void *)&chunk->code[l->pc_index];
    if (l->loop == vm_run_counting)
        (void)chunk_start_counting(chunk);
    *w = (struct window){
        .registers = regs, .frame = frame, .outer_tool = st->tool_state};
    if (chunk->globals_in_registers)
        bind_globals(w, f);
    act->head.base = frame;
    act->head.prev = st->activations;
    st->pc_offset = chunk_pc_offset;
    frame_push(&st->top, frame);
    st->activations = &act->head;
    st->tool_state = STATE_VM;
    return true;
}

/* The frame is the newest again; its window may still hold values. */
static void window_close(struct state *st, struct vm_activation *act, struct window *w)
{
#ifdef RUFF_HARD_TESTS
    if (w->frame == NULL) /* left, and no room to come back */
        return;
#endif
    struct function *f = w->frame->function;
    if (w->globals != NULL)
        unbind_globals(w, f);
    slow_clear(st, w->registers, w->frame->chunk->nregs);
    st->tool_state = w->outer_tool;
    st->activations = act->head.prev;
    frame_pop(&st->top, w->frame);
    w->frame->flags = 0;
    free_region(act);
    call_leave(st);
}

#ifdef RUFF_HARD_TESTS
/*
 * Leaves the window and enters it again where it stood, by the way of vm_resume. False: there
 * was no room any more (an interrupt counts as none); an error is pending, the window is gone.
 */
static bool window_renew(struct state *st, const struct launch *l,
                         struct vm_activation *act, struct window *w)
{
    struct chunk *chunk = w->frame->chunk;
    uint32_t nregs = chunk->nregs;
    /* Not the memory of the tests that let allocations fail. */
    struct value *aside = malloc(((size_t)nregs + 1) * sizeof *aside);

    if (aside == NULL || state_interrupted(st)) {
        free(aside);
        return true;
    }
    struct launch again = {.function = l->function,
                           .pc_index = chunk_pc_index(chunk, w->frame->at.pc),
                           .registers = aside,
                           .nregisters = nregs,
                           .loop = l->loop};
    if (w->globals != NULL)
        unbind_globals(w, l->function);
    w->globals = NULL;
    for (uint32_t i = 0; i < nregs; i++)
        aside[i] = value_take(&w->registers[i]);
    window_close(st, act, w);
    chunk_count_resume(chunk, again.pc_index);
    bool open = window_open(st, &again, act, w);
    if (!open) {
        /* An interrupt that came just now stopped the function here, though it has no frame. */
        if (st->error.kind == ERROR_INTERRUPT) {
            st->error.offset = chunk->positions[again.pc_index];
            st->error.source = l->function->proto->source;
        }
        slow_clear(st, aside, nregs);
        w->frame = NULL;
    }
    free(aside);
    return open;
}

static enum vm_status window_run(struct state *st, const struct launch *l,
                                 struct vm_activation *act, struct window *w,
                                 struct value *out)
{
    enum vm_status status;
    do {
        bool open = window_renew(st, l, act, w);
        act->leaves = true;
        status = open ? l->loop(st, act, out) : VM_FAILED;
    } while (status == VM_AGAIN);
    return status;
}
#else
static inline enum vm_status window_run(struct state *st, const struct launch *l,
                                        struct vm_activation *act, struct window *w,
                                        struct value *out)
{
    (void)w;
    return l->loop(st, act, out);
}
#endif

/* ---- generators ----------------------------------------------------------------------- */

/* A suspended body. */
struct body {
    uint32_t pc_index; /* instruction to go on with */
    uint32_t nregs;
    struct value registers[];
};

static size_t body_size(uint32_t nregs)
{
    return sizeof(struct body) + (size_t)nregs * sizeof(struct value);
}

static bool sleep_new(struct state *st, struct function *f, struct value *args,
                      struct value *out)
{
    if (!bytecode_ensure(st, f->proto))
        return false;
    uint32_t nregs = f->proto->chunk->nregs;
    struct body *body = heap_alloc(st, body_size(nregs), HEAP_GENERATOR);
    if (body == NULL)
        return false;
    body->pc_index = 0;
    body->nregs = nregs;
    for (uint32_t i = 0; i < nregs; i++)
        body->registers[i] = value_null();
    /* Arguments stay the caller's until nothing can fail any more. */
    if (!generator_new(st, f, body, out)) {
        heap_free(st, body, body_size(nregs));
        return false;
    }
    for (uint32_t i = 0; i < f->proto->nparams; i++)
        body->registers[i] = value_take(&args[i]);
    return true;
}

/* Back from the stack into the body, with the YIELD done: its result is null. */
static void fall_asleep(struct body *body, struct window *w)
{
    const struct chunk *chunk = w->frame->chunk;
    uint32_t at = chunk_pc_index(chunk, w->frame->at.pc);
    for (uint32_t i = 0; i < body->nregs; i++)
        body->registers[i] = value_take(&w->registers[i]);
    body->pc_index = at + 1;
}

static bool resume(struct state *st, struct value generator, bool *done,
                   struct value *item)
{
    struct generator *g = GENERATOR_OF(generator);
    struct body *body = g->body;
    struct launch l = {.function = g->function,
                       .pc_index = body->pc_index,
                       .registers = body->registers,
                       .nregisters = body->nregs,
                       .loop = loop_of(st)};
    struct vm_activation act;
    struct window w;
    if (!window_open(st, &l, &act, &w))
        return false;
    struct value out;
    enum vm_status status = window_run(st, &l, &act, &w, &out);
    if (status == VM_YIELDED)
        fall_asleep(body, &w);
    window_close(st, &act, &w);
    if (status == VM_FAILED)
        return false;
    *done = status == VM_DONE;
    if (*done)
        value_release(st, out);
    else
        *item = out;
    return true;
}

static void wake_free(struct state *st, struct object *o)
{
    struct generator *g = (struct generator *)(void *)o;
    struct body *body = g->body;
    g->body = NULL;
    if (body == NULL)
        return;
    slow_clear(st, body->registers, body->nregs);
    heap_free(st, body, body_size(body->nregs));
}

static void visit(const struct object *o,
                  void (*fn)(void *context, struct object *child), void *context)
{
    const struct generator *g = (const struct generator *)(const void *)o;
    const struct body *body = g->body;
    for (uint32_t i = 0; body != NULL && i < body->nregs; i++) {
        if (value_is_object(body->registers[i]))
            fn(context, body->registers[i].as.object);
    }
}

/* ---- tables --------------------------------------------------------------------------- */

const struct engine vm_engine = {
    .name = "vm",
    .call = call_plain,
    .generator_new = sleep_new,
    .generator_resume = resume,
    .generator_free = wake_free,
    .generator_visit = visit,
};

const struct engine vm_counting_engine = {
    .name = "vm",
    .call = call_counting,
    .generator_new = sleep_new,
    .generator_resume = resume,
    .generator_free = wake_free,
    .generator_visit = visit,
};
