#include "config.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine_fixture.h"
#include "unit.h"

#include "base/strbuf.h"
#include "core/array.h"
#include "core/state.h"

static bool capture(void *context, int stream, const char *data, size_t len)
{
    struct strbuf *out = context;
    strbuf_append_format(out, "%d:", stream);
    strbuf_append(out, data, len);
    return true;
}

static struct state *capturing_state(struct strbuf *out)
{
    struct state_config config = {
        .hash_seed = 1, .write = capture, .write_context = out};
    struct state *st = state_new(&config);
    ck_assert_ptr_nonnull(st);
    strbuf_init(out);
    return st;
}

START_TEST(test_state_buffers_stdout_and_flushes_before_stderr)
{
    struct strbuf out;
    struct state *st = capturing_state(&out);
    ck_assert(state_write(st, 1, "a\n", 2));
    ck_assert(state_write(st, 1, "b\n", 2));
    ck_assert_str_eq(strbuf_str(&out), "");
    ck_assert(state_write(st, 2, "e\n", 2));
    ck_assert_str_eq(strbuf_str(&out), "1:a\nb\n2:e\n");
    ck_assert(state_write(st, 1, "c\n", 2));
    state_free(st);
    ck_assert_str_eq(strbuf_str(&out), "1:a\nb\n2:e\n1:c\n");
    strbuf_done(&out);
}
END_TEST

START_TEST(test_state_writes_large_output_in_blocks)
{
    static char block[300000];
    struct strbuf out;
    struct state *st = capturing_state(&out);
    memset(block, 'x', sizeof block);
    ck_assert(state_write(st, 1, "a", 1));
    ck_assert(state_write(st, 1, block, sizeof block));
    ck_assert_uint_eq(out.len, 3 + 2 + sizeof block);
    state_free(st);
    strbuf_done(&out);
}
END_TEST

START_TEST(test_state_tells_whether_the_descriptor_took_it)
{
    int pipe_fds[2], old = dup(STDERR_FILENO);
    char got[4] = "";
    struct state *st = fixture_state(NULL, 0);
    ck_assert_int_eq(pipe(pipe_fds), 0);
    signal(SIGPIPE, SIG_IGN);
    dup2(pipe_fds[1], STDERR_FILENO);
    bool taken = state_write(st, STDERR_FILENO, "abc", 3);
    ssize_t n = read(pipe_fds[0], got, 3);
    close(pipe_fds[0]);
    bool refused = !state_write(st, STDERR_FILENO, "abc", 3);
    dup2(old, STDERR_FILENO);
    close(old);
    close(pipe_fds[1]);
    signal(SIGPIPE, SIG_DFL);
    ck_assert(taken);
    ck_assert_int_eq(n, 3);
    ck_assert_str_eq(got, "abc");
    ck_assert(refused);
    fixture_free(st);
}
END_TEST

struct entry {
    struct state *st;
    char *low, *high, *frame;
    int nested;
};

static void inside(void *context)
{
    struct entry *e = context;
    e->frame = __builtin_frame_address(0);
    state_stack_bounds(e->st, &e->low, &e->high);
    if (e->nested++ == 0) {
        char *outer = e->frame;
        state_enter_stack(e->st, inside, e);
        ck_assert(e->frame < outer && outer - e->frame < 100000);
    }
}

START_TEST(test_state_runs_on_its_own_stack)
{
    struct entry e = {.st = fixture_state(NULL, 0)};
    char *low, *high;
    state_stack_bounds(e.st, &low, &high);
    ck_assert_ptr_null(low);
    state_enter_stack(e.st, inside, &e);
    ck_assert_int_eq(e.nested, 2);
    ck_assert(e.low < e.frame && e.frame < e.high);
    state_stack_bounds(e.st, &low, &high);
    ck_assert_ptr_null(low);
    fixture_free(e.st);
}
END_TEST

START_TEST(test_state_engine_stacks_are_large_and_zero)
{
    struct state *st = fixture_state(NULL, 0);
    ck_assert_ptr_eq(st->stack_top, st->stack_base);
    ck_assert_uint_ge((size_t)(st->stack_end - st->stack_base), 1024 * 1024);
    ck_assert_uint_gt((size_t)(st->frame_end - st->frame_base), CALL_DEPTH_LIMIT);
    ck_assert_uint_eq(st->stack_end[-1].kind, VALUE_UNSET);
    st->stack_end[-1] = value_int(1);
    fixture_free(st);
}
END_TEST

START_TEST(test_state_instances_start_unset_and_release_their_globals)
{
    struct state *st = fixture_state(NULL, 0);
    struct unit unit = {.nglobals = 3};
    struct instance *i = instance_new(st, &unit);
    ck_assert_ptr_nonnull(i);
    ck_assert_ptr_eq(st->instances, i);
    ck_assert_uint_eq(i->globals[2].kind, VALUE_UNSET);
    i->globals[1] = fixture_string(st, "kept by the globals");
    instances_free(st);
    ck_assert_ptr_null(st->instances);
    fixture_free(st);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_state_buffers_stdout_and_flushes_before_stderr,
        test_state_writes_large_output_in_blocks,
        test_state_tells_whether_the_descriptor_took_it,
        test_state_runs_on_its_own_stack,
        test_state_engine_stacks_are_large_and_zero,
        test_state_instances_start_unset_and_release_their_globals,
        NULL,
    };
    return unit_run(unit_suite("state", tests));
}
