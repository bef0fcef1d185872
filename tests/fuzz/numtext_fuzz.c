#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "base/numtext.h"

/* What is read as a number is printed and read again: the same number, in every form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    int64_t integer;
    if (numtext_parse_i64(text, size, &integer) == NUMTEXT_OK) {
        char out[NUMTEXT_I64_BYTES];
        int64_t again;
        size_t n = numtext_i64(out, integer);
        if (numtext_parse_i64(out, n, &again) != NUMTEXT_OK || again != integer)
            abort();
    }
    double values[2] = {0, 0};
    bool known[2] = {false, false};
    known[0] = numtext_parse_double(text, size, &values[0]) == NUMTEXT_OK;
    if (size >= sizeof values[1]) {
        memcpy(&values[1], data, sizeof values[1]);
        known[1] = true;
    }
    for (int i = 0; i < 2; i++) {
        if (!known[i] || !isfinite(values[i]))
            continue;
        char plain[NUMTEXT_PLAIN_BYTES], json[NUMTEXT_JSON_BYTES];
        double again;
        size_t n = numtext_double_plain(plain, values[i]);
        if (numtext_parse_double(plain, n, &again) != NUMTEXT_OK ||
            memcmp(&again, &values[i], sizeof again) != 0)
            abort();
        n = numtext_double_json(json, values[i]);
        if (numtext_parse_double(json, n, &again) != NUMTEXT_OK ||
            memcmp(&again, &values[i], sizeof again) != 0)
            abort();
    }
    return 0;
}
