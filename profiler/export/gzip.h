#ifndef RUFFPROF_GZIP_H
#define RUFFPROF_GZIP_H

/* Compresses to a stream as bytes come. No time stamp, so equal input gives equal output. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <zlib.h>

struct gzip {
    /* private part */
    z_stream z;
    FILE *out;
    bool failed;
};

/* False when memory is short. */
bool gzip_init(struct gzip *gzip, FILE *out);
void gzip_write(struct gzip *gzip, const void *bytes, size_t count);
/* Writes the end and releases; true when everything went out. */
bool gzip_finish(struct gzip *gzip);

#endif
