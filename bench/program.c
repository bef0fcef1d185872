#include "config.h"

#include "program.h"

#include <string.h>

#include "textbuf.h"

#include "base/os_linux.h"

/* Largest file replayed as standard input. */
#define MAX_INPUT_BYTES ((size_t)1 << 30)

static bool read_input(struct program *program, const char *path);
static void explain_load(struct program *program, const char *path);
static bool check_result(struct program *program, struct ruff_result *result);
static bool check_output(struct program *program);

bool program_load(struct program *program, const struct job *job)
{
    *program = (struct program){
        .function = job->function[0] == '\0' ? NULL : job->function,
    };
    sink_reset(&program->sink);
    if (!read_input(program, job->input)) {
        return false;
    }
    struct ruff_config config;
    ruff_config_init(&config);
    config.mode = job->mode;
    config.hash_seed = job->hash_seed;
    config.max_memory = job->max_memory;
    config.write = sink_write;
    config.write_context = &program->sink;
    config.input = program->input.data == NULL ? "" : program->input.data;
    config.input_len = program->input.len;
    config.count_ops = job->counts_ops;
    program->runtime = ruff_new(&config);
    if (program->runtime == NULL) {
        textbuf_format(program->error, sizeof program->error, "out of memory");
        return false;
    }
    if (ruff_load_file(program->runtime, job->path, &program->program) != RUFF_OK) {
        explain_load(program, job->path);
        return false;
    }
    if (program->function == NULL) {
        return true;
    }
    struct ruff_run_options options = {.quiet_errors = true};
    struct ruff_result result;
    (void)ruff_run_begin(program->runtime, program->program, &options, &result);
    program->is_begun = true;
    return check_result(program, &result);
}

void program_done(struct program *program)
{
    if (program->is_begun) {
        ruff_run_end(program->runtime);
    }
    ruff_program_free(program->program);
    ruff_free(program->runtime);
    os_file_done(&program->input);
}

static bool read_input(struct program *program, const char *path)
{
    if (path[0] == '\0') {
        return true;
    }
    int error = os_read_file(path, MAX_INPUT_BYTES, &program->input);
    if (error != 0) {
        textbuf_format(program->error, sizeof program->error,
                       "cannot read the input '%s': %s", path, strerror(error));
    }
    return error == 0;
}

/* The runtime wrote its diagnostics to the sink: the first one and its position make the
 * reason. */
static void explain_load(struct program *program, const char *path)
{
    const char *first = program->sink.errors;
    size_t first_length = strcspn(first, "\n");
    const char *second = first[first_length] == '\0' ? "" : first + first_length + 1;
    second += strspn(second, " ->");
    size_t second_length = strcspn(second, "\n");
    if (first_length == 0) {
        textbuf_format(program->error, sizeof program->error, "cannot load '%s'", path);
    } else {
        textbuf_format(program->error, sizeof program->error, "%.*s%s%.*s",
                       (int)first_length, first, second_length == 0 ? "" : ", ",
                       (int)second_length, second);
    }
}

bool program_run(struct program *program)
{
    struct ruff_result result;
    sink_reset(&program->sink);
    if (program->function == NULL) {
        struct ruff_run_options options = {.quiet_errors = true};
        (void)ruff_run(program->runtime, program->program, &options, &result);
    } else {
        (void)ruff_run_call(program->runtime, program->function, &result);
    }
    return check_result(program, &result) && check_output(program);
}

/* Takes the result. */
static bool check_result(struct program *program, struct ruff_result *result)
{
    bool ok = result->status == RUFF_OK ||
              (result->status == RUFF_EXIT && result->exit_code == 0);
    if (!ok && result->status == RUFF_EXIT) {
        textbuf_format(program->error, sizeof program->error, "called exit(%d)",
                       result->exit_code);
    } else if (!ok) {
        textbuf_format(program->error, sizeof program->error, "runtime error: %s",
                       result->message == NULL ? "no message" : result->message);
        if (result->file != NULL && result->line != 0) {
            size_t used = strlen(program->error);
            textbuf_format(program->error + used, sizeof program->error - used,
                           " at %s:%u:%u", result->file, result->line, result->column);
        }
    }
    ruff_result_done(result);
    return ok;
}

static bool check_output(struct program *program)
{
    const struct sink *sink = &program->sink;
    if (!program->has_reference) {
        sink_output(sink, &program->reference);
        program->has_reference = true;
        return true;
    }
    if (sink_matches(sink, &program->reference)) {
        return true;
    }
    textbuf_format(
        program->error, sizeof program->error,
        "prints something different in another iteration: %llu bytes, then %llu",
        (unsigned long long)program->reference.bytes,
        (unsigned long long)(sink->bytes[0] + sink->bytes[1]));
    return false;
}
