#include "config.h"

#include "base/numtext.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Powers of ten that are doubles exactly. */
static const double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum {
    MAX_EXACT_POWER = 22
};

/* A decimal of this many digits always survives the way to a double and back, hence two
   such decimals never mean the same (normal) double. */
enum {
    SAFE_DIGITS = 15
};

/* Digits of a decimal being read that can influence the result: 767 for any double, and
   one that stands for "something follows". */
enum {
    MAX_SIGNIFICANT = 800
};

/* A decimal taken apart: 0.DIGITS * 10^point, as numtext_digits gives it. */
struct decimal {
    char digits[NUMTEXT_MAX_DIGITS];
    size_t count;
    int point;
};

static bool try_short(struct decimal *d, double value);
static void try_lengths(struct decimal *d, double value);
static void print_digits(struct decimal *d, double value, size_t count);
static void step_up(struct decimal *d);
static void set_integer(struct decimal *d, uint64_t integer, int scale);
static void strip_zeros(struct decimal *d);
static double read_decimal(const struct decimal *d);
static double read_c_locale(const char *text);
static size_t write_plain(char *out, const struct decimal *d);
static bool is_digit(char c);

/* ---- integers ----------------------------------------------------------------- */

size_t numtext_i64(char *out, int64_t value)
{
    if (value >= 0)
        return numtext_u64(out, (uint64_t)value);
    out[0] = '-';
    return 1 + numtext_u64(out + 1, 0 - (uint64_t)value);
}

size_t numtext_u64(char *out, uint64_t value)
{
    char reversed[20];
    size_t n = 0;
    do {
        reversed[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    out[n] = '\0';
    return n;
}

enum numtext_status numtext_parse_i64(const char *text, size_t n, int64_t *value)
{
    bool negative = n > 0 && text[0] == '-';
    bool sign = negative || (n > 0 && text[0] == '+');
    uint64_t magnitude = 0;
    enum numtext_status status = numtext_parse_u64(text + sign, n - sign, &magnitude);
    if (status != NUMTEXT_OK)
        return status;
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return NUMTEXT_RANGE;
    *value = (int64_t)(negative ? 0 - magnitude : magnitude);
    return NUMTEXT_OK;
}

enum numtext_status numtext_parse_u64(const char *text, size_t n, uint64_t *value)
{
    uint64_t result = 0;
    bool overflow = false;
    if (n == 0)
        return NUMTEXT_SYNTAX;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(text[i]))
            return NUMTEXT_SYNTAX;
        overflow |= __builtin_mul_overflow(result, 10u, &result);
        overflow |= __builtin_add_overflow(result, (uint64_t)(text[i] - '0'), &result);
    }
    if (overflow)
        return NUMTEXT_RANGE;
    *value = result;
    return NUMTEXT_OK;
}

/* ---- doubles to text ---------------------------------------------------------- */

size_t numtext_double_plain(char *out, double value)
{
    if (isnan(value)) {
        memcpy(out, "NaN", 4);
        return 3;
    }
    size_t sign = signbit(value) ? 1 : 0;
    if (sign)
        out[0] = '-';
    if (isinf(value)) {
        memcpy(out + sign, "inf", 4);
        return sign + 3;
    }
    struct decimal d;
    d.count = numtext_digits(d.digits, &d.point, value);
    return sign + write_plain(out + sign, &d);
}

size_t numtext_double_json(char *out, double value)
{
    if (!isfinite(value)) {
        memcpy(out, "null", 5);
        return 4;
    }
    size_t n = 0;
    if (signbit(value))
        out[n++] = '-';
    struct decimal d;
    d.count = numtext_digits(d.digits, &d.point, value);
    if (d.point > -5 && d.point <= 16) {
        n += write_plain(out + n, &d);
        if (d.point >= (int)d.count) {
            out[n++] = '.';
            out[n++] = '0';
        }
        out[n] = '\0';
        return n;
    }
    out[n++] = d.digits[0];
    if (d.count > 1) {
        out[n++] = '.';
        memcpy(out + n, d.digits + 1, d.count - 1);
        n += d.count - 1;
    }
    out[n++] = 'e';
    return n + numtext_i64(out + n, d.point - 1);
}

size_t numtext_digits(char digits[NUMTEXT_MAX_DIGITS], int *point, double value)
{
    struct decimal d;
    value = fabs(value);
    if (value < DBL_TRUE_MIN) {
        d.digits[0] = '0';
        d.count = 1;
        d.point = 1;
    } else if (!try_short(&d, value)) {
        try_lengths(&d, value);
    }
    memcpy(digits, d.digits, d.count);
    *point = d.point;
    return d.count;
}

/* Most doubles in programs are decimals of few digits. If value is the double nearest to
   r / 10^k with r < 10^15, then value * 10^k lies within 0.22 of r, and the division of two
   exact doubles, being correctly rounded, gives value back. The first k that works has the
   fewest digits; fewer than SAFE_DIGITS cannot mean two decimals. */
static bool try_short(struct decimal *d, double value)
{
    if (value < 1e-7 || value >= 1e15)
        return false;
    for (int k = 0; k <= MAX_EXACT_POWER; k++) {
        double scaled = value * exact_powers[k];
        if (scaled >= 1e15)
            return false;
        double r = nearbyint(scaled);
        double back = r / exact_powers[k];
        if (!(back < value) && !(back > value)) {
            set_integer(d, (uint64_t)r, k);
            return true;
        }
    }
    return false;
}

/* The nearest decimal of n digits is the best of that length, except where the doubles
   below are twice as dense as those above (powers of two): there the next decimal up may
   read back although the nearest, on the dense side, does not. */
static void try_lengths(struct decimal *d, double value)
{
    int exponent;
    double fraction = frexp(value, &exponent);
    bool subnormal = value < DBL_MIN;
    bool uneven = !(fraction > 0.5);
    for (size_t n = subnormal ? 1 : SAFE_DIGITS; n < NUMTEXT_MAX_DIGITS; n++) {
        print_digits(d, value, n);
        double back = read_decimal(d);
        if (uneven && back < value) {
            step_up(d);
            back = read_decimal(d);
        }
        if (!(back < value) && !(back > value)) {
            strip_zeros(d);
            return;
        }
    }
    print_digits(d, value, NUMTEXT_MAX_DIGITS);
    strip_zeros(d);
}

/* printf rounds correctly; the radix character of the locale is skipped, not read. */
static void print_digits(struct decimal *d, double value, size_t count)
{
    char text[48];
    /* count is at most NUMTEXT_MAX_DIGITS; the mask shows the compiler that it fits. */
    snprintf(text, sizeof text, "%.*e", (int)((count - 1) & 31), value);
    const char *at = text;
    d->count = 0;
    for (; *at != 'e'; at++) {
        if (is_digit(*at))
            d->digits[d->count++] = *at;
    }
    d->point = atoi(at + 1) + 1;
}

/* The next larger decimal of as many digits. */
static void step_up(struct decimal *d)
{
    size_t i = d->count;
    while (i > 0 && d->digits[i - 1] == '9')
        d->digits[--i] = '0';
    if (i > 0) {
        d->digits[i - 1]++;
        return;
    }
    d->digits[0] = '1';
    d->point++;
}

/* integer / 10^scale; integer > 0, below 10^15. */
static void set_integer(struct decimal *d, uint64_t integer, int scale)
{
    char text[NUMTEXT_I64_BYTES];
    d->count = numtext_u64(text, integer);
    memcpy(d->digits, text, d->count);
    d->point = (int)d->count - scale;
    strip_zeros(d);
}

static void strip_zeros(struct decimal *d)
{
    while (d->count > 1 && d->digits[d->count - 1] == '0')
        d->count--;
}

static double read_decimal(const struct decimal *d)
{
    char text[NUMTEXT_MAX_DIGITS + 16];
    memcpy(text, d->digits, d->count);
    snprintf(text + d->count, sizeof text - d->count, "e%d", d->point - (int)d->count);
    return read_c_locale(text);
}

static size_t write_plain(char *out, const struct decimal *d)
{
    size_t n = 0;
    if (d->point <= 0) {
        out[n++] = '0';
        out[n++] = '.';
        memset(out + n, '0', (size_t)-d->point);
        n += (size_t)-d->point;
        memcpy(out + n, d->digits, d->count);
        n += d->count;
    } else if ((size_t)d->point >= d->count) {
        memcpy(out, d->digits, d->count);
        memset(out + d->count, '0', (size_t)d->point - d->count);
        n = (size_t)d->point;
    } else {
        size_t whole = (size_t)d->point;
        memcpy(out, d->digits, whole);
        out[whole] = '.';
        memcpy(out + whole + 1, d->digits + whole, d->count - whole);
        n = d->count + 1;
    }
    out[n] = '\0';
    return n;
}

/* ---- doubles from text -------------------------------------------------------- */

/* What numtext_parse_double collects: DIGITS * 10^exponent. */
struct scan {
    char digits[MAX_SIGNIFICANT + 24]; /* room for the exponent behind them */
    size_t count;
    int64_t exponent;
    bool dropped; /* a digit other than 0 did not fit */
};

static bool scan_mantissa(struct scan *s, const char *text, size_t n, size_t *used);
static bool scan_exponent(struct scan *s, const char *text, size_t n);
static double scan_value(struct scan *s);

enum numtext_status numtext_parse_double(const char *text, size_t n, double *value)
{
    bool negative = n > 0 && text[0] == '-';
    bool sign = negative || (n > 0 && text[0] == '+');
    struct scan s;
    s.count = 0;
    s.exponent = 0;
    s.dropped = false;
    size_t used;
    if (!scan_mantissa(&s, text + sign, n - sign, &used))
        return NUMTEXT_SYNTAX;
    if (!scan_exponent(&s, text + sign + used, n - sign - used))
        return NUMTEXT_SYNTAX;
    double magnitude = scan_value(&s);
    *value = negative ? -magnitude : magnitude;
    return NUMTEXT_OK;
}

static bool scan_mantissa(struct scan *s, const char *text, size_t n, size_t *used)
{
    bool any = false, point = false;
    size_t i = 0;
    for (; i < n; i++) {
        if (text[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(text[i]))
            break;
        any = true;
        if (s->count == 0 && text[i] == '0') {
            s->exponent -= point;
        } else if (s->count < MAX_SIGNIFICANT) {
            s->digits[s->count++] = text[i];
            s->exponent -= point;
        } else {
            s->dropped |= text[i] != '0';
            s->exponent += !point;
        }
    }
    *used = i;
    return any;
}

/* Exponents are cut at a size no mantissa can make up for. */
static bool scan_exponent(struct scan *s, const char *text, size_t n)
{
    if (n == 0)
        return true;
    if (text[0] != 'e' && text[0] != 'E')
        return false;
    bool negative = n > 1 && text[1] == '-';
    size_t i = n > 1 && (text[1] == '-' || text[1] == '+') ? 2 : 1;
    if (i == n)
        return false;
    const int64_t limit = INT64_C(1) << 60;
    int64_t exponent = 0;
    for (; i < n; i++) {
        if (!is_digit(text[i]))
            return false;
        if (exponent < limit / 16)
            exponent = exponent * 10 + (text[i] - '0');
    }
    s->exponent += negative ? -exponent : exponent;
    return true;
}

static double scan_value(struct scan *s)
{
    if (s->count == 0)
        return 0.0;
    if (s->count <= SAFE_DIGITS && s->exponent >= -MAX_EXACT_POWER &&
        s->exponent <= MAX_EXACT_POWER) {
        /* Both operands are exact, so the one operation rounds correctly (Clinger). */
        double mantissa = 0;
        for (size_t i = 0; i < s->count; i++)
            mantissa = mantissa * 10 + (s->digits[i] - '0');
        return s->exponent < 0 ? mantissa / exact_powers[-s->exponent]
                               : mantissa * exact_powers[s->exponent];
    }
    int64_t magnitude = s->exponent + (int64_t)s->count;
    if (magnitude > 400)
        return HUGE_VAL;
    if (magnitude < -400)
        return 0.0;
    if (s->dropped) {
        s->digits[s->count++] = '1';
        s->exponent--;
    }
    snprintf(s->digits + s->count, sizeof s->digits - s->count, "e%d",
             (int)s->exponent);
    return read_c_locale(s->digits);
}

/* For "C" the C library hands out its own constant object; nothing is allocated. */
static double read_c_locale(const char *text)
{
    locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double value = strtod_l(text, NULL, locale);
    freelocale(locale);
    return value;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
