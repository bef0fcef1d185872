/* The native walk: against libunwind on the same samples, and on stacks that are garbage. */
#include "config.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "cfi.h"
#include "modules.h"
#include "unit.h"
#include "unwind.h"
#include "walker.h"

#include "base/prng.h"

#if defined(__x86_64__)

#    define SAMPLES     400
#    define SLICE_BYTES 32768
#    define PCS         128

/* One interrupted moment, as seen by our walk, and what libunwind needs to repeat it. */
struct moment {
    uint64_t pcs[PCS];
    uint32_t count;
    struct stack_slice slice;
    uint64_t stack[SLICE_BYTES / 8];
};

static struct moment *moments;
static volatile sig_atomic_t taken;
static const struct cfi_table *table;
static uintptr_t stack_low, stack_high;

__attribute__((no_sanitize("address", "thread"))) static void on_alarm(int number,
                                                                       siginfo_t *info,
                                                                       void *context)
{
    static const int ORDER[16] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                  REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                  REG_R12, REG_R13, REG_R14, REG_R15};
    const greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
    struct walker_cursor c = {(uintptr_t)g[REG_RIP], (uintptr_t)g[REG_RSP],
                              (uintptr_t)g[REG_RBP], false};
    struct moment *m;
    const volatile uint64_t *from;

    (void)number;
    (void)info;
    if (taken >= SAMPLES)
        return;
    m = &moments[taken];
    m->slice.pc = c.pc;
    m->slice.sp = c.sp;
    m->slice.fp = c.fp;
    for (int i = 0; i < 16; i++)
        m->slice.registers[i] = (uint64_t)g[ORDER[i]];
    m->slice.bytes = SLICE_BYTES;
    if (stack_high - c.sp < SLICE_BYTES)
        m->slice.bytes = (uint32_t)(stack_high - c.sp) & ~7u;
    from = (const volatile uint64_t *)c.sp;
    for (uint32_t i = 0; i < m->slice.bytes / 8; i++)
        m->stack[i] = from[i];
    do
        m->pcs[m->count++] = c.pc;
    while (m->count < PCS &&
           walker_step(table, &c, stack_low, stack_high) == WALKER_STEPPED);
    taken = taken + 1;
}

static int by_value(const void *a, const void *b)
{
    const int *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Code that is not ours and calls back, allocates, formats and copies. */
__attribute__((noinline)) static unsigned work(int depth, unsigned seed)
{
    char text[200], *copy;
    unsigned sum = 0;
    int numbers[64];

    if (depth > 0)
        return work(depth - 1, seed) + (seed & 1);
    for (int i = 0; i < 64; i++)
        numbers[i] = (int)((seed = seed * 1103515245u + 12345u) >> 8);
    qsort(numbers, 64, sizeof numbers[0], by_value);
    for (int i = 0; i < 8; i++)
        sum += (unsigned)snprintf(text, sizeof text, "%d %.9g %s", numbers[i],
                                  numbers[i] / 7.0, "text");
    copy = strdup(text);
    sum += (unsigned)strtol(copy, NULL, 10);
    free(copy);
    return sum;
}

static void find_stack(void)
{
    pthread_attr_t attr;
    void *low;
    size_t bytes;

    ck_assert_int_eq(pthread_getattr_np(pthread_self(), &attr), 0);
    pthread_attr_getstack(&attr, &low, &bytes);
    pthread_attr_destroy(&attr);
    stack_low = (uintptr_t)low;
    stack_high = (uintptr_t)low + bytes;
}

static void take_moments(void)
{
    struct sigaction action = {.sa_sigaction = on_alarm,
                               .sa_flags = SA_SIGINFO | SA_RESTART};
    struct itimerval often = {{0, 700}, {0, 700}}, off = {{0, 0}, {0, 0}};
    volatile unsigned sink = 0;

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (unsigned i = 0; taken < SAMPLES; i++)
        sink = sink + work((int)(i % 30), i);
    setitimer(ITIMER_REAL, &off, NULL);
}

START_TEST(test_walk_agrees_with_libunwind)
{
    struct modules *modules = modules_snapshot();
    struct cfi *cfi = cfi_new();
    struct unwinder *u;
    int same = 0;

    find_stack();
    moments = calloc(SAMPLES, sizeof *moments);
    ck_assert(modules != NULL && cfi != NULL && moments != NULL);
    ck_assert(cfi_update(cfi, modules));
    table = cfi_current(cfi);
    ck_assert_uint_ge(cfi_rows(table), 1000);
    take_moments();
    u = unwinder_new(modules);
    ck_assert_ptr_nonnull(u);
    for (int i = 0; i < SAMPLES; i++) {
        struct moment *m = &moments[i];
        uint64_t theirs[PCS];
        uint32_t n = unwinder_frames(u, &m->slice, m->stack, theirs, PCS);
        uint32_t common = n < m->count ? n : m->count;
        bool equal = common >= 3 && m->count <= n + 1 && n <= m->count + 1 &&
                     memcmp(theirs, m->pcs, common * sizeof theirs[0]) == 0;

        same += equal ? 1 : 0;
    }
    /* Measured: all but some in PLT stubs and in the loader. */
    fprintf(stderr, "# %d of %d stacks agree with libunwind\n", same, SAMPLES);
    ck_assert_int_ge(same, SAMPLES * 97 / 100);
    unwinder_free(u);
    cfi_free(cfi);
    modules_free(modules);
    free(moments);
}
END_TEST

START_TEST(test_entry_of_a_function_has_the_plain_rule)
{
    struct modules *modules = modules_snapshot();
    struct cfi *cfi = cfi_new();
    const struct cfi_row *row;
    bool known;

    row = cfi_find(cfi_current(cfi), (uintptr_t)work, &known);
    ck_assert(row == NULL && !known); /* nothing is known before the first update */
    ck_assert(cfi_update(cfi, modules));
    row = cfi_find(cfi_current(cfi), (uintptr_t)work, &known);
    ck_assert(known);
    ck_assert_ptr_nonnull(row);
    ck_assert_int_eq(row->rule, CFI_SP);
    ck_assert_int_eq(row->cfa_offset, 8);
    ck_assert_int_eq(row->fp_offset, 0);
    row = cfi_find(cfi_current(cfi), 16, &known);
    ck_assert(row == NULL && !known);
    cfi_free(cfi);
    modules_free(modules);
}
END_TEST

START_TEST(test_a_new_table_leaves_the_old_one_readable)
{
    struct modules *modules = modules_snapshot();
    struct cfi *cfi = cfi_new();
    const struct cfi_table *first;
    const struct cfi_row *row;
    bool known;

    ck_assert(cfi_update(cfi, modules));
    first = cfi_current(cfi);
    ck_assert(cfi_update(cfi, modules));
    ck_assert_ptr_ne(first, cfi_current(cfi));
    row = cfi_find(first, (uintptr_t)work, &known);
    ck_assert_ptr_nonnull(row);
    cfi_free(cfi);
    modules_free(modules);
}
END_TEST

/* Whatever the registers and the stack say, nothing outside the bounds is read: they stand
   between pages that cannot be. */
START_TEST(test_garbage_never_reads_outside_the_stack)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *area = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct modules *modules = modules_snapshot();
    struct cfi *cfi = cfi_new();
    uintptr_t low, high;
    uint64_t *words;
    struct prng random;
    uint64_t steps = 0;

    ck_assert(area != MAP_FAILED);
    ck_assert_int_eq(mprotect(area + page, page, PROT_READ | PROT_WRITE), 0);
    ck_assert(cfi_update(cfi, modules));
    low = (uintptr_t)area + page;
    high = low + page;
    words = (uint64_t *)(void *)(area + page);
    prng_seed(&random, 7);
    for (int round = 0; round < 3000; round++) {
        const struct module_map *m =
            &modules->items[prng_below(&random, modules->count)];

        for (size_t i = 0; i < page / 8; i++)
            words[i] = prng_below(&random, 2) == 0
                           ? m->low + prng_below(&random, m->high - m->low)
                           : low - 64 + prng_below(&random, page + 128);
        for (int k = 0; k < 30; k++) {
            struct walker_cursor c = {m->low + prng_below(&random, m->high - m->low),
                                      low - 64 + prng_below(&random, page + 128),
                                      low - 64 + prng_below(&random, page + 128),
                                      prng_below(&random, 2) == 0};
            int n = 0;

            while (n < 2000 &&
                   walker_step(cfi_current(cfi), &c, low, high) == WALKER_STEPPED)
                n++;
            ck_assert_int_lt(n, 2000); /* each step moves up the stack */
            steps += (uint64_t)n;
        }
    }
    ck_assert_uint_ge(steps, 10000);
    cfi_free(cfi);
    modules_free(modules);
    munmap(area, 3 * page);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_walk_agrees_with_libunwind,
        test_entry_of_a_function_has_the_plain_rule,
        test_a_new_table_leaves_the_old_one_readable,
        test_garbage_never_reads_outside_the_stack,
        NULL,
    };
    return unit_run(unit_suite("walker", tests));
}

#else

int main(void)
{
    puts("1..0 # SKIP tables are made for x86-64 only");
    return 0;
}

#endif
