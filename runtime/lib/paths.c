#include "config.h"

#include "lib/paths.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/files.h"

/* ---- parts ----------------------------------------------------------------------- */

/* Length without trailing slashes; a path of slashes only keeps one. */
static size_t without_slashes(const char *path, size_t len)
{
    while (len > 1 && path[len - 1] == '/')
        len--;
    return len;
}

void paths_dirname_of(const char *path, size_t len, const char **start, size_t *out_len)
{
    len = without_slashes(path, len);
    size_t end = len;
    while (end > 0 && path[end - 1] != '/')
        end--;
    *start = path;
    *out_len = end == 0 ? 0 : without_slashes(path, end);
}

void paths_basename_of(const char *path, size_t len, const char **start,
                       size_t *out_len)
{
    len = without_slashes(path, len);
    size_t from = len;
    while (from > 0 && path[from - 1] != '/')
        from--;
    *start = path + from;
    *out_len = len - from;
}

void paths_extension_of(const char *path, size_t len, const char **start,
                        size_t *out_len)
{
    const char *name = path;
    size_t n = 0;
    paths_basename_of(path, len, &name, &n);
    size_t dot = n;
    while (dot > 0 && name[dot - 1] != '.')
        dot--;
    /* A dot at the start hides a file, it does not begin an extension. */
    bool has = dot > 1 && !(n == 2 && name[0] == '.');
    *start = name + (has ? dot : n);
    *out_len = has ? n - dot : 0;
}

typedef void (*part_fn)(const char *path, size_t len, const char **start,
                        size_t *out_len);

static bool part_of(struct state *st, const char *name, struct value v, part_fn part,
                    struct value *result)
{
    struct string *s = NULL;
    if (!argument_string(st, name, v, &s))
        return false;
    const char *start = s->data;
    size_t n = 0;
    part(s->data, s->len, &start, &n);
    return string_make(st, start, n, result);
}

bool paths_dirname(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    return part_of(st, "dirname", args[0], paths_dirname_of, result);
}

bool paths_basename(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    return part_of(st, "basename", args[0], paths_basename_of, result);
}

bool paths_extension(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    return part_of(st, "path_extension", args[0], paths_extension_of, result);
}

bool paths_join_path(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    struct strbuf out;
    strbuf_init(&out);
    bool ok = true;
    for (uint32_t i = 0; ok && i < nargs; i++) {
        struct string *s = NULL;
        ok = argument_string(st, "join_path", args[i], &s);
        if (!ok)
            break;
        if (s->len > 0 && s->data[0] == '/')
            strbuf_clear(&out);
        else if (out.len > 0 && out.data[out.len - 1] != '/')
            strbuf_append_char(&out, '/');
        strbuf_append(&out, s->data, s->len);
    }
    ok = ok && string_make_strbuf(st, &out, result);
    strbuf_done(&out);
    return ok;
}

bool paths_absolute(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "path_absolute", args[0]);
    if (path == NULL)
        return false;
    char *absolute = realpath(path, NULL);
    if (absolute == NULL)
        return files_raise(st, "resolve path", path, errno);
    bool ok = argument_outside_text(st, absolute, strlen(absolute), result);
    free(absolute);
    return ok;
}

/* ---- questions ------------------------------------------------------------------- */

static bool has_mode(struct state *st, const char *name, struct value v, bool follow,
                     mode_t mode, struct value *result)
{
    const char *path = files_path(st, name, v);
    if (path == NULL)
        return false;
    struct stat info;
    bool there = (follow ? stat(path, &info) : lstat(path, &info)) == 0;
    *result = value_bool(there && (mode == 0 || (info.st_mode & S_IFMT) == mode));
    return true;
}

bool paths_exists(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    return has_mode(st, "path_exists", args[0], true, 0, result);
}

bool paths_is_dir(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    return has_mode(st, "path_is_dir", args[0], true, S_IFDIR, result);
}

bool paths_is_file(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    return has_mode(st, "path_is_file", args[0], true, S_IFREG, result);
}

bool paths_is_symlink(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    return has_mode(st, "path_is_symlink", args[0], false, S_IFLNK, result);
}

/* ---- directories ----------------------------------------------------------------- */

bool paths_rmdir(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "os_rmdir", args[0]);
    if (path == NULL)
        return false;
    if (rmdir(path) != 0)
        return files_raise(st, "remove directory", path, errno);
    *result = value_bool(true);
    return true;
}

bool paths_getcwd(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)args;
    (void)nargs;
    char *path = getcwd(NULL, 0);
    if (path == NULL)
        return files_raise(st, "get directory", ".", errno);
    bool ok = argument_outside_text(st, path, strlen(path), result);
    free(path);
    return ok;
}

bool paths_chdir(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "os_chdir", args[0]);
    if (path == NULL)
        return false;
    if (chdir(path) != 0)
        return files_raise(st, "change directory to", path, errno);
    *result = value_bool(true);
    return true;
}
