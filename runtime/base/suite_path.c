#include "config.h"

#include "base/suite_path.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX       ".ruff"
/* A build tree may lie this many levels inside the source tree. */
#define LEVELS_ABOVE 5

static bool is_folder(const char *path)
{
    struct stat sb;

    return stat(path, &sb) == 0 && S_ISDIR(sb.st_mode);
}

static void add_root(char **roots, size_t capacity, size_t *count, const char *folder)
{
    char *root = NULL;

    if (*count < capacity && asprintf(&root, "%s/suites", folder) >= 0) {
        if (is_folder(root)) {
            roots[(*count)++] = root;
            return;
        }
        free(root);
    }
}

size_t suite_path_roots(char **roots, size_t capacity)
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    size_t count = 0;

    add_root(roots, capacity, &count, ".");
    if (length > 0) {
        program[length] = '\0';
        for (int level = 0; level < LEVELS_ABOVE; level++) {
            char *slash = strrchr(program, '/');

            if (slash == NULL || slash == program)
                break;
            *slash = '\0';
            add_root(roots, capacity, &count, program);
        }
    }
#ifdef RUFF_PKGDATADIR
    add_root(roots, capacity, &count, RUFF_PKGDATADIR);
#endif
    return count;
}

/* ROOT/SUITE/FILE for the first suite that has it; NULL when none has. */
static char *find_below(const char *root, const char *file)
{
    size_t n = strlen(file), suffix = strlen(SUFFIX);
    bool has_suffix = n > suffix && strcmp(file + n - suffix, SUFFIX) == 0;
    struct dirent **entries = NULL;
    int count = scandir(root, &entries, NULL, alphasort);
    char *found = NULL;

    for (int i = 0; i < count; i++) {
        char *path = NULL;

        if (found == NULL && entries[i]->d_name[0] != '.' &&
            asprintf(&path, "%s/%s/%s%s", root, entries[i]->d_name, file,
                     has_suffix ? "" : SUFFIX) >= 0) {
            if (access(path, F_OK) == 0)
                found = path;
            else
                free(path);
        }
        free(entries[i]);
    }
    free(entries);
    return found;
}

char *suite_path_find(const char *file, bool *elsewhere)
{
    char *roots[SUITE_PATH_MAX_ROOTS], *found = NULL;
    size_t count;

    *elsewhere = false;
    if (file[0] == '\0' || strchr(file, '/') != NULL || access(file, F_OK) == 0)
        return strdup(file);
    count = suite_path_roots(roots, SUITE_PATH_MAX_ROOTS);
    for (size_t i = 0; i < count; i++) {
        if (found == NULL)
            found = find_below(roots[i], file);
        free(roots[i]);
    }
    *elsewhere = found != NULL;
    return found != NULL ? found : strdup(file);
}
