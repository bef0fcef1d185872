#include "config.h"

#include "sampler.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/os_linux.h"

#define ALTERNATE_STACK_BYTES ((size_t)256 << 10)
/* The handler may take one part in this many of the thread's time. */
#define BUDGET_PARTS          4u
/* Redrawing the period at every sample may take one part in this many. */
#define ARMING_PARTS          200u
/* Samples between two looks at the budget. */
#define BUDGET_EVERY          64u
/* Samples between two looks at the rate of an adapting period, and how far one goes. */
#define ADAPT_EVERY           16u
#define ADAPT_STEP            8u
/* si_perf_flags: the sample was taken after the thread had moved on (Linux 6.5). */
#define PERF_FLAG_ASYNC       1u

struct sampler {
    struct stack_stream stream;
    struct trigger trigger;
    const struct ruff *r;
    sampler_walk_fn walk;
    const void *walk_context;
    uint32_t slice_bytes;
    struct sampler_signals *signals;
    void *alternate_stack;
    stack_t old_stack;
    /* Written by any thread, read by the handler: the trigger is to stay off. */
    bool muted;
    /* Written by the handler. */
    volatile sig_atomic_t inside;
    uint64_t samples, asynchronous, outside_weight, handler_ns;
    uint64_t budget_ns, budget_since_ns, arming_ns;
    uint64_t adapt_since_ns;
    uint32_t adapt_hz;
    struct stack_slice slice;
    struct stack_native native[STACK_STREAM_NATIVE];
    /* Owner's. */
    bool keep_idle, keep_scheduler, on, attached;
};

/* The sampler of this thread: how a signal handler finds its state. Set by sampler_attach and
   cleared by sampler_detach on the thread itself; initial-exec, so that reading it in the
   handler allocates nothing. See notes/globals.md. */
static _Thread_local struct sampler *current_sampler
    __attribute__((tls_model("initial-exec")));

/* ---- the handler: signal-safe ---------------------------------------------------------- */

static void read_registers(const ucontext_t *uc, struct ruff_intro_registers *regs)
{
#if defined(__x86_64__)
    const greg_t *g = uc->uc_mcontext.gregs;

    regs->pc = (uintptr_t)g[REG_RIP];
    regs->sp = (uintptr_t)g[REG_RSP];
    regs->fp = (uintptr_t)g[REG_RBP];
    regs->vm_pc = (uintptr_t)g[REG_R15];
#elif defined(__aarch64__)
    regs->pc = (uintptr_t)uc->uc_mcontext.pc;
    regs->sp = (uintptr_t)uc->uc_mcontext.sp;
    regs->fp = (uintptr_t)uc->uc_mcontext.regs[29];
    regs->vm_pc = 0;
#else
#    error "the sampler knows x86-64 and aarch64"
#endif
}

/* Registers in DWARF order and how much stack to copy; false when pc is off the stack. */
static bool prepare_slice(struct sampler *s, const ucontext_t *uc,
                          const struct ruff_intro_registers *regs, uintptr_t low,
                          uintptr_t high)
{
#if defined(__x86_64__)
    static const int ORDER[16] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                  REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                  REG_R12, REG_R13, REG_R14, REG_R15};
    size_t bytes;

    if (regs->sp < low || regs->sp >= high)
        return false;
    bytes = (high - regs->sp) & ~(size_t)7u;
    if (bytes > s->slice_bytes) /* a multiple of 8, see sampler_new */
        bytes = s->slice_bytes;
    s->slice.pc = regs->pc;
    s->slice.sp = regs->sp;
    s->slice.fp = regs->fp;
    for (int i = 0; i < 16; i++)
        s->slice.registers[i] = (uint64_t)uc->uc_mcontext.gregs[ORDER[i]];
    s->slice.bytes = (uint32_t)bytes;
    return true;
#else
    (void)s;
    (void)uc;
    (void)regs;
    (void)low;
    (void)high;
    return false;
#endif
}

/* Native frames, or what an unwinder outside the handler needs to find them. */
static void add_native(struct sampler *s, const ucontext_t *uc,
                       const struct ruff_intro_registers *regs,
                       const struct ruff_intro_frame *frames, size_t count,
                       struct stack_facts *facts)
{
    uintptr_t low = 0, high = 0;
    bool unknown = true;

    ruff_intro_stack(s->r, &low, &high);
    if (s->walk != NULL) {
        facts->native = s->native;
        facts->native_count = s->walk(s->walk_context, regs, frames, count, low, high,
                                      s->native, STACK_STREAM_NATIVE, &unknown);
    }
    if (!unknown || s->slice_bytes == 0 || !prepare_slice(s, uc, regs, low, high))
        return;
    facts->slice = &s->slice;
    /* The unwinder does the leaf part anew. */
    facts->native_count = 0;
}

static void take_sample(struct sampler *s, const ucontext_t *uc, uint64_t started_ns)
{
    enum ruff_intro_state state = ruff_intro_state(s->r);
    struct ruff_intro_registers regs;
    struct stack_facts facts = {.kind = STACK_SAMPLE};
    const struct ruff_intro_frame *frames;
    size_t count;

    if (__atomic_load_n(&s->muted, __ATOMIC_RELAXED)) {
        /* A timer would otherwise be armed anew behind the back of who stopped it. */
        trigger_stop(&s->trigger);
        return;
    }
    facts.weight = trigger_sampled(&s->trigger);
    if (state == RUFF_INTRO_IDLE && s->keep_scheduler) {
        facts.state = STACK_STATE_SCHEDULER;
    } else if (!s->keep_idle && state == RUFF_INTRO_IDLE) {
        s->outside_weight += facts.weight;
        return;
    }
    facts.time_ns = os_monotonic_ns();
    s->arming_ns += facts.time_ns - started_ns;
    if (state == RUFF_INTRO_GC || state == RUFF_INTRO_COMPILE)
        facts.state = (uint32_t)state;
    read_registers(uc, &regs);
    frames = stack_stream_capture(&s->stream, s->r, &regs, &count);
    if (s->walk != NULL || s->slice_bytes != 0)
        add_native(s, uc, &regs, frames, count, &facts);
    if (stack_stream_put(&s->stream, &facts))
        __atomic_store_n(&s->samples, s->samples + 1, __ATOMIC_RELAXED);
}

/* Brings the rate of samples near the one asked for; each carries its period, so nothing is
   counted wrongly on the way. */
static void adapt(struct sampler *s, uint64_t now_ns)
{
    uint64_t base = s->trigger.base_period, wanted, elapsed;

    if (s->samples % ADAPT_EVERY != 0)
        return;
    elapsed = now_ns - s->adapt_since_ns;
    s->adapt_since_ns = now_ns;
    if (elapsed == now_ns || elapsed == 0)
        return; /* the first look */
    wanted = base * (ADAPT_EVERY * UINT64_C(1000000000) / s->adapt_hz) / elapsed;
    if (wanted > base * ADAPT_STEP)
        wanted = base * ADAPT_STEP;
    if (wanted < base / ADAPT_STEP)
        wanted = base / ADAPT_STEP;
    trigger_set_period(&s->trigger, wanted > 0 ? wanted : 1);
}

/* Doubles the period when the handler took more than its part since the last look, and arms
   less often when that did: where a hypervisor sets the timer, it takes 8 to 15 µs. */
static void keep_budget(struct sampler *s, uint64_t started_ns, uint64_t ended_ns)
{
    s->handler_ns += ended_ns - started_ns;
    s->budget_ns += ended_ns - started_ns;
    if (s->samples % BUDGET_EVERY != 0)
        return;
    if (s->budget_since_ns != 0) {
        uint64_t elapsed = ended_ns - s->budget_since_ns;

        if (s->budget_ns * BUDGET_PARTS > elapsed)
            trigger_set_period(&s->trigger, s->trigger.base_period * 2);
        if (s->arming_ns * ARMING_PARTS > elapsed)
            trigger_redraw_seldom(&s->trigger);
    }
    s->budget_ns = s->arming_ns = 0;
    s->budget_since_ns = ended_ns;
}

/* What was there before us; NULL when the signal is not one of ours. */
static const struct sigaction *action_before(const struct sampler_signals *s,
                                             int number)
{
    unsigned count = __atomic_load_n(&s->count, __ATOMIC_ACQUIRE);

    for (unsigned i = 0; i < count; i++)
        if (s->kept[i].number == number)
            return &s->kept[i].before;
    return NULL;
}

static void pass_on(const struct sampler *s, int signal, siginfo_t *info, void *context)
{
    const struct sigaction *old = s != NULL ? action_before(s->signals, signal) : NULL;

    if (old == NULL || old->sa_handler == SIG_IGN)
        return;
    if (old->sa_handler == SIG_DFL) {
        /* A breakpoint nobody waits for: die of it, as without us. */
        struct sigaction dfl;

        memset(&dfl, 0, sizeof dfl);
        dfl.sa_handler = SIG_DFL;
        sigaction(signal, &dfl, NULL);
        raise(signal);
    } else if (old->sa_flags & SA_SIGINFO) {
        old->sa_sigaction(signal, info, context);
    } else {
        old->sa_handler(signal);
    }
}

/* The C library's siginfo_t has no name for si_perf_flags yet: it stands 12 bytes behind the
   word after si_addr (kernel ABI, asm-generic/siginfo.h). */
static bool is_asynchronous(const siginfo_t *info)
{
    uint32_t flags;

    memcpy(&flags,
           (const char *)info + offsetof(siginfo_t, si_addr) + sizeof(void *) + 12,
           sizeof flags);
    return (flags & PERF_FLAG_ASYNC) != 0;
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    int saved_errno = errno;
    struct sampler *s = current_sampler;
    uint64_t started;

    if (s == NULL || !trigger_is_ours(&s->trigger, signal, info)) {
        if (signal == SIGTRAP)
            pass_on(s, signal, info, context);
        errno = saved_errno;
        return;
    }
    if (s->inside || (signal == SIGTRAP && is_asynchronous(info))) {
        s->asynchronous += s->inside ? 0 : 1;
        errno = saved_errno;
        return;
    }
    s->inside = 1;
    started = os_monotonic_ns();
    take_sample(s, context, started);
    if (s->adapt_hz != 0)
        adapt(s, started);
    keep_budget(s, started, os_monotonic_ns());
    s->inside = 0;
    errno = saved_errno;
}

/* ---- life ---------------------------------------------------------------------------------- */

void sampler_signals_init(struct sampler_signals *s)
{
    memset(s, 0, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
}

void sampler_signals_done(struct sampler_signals *s)
{
    for (unsigned i = 0; i < s->count; i++)
        if (s->kept[i].before.sa_handler != SIG_DFL)
            sigaction(s->kept[i].number, &s->kept[i].before, NULL);
    s->count = 0;
    pthread_mutex_destroy(&s->lock);
}

/* Only the first sampler of a signal installs: a later one would keep our own handler as what
   was there before, and foreign signals would go round for ever. */
static bool listen_to(struct sampler_signals *s, int number)
{
    struct sigaction action;
    bool ok = true;

    pthread_mutex_lock(&s->lock);
    if (action_before(s, number) == NULL) {
        memset(&action, 0, sizeof action);
        action.sa_sigaction = on_signal;
        action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
        sigemptyset(&action.sa_mask);
        sigaddset(&action.sa_mask, trigger_signal_number());
        ok = s->count < SAMPLER_SIGNALS_MAX &&
             sigaction(number, &action, &s->kept[s->count].before) == 0;
        if (ok) {
            s->kept[s->count].number = number;
            __atomic_store_n(&s->count, s->count + 1, __ATOMIC_RELEASE);
        }
    }
    pthread_mutex_unlock(&s->lock);
    return ok;
}

struct sampler *sampler_new(size_t ring_bytes)
{
    struct sampler *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->trigger.fd = -1;
    s->alternate_stack = mmap(NULL, ALTERNATE_STACK_BYTES, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (s->alternate_stack == MAP_FAILED)
        goto fail_stack;
    if (!stack_stream_init(&s->stream, ring_bytes))
        goto fail_stream;
    return s;
fail_stream:
    munmap(s->alternate_stack, ALTERNATE_STACK_BYTES);
fail_stack:
    free(s);
    return NULL;
}

static void take_config(struct sampler *s, const struct sampler_config *config)
{
    s->signals = config->signals;
    s->walk = config->walk;
    s->walk_context = config->walk_context;
    s->slice_bytes = config->slice_bytes & ~7u;
    s->keep_idle = config->keep_idle;
    s->adapt_hz = config->adapt_hz;
    s->samples = s->asynchronous = s->outside_weight = 0;
    s->handler_ns = s->budget_ns = s->arming_ns = 0;
    s->muted = false;
}

bool sampler_attach(struct sampler *s, const struct sampler_config *config,
                    const struct ruff *r, struct trigger_reason *reason)
{
    stack_t stack;

    take_config(s, config);
    s->r = r;
    stack_stream_reset(&s->stream);
    if (!trigger_open(&s->trigger, &config->trigger, gettid(), NULL, reason))
        return false;
    memset(&stack, 0, sizeof stack);
    stack.ss_sp = s->alternate_stack;
    stack.ss_size = ALTERNATE_STACK_BYTES;
    if (sigaltstack(&stack, &s->old_stack) != 0 ||
        !listen_to(s->signals, s->trigger.signal)) {
        trigger_close(&s->trigger);
        return false;
    }
    s->keep_scheduler = config->keep_scheduler && s->trigger.kind != TRIGGER_TIMER;
    s->attached = true;
    current_sampler = s;
    return true;
}

bool sampler_start(struct sampler *s)
{
    sigset_t set;

    if (s->on)
        return true;
    /* A blocked signal would lose every sample but one. */
    sigemptyset(&set);
    sigaddset(&set, s->trigger.signal);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    s->budget_since_ns = 0;
    s->adapt_since_ns = 0;
    s->on = trigger_start(&s->trigger);
    return s->on;
}

void sampler_stop(struct sampler *s)
{
    if (!s->on)
        return;
    trigger_stop(&s->trigger);
    s->on = false;
}

void sampler_mute(struct sampler *s)
{
    __atomic_store_n(&s->muted, true, __ATOMIC_RELAXED);
    trigger_stop(&s->trigger);
}

void sampler_detach(struct sampler *s)
{
    if (!s->attached)
        return;
    sampler_stop(s);
    trigger_close(&s->trigger);
    current_sampler = NULL;
    sigaltstack(&s->old_stack, NULL);
    s->attached = false;
}

void sampler_free(struct sampler *s)
{
    if (s == NULL)
        return;
    sampler_detach(s);
    munmap(s->alternate_stack, ALTERNATE_STACK_BYTES);
    stack_stream_done(&s->stream);
    free(s);
}

struct stack_stream *sampler_stream(struct sampler *s)
{
    return &s->stream;
}

const char *sampler_trigger_name(const struct sampler *s)
{
    return trigger_kind_name(s->trigger.kind);
}

uint64_t sampler_samples(const struct sampler *s)
{
    return __atomic_load_n(&s->samples, __ATOMIC_RELAXED);
}

uint64_t sampler_asynchronous(const struct sampler *s)
{
    return s->asynchronous;
}

uint64_t sampler_outside_weight(const struct sampler *s)
{
    return s->outside_weight;
}

uint32_t sampler_jitter_every(const struct sampler *s)
{
    return s->trigger.jitter_every;
}

uint64_t sampler_handler_ns(const struct sampler *s)
{
    return s->handler_ns;
}
