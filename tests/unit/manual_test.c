/*
 * manual_test.c - texts that a program prints about itself.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "base/manual.h"

static const struct option_spec SPECS[] = {
    {0, 'F', "freq", OPTION_VALUE, "HZ", "Samples a second."},
    {1, '\0', "repeat", OPTION_OPTIONAL, "N", ".starts with a dot, has a \\ and it's"},
    {2, '\0', "secret", OPTION_FLAG, NULL, NULL},
};
static const struct options_command COMMAND = {
    .program = "ruffprof",
    .name = "record",
    .usage = "record [OPTION...] FILE\nrecord --pid=N",
    .summary = "Records.",
    .specs = SPECS,
    .spec_count = 3,
    .details = "Exit codes:\n.x\n",
};

static const struct manual_command COMMANDS[] = {
    {"record", "[OPTION...] FILE [ARG...] and many more words", "record it", NULL},
    {"report", "", "show it", "other"},
};
static const struct manual_program PROGRAM = {
    .name = "ruffprof",
    .summary = "Says where time goes.",
    .commands = COMMANDS,
    .command_count = 2,
    .remark = "A remark.",
    .examples = "ruffprof record x.ruff\nruffprof report\n",
};

/* Runs the block with a stream `out`, then holds what was written in `text`. */
#define CAPTURE(text, statement)                       \
    char *text = NULL;                                 \
    do {                                               \
        size_t text_size = 0;                          \
        FILE *out = open_memstream(&text, &text_size); \
        ck_assert_ptr_nonnull(out);                    \
        statement;                                     \
        fclose(out);                                   \
    } while (0)

START_TEST(test_manual_command_page_escapes_its_text)
{
    CAPTURE(text, manual_print_command(out, &COMMAND));
    ck_assert_ptr_nonnull(strstr(text, ".TH \"ruffprof-record\" 1"));
    ck_assert_ptr_nonnull(strstr(text, "\n\\fBruffprof\\fR record [OPTION...] FILE\n"));
    ck_assert_ptr_nonnull(strstr(text, "\\-F, \\-\\-freq=HZ\nSamples a second."));
    ck_assert_ptr_nonnull(
        strstr(text, "\n\\&.starts with a dot, has a \\e and it's\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n\\&.x\n.fi\n"));
    ck_assert_ptr_null(strstr(text, "secret"));
    ck_assert_ptr_null(strstr(text, "x\\-manual"));
    free(text);
}
END_TEST

START_TEST(test_manual_program_page_refers_to_every_command)
{
    CAPTURE(text, manual_print_program(out, &PROGRAM));
    ck_assert_ptr_nonnull(strstr(text, ".TH \"ruffprof\" 1"));
    ck_assert_ptr_nonnull(strstr(text, ".TP\n.B report\nshow it\n"));
    ck_assert_ptr_nonnull(strstr(text, ".BR ruffprof-record (1),\n.BR other (1)\n"));
    free(text);
}
END_TEST

START_TEST(test_manual_help_lists_commands_in_a_column)
{
    CAPTURE(text, manual_print_help(out, &PROGRAM));
    ck_assert_ptr_nonnull(strstr(text, "usage: ruffprof COMMAND"));
    const char *report = strstr(text, "  report ");
    ck_assert_ptr_nonnull(report);
    const char *summary = strstr(report, "show it");
    ck_assert_int_eq(summary - report, 38);
    /* A long command line has its summary below, in the same column. */
    const char *below = strstr(text, "record it");
    ck_assert_int_eq(below[-1], ' ');
    ck_assert_int_eq(below[-39], '\n');
    ck_assert_ptr_nonnull(
        strstr(text, "\n  ruffprof record x.ruff\n  ruffprof report\n"));
    free(text);
}
END_TEST

START_TEST(test_manual_words_are_what_may_be_typed)
{
    CAPTURE(names, manual_print_names(out, &PROGRAM));
    ck_assert_str_eq(names, "record\nreport\n");
    free(names);
    CAPTURE(words, manual_print_options(out, &COMMAND));
    ck_assert_str_eq(words, "--freq=\n--repeat\n--quiet\n--verbose\n--color=\n--help\n"
                            "--version\n");
    free(words);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_manual_command_page_escapes_its_text,
        test_manual_program_page_refers_to_every_command,
        test_manual_help_lists_commands_in_a_column,
        test_manual_words_are_what_may_be_typed,
        NULL,
    };
    return unit_run(unit_suite("manual", tests));
}
