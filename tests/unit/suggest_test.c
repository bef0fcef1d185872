#include "config.h"

#include <stdint.h>
#include <string.h>

#include "unit.h"

#include "base/suggest.h"

static size_t distance(const char *a, const char *b)
{
    size_t d = suggest_distance(a, strlen(a), b, strlen(b));
    ck_assert_uint_eq(d, suggest_distance(b, strlen(b), a, strlen(a)));
    return d;
}

START_TEST(test_suggest_distance_counts_edits)
{
    ck_assert_uint_eq(distance("", ""), 0);
    ck_assert_uint_eq(distance("", "abc"), 3);
    ck_assert_uint_eq(distance("kitten", "sitting"), 3);
    ck_assert_uint_eq(distance("form", "from"), 1);
    ck_assert_uint_eq(distance("ca", "abc"), 3); /* swaps of neighbours only */
    ck_assert_uint_eq(distance("length", "lenght"), 1);
    char longer[SUGGEST_MAX_BYTES + 1];
    memset(longer, 'a', sizeof longer);
    ck_assert_uint_eq(suggest_distance(longer, sizeof longer, "a", 1), SIZE_MAX);
    ck_assert_uint_eq(suggest_distance(longer, SUGGEST_MAX_BYTES, longer, 0),
                      SUGGEST_MAX_BYTES);
}
END_TEST

START_TEST(test_suggest_names_the_nearest_or_nothing)
{
    const char *const words[] = {"freq", "event", "output", "mem", "repeat", "report"};
    enum {
        COUNT = sizeof words / sizeof *words
    };
    ck_assert_str_eq(suggest_nearest("frq", words, COUNT), "freq");
    ck_assert_str_eq(suggest_nearest("evnet", words, COUNT), "event");
    ck_assert_str_eq(suggest_nearest("repaet", words, COUNT), "repeat");
    ck_assert_ptr_null(suggest_nearest("zzz", words, COUNT));
    ck_assert_ptr_null(suggest_nearest("x", words, COUNT));
    ck_assert_ptr_null(suggest_nearest("", words, COUNT));
    ck_assert_ptr_null(suggest_nearest("freq", words, 0));
}
END_TEST

START_TEST(test_suggest_first_of_equals_wins)
{
    struct suggest s;
    suggest_init(&s, "cat", 3);
    suggest_offer(&s, "cat", 3);
    suggest_offer(&s, "cut", 3);
    suggest_offer(&s, "cot", 3);
    size_t n = 0;
    ck_assert_str_eq(suggest_best(&s, &n), "cut");
    ck_assert_uint_eq(n, 3);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_suggest_distance_counts_edits,
        test_suggest_names_the_nearest_or_nothing,
        test_suggest_first_of_equals_wins,
        NULL,
    };
    return unit_run(unit_suite("suggest", tests));
}
