/* Parts of files, language.md 19.9: the io_ functions. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "core/bytes.h"
#include "core/dict.h"
#include "core/state.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/files.h"

/* A count or offset: an int that is not negative. */
static bool position(struct state *st, const char *name, struct value v, uint64_t *out)
{
    int64_t i = 0;
    if (!argument_integer(st, name, v, &i))
        return false;
    if (i < 0)
        return argument_raise(st, name, "non-negative numbers");
    *out = (uint64_t)i;
    return true;
}

static bool read_part(struct state *st, const char *path, uint64_t offset, uint64_t n,
                      struct value *result)
{
    struct strbuf data;
    strbuf_init(&data);
    int code = files_read(path, offset, (size_t)n, &data);
    bool ok = code == 0 ? bytes_make(st, data.data, data.len, result)
                        : files_raise(st, "read file", path, code);
    strbuf_done(&data);
    return ok;
}

bool io_read_bytes(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "io_read_bytes", args[0]);
    uint64_t n = 0;
    return path != NULL && position(st, "io_read_bytes", args[1], &n) &&
           read_part(st, path, 0, n, result);
}

bool io_read_at(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "io_read_at", args[0]);
    uint64_t offset = 0, n = 0;
    return path != NULL && position(st, "io_read_at", args[1], &offset) &&
           position(st, "io_read_at", args[2], &n) &&
           read_part(st, path, offset, n, result);
}

bool io_seek_read(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "io_seek_read", args[0]);
    uint64_t offset = 0;
    return path != NULL && position(st, "io_seek_read", args[1], &offset) &&
           read_part(st, path, offset, SIZE_MAX, result);
}

static bool write_bytes(struct state *st, const char *name, struct value *args,
                        int flags, struct value *result)
{
    const char *path = files_path(st, name, args[0]);
    struct bytes *b = NULL;
    if (path == NULL || !argument_bytes(st, name, args[1], &b))
        return false;
    int code = files_write(path, O_CREAT | flags, b->data, b->len);
    if (code != 0)
        return files_raise(st, "write file", path, code);
    *result = value_bool(true);
    return true;
}

bool io_write_bytes(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    return write_bytes(st, "io_write_bytes", args, O_TRUNC, result);
}

bool io_append_bytes(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    return write_bytes(st, "io_append_bytes", args, O_APPEND, result);
}

bool io_write_at(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "io_write_at", args[0]);
    struct bytes *b = NULL;
    uint64_t offset = 0;
    if (path == NULL || !argument_bytes(st, "io_write_at", args[1], &b) ||
        !position(st, "io_write_at", args[2], &offset))
        return false;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return files_raise(st, "write file", path, errno);
    int code = files_write_all(fd, b->data, b->len, (int64_t)offset);
    close(fd);
    if (code != 0)
        return files_raise(st, "write file", path, code);
    *result = value_bool(true);
    return true;
}

bool io_truncate(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "io_truncate", args[0]);
    uint64_t n = 0;
    if (path == NULL || !position(st, "io_truncate", args[1], &n))
        return false;
    if (truncate(path, (off_t)n) != 0)
        return files_raise(st, "truncate file", path, errno);
    *result = value_bool(true);
    return true;
}

bool io_copy_range(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    const char *from = files_path(st, "io_copy_range", args[0]);
    const char *to = from != NULL ? files_path(st, "io_copy_range", args[1]) : NULL;
    uint64_t offset = 0, n = 0;
    if (to == NULL || !position(st, "io_copy_range", args[2], &offset) ||
        !position(st, "io_copy_range", args[3], &n))
        return false;
    struct strbuf data;
    strbuf_init(&data);
    int code = files_read(from, offset, (size_t)n, &data);
    bool ok = code == 0 || files_raise(st, "read file", from, code);
    if (ok) {
        code = files_write(to, O_CREAT | O_TRUNC, strbuf_str(&data), data.len);
        ok = code == 0 || files_raise(st, "write file", to, code);
    }
    strbuf_done(&data);
    if (ok)
        *result = value_bool(true);
    return ok;
}

/* ---- metadata -------------------------------------------------------------------- */

bool io_file_metadata(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "io_file_metadata", args[0]);
    if (path == NULL)
        return false;
    struct statx info;
    if (statx(AT_FDCWD, path, 0, STATX_BASIC_STATS | STATX_BTIME, &info) != 0)
        return files_raise(st, "get metadata of file", path, errno);
    struct value d;
    if (!dict_make_empty(st, &d))
        return false;
    bool ok =
        dict_set_text_take(st, &d, "size", value_int((int64_t)info.stx_size)) &&
        dict_set_text_take(st, &d, "is_file", value_bool(S_ISREG(info.stx_mode))) &&
        dict_set_text_take(st, &d, "is_dir", value_bool(S_ISDIR(info.stx_mode))) &&
        dict_set_text_take(st, &d, "readonly",
                           value_bool((info.stx_mode & 0222) == 0)) &&
        dict_set_text_take(st, &d, "modified", value_int(info.stx_mtime.tv_sec)) &&
        dict_set_text_take(st, &d, "accessed", value_int(info.stx_atime.tv_sec)) &&
        ((info.stx_mask & STATX_BTIME) == 0 ||
         dict_set_text_take(st, &d, "created", value_int(info.stx_btime.tv_sec)));
    if (!ok) {
        value_release(st, d);
        return false;
    }
    *result = d;
    return true;
}
