/*
 * What tools may see of a running isolate; see ruff_introspect.h for what is signal-safe.
 */
#include "config.h"

#include <math.h>

#include <ruff_introspect.h>

#include "runtime.h"

#include "bytecode/chunk.h"
#include "core/builtin.h"
#include "core/fiber.h"
#include "vm/vm.h"

/* Where runtime/interp/text.ld has put the tree walker; absent from a program linked without it. */
extern const char ruff_interp_text_begin[] __attribute__((weak, visibility("hidden")));
extern const char ruff_interp_text_end[] __attribute__((weak, visibility("hidden")));

_Static_assert((int)STATE_INTERP == (int)RUFF_INTRO_INTERP, "state_tool order");
_Static_assert((int)STATE_COMPILE == (int)RUFF_INTRO_COMPILE, "state_tool order");
_Static_assert((int)FRAME_VM == (int)RUFF_INTRO_TIER_VM, "frame_tier order");
_Static_assert((int)FRAME_JIT == (int)RUFF_INTRO_TIER_JIT, "frame_tier order");

/* ---- frames: signal-safe ----------------------------------------------------------------- */

/* Position of a frame as the opaque number of struct ruff_intro_frame. */
static uint32_t frame_where(const struct frame *f, const uint32_t *pc)
{
    const struct chunk *chunk;
    const uint32_t *code;

    if (f->tier == FRAME_INTERP)
        return (uint32_t)f->at.offset;
    chunk = f->proto->chunk;
    if (chunk == NULL)
        return 0;
    code = (const uint32_t *)(const void *)chunk->code;
    if (pc < code || pc >= code + (size_t)chunk->ncode * INSN_WORDS)
        return 0;
    return (uint32_t)(pc - code);
}

size_t ruff_intro_frames(const struct ruff *r, const struct ruff_intro_registers *regs,
                         struct ruff_intro_frame *out, size_t capacity, bool *truncated)
{
    const struct state *st = r->st;
    const struct frame *f = __atomic_load_n(&st->top, __ATOMIC_RELAXED);
    const struct activation *act = __atomic_load_n(&st->activations, __ATOMIC_RELAXED);
    size_t n = 0;
    bool leaf = true;

    *truncated = false;
    for (; f != NULL; f = f->prev, leaf = false) {
        const uint32_t *pc = f->at.pc;

        if (n + 2 > capacity) {
            *truncated = true;
            break;
        }
        if (f->builtin != NULL) {
            out[n++] = (struct ruff_intro_frame){.builtin = f->builtin->id,
                                                 .tier = RUFF_INTRO_TIER_BUILTIN,
                                                 .activation = act};
        } else if (leaf && regs != NULL && f->tier == FRAME_VM) {
            pc = vm_interrupted_pc(f, regs->pc, regs->vm_pc);
        }
        out[n++] = (struct ruff_intro_frame){.function = f->proto->id,
                                             .where = frame_where(f, pc),
                                             .tier = f->tier,
                                             .activation = act};
        if (act != NULL && act->base == f)
            act = act->prev;
    }
    return n;
}

size_t ruff_intro_new_frames(const struct ruff *r, struct ruff_intro_frame *out,
                             uint32_t **memos, size_t capacity)
{
    size_t n = 0;

    for (struct frame *f = r->st->top; f != NULL && n + 2 <= capacity; f = f->prev) {
        if (f->builtin != NULL) {
            memos[n] = NULL;
            out[n++] = (struct ruff_intro_frame){.builtin = f->builtin->id,
                                                 .tier = RUFF_INTRO_TIER_BUILTIN};
        }
        memos[n] = &f->node;
        out[n++] = (struct ruff_intro_frame){.function = f->proto->id,
                                             .where = frame_where(f, f->at.pc),
                                             .tier = f->tier};
        if (f->node != 0)
            break;
    }
    return n;
}

enum ruff_intro_state ruff_intro_state(const struct ruff *r)
{
    const struct state *st = r->st;
    const struct frame *top;

    if (st->tool_state == STATE_GC || st->tool_state == STATE_COMPILE)
        return (enum ruff_intro_state)st->tool_state;
    top = __atomic_load_n(&st->top, __ATOMIC_RELAXED);
    if (top == NULL)
        return RUFF_INTRO_IDLE;
    if (top->builtin != NULL)
        return RUFF_INTRO_BUILTIN;
    return top->tier == FRAME_INTERP ? RUFF_INTRO_INTERP
           : top->tier == FRAME_VM   ? RUFF_INTRO_VM
                                     : RUFF_INTRO_JIT;
}

void ruff_intro_stack(const struct ruff *r, uintptr_t *low, uintptr_t *high)
{
    char *l, *h;

    state_stack_bounds(r->st, &l, &h);
    *low = (uintptr_t)l;
    *high = (uintptr_t)h;
}

bool ruff_intro_is_engine_pc(uintptr_t pc)
{
    return vm_is_loop_pc(pc) || (pc >= (uintptr_t)ruff_interp_text_begin &&
                                 pc < (uintptr_t)ruff_interp_text_end);
}

/* ---- names ----------------------------------------------------------------------------------- */

static const struct proto *proto_of(const struct ruff *r, uint32_t id)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&r->lock;
    const struct proto *p;

    pthread_mutex_lock(lock);
    p = id < r->nprotos ? r->protos[id] : NULL;
    pthread_mutex_unlock(lock);
    return p;
}

bool ruff_intro_function(const struct ruff *r, uint32_t id,
                         struct ruff_intro_function *out)
{
    const struct proto *p = proto_of(r, id);

    if (p == NULL)
        return false;
    *out = (struct ruff_intro_function){
        .id = id,
        .name = p->profile_name,
        .file = p->source->path,
        .line = source_ref_line(p->source, p->offset),
    };
    return true;
}

uint32_t ruff_intro_line(const struct ruff *r, uint32_t id, uint32_t where,
                         uint8_t tier)
{
    const struct proto *p = proto_of(r, id);

    if (p == NULL)
        return 0;
    if (tier == RUFF_INTRO_TIER_INTERP)
        return source_ref_line(p->source, where);
    if (p->chunk == NULL)
        return 0;
    return source_ref_line(
        p->source,
        chunk_pc_offset(p, (const uint32_t *)(const void *)p->chunk->code + where));
}

const char *ruff_intro_opcode(const struct ruff *r, uint32_t id, uint32_t where,
                              uint8_t *opcode)
{
    const struct proto *p = proto_of(r, id);
    /* Places are counted in halves of an instruction. */
    const uint32_t index = where / 2;

    if (p == NULL || p->chunk == NULL || index >= p->chunk->ncode ||
        p->chunk->code[index].op >= OPCODE_COUNT)
        return NULL;
    *opcode = p->chunk->code[index].op;
    return opcode_table[*opcode].name;
}

const char *ruff_intro_builtin_name(const struct ruff *r, uint16_t builtin)
{
    return builtin < r->st->nbuiltins ? r->st->builtins[builtin].name : NULL;
}

const char *ruff_intro_cause_name(unsigned cause)
{
    return cause < HEAP_CAUSE_COUNT ? heap_cause_name((enum heap_cause)cause)
                                    : "unknown";
}

/* ---- hooks ------------------------------------------------------------------------------------- */

static void on_alloc(void *context, struct state *st, void *p, size_t size,
                     enum heap_cause cause)
{
    struct ruff *r = context;

    (void)st;
    r->hooks.alloc(r->hooks.context, p, size, cause);
}

static void on_free(void *context, struct state *st, void *p, size_t size)
{
    struct ruff *r = context;

    (void)st;
    r->hooks.free(r->hooks.context, p, size);
}

/* Exponential distances make every byte equally likely to be sampled (splitmix64 bits). */
static int64_t next_sample(void *context)
{
    struct ruff *r = context;
    uint64_t z;
    double u;

    if (r->sample_mean == 0)
        return 1;
    z = (r->sample_random += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    u = ((double)(z >> 11) + 1.0) * 0x1p-53; /* (0, 1] */
    return (int64_t)(-log(u) * (double)r->sample_mean) + 1;
}

void ruff_intro_set_hooks(struct ruff *r, const struct ruff_intro_hooks *hooks,
                          uint64_t mean_bytes, uint64_t seed)
{
    struct state_hooks *sh = &r->st->hooks;

    r->hooks = hooks != NULL ? *hooks : (struct ruff_intro_hooks){.context = NULL};
    r->sample_mean = mean_bytes;
    r->sample_random = seed;
    *sh = (struct state_hooks){.context = r};
    if (r->hooks.alloc != NULL) {
        sh->alloc = on_alloc;
        sh->free_sampled = r->hooks.free != NULL ? on_free : NULL;
        sh->next_sample = next_sample;
    }
    heap_hooks_changed(r->st);
}
