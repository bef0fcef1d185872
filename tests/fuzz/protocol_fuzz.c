#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "protocol.h"

/* What the harness takes for a message is one it can compute with. */
static void check(void *context, struct protocol_message *message)
{
    (void)context;
    switch (message->type) {
    case PROTOCOL_PHASE:
        if (protocol_phase_words(message->phase)[0] == '\0')
            abort();
        break;
    case PROTOCOL_TICK: break;
    case PROTOCOL_FAILURE:
        if (memchr(message->reason, '\0', sizeof message->reason) == NULL)
            abort();
        break;
    case PROTOCOL_SERIES: {
        const struct series *series = &message->series;
        if (series->samples.count == 0 || series->wall.count != series->samples.count ||
            series->batch == 0 || !isfinite(series->median_ns) ||
            !isfinite(series->startup_ns) || series->median_ns < 0 ||
            series->output.head_length > SERIES_HEAD_SIZE)
            abort();
        break;
    }
    case PROTOCOL_PROFILED: break;
    }
}

/* Each line gets its checksum, so that the search is about what lies behind it; then the
   bytes as they are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct protocol_reader reader;
    protocol_reader_init(&reader);
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - text) - at;
        char prefix[16];
        int prefix_length = snprintf(prefix, sizeof prefix, "%08" PRIx32 " ",
                                     protocol_checksum(text + at, length));
        if (!protocol_feed(&reader, prefix, (size_t)prefix_length, check, NULL) ||
            !protocol_feed(&reader, text + at, length, check, NULL) ||
            !protocol_feed(&reader, "\n", 1, check, NULL))
            break;
        at += length + 1;
    }
    protocol_reader_done(&reader);
    protocol_reader_init(&reader);
    (void)protocol_feed(&reader, text, size, check, NULL);
    protocol_reader_done(&reader);
    return 0;
}
