#include "config.h"

#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/options.h"
#include "base/os_linux.h"
#include "base/suite_path.h"

#define SOURCE_READ_MAX ((size_t)16 * 1024 * 1024 + 1)

enum ruff_status script_load(struct ruff *r, const char *path, const char *doing,
                             struct ruff_program **out)
{
    bool elsewhere = false;
    enum ruff_status status;
    char *found;

    if (strcmp(path, "-") == 0) {
        struct os_file file;

        if (os_read_fd(STDIN_FILENO, SOURCE_READ_MAX, &file) != 0) {
            diag_error("ruffprof", "cannot read standard input: give a FILE");
            return RUFF_IO_ERROR;
        }
        status = ruff_load_text(r, "-", file.data, file.len, out);
        os_file_done(&file);
        return status;
    }
    found = suite_path_find(path, &elsewhere);
    if (found == NULL)
        return RUFF_NO_MEMORY;
    if (elsewhere)
        fprintf(stderr, "ruffprof: %s %s\n", doing, found);
    status = ruff_load_file(r, found, out);
    free(found);
    return status;
}

bool script_mode(struct options *o, const char *name, struct ruff_config *config)
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
