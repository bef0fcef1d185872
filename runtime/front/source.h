/*
 * source.h - one source text with its path, and where a byte offset lies in it.
 *
 * Reading the file is the caller's job. A line ends with LF or CRLF. Lines and columns
 * count from 1, columns in characters (code points). A source never changes after it is
 * made, so several threads may read it.
 */
#ifndef FRONT_SOURCE_H
#define FRONT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* language.md 21: positions fit 32 bit with room to spare, and a tree of such a source
   still fits the memory of a small machine. */
#define SOURCE_MAX_BYTES ((size_t)16 * 1024 * 1024)

/* Owns path, text and line_starts. Fields may be read. */
struct source {
    char *path;
    char *text; /* NUL-terminated behind `len` bytes; may hold NULs itself */
    size_t len;
    uint32_t
        *line_starts; /* offset of the first byte of each line; line 1 starts at 0 */
    uint32_t nlines;  /* at least 1 */
    uint64_t given_bytes; /* above SOURCE_MAX_BYTES: too large, and text is empty */
};

/*
 * Copies path and text. A text above SOURCE_MAX_BYTES is accepted but not kept: parsing it
 * reports the error of language.md 21. NULL without memory. Release with source_free.
 */
struct source *source_new(const char *path, const char *text, size_t len);

/* Harmless on NULL. */
void source_free(struct source *s);

/* 1-based line of an offset; offsets behind the end count as the end. */
uint32_t source_line(const struct source *s, uint32_t offset);

/* 1-based column, in characters, of an offset within its line. */
uint32_t source_column(const struct source *s, uint32_t offset);

/* The bytes of a line (1-based, in range) without its line break; borrowed. */
const char *source_line_text(const struct source *s, uint32_t line, size_t *len);

#endif
