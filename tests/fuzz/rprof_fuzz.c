#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rprof_reader.h"

#include "base/mem.h"

static void read_all(const uint8_t *bytes, size_t size);
static void repair_checksums(uint8_t *bytes, size_t size);

/* Any bytes end in a finished walk whose texts lie inside the file. A second walk has the
   checksums made right, so that the search gets past them to the records. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all(data, size);
    uint8_t *copy = mem_alloc(size);
    if (copy == NULL)
        return 0;
    if (size > 0)
        memcpy(copy, data, size);
    repair_checksums(copy, size);
    read_all(copy, size);
    mem_free(copy);
    return 0;
}

static void read_all(const uint8_t *bytes, size_t size)
{
    struct rprof_reader reader;
    if (rprof_reader_init(&reader, bytes, size) != RPROF_READER_OK)
        return;
    /* A record takes at least one byte. */
    struct rprof_record record;
    size_t records = 0;
    while (rprof_reader_next(&reader, &record)) {
        if (++records > size)
            abort();
    }
    char text[300];
    bool damaged =
        rprof_reader_complaint(rprof_reader_damage(&reader), text, sizeof text);
    if (damaged == (text[0] == '\0'))
        abort();
}

static void repair_checksums(uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at + RPROF_BLOCK_HEADER_BYTES <= size; at++) {
        uint8_t *header = bytes + at;
        if (rprof_get_u32(header) != RPROF_BLOCK_SYNC)
            continue;
        size_t payload = rprof_get_u32(header + 12);
        if (payload > size - at - RPROF_BLOCK_HEADER_BYTES)
            payload = size - at - RPROF_BLOCK_HEADER_BYTES;
        rprof_put_u32(header + 12, (uint32_t)payload);
        rprof_put_u32(header + 16,
                      rprof_crc32c(header + RPROF_BLOCK_HEADER_BYTES, payload));
        rprof_put_u32(header + 20, rprof_crc32c(header, 20));
        at += RPROF_BLOCK_HEADER_BYTES - 1 + payload;
    }
}
