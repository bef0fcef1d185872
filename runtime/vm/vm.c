#include "config.h"

#include "vm/vm.h"

#include <assert.h>
#include <math.h>

#include "core/array.h"
#include "core/builtin.h"
#include "core/ops_fast.h"
#include "core/structs.h"
#include "vm/slow.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* All loops lie in one section, so that a machine address tells whether it is theirs. */
#define VM_TEXT __attribute__((section("ruff_vm_text"), noinline))

extern const char __start_ruff_vm_text[] __attribute__((visibility("hidden")));
extern const char __stop_ruff_vm_text[] __attribute__((visibility("hidden")));

bool vm_is_loop_pc(uintptr_t pc)
{
    return pc >= (uintptr_t)__start_ruff_vm_text && pc < (uintptr_t)__stop_ruff_vm_text;
}

const uint32_t *vm_interrupted_pc(const struct frame *f, uintptr_t machine_pc,
                                  uintptr_t pinned)
{
#ifdef VM_PINNED
    const struct chunk *chunk = f->chunk;
    /* While a frame is pushed or popped the register may still belong to another function. */
    if (chunk != NULL && vm_is_loop_pc(machine_pc) &&
        pinned >= (uintptr_t)chunk->code &&
        pinned < (uintptr_t)(chunk->code + chunk->ncode))
        return (const uint32_t *)pinned;
#else
    (void)machine_pc;
    (void)pinned;
#endif
    return f->at.pc;
}

/* ---- pieces of the fast paths ----------------------------------------------------------- */

static inline void save_pc(struct frame *fr, const struct insn *pc)
{
    fr->at.pc = (const uint32_t *)(const void *)pc;
}

/* Copies in two words: 16-byte moves would wait for the 8- and 4-byte stores before them. */
static inline void copy_value(struct value *to, const struct value *from)
{
    to->as.bits = from->as.bits;
    to->kind = from->kind;
}

/*
 * The frame must know the instruction whenever the loop is left, even to free something: the
 * profiler cannot see the loop's registers from there. So these take the frame and the pc.
 */
static inline void release(struct state *st, struct frame *fr, const struct insn *pc,
                           struct object *o)
{
    if (o->refs > 0 && --o->refs == 0) {
        save_pc(fr, pc);
        object_free(st, o);
    }
}

static inline void drop_old(struct state *st, struct frame *fr, const struct insn *pc,
                            struct value *slot)
{
    if (unlikely(slot->kind >= VALUE_FIRST_OBJECT))
        release(st, fr, pc, slot->as.object);
}

static inline void set_int(struct state *st, struct frame *fr, const struct insn *pc,
                           struct value *slot, int64_t i)
{
    drop_old(st, fr, pc, slot);
    slot->as.integer = i;
    slot->kind = VALUE_INT;
}

static inline void set_float(struct state *st, struct frame *fr, const struct insn *pc,
                             struct value *slot, double f)
{
    drop_old(st, fr, pc, slot);
    slot->as.number = f;
    slot->kind = VALUE_FLOAT;
}

static inline void set_bool(struct state *st, struct frame *fr, const struct insn *pc,
                            struct value *slot, bool b)
{
    drop_old(st, fr, pc, slot);
    slot->as.bits = b;
    slot->kind = VALUE_BOOL;
}

/* slot := v, which is taken. */
static inline void set_take(struct state *st, struct frame *fr, const struct insn *pc,
                            struct value *slot, struct value v)
{
    drop_old(st, fr, pc, slot);
    slot->as.bits = v.as.bits;
    slot->kind = v.kind;
}

/* slot := *from, counted once more. `slot` may be `from`. */
static inline void set_copy(struct state *st, struct frame *fr, const struct insn *pc,
                            struct value *slot, const struct value *from)
{
    struct value v;
    copy_value(&v, from);
    if (v.kind >= VALUE_FIRST_OBJECT)
        object_retain(v.as.object);
    set_take(st, fr, pc, slot, v);
}

/* slot := *from, whose register becomes empty. */
static inline void set_move(struct state *st, struct frame *fr, const struct insn *pc,
                            struct value *slot, struct value *from)
{
    struct value v;
    copy_value(&v, from);
    if (v.kind >= VALUE_FIRST_OBJECT)
        from->kind = VALUE_NULL;
    set_take(st, fr, pc, slot, v);
}

/* Drops a temporary that has been used. */
static inline void drop_taken(struct state *st, struct frame *fr, const struct insn *pc,
                              struct value *slot)
{
    if (slot->kind >= VALUE_FIRST_OBJECT) {
        struct object *o = slot->as.object;
        slot->kind = VALUE_NULL;
        release(st, fr, pc, o);
    }
}

static inline bool truthy(struct frame *fr, const struct insn *pc,
                          const struct value *v)
{
    if (likely(v->kind == VALUE_BOOL))
        return v->as.boolean;
    if (v->kind == VALUE_INT)
        return v->as.integer != 0;
    save_pc(fr, pc);
    return ops_truthy(*v);
}

/* b[c] for a packed array or an array of values; the item is counted. */
static inline bool index_array(const struct value *b, int64_t i, struct value *out,
                               struct insn *pc)
{
    const struct array *a = ARRAY_OF(*b);
    size_t at;
    if (unlikely(!array_position(a->len, i, &at)))
        return false;
    if (a->head.reserved == ARRAY_INTS) {
        out->as.integer = a->items.ints[at];
        out->kind = VALUE_INT;
    } else if (a->head.reserved == ARRAY_FLOATS) {
        out->as.number = a->items.floats[at];
        out->kind = VALUE_FLOAT;
        pc->d |= INSN_SAW_FLOAT;
    } else {
        copy_value(out, &a->items.values[at]);
        if (out->kind >= VALUE_FIRST_OBJECT)
            object_retain(out->as.object);
        pc->d |= INSN_SAW_MIXED;
    }
    return true;
}

/* a[i] := v in place for a unique array of the right representation; v is copied. */
static inline bool store_array(struct state *st, struct frame *fr, struct insn *pc,
                               struct value *a, int64_t i, const struct value *v,
                               bool take)
{
    struct array *array = ARRAY_OF(*a);
    size_t at;
    if (array->head.refs != 1 || !array_position(array->len, i, &at))
        return false;
    if (array->head.reserved == ARRAY_INTS) {
        if (v->kind != VALUE_INT)
            return false;
        array->items.ints[at] = v->as.integer;
    } else if (array->head.reserved == ARRAY_FLOATS) {
        if (v->kind != VALUE_FLOAT)
            return false;
        array->items.floats[at] = v->as.number;
        pc->d |= INSN_SAW_FLOAT;
    } else {
        struct value *slot = &array->items.values[at];
        struct object *old = slot->kind >= VALUE_FIRST_OBJECT ? slot->as.object : NULL;
        copy_value(slot, v);
        if (slot->kind >= VALUE_FIRST_OBJECT && !take)
            object_retain(slot->as.object);
        if (unlikely(old != NULL))
            release(st, fr, pc, old);
        pc->d |= INSN_SAW_MIXED;
        return true;
    }
    return true;
}

/* ---- the loops ------------------------------------------------------------------------ */

/* Label addresses are what a dispatch loop is made of; -Wpedantic names each of them. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"

/*
 * The register belongs to the loop alone (-ffixed-r15), so the compiler does not save it for
 * our callers: keep_pin and restore_pin do. What the loop calls preserves it by the ABI.
 */
#ifdef VM_PINNED
#    define VM_PIN __asm__("r15")
static inline uintptr_t keep_pin(void)
{
    uintptr_t saved;
    __asm__ volatile("movq %%r15, %0" : "=r"(saved));
    return saved;
}
static inline void restore_pin(uintptr_t saved)
{
    __asm__ volatile("movq %0, %%r15" : : "r"(saved));
}
#else
#    define VM_PIN
static inline uintptr_t keep_pin(void)
{
    return 0;
}
static inline void restore_pin(uintptr_t saved)
{
    (void)saved;
}
#endif

#include "vm/vm_macros.h"

#define VM_LOOP     vm_loop_plain
#define VM_COUNTING 0
#include "vm/vm_loop.inc"
#undef VM_LOOP
#undef VM_COUNTING

#define VM_LOOP     vm_loop_counting
#define VM_COUNTING 1
#include "vm/vm_loop.inc"
#undef VM_LOOP
#undef VM_COUNTING

#pragma GCC diagnostic pop

/* Stopped before an instruction: not for the engine? */
static inline bool goes_on(const struct state *st, const struct vm_activation *act)
{
#ifdef RUFF_HARD_TESTS
    const struct chunk *chunk = st->top->chunk;
    if (act->leaves && st->top == act->head.base)
        return !chunk_is_left_at(chunk, chunk_pc_index(chunk, st->top->at.pc));
    assert(!chunk_is_fresh(chunk) && "vm: an instruction is not left");
    return true;
#else
    (void)st;
    (void)act;
    return true;
#endif
}

static inline enum vm_status run_loop(vm_loop_fn loop, struct state *st,
                                      const struct vm_activation *act,
                                      struct value *out)
{
    uintptr_t saved = keep_pin();
    enum vm_status status;
    do {
        /* What our callers, or the loop itself on its way out, left in the register could be
           an instruction of this function that does not run: the profiler looks at it from
           the loop's first machine instruction on. */
        restore_pin((uintptr_t)st->top->at.pc);
        status = loop(st, act, out);
    } while (status == VM_AGAIN && goes_on(st, act));
    restore_pin(saved);
    return status;
}

enum vm_status vm_run(struct state *st, const struct vm_activation *act,
                      struct value *out)
{
    return run_loop(vm_loop_plain, st, act, out);
}

enum vm_status vm_run_counting(struct state *st, const struct vm_activation *act,
                               struct value *out)
{
    return run_loop(vm_loop_counting, st, act, out);
}
