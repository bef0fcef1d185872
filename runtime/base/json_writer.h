/*
 * Writes JSON piece by piece to a stream or a string, without building a tree.
 *
 * The writer puts commas, quotes and escapes; the caller calls in the right order (a key
 * before each value inside an object), which asserts check. Invalid UTF-8 becomes U+FFFD.
 * Failure (the stream's, memory's) is sticky and told by json_writer_finish. Belongs to
 * one thread at a time.
 */
#ifndef BASE_JSON_WRITER_H
#define BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct strbuf;

/* Our documents are shallow; deeper nesting is a failure, not a crash. */
enum {
    JSON_WRITER_MAX_DEPTH = 64
};

enum json_writer_layout {
    JSON_COMPACT, /* no spaces */
    JSON_PRETTY,  /* two spaces a level, "key": value, a line feed at the end */
};

/* Private part. Borrows the stream or string until json_writer_finish. */
struct json_writer {
    FILE *stream;
    struct strbuf *string;
    bool pretty;
    bool failed;
    bool after_key;
    unsigned depth;
    struct {
        bool is_object;
        bool has_items;
    } levels[JSON_WRITER_MAX_DEPTH + 1];
};

/* Writes to one of the two. Cannot fail. */
void json_writer_init_stream(struct json_writer *w, FILE *stream,
                             enum json_writer_layout layout);
void json_writer_init_strbuf(struct json_writer *w, struct strbuf *string,
                             enum json_writer_layout layout);

void json_writer_begin_object(struct json_writer *w);
void json_writer_end_object(struct json_writer *w);
void json_writer_begin_array(struct json_writer *w);
void json_writer_end_array(struct json_writer *w);

/* The key of the next value; only inside an object. */
void json_writer_key(struct json_writer *w, const char *key);
void json_writer_key_n(struct json_writer *w, const char *key, size_t n);

/* A NULL string is written as null. */
void json_writer_string(struct json_writer *w, const char *text);
void json_writer_string_n(struct json_writer *w, const char *text, size_t n);
void json_writer_i64(struct json_writer *w, int64_t value);
void json_writer_u64(struct json_writer *w, uint64_t value);
void json_writer_bool(struct json_writer *w, bool value);
void json_writer_null(struct json_writer *w);

/* Shortest form that reads back the same, as numtext_double_json; null when not finite. */
void json_writer_double(struct json_writer *w, double value);

/* Key and value in one call. */
void json_writer_key_string(struct json_writer *w, const char *key, const char *text);
void json_writer_key_i64(struct json_writer *w, const char *key, int64_t value);
void json_writer_key_u64(struct json_writer *w, const char *key, uint64_t value);
void json_writer_key_double(struct json_writer *w, const char *key, double value);
void json_writer_key_bool(struct json_writer *w, const char *key, bool value);
void json_writer_key_null(struct json_writer *w, const char *key);

/* Ends the document; every object and array must be closed. True when all was written.
   The stream is neither flushed nor closed. */
bool json_writer_finish(struct json_writer *w);

/* One quoted and escaped string, for those who write JSON by other means. */
bool json_writer_quote(struct strbuf *out, const char *text, size_t n);

#endif
