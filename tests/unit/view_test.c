/* Selecting and summing: self and total, recursion, filters, reversed trees, rows. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model_threads.h"
#include "rows.h"
#include "unit.h"
#include "view.h"

#include "base/strbuf.h"

/*
 *  main ─┬─ f ── f ── g      node 0 main, 1 f, 2 f (inner), 3 g, 4 g below main
 *        └─ g
 */
static struct model *made(void)
{
    static const struct {
        const char *name;
        enum rprof_tier tier;
        uint32_t parent, line;
    } nodes[] = {{"main", RPROF_TIER_VM, MODEL_NONE, 1},
                 {"f", RPROF_TIER_VM, 0, 11},
                 {"f", RPROF_TIER_JIT, 1, 12},
                 {"g", RPROF_TIER_BUILTIN, 2, 0},
                 {"g", RPROF_TIER_BUILTIN, 0, 0}};
    struct model *model = model_new();
    ck_assert_ptr_nonnull(model);
    for (size_t i = 0; i < 5; i++) {
        struct model_frame frame = {
            .tier = nodes[i].tier,
            .function = model_add_function(model, nodes[i].name, "x.ruff", 1),
            .line = nodes[i].line,
            .module = MODEL_NONE};
        ck_assert_uint_eq(
            model_add_node(model, nodes[i].parent, model_add_frame(model, &frame)), i);
    }
    model_add_thread(model, 1);
    model->threads[model_add_thread(model, 2)].tid = 42;
    return model;
}

static void add(struct model *model, uint32_t node, unsigned count, uint32_t thread)
{
    for (unsigned i = 0; i < count; i++) {
        struct model_sample sample = {
            .when = {.time_ns = model->sample_count, .thread = thread},
            .node = node,
            .weight = 100};
        ck_assert(model_add_sample(model, &sample));
    }
}

static struct model *sampled(void)
{
    struct model *model = made();
    add(model, 0, 1, 0);
    add(model, 1, 10, 0);
    add(model, 2, 20, 0);
    add(model, 3, 40, 0);
    add(model, 4, 29, 1);
    model_finish(model);
    return model;
}

static struct view *view_of(const struct model *model, const struct view_filter *filter)
{
    struct view *view = NULL;
    ck_assert_int_eq(view_new(&view, model, filter, NULL), VIEW_OK);
    return view;
}

static const struct row *row_named(const struct model *model, const struct rows *rows,
                                   const char *name)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        if (strcmp(model_name(model, rows->rows[i].name), name) == 0) {
            return &rows->rows[i];
        }
    }
    ck_abort_msg("no row %s", name);
    return NULL;
}

START_TEST(test_tree_sums_and_is_in_preorder)
{
    struct model *model = sampled();
    struct view_filter all = {.metric = VIEW_CPU};
    struct view *view = view_of(model, &all);
    static const struct {
        const char *name;
        uint64_t self, total;
        uint32_t depth, end;
    } expected[] = {{"main", 1, 100, 0, 5},
                    {"f", 10, 70, 1, 4},
                    {"f", 20, 60, 2, 4},
                    {"g", 40, 40, 3, 4},
                    {"g", 29, 29, 1, 5}};
    ck_assert_uint_eq(view->node_count, 5);
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert_str_eq(view_node_name(view, i), expected[i].name);
        ck_assert_uint_eq(view->nodes[i].self, expected[i].self);
        ck_assert_uint_eq(view->nodes[i].total, expected[i].total);
        ck_assert_uint_eq(view->nodes[i].depth, expected[i].depth);
        ck_assert_uint_eq(view->nodes[i].end, expected[i].end);
    }
    ck_assert_uint_eq(view->shown, 100);
    ck_assert_uint_eq(view->depth, 4);
    ck_assert_uint_eq(view->node_of[3], 3);
    view_free(view);
    model_free(model);
}
END_TEST

START_TEST(test_recursion_counts_once_in_totals)
{
    struct model *model = sampled();
    struct view_filter all = {.metric = VIEW_CPU};
    struct view *view = view_of(model, &all);
    struct shares shares;
    struct rows rows;
    ck_assert(shares_init(&shares, view));
    ck_assert(
        rows_init(&rows, model, view, &shares, ROWS_BY_FUNCTION, ROWS_SORT_TOTAL, 0));
    ck_assert_uint_eq(rows.count, 3);
    const struct row *f = row_named(model, &rows, "f");
    ck_assert(f->self == 30);
    ck_assert(f->total == 70);
    ck_assert(fabs(f->total_share.value - 0.7) < 1e-12);
    ck_assert(fabs(f->self_share.value - 0.3) < 1e-12);
    ck_assert(f->total_share.low < 0.7 && f->total_share.high > 0.7);
    const struct row *g = row_named(model, &rows, "g");
    ck_assert(g->self == 69);
    ck_assert(g->total == 69);
    ck_assert_int_eq(g->tier, RPROF_TIER_BUILTIN);
    const struct row *top = row_named(model, &rows, "main");
    ck_assert(top->self == 1);
    ck_assert(top->total == 100);
    ck_assert(top->self_share.few);
    ck_assert_ptr_eq(&rows.rows[0], top);
    rows_done(&rows);
    shares_done(&shares);
    view_free(view);
    model_free(model);
}
END_TEST

START_TEST(test_rows_by_line_tier_and_thread)
{
    struct model *model = sampled();
    struct view_filter all = {.metric = VIEW_CPU};
    struct view *view = view_of(model, &all);
    struct shares shares;
    struct rows rows;
    ck_assert(shares_init(&shares, view));
    ck_assert(rows_init(&rows, model, view, &shares, ROWS_BY_LINE, ROWS_SORT_SELF, 0));
    for (uint32_t i = 0; i < rows.count; i++) {
        if (rows.rows[i].line == 11) {
            ck_assert(rows.rows[i].self == 10);
            ck_assert(rows.rows[i].total == 70);
        }
        if (rows.rows[i].line == 12) {
            ck_assert(rows.rows[i].self == 20);
            ck_assert(rows.rows[i].total == 60);
        }
    }
    rows_done(&rows);
    ck_assert(rows_init(&rows, model, view, &shares, ROWS_BY_TIER, ROWS_SORT_SELF, 0));
    ck_assert(row_named(model, &rows, "vm")->self == 11);
    ck_assert(row_named(model, &rows, "vm")->total == 100);
    ck_assert(row_named(model, &rows, "jit")->self == 20);
    ck_assert(row_named(model, &rows, "jit")->total == 60);
    rows_done(&rows);
    ck_assert(
        rows_init(&rows, model, view, &shares, ROWS_BY_THREAD, ROWS_SORT_SELF, 0));
    ck_assert_uint_eq(rows.count, 2);
    ck_assert(row_named(model, &rows, "thread 42")->self == 29);
    ck_assert(fabs(row_named(model, &rows, "thread 42")->self_share.value - 0.29) <
              1e-12);
    rows_done(&rows);
    ck_assert(rows_init(&rows, model, view, &shares, ROWS_BY_FILE, ROWS_SORT_SELF, 0));
    ck_assert(row_named(model, &rows, "x.ruff")->self == 100);
    rows_done(&rows);
    shares_done(&shares);
    view_free(view);
    model_free(model);
}
END_TEST

START_TEST(test_focus_ignore_and_thread_select)
{
    struct model *model = sampled();
    struct view_filter focus = {.metric = VIEW_CPU, .focus = "^f$"};
    struct view *view = view_of(model, &focus);
    ck_assert_uint_eq(view->shown, 70);
    view_free(view);
    struct view_filter ignore = {.metric = VIEW_CPU, .ignore = "g"};
    view = view_of(model, &ignore);
    ck_assert_uint_eq(view->shown, 31);
    view_free(view);
    struct view_filter thread = {.metric = VIEW_CPU, .thread = "42"};
    view = view_of(model, &thread);
    ck_assert_uint_eq(view->shown, 29);
    view_free(view);
    struct view_filter time = {.metric = VIEW_CPU, .value = VIEW_TIME, .focus = "f"};
    view = view_of(model, &time);
    ck_assert_uint_eq(view->shown, 7000);
    view_free(view);
    model_free(model);
}
END_TEST

START_TEST(test_threads_are_shown_apart)
{
    static const struct {
        const char *name;
        uint64_t total;
        uint32_t depth;
    } expected[] = {{"[thread 1]", 71, 0}, {"main", 71, 1}, {"f", 70, 2},
                    {"f", 60, 3},          {"g", 40, 4},    {"[thread 42]", 29, 0},
                    {"main", 29, 1},       {"g", 29, 2}};
    struct model *model = sampled();
    struct model_alloc alloc = {.when = {.thread = 1}, .node = 3, .bytes = 8};
    ck_assert(model_add_alloc(model, &alloc));
    ck_assert_int_eq(model_threads_split(model), MODEL_OK);
    struct view_filter all = {.metric = VIEW_CPU};
    struct view *view = view_of(model, &all);
    ck_assert_uint_eq(view->node_count, 8);
    for (uint32_t i = 0; i < 8; i++) {
        ck_assert_str_eq(view_node_name(view, i), expected[i].name);
        ck_assert_uint_eq(view->nodes[i].total, expected[i].total);
        ck_assert_uint_eq(view->nodes[i].depth, expected[i].depth);
    }
    ck_assert_uint_eq(view->shown, 100);
    view_free(view);
    /* The allocation's stack was not one of its thread's samples: five nodes more. */
    ck_assert_uint_eq(model->node_count, 8 + 3);
    ck_assert_uint_eq(model->nodes[model->allocs[0].node].depth, 4);
    model_free(model);
}
END_TEST

/* The runs of a repeated program start their threads anew. */
START_TEST(test_threads_of_one_name_are_shown_together)
{
    struct model *model = sampled();
    struct view_filter all = {.metric = VIEW_CPU};
    struct view *view;
    uint32_t name = model->functions[model_add_function(model, "worker", "", 0)].name;
    model->threads[0].name = model->threads[1].name = name;
    ck_assert_int_eq(model_threads_split(model), MODEL_OK);
    view = view_of(model, &all);
    ck_assert_str_eq(view_node_name(view, 0), "[worker]");
    ck_assert_uint_eq(view->nodes[0].total, 100);
    view_free(view);
    model_free(model);
}
END_TEST

/* Many threads under one deep stack: their product is refused, not tried. */
START_TEST(test_threads_times_depth_has_a_limit)
{
    struct model *model = made();
    struct model_frame frame = model->frames[0];
    uint32_t node = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        node = model_add_node(model, node, model_add_frame(model, &frame));
    }
    for (uint32_t t = 0; t < 1000; t++) {
        add(model, node, 1, model_add_thread(model, 10 + t));
    }
    model_finish(model);
    ck_assert_int_eq(model_threads_split(model), MODEL_TOO_LARGE);
    model_free(model);
}
END_TEST

START_TEST(test_items_by_thread_keep_their_order)
{
    struct model *model = made();
    struct view_threads threads;
    static const uint32_t of[] = {1, 0, 1, 7, 0, 1};
    for (size_t i = 0; i < 6; i++) {
        add(model, 0, 1, of[i]);
    }
    model_finish(model);
    struct view_filter all = {.metric = VIEW_CPU};
    struct view *view = view_of(model, &all);
    static const uint32_t expected[] = {1, 4, 0, 2, 5, 3};
    static const size_t starts[] = {0, 2, 5, 6};
    ck_assert(view_threads_init(&threads, view));
    ck_assert_mem_eq(threads.order, expected, sizeof expected);
    ck_assert_mem_eq(threads.starts, starts, sizeof starts);
    view_threads_done(&threads);
    view_free(view);
    model_free(model);
}
END_TEST

/* 100 samples of 100 ns, 50 more lost, on threads that ran for 18 000 and 2 000 ns. */
START_TEST(test_kernel_time_is_what_was_neither_sampled_nor_lost)
{
    struct model *model = sampled();
    struct view_filter all = {.metric = VIEW_CPU};
    double share = 0;
    model->threads[0].cpu_ns = 7100 + 10900;
    model->threads[1].cpu_ns =
        2000; /* less than its 29 samples, which stand for others */
    model->lost = 50;
    struct view *view = view_of(model, &all);
    ck_assert_double_eq_tol(view_kernel_ns(view, &share), 10900 - 900 - 5000, 1e-6);
    ck_assert_double_eq_tol(share, 5000.0 / 15000, 1e-9);
    model->lost = 100; /* what remains is within the error */
    ck_assert_double_eq(view_kernel_ns(view, &share), 0);
    view_free(view);
    model_free(model);
}
END_TEST

START_TEST(test_wrong_options_are_explained)
{
    struct model *model = sampled();
    struct view *view = NULL;
    struct strbuf message;
    strbuf_init(&message);
    struct view_filter regex = {.metric = VIEW_CPU, .focus = "a("};
    ck_assert_int_eq(view_new(&view, model, &regex, &message), VIEW_BAD_REGEX);
    ck_assert_ptr_nonnull(strstr(strbuf_str(&message), "a("));
    strbuf_clear(&message);
    struct view_filter thread = {.metric = VIEW_CPU, .thread = "nobody"};
    ck_assert_int_eq(view_new(&view, model, &thread, &message), VIEW_UNKNOWN_THREAD);
    ck_assert_ptr_nonnull(strstr(strbuf_str(&message), "nobody"));
    ck_assert_ptr_null(view);
    strbuf_done(&message);
    model_free(model);
}
END_TEST

START_TEST(test_reversed_tree_starts_at_the_leaves)
{
    struct model *model = sampled();
    struct view_filter reverse = {.metric = VIEW_CPU, .reverse = true};
    struct view *view = view_of(model, &reverse);
    ck_assert_uint_eq(view->shown, 100);
    uint64_t g = 0, f = 0;
    for (uint32_t i = 0; i < view->node_count; i++) {
        if (view->nodes[i].parent == MODEL_NONE) {
            g += strcmp(view_node_name(view, i), "g") == 0 ? view->nodes[i].total : 0;
            f += strcmp(view_node_name(view, i), "f") == 0 ? view->nodes[i].total : 0;
        }
    }
    ck_assert_uint_eq(g, 69);
    ck_assert_uint_eq(f, 30);
    view_free(view);
    model_free(model);
}
END_TEST

START_TEST(test_memory_metrics_select_their_own_values)
{
    struct model *model = made();
    struct model_alloc kept = {.node = 1,
                               .objects = 2,
                               .bytes = 100,
                               .live_objects = 2,
                               .live_bytes = 100,
                               .peak_bytes = 100,
                               .peak_objects = 2};
    struct model_alloc gone = {.node = 3,
                               .objects = 5,
                               .bytes = 1000,
                               .temporary_bytes = 1000,
                               .temporary_objects = 5};
    struct model_alloc late = {.node = 4,
                               .objects = 1,
                               .bytes = 7,
                               .live_objects = 1,
                               .live_bytes = 7,
                               .late = true};
    ck_assert(model_add_alloc(model, &kept) && model_add_alloc(model, &gone) &&
              model_add_alloc(model, &late));
    model_finish(model);
    static const struct {
        enum view_metric metric;
        uint64_t bytes, objects;
    } expected[] = {{VIEW_ALLOC, 1107, 8},
                    {VIEW_LIVE, 107, 3},
                    {VIEW_PEAK, 100, 2},
                    {VIEW_TEMPORARY, 1000, 5},
                    {VIEW_LEAK, 100, 2}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct view_filter bytes = {.metric = expected[i].metric};
        struct view *view = view_of(model, &bytes);
        ck_assert_uint_eq(view->shown, expected[i].bytes);
        view_free(view);
        struct view_filter objects = {.metric = expected[i].metric,
                                      .value = VIEW_OBJECTS};
        view = view_of(model, &objects);
        ck_assert_uint_eq(view->shown, expected[i].objects);
        view_free(view);
    }
    model_free(model);
}
END_TEST

START_TEST(test_depth_of_a_hundred_thousand_is_no_problem)
{
    struct model *model = model_new();
    struct model_frame frame = {.tier = RPROF_TIER_VM,
                                .function = model_add_function(model, "f", "x", 1),
                                .module = MODEL_NONE};
    uint32_t shared = model_add_frame(model, &frame);
    uint32_t node = MODEL_NONE;
    for (unsigned i = 0; i < 100000; i++) {
        node = model_add_node(model, node, shared);
    }
    add(model, node, 20, 0);
    model_finish(model);
    for (unsigned reverse = 0; reverse < 2; reverse++) {
        struct view_filter filter = {.metric = VIEW_CPU, .reverse = reverse != 0};
        struct view *view = view_of(model, &filter);
        ck_assert_uint_eq(view->shown, 20);
        struct shares shares;
        struct rows rows;
        ck_assert(shares_init(&shares, view));
        ck_assert(rows_init(&rows, model, view, &shares, ROWS_BY_FUNCTION,
                            ROWS_SORT_TOTAL, 0));
        ck_assert(rows.rows[0].total == 20);
        rows_done(&rows);
        shares_done(&shares);
        view_free(view);
    }
    model_free(model);
}
END_TEST

START_TEST(test_empty_views_say_why)
{
    struct model *model = made();
    ck_assert(model_set_meta(model, "event", 5, "task-clock", 10));
    ck_assert(model_set_meta(model, "empty_reason", 12, "the program took 1.1 ms", 23));
    model_finish(model);
    struct view_filter cpu = {.metric = VIEW_CPU}, memory = {.metric = VIEW_ALLOC};
    struct strbuf text;
    strbuf_init(&text);
    struct view *view = view_of(model, &cpu);
    view_explain_empty(view, &text);
    ck_assert_str_eq(strbuf_str(&text), "no samples: the program took 1.1 ms");
    view_free(view);
    strbuf_clear(&text);
    model->has_memory = model->alloc_exact = true;
    model->iterations = 20;
    view = view_of(model, &memory);
    view_explain_empty(view, &text);
    ck_assert_str_eq(strbuf_str(&text), "0 bytes allocated in 20 iterations");
    view_free(view);
    strbuf_clear(&text);
    memory.focus = "no such function";
    view = view_of(model, &memory);
    view_explain_empty(view, &text);
    ck_assert_str_eq(strbuf_str(&text), "0 bytes allocated in 20 iterations");
    view_free(view);
    strbuf_done(&text);
    model_free(model);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_tree_sums_and_is_in_preorder,
        test_recursion_counts_once_in_totals,
        test_rows_by_line_tier_and_thread,
        test_focus_ignore_and_thread_select,
        test_threads_are_shown_apart,
        test_threads_of_one_name_are_shown_together,
        test_threads_times_depth_has_a_limit,
        test_items_by_thread_keep_their_order,
        test_kernel_time_is_what_was_neither_sampled_nor_lost,
        test_wrong_options_are_explained,
        test_reversed_tree_starts_at_the_leaves,
        test_memory_metrics_select_their_own_values,
        test_depth_of_a_hundred_thousand_is_no_problem,
        test_empty_views_say_why,
        NULL,
    };
    return unit_run(unit_suite("view", tests));
}
