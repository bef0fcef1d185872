#include "config.h"

#include "quantity.h"

#include <math.h>
#include <stdio.h>

#include "textbuf.h"

struct unit {
    double size;
    const char *name;
};

static const struct unit DURATIONS[] = {
    {1.0, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}};
static const struct unit SIZES[] = {{1.0, "B"},
                                    {1024.0, "KiB"},
                                    {1048576.0, "MiB"},
                                    {1073741824.0, "GiB"},
                                    {1099511627776.0, "TiB"}};
static const struct unit COUNTS[] = {{1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const struct unit *unit_for(const struct unit *units, size_t count, double value,
                                   double limit, int digits);
static double rounded(double value, int digits);
static int decimals_for(double value, int digits);

const char *quantity_duration(struct quantity *out, double ns)
{
    enum {
        DIGITS = 4
    };
    if (isnan(ns)) {
        textbuf_format(out->text, sizeof out->text, "–");
    } else if (!(fabs(ns) > 0.0)) {
        textbuf_format(out->text, sizeof out->text, "0 ns");
    } else {
        const struct unit *unit =
            unit_for(DURATIONS, COUNT_OF(DURATIONS), ns, 1000.0, DIGITS);
        double value = ns / unit->size;
        textbuf_format(out->text, sizeof out->text, "%.*f %s",
                       decimals_for(value, DIGITS), value, unit->name);
    }
    return out->text;
}

const char *quantity_duration_range(struct quantity *out, double low_ns, double high_ns)
{
    enum {
        DIGITS = 4
    };
    const struct unit *unit =
        unit_for(DURATIONS, COUNT_OF(DURATIONS), high_ns, 1000.0, DIGITS);
    double high = high_ns / unit->size;
    int decimals = decimals_for(high, DIGITS);
    textbuf_format(out->text, sizeof out->text, "%.*f–%.*f %s", decimals,
                   low_ns / unit->size, decimals, high, unit->name);
    return out->text;
}

const char *quantity_bytes(struct quantity *out, double bytes)
{
    enum {
        DIGITS = 3
    };
    if (isnan(bytes)) {
        textbuf_format(out->text, sizeof out->text, "–");
    } else if (bytes < 1024.0) {
        textbuf_format(out->text, sizeof out->text, "%.0f B", bytes);
    } else {
        const struct unit *unit =
            unit_for(SIZES, COUNT_OF(SIZES), bytes, 1024.0, DIGITS);
        double value = bytes / unit->size;
        textbuf_format(out->text, sizeof out->text, "%.*f %s",
                       decimals_for(value, DIGITS), value, unit->name);
    }
    return out->text;
}

const char *quantity_count(struct quantity *out, double count)
{
    enum {
        DIGITS = 3
    };
    if (isnan(count)) {
        textbuf_format(out->text, sizeof out->text, "–");
    } else if (count < 100000.0) {
        textbuf_format(out->text, sizeof out->text, "%.0f", count);
    } else {
        const struct unit *unit =
            unit_for(COUNTS, COUNT_OF(COUNTS), count, 1000.0, DIGITS);
        double value = count / unit->size;
        textbuf_format(out->text, sizeof out->text, "%.*f %s",
                       decimals_for(value, DIGITS), value, unit->name);
    }
    return out->text;
}

const char *quantity_ratio(struct quantity *out, double ratio)
{
    enum {
        DIGITS = 3
    };
    if (isnan(ratio)) {
        textbuf_format(out->text, sizeof out->text, "–");
    } else {
        textbuf_format(out->text, sizeof out->text, "%.*f×",
                       decimals_for(ratio, DIGITS), ratio);
    }
    return out->text;
}

size_t quantity_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++) {
        /* Continuation bytes of UTF-8 add no column. */
        width += ((unsigned char)*text & 0xC0u) != 0x80u;
    }
    return width;
}

/* The first unit in which the value, rounded to `digits`, stays below the limit. */
static const struct unit *unit_for(const struct unit *units, size_t count, double value,
                                   double limit, int digits)
{
    for (size_t i = 0; i + 1 < count; i++) {
        if (rounded(fabs(value) / units[i].size, digits) < limit) {
            return &units[i];
        }
    }
    return &units[count - 1];
}

static double rounded(double value, int digits)
{
    if (!(value > 0.0)) {
        return value;
    }
    double scale = pow(10.0, (double)digits - 1.0 - floor(log10(value)));
    return round(value * scale) / scale;
}

/* Digits after the point so that `digits` significant ones are shown. Values below 1
 * (a fraction of a nanosecond, a ratio) keep one digit more than a plain count would. */
static int decimals_for(double value, int digits)
{
    double size = rounded(fabs(value), digits);
    int decimals = digits - 1;
    for (double step = 10.0; size >= step && decimals > 0; step *= 10.0) {
        decimals--;
    }
    return size < 1.0 && size > 0.0 && decimals == digits - 1 ? digits : decimals;
}
