/* The frames of a running program at every instruction boundary: the processor's trap flag
   makes each instruction a signal, whose handler reads the frames as the sampler would. A
   frame that is published before it is filled, or reused before it is withdrawn, shows. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include <ruff.h>
#include <ruff_introspect.h>

#include "unit.h"

#if defined(__x86_64__)

#    define TRAP_FLAG       0x100
#    define BOUNDARIES      120000u /* inside calls */
#    define TRAPS_MAX       8000000u
#    define FUNCTIONS       64u
#    define DEPTH_MAX       64u
#    define TRAP_TRACE_CODE 2 /* TRAP_TRACE; a raised signal has another si_code */

static const char PROGRAM[] =
    "func leaf(x) { return x + 1 }\n"
    "func middle(x) { let y := leaf(x) return leaf(y) + 1 }\n"
    "func down(n) { if n == 0 { return middle(1) } return down(n - 1) }\n"
    "func each(x) { return middle(x) }\n"
    "func fails(x) { throw \"no\" }\n"
    "func* count(n) { let i := 0 while i < n { yield leaf(i) i := i + 1 } }\n"
    "func all() {\n"
    "    down(8)\n"
    "    let m := map([1, 2, 3], each)\n"
    "    try { fails(1) } except e { leaf(2) }\n"
    "    let s := \"\"\n"
    "    for v in m { s := s + to_string(v) }\n"
    "    for v in count(3) { leaf(v) }\n"
    "}\n"
    "let round := 0\n"
    "while round < 100000 { all() round := round + 1 }\n";

/* Who may be called by whom, by names; the handler compares ids only. */
static const char *const CALLS[][2] = {
    {"all", "<main>"},  {"down", "all"},   {"down", "down"}, {"middle", "down"},
    {"middle", "each"}, {"each", "all"},   {"fails", "all"}, {"leaf", "middle"},
    {"leaf", "all"},    {"leaf", "count"}, {"count", "all"},
};

static struct ruff *runtime;
static bool may_call[FUNCTIONS][FUNCTIONS]; /* [callee][caller] */
static uint32_t main_id;
static volatile uint32_t boundaries, with_frames, torn, deepest;
static volatile uint32_t torn_callee, torn_caller;

/* One boundary: every frame is one of the program's, called by one that calls it. */
static void check_frames(const greg_t *g)
{
    static struct ruff_intro_frame frames[DEPTH_MAX];
    struct ruff_intro_registers regs = {(uintptr_t)g[REG_RIP], (uintptr_t)g[REG_RSP],
                                        (uintptr_t)g[REG_RBP], (uintptr_t)g[REG_R15]};
    bool truncated;
    size_t n = ruff_intro_frames(runtime, &regs, frames, DEPTH_MAX, &truncated),
           functions = 0;
    uint32_t callee = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t id = frames[i].function;

        if (id == 0)
            continue; /* a builtin between two functions */
        if (id >= FUNCTIONS || (callee != 0 && !may_call[callee][id])) {
            torn = torn + 1;
            torn_callee = callee;
            torn_caller = id;
            return;
        }
        callee = id;
        functions++;
    }
    if (n == 0)
        return;
    /* <main> alone is quickly whole: what counts are calls. */
    if (functions >= 2)
        with_frames = with_frames + 1;
    if (callee != main_id || truncated)
        torn = torn + 1;
    if (functions > deepest)
        deepest = (uint32_t)functions;
}

static void on_trap(int number, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)number;
    if (info->si_code == TRAP_TRACE_CODE) {
        boundaries = boundaries + 1;
        check_frames(uc->uc_mcontext.gregs);
    }
    if (with_frames < BOUNDARIES && boundaries < TRAPS_MAX) {
        uc->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
    } else {
        uc->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
        ruff_interrupt(runtime);
    }
}

static uint32_t id_of(const char *name)
{
    struct ruff_intro_function f;
    uint32_t found = 0;

    for (uint32_t id = 1; id < FUNCTIONS && found == 0; id++)
        if (ruff_intro_function(runtime, id, &f) && strcmp(f.name, name) == 0)
            found = id;
    ck_assert_msg(found != 0, "function %s is not there", name);
    return found;
}

static bool drop_output(void *context, int stream, const char *bytes, size_t len)
{
    (void)context;
    (void)stream;
    (void)bytes;
    (void)len;
    return true;
}

static void step_through(enum ruff_mode mode)
{
    struct sigaction action = {.sa_sigaction = on_trap,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct ruff_config config;
    struct ruff_program *program = NULL;
    struct ruff_result result;

    ruff_config_init(&config);
    config.mode = mode;
    config.write = drop_output;
    runtime = ruff_new(&config);
    ck_assert_ptr_nonnull(runtime);
    ck_assert_int_eq(
        ruff_load_text(runtime, "step.ruff", PROGRAM, sizeof PROGRAM - 1, &program),
        RUFF_OK);
    for (size_t i = 0; i < sizeof CALLS / sizeof CALLS[0]; i++)
        may_call[id_of(CALLS[i][0])][id_of(CALLS[i][1])] = true;
    main_id = id_of("<main>");
    sigaction(SIGTRAP, &action, NULL);
    raise(SIGTRAP);
    ruff_run(runtime, program, NULL, &result);
    ck_assert_int_eq(result.status, RUFF_INTERRUPTED);
    ruff_result_done(&result);
    ck_assert_uint_ge(with_frames, 100000);
    ck_assert_uint_ge(deepest, 8); /* <main> all down down ... */
    ck_assert_msg(torn == 0, "%u of %u stacks were torn, e.g. function %u called by %u",
                  torn, boundaries, torn_callee, torn_caller);
    ruff_program_free(program);
    ruff_free(runtime);
}

START_TEST(test_vm_frames_are_whole_at_every_instruction)
{
    step_through(RUFF_MODE_VM);
}
END_TEST

START_TEST(test_interp_frames_are_whole_at_every_instruction)
{
    step_through(RUFF_MODE_INTERP);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_vm_frames_are_whole_at_every_instruction,
        test_interp_frames_are_whole_at_every_instruction,
        NULL,
    };
    return unit_run(unit_suite("single_step", tests));
}

#else

int main(void)
{
    puts("1..0 # SKIP the trap flag is x86-64's");
    return 0;
}

#endif
