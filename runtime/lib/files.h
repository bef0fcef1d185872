/*
 * files.h - reading and writing whole files for the builtins of 19.9 and 18.
 *
 * Nothing here raises: functions give 0 or an errno value, and the caller words the error.
 * Interrupted calls are repeated.
 */
#ifndef RUFF_LIB_FILES_H
#define RUFF_LIB_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct state;
struct strbuf;
struct value;

/* Appends up to `limit` bytes of the file from `offset` on. ENOMEM when memory is out. */
int files_read(const char *path, uint64_t offset, size_t limit, struct strbuf *out);
/* Opens with O_WRONLY | flags (mode 0666) and writes all. */
int files_write(const char *path, int flags, const void *data, size_t len);
/* Writes all to a descriptor; at `offset` when it is >= 0, else at the current position. */
int files_write_all(int fd, const void *data, size_t len, int64_t offset);

/* Raises `Cannot DO 'PATH': OSERR`, DO as in "read file"; ENOMEM too. Always false. */
bool files_raise(struct state *st, const char *what, const char *path, int code);
/* A path argument: a string without NUL. Raises and returns NULL otherwise. */
const char *files_path(struct state *st, const char *name, struct value v);

#endif
