#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#include "base/options.h"
#include "base/os_linux.h"

enum {
    OPT_FREQ,
    OPT_REPEAT,
    OPT_CPU,
    OPT_REPORT,
    OPT_SECRET
};

static const struct option_spec specs[] = {
    {OPT_FREQ, 'F', "freq", OPTION_VALUE, "HZ", "Samples a second."},
    {OPT_REPEAT, '\0', "repeat", OPTION_OPTIONAL, "N", "Run again."},
    {OPT_CPU, '\0', "cpu", OPTION_FLAG, NULL, "Record CPU time."},
    {OPT_REPORT, '\0', "report", OPTION_FLAG, NULL, "Print a report."},
    {OPT_SECRET, '\0', "worker", OPTION_FLAG, NULL, NULL},
};

static struct options_command command = {
    .program = "ruffprof",
    .name = "record",
    .usage = "record [OPTION...] FILE [ARG...]",
    .summary = "Records a profile.",
    .specs = specs,
    .spec_count = sizeof specs / sizeof *specs,
    .details = "Examples:\n  ruffprof record x.ruff",
    .stop_at_operand = true,
};

/* Collects "id=value " for each option, then "| operand " for the rest; what went to
   stdout or stderr lands in `printed`. */
static char trace[500], printed[5000];
static int exit_code;

static void append_trace(const char *text)
{
    strncat(trace, text, sizeof trace - strlen(trace) - 1);
}

static void parse(char **argv, int fd)
{
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    fflush(NULL);
    int saved = dup(fd);
    dup2(ends[1], fd);
    struct options o;
    ck_assert(options_init(&o, &command, argc, argv));
    trace[0] = '\0';
    int id = -1;
    const char *value = NULL;
    enum options_event event;
    while ((event = options_next(&o, &id, &value)) == OPTIONS_OPTION) {
        char item[64];
        snprintf(item, sizeof item, "%d=%s ", id, value == NULL ? "-" : value);
        append_trace(item);
    }
    for (int i = 0; event == OPTIONS_END && i < o.operand_count; i++) {
        append_trace("| ");
        append_trace(o.operands[i]);
    }
    if (o.quiet)
        append_trace(" quiet");
    exit_code = event == OPTIONS_EXIT ? o.exit_code : -1;
    options_done(&o);
    fflush(NULL);
    dup2(saved, fd);
    close(saved);
    close(ends[1]);
    struct os_file got;
    ck_assert_int_eq(os_read_fd(ends[0], sizeof printed - 1, &got), 0);
    memcpy(printed, got.data, got.len + 1);
    os_file_done(&got);
    close(ends[0]);
}

#define ARGV(...)                             \
    (char *[])                                \
    {                                         \
        (char[]){"record"}, __VA_ARGS__, NULL \
    }
#define ARG(text) ((char[]){text})

START_TEST(test_options_takes_every_way_to_write_a_value)
{
    parse(ARGV(ARG("--freq=10"), ARG("--freq"), ARG("20"), ARG("-F30"), ARG("-F"),
               ARG("40"), ARG("--repeat"), ARG("--repeat=5"), ARG("--rep"), ARG("-q"),
               ARG("x")),
          STDERR_FILENO);
    /* --rep is short for two options. */
    ck_assert_int_eq(exit_code, 2);
    ck_assert_str_eq(printed,
                     "ruffprof: option '--rep' is short for several: choose one "
                     "of --repeat, --report\n");
    parse(ARGV(ARG("--freq=10"), ARG("--freq"), ARG("20"), ARG("-F30"), ARG("-F"),
               ARG("40"), ARG("--repeat"), ARG("--repeat=5"), ARG("--fr=1"), ARG("-q"),
               ARG("x")),
          STDERR_FILENO);
    ck_assert_int_eq(exit_code, -1);
    ck_assert_str_eq(trace, "0=10 0=20 0=30 0=40 1=- 1=5 0=1 | x quiet");
    ck_assert_str_eq(printed, "");
}
END_TEST

START_TEST(test_options_stops_at_the_script_or_not)
{
    command.stop_at_operand = true;
    parse(ARGV(ARG("--cpu"), ARG("x.ruff"), ARG("--cpu"), ARG("--zzz")), STDERR_FILENO);
    ck_assert_str_eq(trace, "2=- | x.ruff| --cpu| --zzz");
    command.stop_at_operand = false;
    parse(ARGV(ARG("a"), ARG("--cpu"), ARG("b"), ARG("--"), ARG("--freq")),
          STDERR_FILENO);
    ck_assert_str_eq(trace, "2=- | a| b| --freq");
}
END_TEST

START_TEST(test_options_errors_say_what_to_do)
{
    static const struct {
        const char *argument, *message;
    } cases[] = {
        {"--frq=1", "unknown option '--frq': did you mean '--freq'?"},
        {"--zzzzz", "unknown option '--zzzzz': see ruffprof record --help"},
        {"--wroker", "unknown option '--wroker': see ruffprof record --help"},
        {"-Z", "unknown option '-Z': see ruffprof record --help"},
        {"--freq", "option '--freq' needs a value: give it as --freq=HZ"},
        {"-F", "option '--freq' needs a value: give it as --freq=HZ"},
        {"--cpu=1", "option '--cpu' takes no value: leave out everything from '='"},
        {"--color=red", "'red' is no value of --color: use auto, always or never"},
        {"--a\nb", "unknown option '--a\\nb': see ruffprof record --help"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char argument[40], expected[200];
        snprintf(argument, sizeof argument, "%s", cases[i].argument);
        snprintf(expected, sizeof expected, "ruffprof: %s\n", cases[i].message);
        parse(ARGV(argument), STDERR_FILENO);
        ck_assert_str_eq(printed, expected);
        ck_assert_int_eq(exit_code, 2);
    }
}
END_TEST

START_TEST(test_options_help_shows_every_public_option)
{
    parse(ARGV(ARG("--help")), STDOUT_FILENO);
    ck_assert_int_eq(exit_code, 0);
    ck_assert_ptr_nonnull(strstr(printed, "usage: ruffprof record [OPTION...] FILE"));
    ck_assert_ptr_nonnull(strstr(printed, "  -F, --freq=HZ             Samples a"));
    ck_assert_ptr_nonnull(strstr(printed, "  --repeat[=N]"));
    ck_assert_ptr_nonnull(strstr(printed, "--color=WHEN"));
    ck_assert_ptr_nonnull(strstr(printed, "Examples:\n  ruffprof record x.ruff\n"));
    ck_assert_ptr_null(strstr(printed, "worker"));
    parse(ARGV(ARG("--version")), STDOUT_FILENO);
    ck_assert_int_eq(exit_code, 0);
    ck_assert_ptr_nonnull(strstr(printed, "ruffprof " RUFF_VERSION));
    ck_assert_ptr_nonnull(strstr(printed, "features: "));
}
END_TEST

START_TEST(test_options_values_are_checked)
{
    struct options o;
    char *argv[] = {ARG("record"), ARG("--freq=1"), NULL};
    ck_assert(options_init(&o, &command, 2, argv));
    int id;
    const char *value;
    ck_assert_int_eq(options_next(&o, &id, &value), OPTIONS_OPTION);
    uint64_t n = 7;
    double x = 7;
    ck_assert(options_count(&o, "10000", 1, 10000, &n) && n == 10000);
    ck_assert(!options_count(&o, "0", 1, 10000, &n));
    ck_assert(!options_count(&o, "1x", 1, 10000, &n));
    ck_assert(!options_count(&o, "", 1, UINT64_MAX, &n));
    ck_assert(options_size(&o, "1.5MiB", &n) && n == 1572864);
    ck_assert(options_size(&o, "512", &n) && n == 512);
    ck_assert(options_size(&o, "64k", &n) && n == 65536);
    ck_assert(!options_size(&o, "64 k", &n));
    ck_assert(!options_size(&o, "99999999T", &n));
    ck_assert(!options_size(&o, "-1", &n));
    ck_assert(options_duration(&o, "2.5s", &n) && n == 2500000000);
    ck_assert(options_duration(&o, "1", &n) && n == 1000000000);
    ck_assert(options_duration(&o, "250ms", &n) && n == 250000000);
    ck_assert(!options_duration(&o, "1 s", &n));
    ck_assert(options_number(&o, "1.5", 0, 100, &x));
    ck_assert(!options_number(&o, "101", 0, 100, &x));
    ck_assert_uint_eq(n, 250000000);
    const char *const words[] = {"self", "total"};
    size_t index = 9;
    ck_assert(options_choice(&o, "total", words, 2, &index) && index == 1);
    ck_assert(!options_choice(&o, "totle", words, 2, &index));
    ck_assert_uint_eq(index, 1);
    ck_assert_int_eq(o.exit_code, 2);
    options_done(&o);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_options_takes_every_way_to_write_a_value,
        test_options_stops_at_the_script_or_not,
        test_options_errors_say_what_to_do,
        test_options_help_shows_every_public_option,
        test_options_values_are_checked,
        NULL,
    };
    return unit_run(unit_suite("options", tests));
}
