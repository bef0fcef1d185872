/* The frames of a running program at every instruction boundary: the processor's trap flag
   makes each instruction a signal, whose handler reads the frames as the sampler would. A
   frame that is published before it is filled, or reused before it is withdrawn, shows; so does
   a line that is not the one that runs, at any instruction inside or outside of the engine. */
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
#    define LINES_MAX       64u
#    define LAST_LINE       29u /* of `lines` */
#    define TRAP_TRACE_CODE 2   /* TRAP_TRACE; a raised signal has another si_code */

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

/* A function in which nearly every line leaves the engine: for its operation, or for what the
   old value of a variable needs to be freed. */
static const char LINES[] = "struct Pair { a, b }\n"
                            "func lines(n) {\n"
                            "    let sum := 0\n"
                            "    let i := 0\n"
                            "    while i < n {\n"
                            "        sum := sum + i % 7\n"
                            "        i := i + 1\n"
                            "    }\n"
                            "    mut a := [1.5, to_string(n), [n]]\n"
                            "    let s := \"s\" + to_string(n)\n"
                            "    if s {\n"
                            "        a[1] := n\n"
                            "    }\n"
                            "    mut p := Pair { a: [s], b: {\"k\": a} }\n"
                            "    a[2] := 2\n"
                            "    a := i\n"
                            "    p.a := sum\n"
                            "    p.b := 0.5 + sum\n"
                            "    p := [p, s]\n"
                            "    for v in p {\n"
                            "        a := v\n"
                            "    }\n"
                            "    p := 1\n"
                            "    a := null\n"
                            "    let f := func(x) {\n"
                            "        return x + i\n"
                            "    }\n"
                            "    i := f(2)\n"
                            "    return sum\n"
                            "}\n"
                            "let round := 0\n"
                            "while round < 100000 { lines(5) round := round + 1 }\n";

/* Which line of `lines` may follow which, apart from itself. */
static const uint8_t LINE_STEPS[][2] = {
    {2, 3},   {3, 4},   {4, 5},   {5, 6},   {6, 7},   {7, 5},   {5, 9},
    {9, 10},  {10, 11}, {11, 12}, {12, 14}, {14, 15}, {15, 16}, {16, 17},
    {17, 18}, {18, 19}, {19, 20}, {20, 21}, {21, 20}, {20, 23}, {23, 24},
    {24, 25}, {25, 28}, {28, 29}, {29, 2}, /* by the next call */
};

static struct ruff *runtime;
static bool may_call[FUNCTIONS][FUNCTIONS]; /* [callee][caller] */
static uint32_t main_id;
static bool may_follow[LINES_MAX][LINES_MAX]; /* [line before][line] */
static uint32_t lines_id;                     /* 0: lines are not looked at */
static volatile uint32_t line_now, wrong_steps, wrong_from, wrong_to;
static volatile uint32_t seen[LINES_MAX]; /* boundaries on the line */
static volatile uint32_t calls_left;      /* steps from LAST_LINE to another line */
static volatile uint32_t boundaries, with_frames, torn, deepest;
static volatile uint32_t torn_callee, torn_caller;

/* The line of `lines` that runs, be it in the engine or in what the engine has called. */
static void check_line(const struct ruff_intro_frame *frames, size_t n)
{
    size_t leaf = 0;
    uint32_t line;

    while (leaf < n && frames[leaf].function == 0)
        leaf++; /* a builtin that this line calls */
    if (leaf == n || frames[leaf].function != lines_id)
        return;
    line = ruff_intro_line(runtime, lines_id, frames[leaf].where, frames[leaf].tier);
    if (line >= LINES_MAX)
        line = 0;
    seen[line] = seen[line] + 1;
    if (line != line_now && line_now != 0 && !may_follow[line_now][line]) {
        wrong_steps = wrong_steps + 1;
        wrong_from = line_now;
        wrong_to = line;
    }
    if (line != line_now && line_now == LAST_LINE)
        calls_left = calls_left + 1;
    line_now = line;
}

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

    if (lines_id != 0)
        check_line(frames, n);
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

/* Whole calls of `lines` are seen, also where malloc takes thousands of instructions
   (sanitizers); two, because in hard tests the first runs in an activation of its own. */
static bool is_enough(void)
{
    return with_frames >= BOUNDARIES && (lines_id == 0 || calls_left > 1);
}

static void on_trap(int number, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)number;
    if (info->si_code == TRAP_TRACE_CODE) {
        boundaries = boundaries + 1;
        check_frames(uc->uc_mcontext.gregs);
    }
    if (!is_enough() && boundaries < TRAPS_MAX) {
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

static struct ruff_program *load(enum ruff_mode mode, const char *text)
{
    struct ruff_config config;
    struct ruff_program *program = NULL;

    ruff_config_init(&config);
    config.mode = mode;
    config.write = drop_output;
    runtime = ruff_new(&config);
    ck_assert_ptr_nonnull(runtime);
    ck_assert_int_eq(ruff_load_text(runtime, "step.ruff", text, strlen(text), &program),
                     RUFF_OK);
    main_id = id_of("<main>");
    return program;
}

/* Runs the program until BOUNDARIES were looked at. */
static void step_through(struct ruff_program *program)
{
    struct sigaction action = {.sa_sigaction = on_trap,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct ruff_result result;

    sigaction(SIGTRAP, &action, NULL);
    raise(SIGTRAP);
    ruff_run(runtime, program, NULL, &result);
    ck_assert_int_eq(result.status, RUFF_INTERRUPTED);
    ruff_result_done(&result);
    ck_assert_uint_ge(with_frames, 100000);
    ck_assert_msg(torn == 0, "%u of %u stacks were torn, e.g. function %u called by %u",
                  torn, boundaries, torn_callee, torn_caller);
    ruff_program_free(program);
    ruff_free(runtime);
}

static void step_frames(enum ruff_mode mode)
{
    struct ruff_program *program = load(mode, PROGRAM);

    for (size_t i = 0; i < sizeof CALLS / sizeof CALLS[0]; i++)
        may_call[id_of(CALLS[i][0])][id_of(CALLS[i][1])] = true;
    step_through(program);
    ck_assert_uint_ge(deepest, 8); /* <main> all down down ... */
}

static void step_lines(enum ruff_mode mode)
{
    struct ruff_program *program = load(mode, LINES);

    may_call[id_of("lines")][main_id] = true;
    may_call[id_of("<lambda:25>")][id_of("lines")] = true;
    for (size_t i = 0; i < sizeof LINE_STEPS / sizeof LINE_STEPS[0]; i++)
        may_follow[LINE_STEPS[i][0]][LINE_STEPS[i][1]] = true;
    lines_id = id_of("lines");
    step_through(program);
    ck_assert_msg(wrong_steps == 0, "%u steps went wrong, e.g. from line %u to %u",
                  wrong_steps, wrong_from, wrong_to);
    for (size_t i = 0; i < sizeof LINE_STEPS / sizeof LINE_STEPS[0]; i++)
        ck_assert_msg(seen[LINE_STEPS[i][0]] > 0, "line %u was never seen",
                      LINE_STEPS[i][0]);
}

START_TEST(test_vm_frames_are_whole_at_every_instruction)
{
    step_frames(RUFF_MODE_VM);
}
END_TEST

START_TEST(test_interp_frames_are_whole_at_every_instruction)
{
    step_frames(RUFF_MODE_INTERP);
}
END_TEST

START_TEST(test_vm_lines_are_right_at_every_instruction)
{
    step_lines(RUFF_MODE_VM);
}
END_TEST

START_TEST(test_interp_lines_are_right_at_every_instruction)
{
    step_lines(RUFF_MODE_INTERP);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_vm_frames_are_whole_at_every_instruction,
        test_interp_frames_are_whole_at_every_instruction,
        test_vm_lines_are_right_at_every_instruction,
        test_interp_lines_are_right_at_every_instruction,
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
