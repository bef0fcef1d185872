#include "config.h"

#include "base/manual.h"

#include <string.h>

#include "base/strbuf.h"

enum {
    SUMMARY_COLUMN = 38 /* where summaries of commands start in the help */
};

static void print_page_head(FILE *out, const char *program, const char *command,
                            const char *summary);
static void print_man_text(FILE *out, const char *text);
static void print_man_lines(FILE *out, const char *heading, const char *text);

bool manual_answer(const struct manual_program *program, const char *argument)
{
    if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)
        manual_print_help(stdout, program);
    else if (strcmp(argument, "--version") == 0)
        options_print_version(stdout, program->name);
    else if (strcmp(argument, "--x-manual") == 0)
        manual_print_program(stdout, program);
    else if (strcmp(argument, "--x-words") == 0)
        manual_print_names(stdout, program);
    else
        return false;
    return true;
}

void manual_print_help(FILE *out, const struct manual_program *program)
{
    fprintf(out, "usage: %s COMMAND [ARGUMENT...]\n\n%s\n\nCommands:\n", program->name,
            program->summary);
    for (size_t i = 0; i < program->command_count; i++) {
        const struct manual_command *c = &program->commands[i];
        int width = fprintf(out, "  %s %s", c->name, c->operands);
        if (width + 2 > SUMMARY_COLUMN) {
            fputc('\n', out);
            width = 0;
        }
        fprintf(out, "%*s%s\n", SUMMARY_COLUMN - width, "", c->summary);
    }
    if (program->remark != NULL)
        fprintf(out, "\n%s\n", program->remark);
    fprintf(out,
            "\n`%s COMMAND --help` shows the options of a command.\n"
            "  -h, --help      this text\n"
            "      --version   version, features, compiler, host\n"
            "\nExamples:\n",
            program->name);
    for (const char *line = program->examples; *line != '\0';) {
        int n = (int)strcspn(line, "\n") + 1;
        fprintf(out, "  %.*s", n, line);
        line += n;
    }
}

/* ---- manual pages ------------------------------------------------------------- */

void manual_print_program(FILE *out, const struct manual_program *program)
{
    print_page_head(out, program->name, NULL, program->summary);
    fputs(".SH SYNOPSIS\n.nf\n", out);
    for (size_t i = 0; i < program->command_count; i++) {
        const struct manual_command *c = &program->commands[i];
        fprintf(out, "\\fB%s %s\\fR ", program->name, c->name);
        print_man_text(out, c->operands[0] == '\0' ? " " : c->operands);
    }
    fputs(".fi\n.SH COMMANDS\n", out);
    for (size_t i = 0; i < program->command_count; i++) {
        const struct manual_command *c = &program->commands[i];
        fprintf(out, ".TP\n.B %s\n", c->name);
        print_man_text(out, c->summary);
    }
    if (program->remark != NULL) {
        fputs(".PP\n", out);
        print_man_text(out, program->remark);
    }
    print_man_lines(out, "EXAMPLES", program->examples);
    fputs(".SH SEE ALSO", out);
    for (size_t i = 0; i < program->command_count; i++) {
        const struct manual_command *c = &program->commands[i];
        if (c->page != NULL && c->page[0] == '\0')
            continue;
        fputs(i == 0 ? "\n.BR " : " (1),\n.BR ", out);
        if (c->page != NULL)
            fputs(c->page, out);
        else
            fprintf(out, "%s-%s", program->name, c->name);
    }
    fputs(" (1)\n", out);
}

void manual_print_command(FILE *out, const struct options_command *command)
{
    print_page_head(out, command->program, command->name, command->summary);
    fputs(".SH SYNOPSIS\n.nf\n", out);
    for (const char *line = command->usage; *line != '\0';) {
        size_t n = strcspn(line, "\n");
        fprintf(out, "\\fB%s\\fR %.*s\n", command->program, (int)n, line);
        line += n + (line[n] == '\n');
    }
    fputs(".fi\n.SH OPTIONS\n", out);
    for (size_t i = 0; i < options_spec_count(command); i++) {
        const struct option_spec *spec = options_spec_at(command, i);
        if (spec->help == NULL)
            continue;
        struct strbuf names;
        strbuf_init(&names);
        options_append_names(&names, spec);
        fputs(".TP\n.B ", out);
        print_man_text(out, strbuf_str(&names));
        print_man_text(out, spec->help);
        strbuf_done(&names);
    }
    if (command->details != NULL)
        print_man_lines(out, "DETAILS", command->details);
}

static void print_page_head(FILE *out, const char *program, const char *command,
                            const char *summary)
{
    const char *dash = command == NULL ? "" : "-";
    const char *name = command == NULL ? "" : command;
    fprintf(out, ".TH \"%s%s%s\" 1 \"\" \"Ruff lab " RUFF_VERSION "\"\n", program, dash,
            name);
    fprintf(out, ".SH NAME\n%s%s%s \\- ", program, dash, name);
    print_man_text(out, summary);
}

/* A section whose lines stay as they are. */
static void print_man_lines(FILE *out, const char *heading, const char *text)
{
    fprintf(out, ".SH %s\n.nf\n", heading);
    print_man_text(out, text);
    fputs(".fi\n", out);
}

/* man(7) gives meaning to a dot or quote at the start of a line, to backslashes, and to
   dashes, which would become hyphens. */
static void print_man_text(FILE *out, const char *text)
{
    bool line_start = true;
    for (; *text != '\0'; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
        line_start = *text == '\n';
    }
    if (!line_start)
        fputc('\n', out);
}

/* ---- completion ---------------------------------------------------------------- */

void manual_print_names(FILE *out, const struct manual_program *program)
{
    for (size_t i = 0; i < program->command_count; i++)
        fprintf(out, "%s\n", program->commands[i].name);
}

void manual_print_options(FILE *out, const struct options_command *command)
{
    for (size_t i = 0; i < options_spec_count(command); i++) {
        const struct option_spec *spec = options_spec_at(command, i);
        if (spec->help != NULL)
            fprintf(out, "--%s%s\n", spec->long_name,
                    spec->kind == OPTION_VALUE ? "=" : "");
    }
}
