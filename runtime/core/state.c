#include "config.h"

#include "core/state.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/os_linux.h"
#include "base/sizing.h"
#include "base/strbuf.h"
#include "core/channel.h"
#include "core/fiber.h"
#include "core/gc.h"
#include "core/iter.h"
#include "core/scope.h"

/*
 * C stack for one Ruff call of the greediest engine, the tree walker: some C frames for
 * every level of expression nesting the call sits in. This is address space, not memory;
 * an ordinary call touches a few hundred bytes of it, and one nested to the limits of
 * language.md 21 (calls as arguments of calls, inside loops) about this much. Code that is
 * not optimised or is watched by a sanitizer has larger frames. Measured per call at the
 * limits, gcc 12: 124, 164 and 300 KiB with -O2, -O0 and -fsanitize=address; but 20 000
 * generators in one another, each with a stack for 20 000 calls, must fit beside the shadow
 * into 47 bits of addresses, so that the sanitizer gets less.
 */
#if defined(RUFF_TSAN)
/* TSan has shadows for 4 TiB of mappings at most: enough for ordinary calls, not for those at
   the limits of nesting. */
#    define STACK_BYTES_PER_CALL ((size_t)32 * 1024)
#elif defined(RUFF_ASAN)
#    define STACK_BYTES_PER_CALL ((size_t)256 * 1024)
#elif !defined(__OPTIMIZE__)
#    define STACK_BYTES_PER_CALL ((size_t)192 * 1024)
#else
#    define STACK_BYTES_PER_CALL ((size_t)128 * 1024)
#endif

enum {
    /* Values in the register stack: 1 600 for each call of the deepest recursion. */
    REGISTER_COUNT = 32 * 1024 * 1024,
    REGISTER_COUNT_MIN = 64 * 1024,
    /* Main functions of modules have frames that are not counted as calls. */
    FRAME_COUNT = (int)CALL_DEPTH_LIMIT + 4096,
    /* The home: the heap's first memory and records of about 9 500 bytes. What does not fit
       is allocated; the multiple of a cache line keeps frames and registers on lines. */
    HOME_BYTES = (int)HEAP_FIRST_BYTES + 9728,
    /* Output collected before it is written. */
    OUTPUT_BYTES = SIZE_OR_TINY(64 * 1024, 11),
    /* Left for C when the isolate's own stack could not be had: half of what a thread
       usually has. */
    FALLBACK_STACK_BYTES = 2 * 1024 * 1024,
};

struct mapping {
    char *start;
    size_t bytes;
    struct value *registers;
    size_t nregisters;
    struct frame *frames;
};

static bool mapping_new(struct mapping *map);
static void release_home(struct state *st);
static bool write_now(struct state *st, int stream, const char *data, size_t len);

/* ---- life --------------------------------------------------------------------------- */

struct state *state_new(const struct state_config *config)
{
    struct mapping map;
    if (!mapping_new(&map))
        return NULL;
    struct arena home;
    arena_init_on(&home, map.start, HOME_BYTES);
    struct state *st = arena_alloc_zero(&home, 1, sizeof *st);
    if (st == NULL) {
        munmap(map.start, map.bytes);
        return NULL;
    }
    st->home = home;
    st->stacks = map.start;
    st->stacks_bytes = map.bytes;
    st->stack_base = st->stack_top = map.registers;
    st->stack_end = map.registers + map.nregisters;
    st->frame_base = map.frames;
    st->frame_end = map.frames + FRAME_COUNT;
    st->engine = config->engine;
    st->builtins = config->builtins;
    st->nbuiltins = config->nbuiltins;
    st->write = config->write;
    st->write_context = config->write_context;
    st->input = config->input;
    st->input_len = config->input_len;
    st->argc = config->argc;
    st->argv = config->argv;
    st->depth_allowed = CALL_DEPTH_LIMIT;
    st->depth_limit = CALL_DEPTH_LIMIT;
    st->to_terminal = config->to_terminal;
    st->start_ns = os_monotonic_ns();
    struct hash_key key = config->hash_seed == 0
                              ? hash_key_random()
                              : hash_key_from_seed(config->hash_seed);
    memcpy(st->hash_key, &key, sizeof st->hash_key);
    st->random_seed = hash_mix_u64(key.k0 ^ hash_mix_u64(key.k1 ^ st->start_ns));

    st->fibers = fiber_pool_new((size_t)CALL_DEPTH_LIMIT * STACK_BYTES_PER_CALL);
    if (st->fibers == NULL)
        goto fail_fibers;
    st->out = arena_alloc_zero(&st->home, 1, sizeof *st->out);
    st->scratch = arena_alloc_zero(&st->home, 1, sizeof *st->scratch);
    if (st->out == NULL || st->scratch == NULL)
        goto fail_heap;
    strbuf_init(st->out);
    strbuf_init(st->scratch);
    if (!heap_init(st))
        goto fail_heap;
    iter_register(st);
    iterator_register(st);
    promise_register(st);
    channel_register(st);
    if (!error_cache_init(st))
        goto fail_errors;
    heap_set_limit(st, config->max_memory);
    return st;

fail_errors:
    error_cache_done(st);
    heap_done(st);
fail_heap:
    fiber_pool_free(st->fibers);
fail_fibers:
    release_home(st);
    return NULL;
}

void state_free(struct state *st)
{
    if (st == NULL)
        return;
    assert(st->fiber == NULL && "state: freed by code it runs");
    state_flush(st);
    error_clear(st);
    instances_free(st);
    error_cache_done(st);
    heap_done(st);
    channel_handles_free(st);
    fiber_pool_free(st->fibers);
    strbuf_done(st->out);
    strbuf_done(st->scratch);
    release_home(st);
}

/* The record itself goes, too. */
static void release_home(struct state *st)
{
    struct arena home = st->home;
    void *start = st->stacks;
    size_t bytes = st->stacks_bytes;
    arena_done(&home);
    munmap(start, bytes);
}

/* ---- stacks ------------------------------------------------------------------------- */

struct enter_call {
    void (*fn)(void *context);
    void *context;
};

static void enter_call(void *context)
{
    struct enter_call *call = context;
    call->fn(call->context);
}

void state_enter_stack(struct state *st, void (*fn)(void *context), void *context)
{
    if (st->fiber != NULL) {
        fn(context);
        return;
    }
    struct enter_call call = {.fn = fn, .context = context};
    struct fiber *f = fiber_new(st, enter_call, &call);
    if (f == NULL) {
        /* Not even 256 KiB of address space: go on where we are, with less depth. */
        char *outer = st->c_stack_limit;
        st->c_stack_limit = (char *)__builtin_frame_address(0) - FALLBACK_STACK_BYTES;
        fn(context);
        st->c_stack_limit = outer;
        return;
    }
    fiber_resume(st, f);
    assert(fiber_done(f) && "state: the isolate's first stack has yielded");
    fiber_free(st, f);
}

void state_interrupt(struct state *st)
{
    __atomic_store_n(&st->interrupt, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&st->depth_limit, 0, __ATOMIC_RELAXED);
}

void state_interrupt_clear(struct state *st)
{
    __atomic_store_n(&st->interrupt, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&st->depth_limit, st->depth_allowed, __ATOMIC_RELAXED);
}

void state_depth_allow(struct state *st, int mains)
{
    st->depth_allowed += (uint32_t)mains;
    /* An interrupt between these lines is overwritten by the first. */
    __atomic_store_n(&st->depth_limit, st->depth_allowed, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&st->interrupt, __ATOMIC_SEQ_CST) != 0)
        __atomic_store_n(&st->depth_limit, 0, __ATOMIC_RELAXED);
}

void state_stack_bounds(const struct state *st, char **low, char **high)
{
    const struct fiber *f = st->fiber;
    if (f == NULL) {
        *low = NULL;
        *high = NULL;
        return;
    }
    fiber_bounds(f, low, high);
}

/*
 * One mapping for all an isolate has from the start: core's own records (the home), the
 * registers behind them, the frames. The first registers share a page with the last records,
 * and a short program touches few pages.
 */
static bool mapping_new(struct mapping *map)
{
    const size_t frame_bytes = (size_t)FRAME_COUNT * sizeof(struct frame);
    /* Less under a limit on address space (ulimit -v). */
    for (size_t n = REGISTER_COUNT; n >= REGISTER_COUNT_MIN; n /= 2) {
        size_t register_bytes = n * sizeof(struct value);
        char *p = os_reserve(HOME_BYTES + register_bytes + frame_bytes);
        if (p == NULL)
            continue;
        *map = (struct mapping){
            .start = p,
            .bytes = HOME_BYTES + register_bytes + frame_bytes,
            .registers = (struct value *)(void *)(p + HOME_BYTES),
            .nregisters = n,
            .frames = (struct frame *)(void *)(p + HOME_BYTES + register_bytes),
        };
        return true;
    }
    return false;
}

/* ---- output ------------------------------------------------------------------------- */

bool state_write(struct state *st, int stream, const char *data, size_t len)
{
    if (stream != STDOUT_FILENO) {
        state_flush(st);
        return write_now(st, stream, data, len);
    }
    if (len >= OUTPUT_BYTES || !strbuf_append(st->out, data, len)) {
        state_flush(st);
        return write_now(st, stream, data, len);
    }
    /* A person at a terminal sees each line at once. */
    if (st->out->len >= OUTPUT_BYTES ||
        (len > 0 && data[len - 1] == '\n' && st->to_terminal))
        state_flush(st);
    return true;
}

void state_flush(struct state *st)
{
    if (st->out->len > 0)
        write_now(st, STDOUT_FILENO, strbuf_str(st->out), st->out->len);
    strbuf_clear(st->out);
}

static bool write_now(struct state *st, int stream, const char *data, size_t len)
{
    if (st->write != NULL)
        return st->write(st->write_context, stream, data, len);
    return os_write_all(stream, data, len) == 0;
}

/* ---- instances ---------------------------------------------------------------------- */

struct instance *instance_new(struct state *st, struct unit *unit)
{
    struct instance *i = mem_alloc_zero(1, sizeof *i);
    struct value *globals = mem_alloc_zero(unit->nglobals, sizeof *globals);
    if (i == NULL || globals == NULL) {
        mem_free(i);
        mem_free(globals);
        error_out_of_memory(st);
        return NULL;
    }
    i->unit = unit;
    i->globals = globals;
    i->common = !st->has_tasks;
    i->next = st->instances;
    st->instances = i;
    return i;
}

struct unit *state_unit(struct state *st, const struct unit *original)
{
    return st->unit != NULL ? st->unit(st, original)
                            : (struct unit *)(uintptr_t)original;
}

void instances_free(struct state *st)
{
    /* All values first: what is freed may still look at globals (the body of a generator
       that unwinds), and cycles through closures name their instance. */
    for (struct instance *i = st->instances; i != NULL; i = i->next) {
        for (uint32_t g = 0; g < i->unit->nglobals; g++)
            value_set_take(st, &i->globals[g], value_unset());
    }
    scope_release(st, st->guests);
    st->guests = NULL;
    gc_collect(st);
    scope_sweep(st);
    while (st->instances != NULL) {
        struct instance *i = st->instances;
        st->instances = i->next;
        if (!i->borrowed)
            mem_free(i->globals);
        mem_free(i);
    }
}
