/* Numbers as people read them: durations, sizes, counts, ratios.
 *
 * Every function writes into the caller's struct and returns its text, so calls can be
 * nested in printf. Never fails; thread safe. */
#ifndef BENCH_QUANTITY_H
#define BENCH_QUANTITY_H

#include <stddef.h>
#include <stdint.h>

/* Room for the longest result with its terminator, units in UTF-8. */
struct quantity {
    char text[48];
};

/* Four significant digits in ns, µs, ms or s: "123.4 ns", "1.234 µs", "12.34 ms",
 * "1234 s". Rounds before it chooses the unit: 999.96 µs is "1.000 ms", never
 * "1000.0 µs". 0 is "0 ns"; NAN is "–". */
const char *quantity_duration(struct quantity *out, double ns);

/* Two durations in the unit of the larger one: "1.225–1.245 ms". */
const char *quantity_duration_range(struct quantity *out, double low_ns,
                                    double high_ns);

/* "512 B", "1.21 KiB", "34.5 MiB": three significant digits above bytes. */
const char *quantity_bytes(struct quantity *out, double bytes);

/* Plain below 100 000, then "123 k", "1.23 M", "1.23 G". */
const char *quantity_count(struct quantity *out, double count);

/* "3.95×", "0.987×", "12.3×". */
const char *quantity_ratio(struct quantity *out, double ratio);

/* Columns the text takes on a terminal: code points, not bytes. */
size_t quantity_width(const char *text);

#endif
