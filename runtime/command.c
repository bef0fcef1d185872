#include "config.h"

#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os_linux.h"
#include "base/suite_path.h"

/* One byte more than a source may have, so that the limit is the parser's to report. */
#define SOURCE_READ_MAX ((size_t)16 * 1024 * 1024 + 1)

static bool set_mode(struct options *o, const char *name, struct ruff_config *config)
{
    static const char *const MODES[] = {"interp", "vm", "jit"};
    size_t index;

    if (!options_choice(o, name, MODES, sizeof MODES / sizeof MODES[0], &index))
        return false;
    if (!ruff_mode_available((enum ruff_mode)index))
        return options_error(
            o, "mode %s is not built in: use --mode=interp or --mode=vm", name);
    config->mode = (enum ruff_mode)index;
    return true;
}

bool command_engine_option(struct options *o, int id, const char *value,
                           struct ruff_config *config)
{
    switch (id) {
    case COMMAND_OPTION_MODE: return set_mode(o, value, config);
    case COMMAND_OPTION_INTERPRETER: return set_mode(o, "interp", config);
    case COMMAND_OPTION_JIT: return set_mode(o, "jit", config);
    case COMMAND_OPTION_MAX_MEMORY: return options_size(o, value, &config->max_memory);
    case COMMAND_OPTION_HASH_SEED:
        return options_count(o, value, 0, UINT64_MAX, &config->hash_seed);
    default: return true;
    }
}

struct ruff *command_runtime(const struct ruff_config *config)
{
    struct ruff *r = ruff_new(config);

    if (r == NULL)
        diag_error("ruff", "not enough memory to start: close other programs");
    return r;
}

typedef enum ruff_status (*load_text_fn)(struct ruff *r, const char *path,
                                         const char *text, size_t len,
                                         struct ruff_program **out);

static enum ruff_status load_stdin(struct ruff *r, load_text_fn load,
                                   struct ruff_program **out)
{
    struct os_file file;
    enum ruff_status status;

    if (os_read_fd(STDIN_FILENO, SOURCE_READ_MAX, &file) != 0) {
        diag_error("ruff", "cannot read standard input: give a FILE");
        return RUFF_IO_ERROR;
    }
    status = load(r, "-", file.data, file.len, out);
    os_file_done(&file);
    return status;
}

enum ruff_status command_load(struct ruff *r, const char *path,
                              struct ruff_program **out)
{
    bool elsewhere = false;
    enum ruff_status status;
    char *found;

    if (strcmp(path, "-") == 0)
        return load_stdin(r, ruff_load_text, out);
    found = suite_path_find(path, &elsewhere);
    if (found == NULL)
        return RUFF_NO_MEMORY;
    if (elsewhere)
        fprintf(stderr, "ruff: running %s\n", found);
    status = ruff_load_file(r, found, out);
    free(found);
    return status;
}

enum ruff_status command_load_tests(struct ruff *r, const char *path,
                                    struct ruff_program **out)
{
    if (strcmp(path, "-") == 0)
        return load_stdin(r, ruff_load_tests_text, out);
    return ruff_load_tests(r, path, out);
}

int command_exit_code(enum ruff_status status)
{
    return status == RUFF_NO_MEMORY ? RUFF_INTERNAL_ERROR : (int)status;
}
