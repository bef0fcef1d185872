#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"
#include "protocol.h"
#include "unit.h"

/* ---- Processes: /bin/sh plays the child ---------------------------------------- */

static void run_shell(const char *script, uint64_t silence_ns, int interrupt_fd,
                      struct process_outcome *out)
{
    char shell[] = "/bin/sh";
    char dash_c[] = "-c";
    char *text = strdup(script);
    char *argv[] = {shell, dash_c, text, NULL};
    struct process_spec spec = {.argv = argv,
                                .input_fd = -1,
                                .interrupt_fd = interrupt_fd,
                                .pin_cpu = -1,
                                .silence_ns = silence_ns};
    process_run(&spec, out);
    free(text);
}

START_TEST(test_process_reports_exit_codes)
{
    static struct process_outcome out;
    run_shell("exit 3", 0, -1, &out);
    ck_assert_int_eq(out.end, PROCESS_EXITED);
    ck_assert_int_eq(out.code, 3);
}
END_TEST

START_TEST(test_process_reports_signals)
{
    static struct process_outcome out;
    run_shell("kill -SEGV $$", 0, -1, &out);
    ck_assert_int_eq(out.end, PROCESS_SIGNALLED);
    ck_assert_int_eq(out.code, SIGSEGV);
}
END_TEST

START_TEST(test_process_missing_program_is_not_started)
{
    static struct process_outcome out;
    char missing[] = "/nonexistent/worker";
    char *argv[] = {missing, NULL};
    struct process_spec spec = {
        .argv = argv, .input_fd = -1, .interrupt_fd = -1, .pin_cpu = -1};
    process_run(&spec, &out);
    ck_assert_int_eq(out.end, PROCESS_NOT_STARTED);
    ck_assert_int_eq(out.code, ENOENT);
}
END_TEST

START_TEST(test_process_silent_child_is_killed)
{
    static struct process_outcome out;
    run_shell("sleep 1000", 50000000, -1, &out);
    ck_assert_int_eq(out.end, PROCESS_SILENT);
}
END_TEST

START_TEST(test_process_endless_output_is_bounded)
{
    static struct process_outcome out;
    run_shell("yes | head -c 5000000; printf end; printf why >&2", 0, -1, &out);
    ck_assert_int_eq(out.end, PROCESS_EXITED);
    ck_assert_uint_eq(out.output.total_bytes, 5000003);
    ck_assert_uint_eq(out.output.length, PROCESS_TAIL_SIZE);
    ck_assert_str_eq(out.output.text + PROCESS_TAIL_SIZE - 3, "end");
    ck_assert_str_eq(out.errors.text, "why");
}
END_TEST

START_TEST(test_process_forever_printing_child_is_killed_too)
{
    static struct process_outcome out;
    run_shell("yes", 100000000, -1, &out);
    ck_assert_int_eq(out.end, PROCESS_SILENT);
    ck_assert_uint_le(out.output.length, PROCESS_TAIL_SIZE);
}
END_TEST

START_TEST(test_process_grandchild_does_not_keep_us_waiting)
{
    static struct process_outcome out;
    run_shell("sleep 1000 & exit 0", 0, -1, &out);
    ck_assert_int_eq(out.end, PROCESS_EXITED);
    ck_assert_int_eq(out.code, 0);
}
END_TEST

START_TEST(test_process_interrupt_stops_the_child)
{
    static struct process_outcome out;
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq((int)write(fds[1], "x", 1), 1);
    run_shell("sleep 1000", 0, fds[0], &out);
    ck_assert_int_eq(out.end, PROCESS_INTERRUPTED);
}
END_TEST

START_TEST(test_process_standard_input_is_empty)
{
    static struct process_outcome out;
    run_shell("cat; echo done", 0, -1, &out);
    ck_assert_str_eq(out.output.text, "done\n");
}
END_TEST

static bool collect(void *context, const char *data, size_t length)
{
    char *text = context;
    strncat(text, data, length);
    return strlen(text) < 20;
}

START_TEST(test_process_messages_reach_the_consumer)
{
    static struct process_outcome out;
    static char text[70000];
    char shell[] = "/bin/sh";
    char dash_c[] = "-c";
    char script[] = "printf hello >&3; exit 0";
    char *argv[] = {shell, dash_c, script, NULL};
    struct process_spec spec = {.argv = argv,
                                .input_fd = -1,
                                .interrupt_fd = -1,
                                .pin_cpu = -1,
                                .consume = collect,
                                .consume_context = text};
    process_run(&spec, &out);
    ck_assert_int_eq(out.end, PROCESS_EXITED);
    ck_assert_str_eq(text, "hello");
    char flood[] = "while :; do printf 'noise noise noise' >&3; done";
    argv[2] = flood;
    process_run(&spec, &out);
    ck_assert_int_eq(out.end, PROCESS_FLOODED);
}
END_TEST

/* ---- The words on the pipe ------------------------------------------------------ */

struct heard {
    size_t count;
    enum protocol_type last;
    enum protocol_phase phase;
    char reason[PROTOCOL_REASON_SIZE];
    struct series series;
    struct protocol_profile profile;
};

static void hear(void *context, struct protocol_message *message)
{
    struct heard *heard = context;
    heard->count++;
    heard->last = message->type;
    heard->phase = message->phase;
    memcpy(heard->reason, message->reason, sizeof heard->reason);
    heard->profile = message->profile;
    if (message->type == PROTOCOL_SERIES) {
        series_take(&heard->series, &message->series);
    }
}

/* Sends through a pipe and reads the bytes back in pieces of `step`. */
static bool relay(int read_end, int write_end, size_t step, struct heard *heard)
{
    static char data[65536];
    close(write_end);
    ssize_t length = read(read_end, data, sizeof data);
    close(read_end);
    struct protocol_reader reader;
    protocol_reader_init(&reader);
    bool ok = true;
    for (size_t at = 0; ok && at < (size_t)length; at += step) {
        size_t piece = at + step > (size_t)length ? (size_t)length - at : step;
        ok = protocol_feed(&reader, data + at, piece, hear, heard);
    }
    protocol_reader_done(&reader);
    return ok;
}

START_TEST(test_protocol_series_survives_the_pipe)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    struct series series;
    series_init(&series);
    series.startup_ns = 12345.5;
    series.startup_wall_ns = 20000.0;
    series.batch = 17;
    series.interrupted = 2;
    series.work = (struct series_work){12.0, 4096.0, 0.0};
    series.output = (struct series_output){.hash = 0xfedcba9876543210u,
                                           .bytes = 3,
                                           .head_length = 3,
                                           .head = {'\xff', '\0', 'x'}};
    ck_assert(series_times_add(&series.warmup, 300.25));
    for (int i = 0; i < 12; i++) {
        ck_assert(series_add_sample(&series, 100.0 + (double)i / 3.0, 150.0));
    }
    ck_assert(protocol_send_phase(fds[1], PROTOCOL_WARMUP));
    ck_assert(protocol_send_tick(fds[1]));
    ck_assert(protocol_send_series(fds[1], &series));
    static struct heard heard;
    ck_assert(relay(fds[0], fds[1], 7, &heard));
    ck_assert_uint_eq(heard.count, 3);
    ck_assert_int_eq(heard.last, PROTOCOL_SERIES);
    ck_assert_double_eq(heard.series.startup_ns, 12345.5);
    ck_assert_uint_eq(heard.series.batch, 17);
    ck_assert_uint_eq(heard.series.interrupted, 2);
    ck_assert_uint_eq(heard.series.samples.count, 12);
    ck_assert_double_eq(heard.series.samples.values[1], 100.0 + 1.0 / 3.0);
    ck_assert_double_eq(heard.series.work.bytes, 4096.0);
    ck_assert(series_output_equal(&heard.series.output, &series.output));
    ck_assert_mem_eq(heard.series.output.head, series.output.head, 3);
    series_done(&heard.series);
    series_done(&series);
}
END_TEST

START_TEST(test_protocol_failure_and_profile)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert(
        protocol_send_profile(fds[1], &(struct protocol_profile){5, 1003, 1, 77}));
    ck_assert(protocol_send_failure(fds[1], "bytes \xff"));
    ck_assert(protocol_send_failure(fds[1], "called exit(3)"));
    static struct heard heard;
    ck_assert(relay(fds[0], fds[1], 65536, &heard));
    ck_assert_uint_eq(heard.count, 3);
    ck_assert_str_eq(heard.reason, "called exit(3)");
}
END_TEST

START_TEST(test_protocol_refuses_damage)
{
    static const char *const damaged[] = {
        "hello\n",     "00000000 {\"type\":\"tick\"}\n", "\n",
        "xxxxxxxx \n", "0000000000000000000000000\n",
    };
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        static struct heard heard;
        struct protocol_reader reader;
        protocol_reader_init(&reader);
        heard.count = 0;
        ck_assert(
            !protocol_feed(&reader, damaged[i], strlen(damaged[i]), hear, &heard));
        ck_assert_uint_eq(heard.count, 0);
        protocol_reader_done(&reader);
    }
}
END_TEST

START_TEST(test_protocol_refuses_impossible_series)
{
    /* Right checksum, but a negative time. */
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    struct series series;
    series_init(&series);
    ck_assert(series_add_sample(&series, -5.0, 1.0));
    ck_assert(protocol_send_series(fds[1], &series));
    static struct heard heard;
    ck_assert(!relay(fds[0], fds[1], 65536, &heard));
    ck_assert_uint_eq(heard.count, 0);
    series_done(&series);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_process_reports_exit_codes,
        test_process_reports_signals,
        test_process_missing_program_is_not_started,
        test_process_silent_child_is_killed,
        test_process_endless_output_is_bounded,
        test_process_forever_printing_child_is_killed_too,
        test_process_grandchild_does_not_keep_us_waiting,
        test_process_interrupt_stops_the_child,
        test_process_standard_input_is_empty,
        test_process_messages_reach_the_consumer,
        test_protocol_series_survives_the_pipe,
        test_protocol_failure_and_profile,
        test_protocol_refuses_damage,
        test_protocol_refuses_impossible_series,
        NULL,
    };
    return unit_run(unit_suite("process", tests));
}
