#include "config.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "base/numtext.h"
#include "base/prng.h"

static const char *plain(double value)
{
    static char text[NUMTEXT_PLAIN_BYTES];
    size_t n = numtext_double_plain(text, value);
    ck_assert_uint_eq(n, strlen(text));
    return text;
}

static const char *json(double value)
{
    static char text[NUMTEXT_JSON_BYTES];
    size_t n = numtext_double_json(text, value);
    ck_assert_uint_eq(n, strlen(text));
    return text;
}

static double parsed(const char *text)
{
    double value = -77;
    ck_assert_msg(numtext_parse_double(text, strlen(text), &value) == NUMTEXT_OK,
                  "'%s' is refused", text);
    return value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double random_double(struct prng *prng)
{
    double value;
    do {
        uint64_t bits = prng_u64(prng);
        memcpy(&value, &bits, sizeof value);
    } while (!isfinite(value));
    return value;
}

START_TEST(test_numtext_integers)
{
    char text[NUMTEXT_I64_BYTES];
    ck_assert_uint_eq(numtext_i64(text, INT64_MIN), 20);
    ck_assert_str_eq(text, "-9223372036854775808");
    numtext_i64(text, INT64_MAX);
    ck_assert_str_eq(text, "9223372036854775807");
    numtext_i64(text, 0);
    ck_assert_str_eq(text, "0");
    numtext_u64(text, UINT64_MAX);
    ck_assert_str_eq(text, "18446744073709551615");
}
END_TEST

START_TEST(test_numtext_parse_integers)
{
    int64_t value = 5;
    ck_assert_int_eq(numtext_parse_i64("-9223372036854775808", 20, &value), NUMTEXT_OK);
    ck_assert_int_eq(value, INT64_MIN);
    ck_assert_int_eq(numtext_parse_i64("+9223372036854775807", 20, &value), NUMTEXT_OK);
    ck_assert_int_eq(value, INT64_MAX);
    ck_assert_int_eq(numtext_parse_i64("-0", 2, &value), NUMTEXT_OK);
    ck_assert_int_eq(value, 0);
    value = 5;
    ck_assert_int_eq(numtext_parse_i64("9223372036854775808", 19, &value),
                     NUMTEXT_RANGE);
    ck_assert_int_eq(numtext_parse_i64("-9223372036854775809", 20, &value),
                     NUMTEXT_RANGE);
    ck_assert_int_eq(numtext_parse_i64("99999999999999999999999", 23, &value),
                     NUMTEXT_RANGE);
    const char *const bad[] = {"", "-", "+", "--1", "1 ", " 1", "1.0", "0x1", "1e3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(numtext_parse_i64(bad[i], strlen(bad[i]), &value),
                         NUMTEXT_SYNTAX);
    ck_assert_int_eq(value, 5);
    uint64_t big = 0;
    ck_assert_int_eq(numtext_parse_u64("18446744073709551615", 20, &big), NUMTEXT_OK);
    ck_assert_uint_eq(big, UINT64_MAX);
    ck_assert_int_eq(numtext_parse_u64("18446744073709551616", 20, &big),
                     NUMTEXT_RANGE);
}
END_TEST

START_TEST(test_numtext_plain_form)
{
    ck_assert_str_eq(plain(5.0), "5");
    ck_assert_str_eq(plain(2.5), "2.5");
    ck_assert_str_eq(plain(1e21), "1000000000000000000000");
    ck_assert_str_eq(plain(0.1 + 0.2), "0.30000000000000004");
    ck_assert_str_eq(plain(-0.0), "-0");
    ck_assert_str_eq(plain(0.0), "0");
    ck_assert_str_eq(plain(-1234.5678), "-1234.5678");
    ck_assert_str_eq(plain(1e-7), "0.0000001");
    ck_assert_str_eq(plain(123456789012345680.0), "123456789012345680");
    ck_assert_str_eq(plain(9007199254740993.0), "9007199254740992");
    ck_assert_str_eq(plain((double)NAN), "NaN");
    ck_assert_str_eq(plain((double)INFINITY), "inf");
    ck_assert_str_eq(plain((double)-INFINITY), "-inf");
    ck_assert_uint_eq(strlen(plain(DBL_MAX)), 309);
    ck_assert_uint_eq(strlen(plain(-DBL_TRUE_MIN)), 327);
}
END_TEST

START_TEST(test_numtext_json_form)
{
    ck_assert_str_eq(json(5.0), "5.0");
    ck_assert_str_eq(json(0.1), "0.1");
    ck_assert_str_eq(json(0.0), "0.0");
    ck_assert_str_eq(json(-0.0), "-0.0");
    ck_assert_str_eq(json(1e16), "1e16");
    ck_assert_str_eq(json(1e15), "1000000000000000.0");
    ck_assert_str_eq(json(9999999999999998.0), "9999999999999998.0");
    ck_assert_str_eq(json(1e-5), "0.00001");
    ck_assert_str_eq(json(9.9e-6), "9.9e-6");
    ck_assert_str_eq(json(-1.5e300), "-1.5e300");
    ck_assert_str_eq(json(5e-324), "5e-324");
    ck_assert_str_eq(json(DBL_MAX), "1.7976931348623157e308");
    ck_assert_str_eq(json((double)NAN), "null");
}
END_TEST

START_TEST(test_numtext_known_shortest_digits)
{
    /* Powers of two, where the nearest decimal of 16 digits is on the dense side and does
       not read back, and other cases known to be hard. */
    ck_assert_str_eq(json(ldexp(1, -44)), "5.684341886080802e-14");
    ck_assert_str_eq(json(DBL_MIN), "2.2250738585072014e-308");
    ck_assert_str_eq(json(2.2250738585072011e-308), "2.225073858507201e-308");
    ck_assert_str_eq(json(9.5e22), "9.5e22");
    ck_assert_str_eq(json(1.0 / 3), "0.3333333333333333");
    ck_assert_str_eq(json(2e-323), "2e-323");
    ck_assert_str_eq(json(1e23), "1e23");
    ck_assert_str_eq(json(ldexp(1, 976)), "6.386688990511104e293");
}
END_TEST

START_TEST(test_numtext_round_trips_and_cannot_be_shorter)
{
    struct prng prng;
    prng_seed(&prng, 11);
    for (int i = 0; i < 100000; i++) {
        double value = random_double(&prng);
        if (i % 2 == 0)
            value = prng_double(&prng) * pow(10, (double)prng_between(&prng, -10, 20));
        const char *text = json(value);
        if (bits_of(strtod(text, NULL)) != bits_of(value))
            ck_abort_msg("%a printed as %s", value, text);
        char digits[NUMTEXT_MAX_DIGITS];
        int point;
        size_t n = numtext_digits(digits, &point, value);
        if (n > 1 && fabs(value) >= DBL_MIN) {
            char shorter[40];
            snprintf(shorter, sizeof shorter, "%.*e", (int)((n - 2) & 31), value);
            if (bits_of(strtod(shorter, NULL)) == bits_of(value))
                ck_abort_msg("%s is not the shortest: %s", text, shorter);
        }
    }
}
END_TEST

START_TEST(test_numtext_short_decimals_print_as_written)
{
    struct prng prng;
    prng_seed(&prng, 12);
    for (int i = 0; i < 50000; i++) {
        char written[48];
        snprintf(written, sizeof written, "%lld.%llu1",
                 (long long)prng_between(&prng, -999999, 999999),
                 (unsigned long long)prng_below(&prng, 1000000));
        ck_assert_str_eq(plain(strtod(written, NULL)), written);
    }
}
END_TEST

START_TEST(test_numtext_parse_double_is_correct)
{
    struct prng prng;
    prng_seed(&prng, 13);
    char text[64];
    for (int i = 0; i < 100000; i++) {
        snprintf(text, sizeof text, "%.*e", (int)(prng_u64(&prng) & 15) + 4,
                 random_double(&prng));
        if (bits_of(parsed(text)) != bits_of(strtod(text, NULL)))
            ck_abort_msg("%s is read as %a", text, parsed(text));
        snprintf(text, sizeof text, "%llu.%llue%d",
                 (unsigned long long)prng_below(&prng, 1000000),
                 (unsigned long long)prng_below(&prng, 100000),
                 (int)prng_between(&prng, -25, 25));
        if (bits_of(parsed(text)) != bits_of(strtod(text, NULL)))
            ck_abort_msg("%s is read as %a", text, parsed(text));
    }
}
END_TEST

START_TEST(test_numtext_parse_double_long_and_extreme)
{
    /* Exactly half way between two doubles, then one digit far behind tips it. */
    char text[2000] = "9007199254740993.";
    ck_assert_double_eq(parsed(text), 9007199254740992.0);
    size_t n = strlen(text);
    memset(text + n, '0', 1500);
    ck_assert_double_eq(parsed(text), 9007199254740992.0);
    text[n + 1499] = '1';
    ck_assert_double_eq(parsed(text), 9007199254740994.0);

    memset(text, '0', 1999);
    text[1998] = '7';
    text[1999] = '\0';
    ck_assert_double_eq(parsed(text), 7.0);
    memset(text, '1', 1999);
    ck_assert(isinf(parsed(text)));

    ck_assert(isinf(parsed("1e400")));
    ck_assert(isinf(parsed("-1e99999999999999999999")));
    ck_assert_double_eq(parsed("1e-99999999999999999999"), 0.0);
    ck_assert_double_eq(parsed("0e99999999999999999999"), 0.0);
    ck_assert(signbit(parsed("-0")));
    ck_assert_double_eq(parsed("1.7976931348623157e308"), DBL_MAX);
    ck_assert_double_eq(parsed("4.9e-324"), DBL_TRUE_MIN);
    ck_assert_double_eq(parsed("2.4703282292062327e-324"), 0.0);
    ck_assert_double_eq(parsed("+.5"), 0.5);
    ck_assert_double_eq(parsed("5."), 5.0);
    ck_assert_double_eq(parsed("1E+2"), 100.0);
}
END_TEST

START_TEST(test_numtext_parse_double_refuses)
{
    const char *const bad[] = {"",      "-",     ".",   "+.",   "e5", "1e", "1e+",
                               "1.2.3", "0x1",   "inf", "NaN",  " 1", "1 ", "1,5",
                               "--1",   "1e5.0", "1f",  "1e5x", "∞"};
    double value = 3;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(numtext_parse_double(bad[i], strlen(bad[i]), &value) ==
                          NUMTEXT_SYNTAX,
                      "'%s' is accepted", bad[i]);
    ck_assert_double_eq(value, 3.0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_numtext_integers,
        test_numtext_parse_integers,
        test_numtext_plain_form,
        test_numtext_json_form,
        test_numtext_known_shortest_digits,
        test_numtext_round_trips_and_cannot_be_shorter,
        test_numtext_short_decimals_print_as_written,
        test_numtext_parse_double_is_correct,
        test_numtext_parse_double_long_and_extreme,
        test_numtext_parse_double_refuses,
        NULL,
    };
    return unit_run(unit_suite("numtext", tests));
}
