/*
 * ruff check: every diagnostic of files, nothing is run. ruff disasm: their bytecode.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "command.h"

static const struct options_command CHECK = {
    .program = "ruff",
    .name = "check",
    .usage = "check FILE...",
    .summary =
        "Reads, parses, resolves and compiles programs and reports every problem; "
        "nothing is run.",
    .details = "Exit code: 0 when all files are fine, else that of the first problem "
               "(3 syntax, 4 misplaced\nstatement, 5 unreadable).\n\nExample:\n"
               "  ruff check src/*.ruff\n",
};

int command_check(int argc, char **argv)
{
    struct options o;
    struct ruff_config config;
    struct ruff *r;
    const char *value;
    enum options_event event;
    int id, code = 0;

    ruff_config_init(&config);
    if (!options_init(&o, &CHECK, argc, argv))
        return RUFF_INTERNAL_ERROR;
    event = options_next(&o, &id, &value);
    if (event == OPTIONS_END && o.operand_count == 0) {
        options_error(&o, "no FILE given: try ruff check FILE...");
        event = OPTIONS_EXIT;
    }
    if (event == OPTIONS_EXIT) {
        code = o.exit_code;
        options_done(&o);
        return code;
    }
    config.color = diag_use_color(o.color, stderr);
    r = command_runtime(&config);
    for (int i = 0; r != NULL && i < o.operand_count; i++) {
        struct ruff_program *program = NULL;
        enum ruff_status status = command_load(r, o.operands[i], &program);

        if (status == RUFF_OK)
            status = ruff_check(r, program);
        if (status != RUFF_OK && code == 0)
            code = command_exit_code(status);
        ruff_program_free(program);
    }
    if (r == NULL)
        code = RUFF_INTERNAL_ERROR;
    ruff_free(r);
    options_done(&o);
    return code;
}

enum {
    OPTION_OPTIMIZED,
    OPTION_JIT
};

static const struct option_spec DISASM_SPECS[] = {
    {OPTION_OPTIMIZED, 'O', "optimized", OPTION_FLAG, NULL,
     "Show the code the VM runs, after the optimizer (default: as the compiler made it)."},
    {OPTION_JIT, 0, "jit", OPTION_FLAG, NULL, NULL},
};

static const struct options_command DISASM = {
    .program = "ruff",
    .name = "disasm",
    .usage = "disasm [--optimized] FILE [FUNCTION]",
    .summary = "Prints the bytecode of a program, or of one function of it.",
    .specs = DISASM_SPECS,
    .spec_count = sizeof DISASM_SPECS / sizeof DISASM_SPECS[0],
    .details =
        "Columns: offset, source line, instruction, operands, meaning.\n\nExamples:\n"
        "  ruff disasm fib_recursive.ruff fib\n  ruff disasm --optimized x.ruff\n",
};

int command_disasm(int argc, char **argv)
{
    struct options o;
    struct ruff_config config;
    struct ruff_program *program = NULL;
    struct ruff *r;
    const char *value, *function = NULL;
    enum options_event event;
    bool optimized = false;
    int id, code = 0;

    ruff_config_init(&config);
    if (!options_init(&o, &DISASM, argc, argv))
        return RUFF_INTERNAL_ERROR;
    while ((event = options_next(&o, &id, &value)) == OPTIONS_OPTION) {
        if (id == OPTION_JIT) {
            options_error(&o, "--jit: no code of the JIT, which is not built in: use "
                              "--optimized");
            event = OPTIONS_EXIT;
            break;
        }
        optimized = true;
    }
    if (event == OPTIONS_END && (o.operand_count < 1 || o.operand_count > 2)) {
        options_error(
            &o, "one FILE and at most one FUNCTION are expected: try ruff disasm FILE");
        event = OPTIONS_EXIT;
    }
    if (event == OPTIONS_EXIT) {
        code = o.exit_code;
        options_done(&o);
        return code;
    }
    if (o.operand_count == 2)
        function = o.operands[1];
    config.color = diag_use_color(o.color, stderr);
    r = command_runtime(&config);
    code = r == NULL ? RUFF_INTERNAL_ERROR
                     : command_exit_code(command_load(r, o.operands[0], &program));
    if (r != NULL && code == 0) {
        char *text = ruff_disassemble(r, program, function, optimized);

        if (text != NULL) {
            fputs(text, stdout);
        } else {
            diag_error("ruff",
                       "no function '%s' in %s: names are those of the profile, like "
                       "fib, S.m or <main>",
                       function != NULL ? function : "", o.operands[0]);
            code = RUFF_BAD_USAGE;
        }
        free(text);
    }
    ruff_program_free(program);
    ruff_free(r);
    options_done(&o);
    return code;
}
