#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front_text.h"
#include "unit.h"

#include "base/mem.h"
#include "base/prng.h"
#include "base/strbuf.h"
#include "front/front.h"

/* The stored file tests/golden/front/NAME, to be freed. */
static char *read_golden(const char *name, size_t *len)
{
    const char *srcdir = getenv("srcdir");
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/golden/front/%s",
             srcdir != NULL ? srcdir : ".", name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    struct strbuf text;
    strbuf_init(&text);
    char part[4096];
    size_t n = 0;
    while ((n = fread(part, 1, sizeof part, file)) > 0)
        strbuf_append(&text, part, n);
    fclose(file);
    char *bytes = strbuf_detach(&text, len);
    ck_assert_ptr_nonnull(bytes);
    return bytes;
}

START_TEST(test_front_tree_of_the_tour_is_as_stored)
{
    size_t len = 0, expected_len = 0;
    char *text = read_golden("tour.ruff", &len);
    char *expected = read_golden("tour.dump", &expected_len);
    char *got = front_text_dump(text, len, NULL);
    ck_assert_str_eq(got, expected);
    mem_free(got);
    mem_free(expected);
    mem_free(text);
}
END_TEST

START_TEST(test_front_survives_every_truncation)
{
    size_t len = 0;
    char *text = read_golden("tour.ruff", &len);
    for (size_t i = 0; i < len; i++) {
        char *cut = mem_strndup(text, i);
        ck_assert_ptr_nonnull(cut);
        mem_free(front_text_dump(cut, i, NULL));
        mem_free(cut);
    }
    mem_free(text);
}
END_TEST

START_TEST(test_front_survives_random_changes)
{
    static const char *const pieces[] = {
        "{",         "}",     "(",        ")",      "[",
        "]",         "\"",    "${",       "func ",  "match x { case ",
        "\n",        ":=",    "...",      "|>",     "?",
        "if ",       "else ", "#",        "/*",     "\xff",
        "\\",        "case ", "default:", "yield ", "export ",
        "struct S {"};
    size_t len = 0;
    char *text = read_golden("tour.ruff", &len);
    struct prng rng;
    prng_seed(&rng, 20260127);
    for (int round = 0; round < 3000; round++) {
        struct strbuf changed;
        strbuf_init(&changed);
        strbuf_append(&changed, text, len);
        uint64_t changes = 1 + prng_below(&rng, 4);
        for (uint64_t i = 0; i < changes; i++) {
            size_t at = (size_t)prng_below(&rng, changed.len);
            if (prng_below(&rng, 2) == 0) {
                changed.data[at] = (char)prng_below(&rng, 256);
                continue;
            }
            const char *piece =
                pieces[prng_below(&rng, sizeof pieces / sizeof pieces[0])];
            struct strbuf longer;
            strbuf_init(&longer);
            strbuf_append(&longer, changed.data, at);
            strbuf_append_str(&longer, piece);
            size_t skip = (size_t)prng_below(&rng, 4);
            if (at + skip < changed.len)
                strbuf_append(&longer, changed.data + at + skip,
                              changed.len - at - skip);
            strbuf_done(&changed);
            changed = longer;
        }
        mem_free(front_text_dump(strbuf_str(&changed), changed.len, NULL));
        strbuf_done(&changed);
    }
    mem_free(text);
}
END_TEST

START_TEST(test_front_survives_running_out_of_memory)
{
    size_t len = 0;
    char *text = read_golden("tour.ruff", &len);
    struct source *source = source_new("t.ruff", text, len);
    ck_assert_ptr_nonnull(source);
    struct front_input in = {.source = source};
    for (int64_t after = 0; after < 400; after++) {
        struct ast_unit *unit = NULL;
        struct diagnostics diags;
        diagnostics_init(&diags);
        if (!mem_fail_after(after, false))
            after = 400; /* this build cannot fail on purpose */
        bool good =
            front_parse(&in, &unit, &diags) && front_resolve(unit, NULL, &diags);
        mem_fail_after(-1, false);
        ck_assert(good || diags.out_of_memory);
        ck_assert(!diags.out_of_memory || diagnostics_exit_code(&diags) == 6);
        diagnostics_done(&diags);
        front_unit_free(unit);
    }
    source_free(source);
    mem_free(text);
}
END_TEST

static void collect(void *context, const char *name, size_t len)
{
    strbuf_append(context, name, len);
    strbuf_append_char(context, ' ');
}

START_TEST(test_front_lists_the_names_a_function_sees)
{
    const char *text =
        "func f(a) { let b := 1; return func(c) { return a } }\nlet g := 1";
    struct source *source = source_new("t.ruff", text, strlen(text));
    struct front_input in = {.source = source};
    struct diagnostics diags;
    struct ast_unit *unit = NULL;
    struct strbuf names;
    diagnostics_init(&diags);
    strbuf_init(&names);
    ck_assert(front_parse(&in, &unit, &diags) && front_resolve(unit, NULL, &diags));
    front_visible_names(unit, unit->functions[2], collect, &names);
    ck_assert_str_eq(strbuf_str(&names), "c a b f g ");
    strbuf_done(&names);
    diagnostics_done(&diags);
    front_unit_free(unit);
    source_free(source);
}
END_TEST

START_TEST(test_front_knows_exports_before_names_are_resolved)
{
    const char *text =
        "export func f() {}\nexport b := 1\nexport const a := 2\nexport b";
    struct source *source = source_new("t.ruff", text, strlen(text));
    struct front_input in = {.source = source};
    struct diagnostics diags;
    struct ast_unit *unit = NULL;
    diagnostics_init(&diags);
    ck_assert(front_parse(&in, &unit, &diags));
    ck_assert_uint_eq(unit->nexports, 3);
    ck_assert_str_eq(unit->exports[0], "a");
    ck_assert_str_eq(unit->exports[1], "b");
    ck_assert_str_eq(unit->exports[2], "f");
    diagnostics_done(&diags);
    front_unit_free(unit);
    front_unit_free(NULL);
    source_free(source);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_front_tree_of_the_tour_is_as_stored,
        test_front_survives_every_truncation,
        test_front_survives_random_changes,
        test_front_survives_running_out_of_memory,
        test_front_lists_the_names_a_function_sees,
        test_front_knows_exports_before_names_are_resolved,
        NULL,
    };
    return unit_run(unit_suite("front", tests));
}
