#include "config.h"

#include "suite.h"

#include <dirent.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "textbuf.h"

#include "base/sizing.h"
#include "base/suite_path.h"

static const char SUFFIX[] = ".ruff";
static const char DEFAULT_SUITE[] = "micro";

struct names {
    char **items;
    size_t count;
    size_t capacity;
};

static enum suite_status add_folder(struct suite *suite, const char *path,
                                    suite_inspect_fn inspect, void *inspect_context,
                                    struct suite_error *error);
static bool add_file(struct suite *suite, const char *path, suite_inspect_fn inspect,
                     void *inspect_context);
static bool add_benchmark(struct suite *suite, const char *path, const char *function);
static void benchmark_done(struct suite_benchmark *benchmark);
static char *folder_name_of(const char *path);
static char *benchmark_name_of(const char *path, const char *function);
static bool list_folder(const char *path, bool (*keep)(const char *, const char *),
                        struct names *names);
static void names_done(struct names *names);
static void names_add(void *context, const char *name);
static bool is_program(const char *folder, const char *name);
static bool is_folder(const char *folder, const char *name);
static bool has_suffix(const char *name);
static char *joined(const char *folder, const char *name);
static bool path_exists(const char *path);
static bool path_is_folder(const char *path);
static char *find_suite(const char *name);

void suite_init(struct suite *suite)
{
    *suite = (struct suite){0};
}

void suite_done(struct suite *suite)
{
    for (size_t i = 0; i < suite->count; i++) {
        benchmark_done(&suite->items[i]);
    }
    free(suite->items);
    suite_init(suite);
}

static void benchmark_done(struct suite_benchmark *benchmark)
{
    free(benchmark->path);
    free(benchmark->suite);
    free(benchmark->name);
    free(benchmark->function);
}

/* ---- Adding ------------------------------------------------------------------ */

enum suite_status suite_add_path(struct suite *suite, const char *path,
                                 suite_inspect_fn inspect, void *inspect_context,
                                 struct suite_error *error)
{
    struct stat status;
    error->system_error = 0;
    if (stat(path, &status) != 0) {
        error->system_error = errno;
        textbuf_format(error->text, sizeof error->text,
                       "cannot open '%.400s': %s: name a .ruff file or a folder", path,
                       error->system_error == ENOENT ? "it does not exist"
                                                     : strerror(error->system_error));
        return SUITE_NOT_FOUND;
    }
    if (S_ISDIR(status.st_mode)) {
        return add_folder(suite, path, inspect, inspect_context, error);
    }
    if (!S_ISREG(status.st_mode)) {
        textbuf_format(
            error->text, sizeof error->text,
            "'%.400s' is neither a file nor a folder: name a .ruff file or a folder",
            path);
        return SUITE_NOT_A_PROGRAM;
    }
    if (access(path, R_OK) != 0) {
        error->system_error = errno;
        textbuf_format(error->text, sizeof error->text,
                       "cannot read '%.400s': %s: check its permissions", path,
                       strerror(error->system_error));
        return SUITE_UNREADABLE;
    }
    if (!add_file(suite, path, inspect, inspect_context)) {
        textbuf_format(error->text, sizeof error->text,
                       "out of memory: close other programs");
        return SUITE_UNREADABLE;
    }
    return SUITE_OK;
}

static enum suite_status add_folder(struct suite *suite, const char *path,
                                    suite_inspect_fn inspect, void *inspect_context,
                                    struct suite_error *error)
{
    struct names names = {0};
    if (!list_folder(path, is_program, &names)) {
        textbuf_format(error->text, sizeof error->text,
                       "cannot list folder '%.400s': %s: check its permissions", path,
                       strerror(errno));
        return SUITE_UNREADABLE;
    }
    if (names.count == 0) {
        struct names folders = {0};
        bool has_folders = list_folder(path, is_folder, &folders) && folders.count > 0;
        textbuf_format(
            error->text, sizeof error->text,
            "no .ruff files in folder '%.300s': name a folder that holds some%s%.80s",
            path, has_folders ? ", such as " : "", has_folders ? folders.items[0] : "");
        names_done(&folders);
        names_done(&names);
        return SUITE_NO_PROGRAMS;
    }
    bool ok = true;
    for (size_t i = 0; i < names.count && ok; i++) {
        char *file = joined(path, names.items[i]);
        ok = file != NULL && add_file(suite, file, inspect, inspect_context);
        free(file);
    }
    names_done(&names);
    if (!ok) {
        textbuf_format(error->text, sizeof error->text,
                       "out of memory: close other programs");
    }
    return ok ? SUITE_OK : SUITE_UNREADABLE;
}

static bool add_file(struct suite *suite, const char *path, suite_inspect_fn inspect,
                     void *inspect_context)
{
    struct names functions = {0};
    if (inspect != NULL) {
        inspect(inspect_context, path, names_add, &functions);
    }
    bool ok = true;
    if (functions.count == 0) {
        ok = add_benchmark(suite, path, NULL);
    }
    for (size_t i = 0; i < functions.count && ok; i++) {
        ok = add_benchmark(suite, path, functions.items[i]);
    }
    names_done(&functions);
    return ok;
}

static bool add_benchmark(struct suite *suite, const char *path, const char *function)
{
    if (suite->count == suite->capacity) {
        size_t capacity =
            suite->capacity == 0 ? SIZE_OR_TINY(16, 1) : suite->capacity * 2;
        struct suite_benchmark *items = realloc(suite->items, capacity * sizeof *items);
        if (items == NULL) {
            return false;
        }
        suite->items = items;
        suite->capacity = capacity;
    }
    struct suite_benchmark benchmark = {
        .path = strdup(path),
        .suite = folder_name_of(path),
        .name = benchmark_name_of(path, function),
        .function = function == NULL ? NULL : strdup(function),
    };
    if (benchmark.path == NULL || benchmark.suite == NULL || benchmark.name == NULL ||
        (function != NULL && benchmark.function == NULL)) {
        benchmark_done(&benchmark);
        return false;
    }
    suite->items[suite->count++] = benchmark;
    return true;
}

/* Name of the folder that really holds the file, so that `ruffbench fib.ruff` inside
 * suites/micro is called micro as well. */
static char *folder_name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL
                       ? strdup(".")
                       : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (folder == NULL) {
        return NULL;
    }
    char *resolved = realpath(folder, NULL);
    const char *known = resolved == NULL ? folder : resolved;
    const char *base = strrchr(known, '/');
    base = base == NULL ? known : base + 1;
    char *name = strdup(*base == '\0' ? "root" : base);
    free(resolved);
    free(folder);
    return name;
}

static char *benchmark_name_of(const char *path, const char *function)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash == NULL ? path : slash + 1;
    int stem = (int)(strlen(file) - (has_suffix(file) ? sizeof SUFFIX - 1 : 0));
    char *name = NULL;
    int length;
    if (function == NULL) {
        length = asprintf(&name, "%.*s", stem, file);
    } else {
        length = asprintf(&name, "%.*s.%s", stem, file,
                          function + sizeof SUITE_FUNCTION_PREFIX - 1);
    }
    return length < 0 ? NULL : name;
}

/* ---- Filter ------------------------------------------------------------------ */

bool suite_filter(struct suite *suite, const char *pattern, struct suite_error *error)
{
    regex_t regex;
    int code = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
    if (code != 0) {
        char reason[128];
        regerror(code, &regex, reason, sizeof reason);
        textbuf_format(error->text, sizeof error->text,
                       "the filter '%.200s' is no regular expression: %s", pattern,
                       reason);
        return false;
    }
    size_t kept = 0;
    for (size_t i = 0; i < suite->count; i++) {
        if (regexec(&regex, suite->items[i].name, 0, NULL, 0) == 0) {
            suite->items[kept++] = suite->items[i];
        } else {
            benchmark_done(&suite->items[i]);
        }
    }
    suite->count = kept;
    regfree(&regex);
    return true;
}

/* ---- Finding suites ---------------------------------------------------------- */

char *suite_resolve(const char *path, bool *was_found_elsewhere)
{
    char *found = suite_path_find(path, was_found_elsewhere);
    if (found == NULL || *was_found_elsewhere || strchr(path, '/') != NULL ||
        path_exists(path)) {
        return found;
    }
    char *suite = find_suite(path);
    if (suite == NULL) {
        return found;
    }
    free(found);
    *was_found_elsewhere = true;
    return suite;
}

char *suite_default_path(void)
{
    return find_suite(DEFAULT_SUITE);
}

/* The first folder of that name among the suites. */
static char *find_suite(const char *name)
{
    char *roots[SUITE_PATH_MAX_ROOTS];
    size_t count = suite_path_roots(roots, SUITE_PATH_MAX_ROOTS);
    char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (found == NULL) {
            found = joined(roots[i], name);
            if (found != NULL && !path_is_folder(found)) {
                free(found);
                found = NULL;
            }
        }
        free(roots[i]);
    }
    return found;
}

/* ---- Folders and paths ------------------------------------------------------- */

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Entries of a folder for which keep(folder, name) holds, sorted. false: the folder
 * cannot be read (errno tells why) or no memory. */
static bool list_folder(const char *path, bool (*keep)(const char *, const char *),
                        struct names *names)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return false;
    }
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.' && keep(path, entry->d_name)) {
            names_add(names, entry->d_name);
        }
    }
    closedir(folder);
    if (names->count > 1) {
        qsort(names->items, names->count, sizeof *names->items, compare_names);
    }
    return true;
}

static void names_add(void *context, const char *name)
{
    struct names *names = context;
    if (names->count == names->capacity) {
        size_t capacity =
            names->capacity == 0 ? SIZE_OR_TINY(16, 1) : names->capacity * 2;
        char **items = realloc(names->items, capacity * sizeof *items);
        if (items == NULL) {
            return;
        }
        names->items = items;
        names->capacity = capacity;
    }
    char *copy = strdup(name);
    if (copy != NULL) {
        names->items[names->count++] = copy;
    }
}

static void names_done(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->items[i]);
    }
    free(names->items);
}

static bool is_program(const char *folder, const char *name)
{
    char *path = has_suffix(name) ? joined(folder, name) : NULL;
    bool keep = path != NULL && !path_is_folder(path);
    free(path);
    return keep;
}

static bool is_folder(const char *folder, const char *name)
{
    char *path = joined(folder, name);
    bool keep = path != NULL && path_is_folder(path);
    free(path);
    return keep;
}

static bool has_suffix(const char *name)
{
    size_t length = strlen(name);
    return length > sizeof SUFFIX - 1 &&
           strcmp(name + length - (sizeof SUFFIX - 1), SUFFIX) == 0;
}

static char *joined(const char *folder, const char *name)
{
    size_t length = strlen(folder);
    const char *slash = length > 0 && folder[length - 1] == '/' ? "" : "/";
    char *path = NULL;
    return asprintf(&path, "%s%s%s", folder, slash, name) < 0 ? NULL : path;
}

static bool path_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool path_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}
