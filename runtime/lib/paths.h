/*
 * paths.h - cutting paths into parts, as pure text work, and the path builtins (19.9).
 *
 * Each function gives a part of `path` as [*start, *start + *len): it points into the path
 * or at a constant. Trailing slashes are ignored.
 */
#ifndef RUFF_LIB_PATHS_H
#define RUFF_LIB_PATHS_H

#include <stddef.h>

void paths_dirname_of(const char *path, size_t len, const char **start,
                      size_t *out_len);
void paths_basename_of(const char *path, size_t len, const char **start,
                       size_t *out_len);
/* Without the dot; empty for `name`, `.name` and `..`. */
void paths_extension_of(const char *path, size_t len, const char **start,
                        size_t *out_len);

#endif
