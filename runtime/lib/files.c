#include "config.h"

#include "lib/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os_linux.h"
#include "base/sizing.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "core/array.h"
#include "core/bytes.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/strings.h"

enum {
    CHUNK_BYTES = SIZE_OR_TINY(8192, 5)
};

static bool write_checked(struct state *st, const char *name, struct value *args,
                          uint32_t nargs, const void *data, size_t len,
                          struct value *result);

/* ---- system calls ---------------------------------------------------------------- */

int files_read(const char *path, uint64_t offset, size_t limit, struct strbuf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int code = 0;
    struct stat info;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
        uint64_t size = (uint64_t)info.st_size;
        uint64_t rest = offset < size ? size - offset : 0;
        if (!strbuf_reserve(out, rest < limit ? (size_t)rest : limit))
            code = ENOMEM;
    }
    if (code == 0 && offset > 0 &&
        (offset > INT64_MAX || lseek(fd, (off_t)offset, SEEK_SET) < 0))
        code = errno;
    char chunk[CHUNK_BYTES];
    while (code == 0 && limit > 0) {
        ssize_t got = read(fd, chunk, limit < sizeof(chunk) ? limit : sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            code = errno;
        else if (got > 0 && !strbuf_append(out, chunk, (size_t)got))
            code = ENOMEM;
        if (got <= 0)
            break;
        limit -= (size_t)got;
    }
    close(fd);
    return code;
}

int files_write(const char *path, int flags, const void *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0666);
    if (fd < 0)
        return errno;
    int code = files_write_all(fd, data, len, -1);
    if (close(fd) != 0 && code == 0 && errno != EINTR)
        code = errno;
    return code;
}

int files_write_all(int fd, const void *data, size_t len, int64_t offset)
{
    const char *from = data;
    while (len > 0) {
        size_t part = os_transfer(len);
        ssize_t put =
            offset < 0 ? write(fd, from, part) : pwrite(fd, from, part, offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        from += put;
        len -= (size_t)put;
        if (offset >= 0)
            offset += put;
    }
    return 0;
}

bool files_raise(struct state *st, const char *what, const char *path, int code)
{
    char text[ARGUMENT_OS_ERROR_BYTES];
    if (code == EINTR && state_interrupted(st))
        return error_interrupt(st);
    return error_raise(st, "Cannot %s '%s': %s", what, path,
                       argument_os_error(code, text, sizeof(text)));
}

const char *files_path(struct state *st, const char *name, struct value v)
{
    struct string *s = NULL;
    if (!argument_string(st, name, v, &s))
        return NULL;
    if (strlen(s->data) != s->len) {
        argument_raise(st, name, "a path without NUL characters");
        return NULL;
    }
    return s->data;
}

/* ---- reading --------------------------------------------------------------------- */

enum read_form {
    READ_STRICT,
    READ_LOSSY,
    READ_LINES,
    READ_BINARY
};

static bool read_whole(struct state *st, const char *name, const char *what,
                       struct value v, enum read_form form, struct value *result)
{
    const char *path = files_path(st, name, v);
    if (path == NULL)
        return false;
    struct strbuf data;
    strbuf_init(&data);
    bool ok = false;
    int code = files_read(path, 0, SIZE_MAX, &data);
    if (code != 0) {
        files_raise(st, what, path, code);
    } else if (form == READ_BINARY) {
        ok = bytes_make(st, data.data, data.len, result);
    } else if (form == READ_LOSSY && !utf8_valid(strbuf_str(&data), data.len)) {
        struct strbuf valid;
        strbuf_init(&valid);
        utf8_replace_invalid(&valid, data.data, data.len);
        ok = string_make_strbuf(st, &valid, result);
        strbuf_done(&valid);
    } else if (!utf8_valid(strbuf_str(&data), data.len)) {
        error_raise(st, "Cannot %s '%s': invalid UTF-8", what, path);
    } else {
        struct value text;
        ok = string_make_strbuf(st, &data, &text);
        if (ok && form == READ_LINES) {
            ok = strings_make_lines(st, STRING_OF(text), result);
            value_release(st, text);
        } else if (ok) {
            *result = text;
        }
    }
    strbuf_done(&data);
    return ok;
}

bool files_read_file(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    return read_whole(st, "read_file", "read file", args[0], READ_STRICT, result);
}

bool files_read_file_lossy(struct state *st, struct value *args, uint32_t nargs,
                           struct value *result)
{
    (void)nargs;
    return read_whole(st, "read_file_lossy", "read file", args[0], READ_LOSSY, result);
}

bool files_read_lines(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    return read_whole(st, "read_lines", "read file", args[0], READ_LINES, result);
}

bool files_read_binary_file(struct state *st, struct value *args, uint32_t nargs,
                            struct value *result)
{
    (void)nargs;
    return read_whole(st, "read_binary_file", "read binary file", args[0], READ_BINARY,
                      result);
}

/* ---- writing --------------------------------------------------------------------- */

bool files_write_file(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    struct string *s = NULL;
    if (!argument_string(st, "write_file", args[1], &s))
        return false;
    return write_checked(st, "write_file", args, nargs, s->data, s->len, result);
}

bool files_write_binary_file(struct state *st, struct value *args, uint32_t nargs,
                             struct value *result)
{
    struct bytes *b = NULL;
    if (!argument_bytes(st, "write_binary_file", args[1], &b))
        return false;
    return write_checked(st, "write_binary_file", args, nargs, b->data, b->len, result);
}

static bool write_checked(struct state *st, const char *name, struct value *args,
                          uint32_t nargs, const void *data, size_t len,
                          struct value *result)
{
    const char *path = files_path(st, name, args[0]);
    if (path == NULL)
        return false;
    bool overwrite = true;
    if (nargs > 2) {
        if (args[2].kind != VALUE_BOOL)
            return argument_raise(st, name, "a bool as third argument");
        overwrite = args[2].as.bits != 0;
    }
    int code = files_write(path, O_CREAT | (overwrite ? O_TRUNC : O_EXCL), data, len);
    if (code == EEXIST && !overwrite)
        return error_raise(
            st,
            "Cannot write file '%s': file already exists (pass overwrite=true to "
            "replace it)",
            path);
    if (code != 0)
        return files_raise(st, "write file", path, code);
    *result = value_bool(true);
    return true;
}

bool files_append_file(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "append_file", args[0]);
    struct string *s = NULL;
    if (path == NULL || !argument_string(st, "append_file", args[1], &s))
        return false;
    int code = files_write(path, O_CREAT | O_APPEND, s->data, s->len);
    if (code != 0)
        return files_raise(st, "append to file", path, code);
    *result = value_bool(true);
    return true;
}

/* ---- questions ------------------------------------------------------------------- */

bool files_file_exists(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "file_exists", args[0]);
    struct stat info;
    if (path == NULL)
        return false;
    *result = value_bool(stat(path, &info) == 0);
    return true;
}

bool files_file_size(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "file_size", args[0]);
    struct stat info;
    if (path == NULL)
        return false;
    if (stat(path, &info) != 0)
        return files_raise(st, "get size of file", path, errno);
    *result = value_int((int64_t)info.st_size);
    return true;
}

/* ---- changes --------------------------------------------------------------------- */

bool files_delete_file(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "delete_file", args[0]);
    struct stat info;
    if (path == NULL)
        return false;
    if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return error_raise(st, "Cannot delete file '%s': path is a directory", path);
    if (unlink(path) != 0)
        return files_raise(st, "delete file", path, errno);
    *result = value_bool(true);
    return true;
}

static bool raise_two(struct state *st, const char *what, const char *from,
                      const char *to, int code)
{
    char text[ARGUMENT_OS_ERROR_BYTES];
    return error_raise(st, "Cannot %s '%s' to '%s': %s", what, from, to,
                       argument_os_error(code, text, sizeof(text)));
}

bool files_rename_file(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    (void)nargs;
    const char *from = files_path(st, "rename_file", args[0]);
    const char *to = from != NULL ? files_path(st, "rename_file", args[1]) : NULL;
    if (to == NULL)
        return false;
    if (rename(from, to) != 0)
        return raise_two(st, "rename file", from, to, errno);
    *result = value_bool(true);
    return true;
}

static int copy_bytes(int from, int to)
{
    char buffer[CHUNK_BYTES];
    for (;;) {
        ssize_t got = read(from, buffer, sizeof(buffer));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            return 0;
        int code = files_write_all(to, buffer, (size_t)got, -1);
        if (code != 0)
            return code;
    }
}

static int copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return errno;
    int code = 0, out = -1;
    struct stat source, target;
    if (fstat(in, &source) != 0)
        code = errno;
    else if (S_ISDIR(source.st_mode))
        code = EISDIR;
    else if (stat(to, &target) == 0 && target.st_dev == source.st_dev &&
             target.st_ino == source.st_ino)
        code = EINVAL; /* truncating the target would lose the source */
    if (code == 0) {
        out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, source.st_mode & 0777);
        code = out < 0 ? errno : copy_bytes(in, out);
    }
    close(in);
    if (out >= 0 && close(out) != 0 && code == 0 && errno != EINTR)
        code = errno;
    return code;
}

bool files_copy_file(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    const char *from = files_path(st, "copy_file", args[0]);
    const char *to = from != NULL ? files_path(st, "copy_file", args[1]) : NULL;
    if (to == NULL)
        return false;
    int code = copy_file(from, to);
    if (code != 0)
        return raise_two(st, "copy file", from, to, code);
    *result = value_bool(true);
    return true;
}

/* mkdir -p; 0 or errno. `path` is changed on the way and restored. */
static int make_directories(char *path)
{
    for (char *slash = path + 1; *path != '\0' && (slash = strchr(slash, '/')) != NULL;
         slash++) {
        *slash = '\0';
        int code = mkdir(path, 0777) != 0 && errno != EEXIST ? errno : 0;
        *slash = '/';
        if (code != 0)
            return code;
    }
    struct stat info;
    if (mkdir(path, 0777) == 0)
        return 0;
    int code = errno;
    return code == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode) ? 0 : code;
}

bool files_create_dir(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "create_dir", args[0]);
    if (path == NULL)
        return false;
    char *copy = strdup(path);
    if (copy == NULL)
        return error_out_of_memory(st);
    int code = make_directories(copy);
    free(copy);
    if (code != 0)
        return files_raise(st, "create directory", path, code);
    *result = value_bool(true);
    return true;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

bool files_list_dir(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    const char *path = files_path(st, "list_dir", args[0]);
    if (path == NULL)
        return false;
    struct dirent **names = NULL;
    int count = scandir(path, &names, NULL, by_name);
    if (count < 0)
        return files_raise(st, "list directory", path, errno);
    struct value list;
    bool ok = array_make_empty(st, &list);
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        if (ok && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            struct strbuf valid;
            struct value text;
            strbuf_init(&valid);
            utf8_replace_invalid(&valid, name, strlen(name));
            ok = string_make_strbuf(st, &valid, &text) &&
                 array_push_take(st, &list, text);
            strbuf_done(&valid);
            if (!ok)
                value_release(st, list);
        }
        free(names[i]);
    }
    free(names);
    if (ok)
        *result = list;
    return ok;
}
