#include "config.h"

#include "core/fiber.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "base/os_linux.h"
#include "core/fiber_switch.h"
#include "core/state.h"

#if defined(__has_feature)
#    define FIBER_HAS_FEATURE(x) __has_feature(x)
#else
#    define FIBER_HAS_FEATURE(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || FIBER_HAS_FEATURE(address_sanitizer)
#    define FIBER_ASAN 1
#    include <sanitizer/asan_interface.h>
#else
#    define FIBER_ASAN 0
#endif
#if defined(__SANITIZE_THREAD__) || FIBER_HAS_FEATURE(thread_sanitizer)
#    define FIBER_TSAN 1
#else
#    define FIBER_TSAN 0
#endif

enum {
    /* Stacks kept for the next fiber. A generator that is made and dropped in a loop then
       costs no system call. */
    POOL_IDLE_MAX = 32,
    /* Pages this far below the top stay with an idle stack; deeper ones are given back. */
    POOL_KEEP_BYTES = 64 * 1024,
    TRIM_PROBE_BYTES = 4096,
    TRIM_PROBE_STRIDE = 64,
    /* The smallest stack worth having. */
    STACK_MIN_BYTES = 256 * 1024,
    /* What Ruff code must leave free: the C frames of builtins and of the deepest
       expression and block nesting inside one call (language.md 21), which no check
       interrupts. Sanitizers make frames several times larger. */
#if FIBER_ASAN || FIBER_TSAN
    STACK_RESERVE_BYTES = 2 * 1024 * 1024,
#elif !defined(__OPTIMIZE__)
    STACK_RESERVE_BYTES = 512 * 1024,
#else
    STACK_RESERVE_BYTES = 256 * 1024,
#endif
#if FIBER_TSAN
    /* It has shadows for 4 TiB of mappings at most and dies when the kernel grants no more
       of them, before 20 000 generators are in one another: from here on a stack holds some
       thousand calls and has no guard page. */
    TSAN_LARGE_STACKS = 64,
    TSAN_SMALL_STACK_BYTES = 8 * 1024 * 1024,
#endif
};

enum fiber_status {
    FIBER_FRESH,
    FIBER_SUSPENDED,
    FIBER_RUNNING,
    FIBER_DONE
};

struct fiber {
    struct fiber_point point; /* where it stopped */
    struct fiber_point resumer_point;
    struct fiber *resumer; /* valid while running; NULL: the thread's own stack */
    char *resumer_limit;   /* c_stack_limit to go back to */
    struct os_stack stack;
    char *limit; /* c_stack_limit while it runs */
    fiber_fn fn;
    void *context;
    enum fiber_status status;
    struct fiber *next, *previous; /* neighbours in the pool's list it is in */
#if FIBER_ASAN
    void *fake_stack, *resumer_fake_stack;
    const void *resumer_bottom;
    size_t resumer_size;
#endif
};

struct fiber_pool {
    size_t stack_bytes;
    size_t nlive, nidle;
    struct fiber *live; /* doubly linked */
    struct fiber *idle; /* linked by next */
};

static struct fiber *fiber_make(struct fiber_pool *pool);
static bool stack_map(struct os_stack *stack, size_t bytes, bool guarded);
static void fiber_destroy(struct fiber *f);
static void destroy_list(struct fiber *f);
static void fiber_entry(void *argument);
static void trim_stack(struct fiber *f);
static void announce_resume(struct fiber *f);
static void announce_return(struct fiber *f, bool for_good);
static void announce_running(struct fiber *f);
static void announce_back(struct fiber *f);

/* ---- life --------------------------------------------------------------------------- */

struct fiber *fiber_new(struct state *st, fiber_fn fn, void *context)
{
    struct fiber_pool *pool = st->fibers;
    struct fiber *f = pool->idle;
    if (f != NULL) {
        pool->idle = f->next;
        pool->nidle--;
    } else {
        f = fiber_make(pool);
        if (f == NULL)
            return NULL;
    }
    f->fn = fn;
    f->context = context;
    f->resumer = NULL;
    f->status = FIBER_FRESH;
    fiber_switch_prepare(&f->point, f->stack.base, f->stack.bytes, fiber_entry, f);
    f->previous = NULL;
    f->next = pool->live;
    if (f->next != NULL)
        f->next->previous = f;
    pool->live = f;
    pool->nlive++;
    return f;
}

void fiber_resume(struct state *st, struct fiber *f)
{
    assert((f->status == FIBER_FRESH || f->status == FIBER_SUSPENDED) &&
           "fiber: resumed while running or after its end");
    f->resumer = st->fiber;
    f->resumer_limit = st->c_stack_limit;
    f->status = FIBER_RUNNING;
    st->c_stack_limit = f->limit;
    st->fiber = f;
    announce_resume(f);
    fiber_switch(&f->resumer_point, &f->point);
    announce_back(f);
    st->fiber = f->resumer;
    st->c_stack_limit = f->resumer_limit;
}

void fiber_yield(struct state *st)
{
    struct fiber *f = st->fiber;
    assert(f != NULL && f->status == FIBER_RUNNING &&
           "fiber: yield outside of a fiber");
    f->status = FIBER_SUSPENDED;
    announce_return(f, false);
    fiber_switch(&f->point, &f->resumer_point);
    announce_running(f);
}

bool fiber_done(const struct fiber *f)
{
    return f->status == FIBER_DONE;
}

bool fiber_running(const struct fiber *f)
{
    return f->status == FIBER_RUNNING;
}

void fiber_free(struct state *st, struct fiber *f)
{
    if (f == NULL)
        return;
    assert(f->status != FIBER_RUNNING && "fiber: freed while running");
    struct fiber_pool *pool = st->fibers;
    if (f->previous != NULL)
        f->previous->next = f->next;
    else
        pool->live = f->next;
    if (f->next != NULL)
        f->next->previous = f->previous;
    pool->nlive--;
#if FIBER_ASAN && FIBER_SWITCH_NATIVE
    /* The frames of a dropped body never return to clear their red zones. */
    if (f->status == FIBER_SUSPENDED) {
        char *sp = f->point.sp;
        __asan_unpoison_memory_region(sp,
                                      (size_t)(f->stack.base + f->stack.bytes - sp));
    }
#endif
    if (pool->nidle >= POOL_IDLE_MAX || f->stack.bytes < pool->stack_bytes) {
        fiber_destroy(f);
        return;
    }
    trim_stack(f);
    f->next = pool->idle;
    pool->idle = f;
    pool->nidle++;
}

void fiber_bounds(const struct fiber *f, char **low, char **high)
{
    *low = f->stack.base;
    *high = f->stack.base + f->stack.bytes;
}

struct fiber *fiber_resumer(const struct fiber *f)
{
    return f->resumer;
}

/* ---- pool --------------------------------------------------------------------------- */

struct fiber_pool *fiber_pool_new(size_t stack_bytes)
{
    struct fiber_pool *pool = mem_alloc_zero(1, sizeof *pool);
    if (pool != NULL)
        pool->stack_bytes =
            stack_bytes < STACK_MIN_BYTES ? (size_t)STACK_MIN_BYTES : stack_bytes;
    return pool;
}

void fiber_pool_free(struct fiber_pool *pool)
{
    if (pool == NULL)
        return;
    destroy_list(pool->live);
    destroy_list(pool->idle);
    mem_free(pool);
}

size_t fiber_pool_live(const struct fiber_pool *pool)
{
    return pool->nlive;
}

static void destroy_list(struct fiber *f)
{
    while (f != NULL) {
        struct fiber *next = f->next;
        fiber_destroy(f);
        f = next;
    }
}

static struct fiber *fiber_make(struct fiber_pool *pool)
{
    struct fiber *f = mem_alloc_zero(1, sizeof *f);
    if (f == NULL)
        return NULL;
    size_t wanted = pool->stack_bytes;
    bool guarded = true;
#if FIBER_TSAN
    guarded = pool->nlive < TSAN_LARGE_STACKS;
    if (!guarded && wanted > TSAN_SMALL_STACK_BYTES)
        wanted = TSAN_SMALL_STACK_BYTES;
#endif
    size_t bytes = wanted;
    while (!stack_map(&f->stack, bytes, guarded)) {
        if (bytes / 2 < STACK_MIN_BYTES) {
            mem_free(f);
            return NULL;
        }
        bytes /= 2;
    }
    /* A huge page for the few frames of a generator would cost 2 MiB each. */
    madvise(f->stack.base, f->stack.bytes, MADV_NOHUGEPAGE);
    /* What one stack could not have the next will not get either. */
    if (bytes < wanted)
        pool->stack_bytes = bytes;
    size_t reserve = STACK_RESERVE_BYTES;
    if (reserve > bytes / 2)
        reserve = bytes / 2;
    f->limit = f->stack.base + reserve;
    return f;
}

/*
 * With guard page, if `guarded`, as long as the kernel grants mappings (65 530 by default,
 * two for each guarded stack); then without, since neighbours of equal protection share one
 * mapping and the bytes-left check of call_enter stops before the end anyway.
 */
static bool stack_map(struct os_stack *stack, size_t bytes, bool guarded)
{
    if (guarded && os_stack_map(stack, bytes) == 0)
        return true;
    /* One page more and unused in place of the guard, as os_stack_unmap expects it. */
    size_t page = os_page_bytes();
    char *low = os_reserve(bytes + page);
    if (low == NULL)
        return false;
    stack->base = low + page;
    stack->bytes = bytes;
    return true;
}

static void fiber_destroy(struct fiber *f)
{
    os_stack_unmap(&f->stack);
    mem_free(f);
}

/*
 * An idle stack keeps the pages that the next fiber will touch at once; what a deep
 * recursion left below them goes back to the system. Whether there was one is read from the
 * page it had to cross, since the system call costs more than a whole short generator. A
 * frame that jumped over that page is missed: its memory stays until the stack goes.
 */
static void trim_stack(struct fiber *f)
{
    if (f->stack.bytes < POOL_KEEP_BYTES + TRIM_PROBE_BYTES)
        return;
    size_t below = f->stack.bytes - POOL_KEEP_BYTES;
    const char *probe = f->stack.base + below - TRIM_PROBE_BYTES;
    for (size_t at = 0; at < TRIM_PROBE_BYTES; at += TRIM_PROBE_STRIDE) {
        uint64_t word;
        memcpy(&word, probe + at, sizeof word);
        if (word != 0) {
            madvise(f->stack.base, below, MADV_DONTNEED);
            return;
        }
    }
}

/* ---- running ------------------------------------------------------------------------ */

/* The outermost C frame of every fiber. */
static void fiber_entry(void *argument)
{
    struct fiber *f = argument;
    announce_running(f);
    f->fn(f->context);
    f->status = FIBER_DONE;
    announce_return(f, true);
    fiber_switch(&f->point, &f->resumer_point);
    __builtin_trap();
}

/* What the address sanitizer wants to know, in the order of a round trip: the resumer is
   about to switch, the fiber runs, it is about to switch back, the resumer runs again. */

static void announce_resume(struct fiber *f)
{
    (void)f;
#if FIBER_ASAN
    __sanitizer_start_switch_fiber(&f->resumer_fake_stack, f->stack.base,
                                   f->stack.bytes);
#endif
}

static void announce_running(struct fiber *f)
{
    (void)f;
#if FIBER_ASAN
    __sanitizer_finish_switch_fiber(f->fake_stack, &f->resumer_bottom,
                                    &f->resumer_size);
    f->fake_stack = NULL;
#endif
}

static void announce_return(struct fiber *f, bool for_good)
{
    (void)f;
    (void)for_good;
#if FIBER_ASAN
    /* NULL lets the sanitizer drop the fake frames of a fiber that has ended. */
    __sanitizer_start_switch_fiber(for_good ? NULL : &f->fake_stack, f->resumer_bottom,
                                   f->resumer_size);
#endif
}

static void announce_back(struct fiber *f)
{
    (void)f;
#if FIBER_ASAN
    __sanitizer_finish_switch_fiber(f->resumer_fake_stack, NULL, NULL);
#endif
}
