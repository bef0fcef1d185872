/*
 * ruff test: runs the test blocks of files and folders, language.md 17.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"

#include "base/diag.h"
#include "base/os_linux.h"
#include "base/sizing.h"
#include "base/strbuf.h"

enum {
    OPTION_JUNIT = COMMAND_OPTION_NEXT
};

static const struct option_spec SPECS[] = {
    COMMAND_ENGINE_OPTIONS,
    {OPTION_JUNIT, 0, "junit", OPTION_VALUE, "FILE",
     "Also write the results as JUnit XML."},
};

static const struct options_command COMMAND = {
    .program = "ruff",
    .name = "test",
    .usage = "test [OPTION...] PATH...\ntest-run [OPTION...] FILE",
    .summary =
        "Runs the test blocks of .ruff files; a folder stands for all below it. Each "
        "test runs in fresh globals: declarations, setup, test, teardown. With "
        "--verbose every test is listed.",
    .specs = SPECS,
    .spec_count = sizeof SPECS / sizeof SPECS[0],
    .details =
        "Exit code: 0 all passed, 1 a test failed, 3 syntax error, 4 no tests found, 5 "
        "unreadable.\n\nExamples:\n  ruff test tests/\n  ruff test --verbose --junit "
        "out.xml math.ruff\n",
};

struct outcome {
    char *file, *name, *error; /* error NULL: passed */
    uint64_t ns;
};

struct testing {
    struct ruff *r;
    struct outcome *outcomes;
    size_t count, room, failed;
    size_t files;  /* that hold tests */
    size_t broken; /* files and folders that could not be tested; why has been said */
    char *empty;   /* first file without tests */
    int code;      /* first exit code that is not about tests */
};

/* ---- running ----------------------------------------------------------------------- */

static void fail_with(struct testing *t, int code)
{
    if (t->code == 0)
        t->code = code;
}

static void add_outcome(struct testing *t, const char *file, const char *name,
                        const struct ruff_result *result, uint64_t ns)
{
    const char *message = result->message != NULL ? result->message : "exit was called";
    struct outcome *o;

    if (t->count == t->room) {
        size_t room = t->room * 2 + SIZE_OR_TINY(16, 1);
        struct outcome *grown = realloc(t->outcomes, room * sizeof *grown);

        if (grown == NULL) {
            fail_with(t, RUFF_INTERNAL_ERROR);
            return;
        }
        t->outcomes = grown;
        t->room = room;
    }
    o = &t->outcomes[t->count++];
    o->file = strdup(file);
    o->name = strdup(name);
    o->error = result->status == RUFF_OK ? NULL : strdup(message);
    o->ns = ns;
    t->failed += result->status == RUFF_OK ? 0 : 1;
}

static void test_file(struct testing *t, const char *path)
{
    struct ruff_program *p = NULL;
    enum ruff_status status = command_load_tests(t->r, path, &p);
    const char **names;
    size_t count;

    if (status != RUFF_OK) {
        fail_with(t, command_exit_code(status));
        t->broken++;
        return;
    }
    count = ruff_program_tests(p, NULL, 0);
    names = calloc(count + 1, sizeof *names);
    if (count > 0)
        t->files++;
    else if (t->empty == NULL)
        t->empty = strdup(path);
    if (names != NULL)
        ruff_program_tests(p, names, count);
    for (size_t i = 0; names != NULL && i < count; i++) {
        uint64_t started = os_monotonic_ns();
        struct ruff_result result;

        ruff_run_test(t->r, p, i, &result);
        add_outcome(t, path, names[i], &result, os_monotonic_ns() - started);
        ruff_result_done(&result);
    }
    free(names);
    ruff_program_free(p);
}

static bool is_script(const char *name)
{
    size_t n = strlen(name);

    return n > 5 && strcmp(name + n - 5, ".ruff") == 0;
}

/* Every .ruff file below a folder, in byte order; symbolic links are not followed into
   folders, so there is no endless walk. */
static void test_folder(struct testing *t, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);

    if (count < 0) {
        diag_error("ruff", "cannot list %s: check its permissions", folder);
        fail_with(t, RUFF_IO_ERROR);
        t->broken++;
    }
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        struct stat sb;

        if (entries[i]->d_name[0] != '.' &&
            asprintf(&path, "%s/%s", folder, entries[i]->d_name) >= 0) {
            if (lstat(path, &sb) == 0 && S_ISDIR(sb.st_mode))
                test_folder(t, path);
            else if (is_script(path))
                test_file(t, path);
            free(path);
        }
        free(entries[i]);
    }
    free(entries);
}

/* ---- reports ------------------------------------------------------------------------ */

static void print_bar(void)
{
    for (int i = 0; i < 60; i++)
        putchar('=');
    putchar('\n');
}

/* A name may hold anything that a string can; it must not break its line. */
static void print_outcome(const struct outcome *o)
{
    struct strbuf name;

    strbuf_init(&name);
    diag_escape(&name, o->name, strlen(o->name));
    printf("  %s %s (%" PRIu64 "ms)\n", o->error == NULL ? "✓" : "✗", strbuf_str(&name),
           o->ns / 1000000);
    strbuf_done(&name);
    if (o->error != NULL)
        printf("    Error: %s\n", o->error);
}

static void print_report(const struct testing *t, bool verbose, uint64_t total_ns)
{
    putchar('\n');
    print_bar();
    puts("Test Results");
    print_bar();
    for (size_t i = 0; verbose && i < t->count; i++)
        print_outcome(&t->outcomes[i]);
    if (verbose)
        putchar('\n');
    printf("Tests: %zu total, %zu passed, %zu failed\n", t->count, t->count - t->failed,
           t->failed);
    printf("Time:  %" PRIu64 "ms\n", total_ns / 1000000);
    print_bar();
    putchar('\n');
    if (t->failed > 0)
        printf("%zu test(s) failed\n", t->failed);
    if (t->broken > 0)
        printf("%zu file(s) could not be tested: see the errors above\n", t->broken);
    if (t->failed == 0 && t->broken == 0)
        puts("All tests passed! ✨");
}

/* Text as XML 1.0 allows it: escaped, other characters replaced. */
static void append_xml(struct strbuf *out, const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        unsigned char c = (unsigned char)text[i];

        switch (c) {
        case '&': strbuf_append_str(out, "&amp;"); break;
        case '<': strbuf_append_str(out, "&lt;"); break;
        case '>': strbuf_append_str(out, "&gt;"); break;
        case '"': strbuf_append_str(out, "&quot;"); break;
        case '\n': strbuf_append_str(out, "&#10;"); break;
        default: strbuf_append_char(out, c < 0x20 ? '?' : (char)c);
        }
    }
}

static bool write_junit(const struct testing *t, const char *path, uint64_t total_ns)
{
    struct strbuf sb;
    int error;

    strbuf_init(&sb);
    strbuf_append_format(
        &sb,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "
        "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" time=\"%.6f\">\n<testsuite "
        "name=\"ruff\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" time=\"%.6f\">\n",
        t->count, t->failed, t->broken, (double)total_ns / 1e9, t->count, t->failed,
        t->broken, (double)total_ns / 1e9);
    for (size_t i = 0; i < t->count; i++) {
        const struct outcome *o = &t->outcomes[i];

        strbuf_append_str(&sb, "<testcase classname=\"");
        append_xml(&sb, o->file);
        strbuf_append_str(&sb, "\" name=\"");
        append_xml(&sb, o->name);
        strbuf_append_format(&sb, "\" time=\"%.6f\"", (double)o->ns / 1e9);
        if (o->error == NULL) {
            strbuf_append_str(&sb, "/>\n");
            continue;
        }
        strbuf_append_str(&sb, "><failure message=\"");
        append_xml(&sb, o->error);
        strbuf_append_str(&sb, "\"/></testcase>\n");
    }
    strbuf_append_str(&sb, "</testsuite>\n</testsuites>\n");
    error = sb.failed ? ENOMEM : os_write_file_atomic(path, sb.data, sb.len);
    if (error != 0)
        diag_error(
            "ruff",
            "cannot write %s: %s (os error %d): choose another file with --junit", path,
            strerror(error), error);
    strbuf_done(&sb);
    return error == 0;
}

/* ---- the command ---------------------------------------------------------------------- */

static void test_path(struct testing *t, const char *path)
{
    struct stat sb;

    if (stat(path, &sb) == 0 && S_ISDIR(sb.st_mode))
        test_folder(t, path);
    else
        test_file(t, path);
}

static int finish(struct testing *t, const char *first, bool verbose, const char *junit,
                  uint64_t total_ns)
{
    int code = t->code;

    if (code == 0 && t->count == 0) {
        const char *where = t->empty != NULL ? t->empty : first;
        struct strbuf line;

        strbuf_init(&line);
        diag_escape(&line, where, strlen(where));
        printf("No tests found in %s\n", strbuf_str(&line));
        strbuf_done(&line);
        code = RUFF_RUNTIME_ERROR;
    }
    if (t->count > 0)
        print_report(t, verbose, total_ns);
    if (junit != NULL && !write_junit(t, junit, total_ns) && code == 0)
        code = RUFF_IO_ERROR;
    if (code == 0 && t->failed > 0)
        code = 1;
    for (size_t i = 0; i < t->count; i++) {
        free(t->outcomes[i].file);
        free(t->outcomes[i].name);
        free(t->outcomes[i].error);
    }
    free(t->outcomes);
    free(t->empty);
    return code;
}

int command_test(int argc, char **argv)
{
    struct options o;
    struct testing t = {.r = NULL};
    struct ruff_config config;
    const char *value, *junit = NULL;
    enum options_event event = OPTIONS_END;
    uint64_t started = os_monotonic_ns();
    bool ok = true;
    int id, code;

    ruff_config_init(&config);
    if (!options_init(&o, &COMMAND, argc, argv))
        return RUFF_INTERNAL_ERROR;
    while (ok && (event = options_next(&o, &id, &value)) == OPTIONS_OPTION) {
        if (id == OPTION_JUNIT)
            junit = value;
        else
            ok = command_engine_option(&o, id, value, &config);
    }
    if (ok && event == OPTIONS_END && o.operand_count == 0)
        ok = options_error(&o, "no PATH given: try ruff test FILE or FOLDER");
    if (!ok || event == OPTIONS_EXIT) {
        code = o.exit_code;
        options_done(&o);
        return code;
    }
    config.color = diag_use_color(o.color, stderr);
    t.r = command_runtime(&config);
    if (t.r == NULL) {
        options_done(&o);
        return RUFF_INTERNAL_ERROR;
    }
    for (int i = 0; i < o.operand_count; i++)
        test_path(&t, o.operands[i]);
    ruff_free(t.r);
    code = finish(&t, o.operands[0], o.verbose > 0, junit, os_monotonic_ns() - started);
    options_done(&o);
    return code;
}
