#include "config.h"

#include "export/gzip.h"

#include <limits.h>
#include <string.h>

#include "base/sizing.h"

/* 15 bits of window, and 16 more ask zlib for the gzip form. */
#define WINDOW_BITS (15 + 16)

bool gzip_init(struct gzip *gzip, FILE *out)
{
    memset(gzip, 0, sizeof *gzip);
    gzip->out = out;
    return deflateInit2(&gzip->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS, 8,
                        Z_DEFAULT_STRATEGY) == Z_OK;
}

static void run(struct gzip *gzip, int flush)
{
    unsigned char buffer[SIZE_OR_TINY(8192, 3)];
    int status = Z_OK;
    do {
        gzip->z.next_out = buffer;
        gzip->z.avail_out = sizeof buffer;
        status = deflate(&gzip->z, flush);
        size_t made = sizeof buffer - gzip->z.avail_out;
        if (fwrite(buffer, 1, made, gzip->out) != made) {
            gzip->failed = true;
        }
    } while (gzip->z.avail_out == 0);
    gzip->failed = gzip->failed || (flush == Z_FINISH && status != Z_STREAM_END);
}

void gzip_write(struct gzip *gzip, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    while (count > 0 && !gzip->failed) {
        unsigned part = count < UINT_MAX ? (unsigned)count : UINT_MAX;
        /* zlib reads from it only, but its type says otherwise. */
        memcpy(&gzip->z.next_in, &at, sizeof gzip->z.next_in);
        gzip->z.avail_in = part;
        run(gzip, Z_NO_FLUSH);
        at += part;
        count -= part;
    }
}

bool gzip_finish(struct gzip *gzip)
{
    gzip->z.avail_in = 0;
    if (!gzip->failed) {
        run(gzip, Z_FINISH);
    }
    deflateEnd(&gzip->z);
    return !gzip->failed;
}
