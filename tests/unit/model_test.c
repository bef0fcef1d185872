/* From file to model: ids, marks, weights of allocations, and broken references. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model.h"
#include "rprof_writer.h"
#include "unit.h"

#include "base/strbuf.h"

static int fd = -1;

static struct rprof_writer *begin(void)
{
    struct rprof_writer *w = NULL;
    fd = memfd_create("rprof", 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(rprof_writer_open_fd(&w, dup(fd), NULL, NULL), RPROF_WRITER_OK);
    rprof_writer_source(w, 1, "x.ruff", 5, "a\nb\n", 4);
    rprof_writer_function(w, 1, "<main>", 1, 1);
    rprof_writer_function(w, 2, "f", 1, 3);
    rprof_writer_frame(w, 1, RPROF_TIER_VM, 1, 2, 0);
    rprof_writer_frame(w, 2, RPROF_TIER_VM, 2, 4, 0);
    rprof_writer_frame(w, 3, RPROF_TIER_JIT, 2, 4, 0);
    rprof_writer_frame(w, 4, RPROF_TIER_GC, 0, 0, 0);
    rprof_writer_node(w, 1, 0, 1);
    rprof_writer_node(w, 2, 1, 2);
    rprof_writer_node(w, 3, 1, 3);
    rprof_writer_node(w, 4, 2, 4);
    return w;
}

static struct model *read_back(void)
{
    static uint8_t bytes[1 << 16];
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);
    close(fd);
    struct model *model = NULL;
    ck_assert_int_eq(model_read_bytes(&model, bytes, (size_t)n, false), MODEL_OK);
    return model;
}

static struct model *finish(struct rprof_writer *w)
{
    struct rprof_ending end = {.reason = RPROF_END_NORMAL, .duration_ns = 1000000};
    ck_assert_int_eq(rprof_writer_close(w, &end), RPROF_WRITER_OK);
    return read_back();
}

START_TEST(test_samples_are_resolved_and_sorted_by_time)
{
    struct rprof_writer *w = begin();
    rprof_writer_thread(w, 7, "worker", 99, 0);
    rprof_writer_sample(w, 7, 300, 4, 10);
    rprof_writer_sample(w, 8, 200, 2, 20);
    struct model *model = finish(w);
    ck_assert_uint_eq(model->sample_count, 2);
    const struct model_sample *first = &model->samples[0], *second = &model->samples[1];
    ck_assert_uint_eq(first->when.time_ns, 200);
    ck_assert_uint_eq(first->weight, 20);
    ck_assert_uint_eq(second->when.time_ns, 300);
    const struct model_node *node = &model->nodes[second->node];
    ck_assert_str_eq(model_frame_name(model, node->frame), "[gc]");
    ck_assert_uint_eq(node->depth, 2);
    node = &model->nodes[node->parent];
    ck_assert_str_eq(model_frame_name(model, node->frame), "f");
    node = &model->nodes[node->parent];
    ck_assert_str_eq(model_frame_name(model, node->frame), "<main>");
    ck_assert_uint_eq(node->parent, MODEL_NONE);
    ck_assert_str_eq(model_name(model, model->threads[second->when.thread].name),
                     "worker");
    ck_assert_str_eq(model->sources[0].text, "a\nb\n");
    ck_assert(model_complete(model));
    model_free(model);
}
END_TEST

START_TEST(test_function_is_one_whatever_tier_ran_it)
{
    struct rprof_writer *w = begin();
    rprof_writer_sample(w, 1, 1, 2, 1);
    rprof_writer_sample(w, 1, 2, 3, 1);
    struct model *model = finish(w);
    const struct model_frame *vm = &model->frames[model->nodes[1].frame];
    const struct model_frame *jit = &model->frames[model->nodes[2].frame];
    ck_assert_int_eq(vm->tier, RPROF_TIER_VM);
    ck_assert_int_eq(jit->tier, RPROF_TIER_JIT);
    ck_assert_uint_eq(vm->function, jit->function);
    ck_assert_uint_eq(model->functions[vm->function].line, 3);
    model_free(model);
}
END_TEST

START_TEST(test_unknown_references_become_unknown_frames)
{
    struct rprof_writer *w = begin();
    rprof_writer_node(w, 9, 77, 2);  /* parent lost */
    rprof_writer_node(w, 10, 1, 88); /* frame lost */
    rprof_writer_sample(w, 1, 1, 9, 1);
    rprof_writer_sample(w, 1, 2, 10, 1);
    rprof_writer_sample(w, 1, 3, 99, 1); /* node lost */
    struct model *model = finish(w);
    ck_assert_uint_eq(model->sample_count, 3);
    const struct model_node *nodes = model->nodes;
    const struct model_node *node = &nodes[model->samples[0].node];
    ck_assert_str_eq(model_frame_name(model, node->frame), "f");
    ck_assert_str_eq(model_frame_name(model, nodes[node->parent].frame), "[unknown]");
    node = &nodes[model->samples[1].node];
    ck_assert_str_eq(model_frame_name(model, node->frame), "[unknown]");
    node = &nodes[model->samples[2].node];
    ck_assert_str_eq(model_frame_name(model, node->frame), "[unknown]");
    model_free(model);
}
END_TEST

START_TEST(test_marks_apply_by_time_not_by_order_in_the_file)
{
    struct rprof_writer *w = begin();
    /* The samples come before the marks that surround them. */
    rprof_writer_sample(w, 1, 50, 1, 1);
    rprof_writer_sample(w, 1, 150, 1, 1);
    rprof_writer_sample(w, 1, 250, 1, 1);
    rprof_writer_sample(w, 1, 350, 1, 1);
    rprof_writer_mark(w, 200, RPROF_MARK_RUN_BEGIN, 2);
    rprof_writer_mark(w, 200, RPROF_MARK_PHASE, RPROF_PHASE_STEADY);
    rprof_writer_mark(w, 240, RPROF_MARK_ITERATION_BEGIN, 5);
    rprof_writer_mark(w, 300, RPROF_MARK_ITERATION_END, 5);
    rprof_writer_mark(w, 100, RPROF_MARK_RUN_BEGIN, 1);
    rprof_writer_mark(w, 190, RPROF_MARK_RUN_END, 1);
    struct model *model = finish(w);
    static const struct model_when expected[] = {
        {.run = 0, .iteration = 0, .phase = RPROF_PHASE_NONE},
        {.run = 1, .iteration = 0, .phase = RPROF_PHASE_NONE},
        {.run = 2, .iteration = 5, .phase = RPROF_PHASE_STEADY},
        {.run = 2, .iteration = 0, .phase = RPROF_PHASE_STEADY}};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(model->samples[i].when.run, expected[i].run);
        ck_assert_uint_eq(model->samples[i].when.iteration, expected[i].iteration);
        ck_assert_int_eq(model->samples[i].when.phase, expected[i].phase);
    }
    ck_assert_uint_eq(model->runs, 2);
    ck_assert_uint_eq(model->iterations, 1);
    model_free(model);
}
END_TEST

/* Files made before the table had times state a name and a kernel id only; model_test has no
   writer for those, so the record is spelled out: 70, length, thread 3, "old", tid 5. */
static const uint8_t OLD_THREAD[] = {70, 6, 3, 3, 'o', 'l', 'd', 5};

START_TEST(test_thread_table_has_names_times_samples_and_losses)
{
    struct rprof_writer *w = begin();
    rprof_writer_origin(w, 1000);
    rprof_writer_thread(w, 1, "main", 50, 1000);
    rprof_writer_thread(w, 2, "ruff-worker-1", 51, 1200);
    rprof_writer_sample(w, 1, 1250, 2, 10);
    rprof_writer_sample(w, 2, 1300, 2, 20);
    rprof_writer_sample(w, 2, 1400, 2, 30);
    rprof_writer_lost(w, 2, 4, RPROF_LOST_RING_FULL);
    rprof_writer_lost(w, 2, 1, RPROF_LOST_ASYNCHRONOUS);
    rprof_writer_cpu_time(w, 2, 1500, 77);
    rprof_writer_thread_end(w, 2, 1500);
    struct model *model = finish(w);
    ck_assert_uint_eq(model->thread_count, 2);
    const struct model_thread *first = &model->threads[0], *second = &model->threads[1];
    ck_assert_str_eq(model_name(model, first->name), "main");
    ck_assert_uint_eq(first->start_ns, 0);
    ck_assert_uint_eq(first->end_ns, 0);
    ck_assert_uint_eq(first->samples, 1);
    ck_assert_uint_eq(first->lost, 0);
    ck_assert_str_eq(model_name(model, second->name), "ruff-worker-1");
    ck_assert_uint_eq(second->tid, 51);
    ck_assert_uint_eq(second->start_ns, 200);
    ck_assert_uint_eq(second->end_ns, 500);
    ck_assert_uint_eq(second->samples, 2);
    ck_assert_uint_eq(second->sampled_ns, 50);
    ck_assert_uint_eq(second->first_ns, 300);
    ck_assert_uint_eq(second->last_ns, 400);
    ck_assert_uint_eq(second->cpu_ns, 77);
    ck_assert_uint_eq(second->lost, 5);
    ck_assert_uint_eq(model->lost, 5);
    model_free(model);
}
END_TEST

START_TEST(test_impossible_thread_rows_are_no_facts)
{
    struct rprof_writer *w = begin();
    rprof_writer_thread(w, 2, "first", 51, 700);
    rprof_writer_thread(w, 2, "second", 52, 10); /* defined twice: the first counts */
    rprof_writer_thread_end(w, 2, 600);          /* before it started */
    rprof_writer_thread_end(w, 9, 800);          /* its start was in a lost block */
    rprof_writer_sample(w, 12, 5, 2, 1);         /* no row at all */
    struct model *model = finish(w);
    ck_assert_uint_eq(model->thread_count, 3);
    ck_assert_str_eq(model_name(model, model->threads[0].name), "first");
    ck_assert_uint_eq(model->threads[0].tid, 51);
    ck_assert_uint_eq(model->threads[0].start_ns, 700);
    ck_assert_uint_eq(model->threads[0].end_ns, 0);
    ck_assert_uint_eq(model->threads[1].end_ns, 0);
    ck_assert(!model->threads[2].named);
    ck_assert_uint_eq(model->threads[2].samples, 1);
    ck_assert(model_complete(model));
    model_free(model);
}
END_TEST

START_TEST(test_thread_rows_without_times_are_read)
{
    uint8_t bytes[128],
        *payload = bytes + RPROF_FILE_HEADER_BYTES + RPROF_BLOCK_HEADER_BYTES;
    struct model *model = NULL;
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, RPROF_MAGIC, RPROF_MAGIC_BYTES);
    rprof_put_u16(bytes + 8, RPROF_VERSION);
    rprof_put_u16(bytes + 10, RPROF_OLDEST_READER);
    uint8_t *head = bytes + RPROF_FILE_HEADER_BYTES;
    memcpy(payload, OLD_THREAD, sizeof OLD_THREAD);
    rprof_put_u32(head, RPROF_BLOCK_SYNC);
    head[4] = RPROF_BLOCK_DATA;
    rprof_put_u32(head + 12, sizeof OLD_THREAD);
    rprof_put_u32(head + 16, rprof_crc32c(payload, sizeof OLD_THREAD));
    rprof_put_u32(head + 20, rprof_crc32c(head, 20));
    size_t count = (size_t)(payload - bytes) + sizeof OLD_THREAD;
    ck_assert_int_eq(model_read_bytes(&model, bytes, count, false), MODEL_OK);
    ck_assert_uint_eq(model->damage.damaged_records, 0);
    ck_assert_uint_eq(model->thread_count, 1);
    ck_assert_str_eq(model_name(model, model->threads[0].name), "old");
    ck_assert_uint_eq(model->threads[0].id, 3);
    ck_assert_uint_eq(model->threads[0].tid, 5);
    ck_assert_uint_eq(model->threads[0].start_ns, 0);
    model_free(model);
}
END_TEST

/* A recording whose clock starts anywhere: only what was made in its last tenth is young. */
START_TEST(test_leaks_are_found_whatever_the_clock_shows)
{
    struct rprof_writer *w = begin();
    rprof_writer_meta(w, "alloc_mode", "exact");
    struct rprof_counts counts = {.allocs = 1, .bytes = 100};
    rprof_writer_counts(w, 1, 5000000, 2, 0, &counts);
    rprof_writer_counts(w, 1, 5000000 + 500000, 2, 0, &counts);
    rprof_writer_counts(w, 1, 5000000 + 950000, 2, 0, &counts);
    struct model *model = finish(w);
    ck_assert_uint_eq(model->alloc_count, 3);
    ck_assert(!model->allocs[0].late);
    ck_assert(!model->allocs[1].late);
    ck_assert(model->allocs[2].late);
    model_free(model);
}
END_TEST

START_TEST(test_sampled_allocations_are_weighted_one_by_one)
{
    struct rprof_writer *w = begin();
    rprof_writer_meta(w, "alloc_mode", "sampled");
    rprof_writer_meta_number(w, "alloc_mean", 1000);
    rprof_writer_cause(w, 1, "boxing");
    rprof_writer_alloc(w, 1, 10, 2, 1, 1000, 0);
    rprof_writer_alloc(w, 1, 20, 2, 1, 1, 0);
    struct model *model = finish(w);
    /* 1/(1 − e^−1) = 1.581977; 1/(1 − e^−0.001) = 1000.500083 */
    ck_assert(fabs(model->allocs[0].objects - 1.581977) < 1e-6);
    ck_assert(fabs(model->allocs[0].bytes - 1581.977) < 1e-3);
    ck_assert(fabs(model->allocs[1].objects - 1000.500083) < 1e-6);
    ck_assert(fabs(model->allocs[1].bytes - 1000.500083) < 1e-6);
    ck_assert(fabs(model_alloc_bytes(model) - 2582.477) < 1e-3);
    ck_assert_str_eq(model_name(model, model->allocs[0].cause), "boxing");
    ck_assert(model->has_memory);
    ck_assert(!model->has_cpu);
    model_free(model);
}
END_TEST

START_TEST(test_live_peak_and_temporary_follow_frees)
{
    struct rprof_writer *w = begin();
    rprof_writer_meta(w, "alloc_mode", "sampled");
    rprof_writer_meta_number(w, "alloc_mean", 0); /* weights of one */
    rprof_writer_alloc(w, 1, 100, 1, 0, 500, 1);
    rprof_writer_alloc(w, 1, 200, 2, 0, 300, 2);
    rprof_writer_free(w, 1, 250, 1, 300); /* 500 bytes die young */
    rprof_writer_alloc(w, 1, 300, 2, 0, 400, 3);
    rprof_writer_free(w, 1, 400, 2, 1000000);      /* 300 bytes die old */
    rprof_writer_free(w, 1, 410, 2, 1000000);      /* a second time: ignored */
    rprof_writer_alloc(w, 1, 990000, 2, 0, 50, 4); /* in the last tenth */
    struct model *model = finish(w);
    double live = 0, peak = 0, temporary = 0;
    for (size_t i = 0; i < model->alloc_count; i++) {
        live += model->allocs[i].live_bytes;
        peak += model->allocs[i].peak_bytes;
        temporary += model->allocs[i].temporary_bytes;
    }
    ck_assert(live == 450);
    ck_assert(peak == 800); /* 500 + 300, before the first was freed */
    ck_assert(temporary == 500);
    ck_assert(!model->allocs[2].late);
    ck_assert(model->allocs[3].late);
    model_free(model);
}
END_TEST

START_TEST(test_cut_recording_is_incomplete_and_says_so)
{
    struct rprof_writer *w = begin();
    rprof_writer_mark(w, 7301000, RPROF_MARK_RUN_BEGIN, 1);
    rprof_writer_sample(w, 1, 7306000, 1, 1);
    rprof_writer_flush(w);
    rprof_writer_abandon(w);
    struct model *model = read_back();
    ck_assert_uint_eq(model->sample_count, 1);
    ck_assert(!model_complete(model));
    ck_assert_uint_eq(model->duration_ns, 5000);
    struct strbuf text;
    strbuf_init(&text);
    ck_assert(model_complaint(model, &text));
    ck_assert_ptr_nonnull(strstr(strbuf_str(&text), "cut short"));
    strbuf_done(&text);
    model_free(model);
}
END_TEST

START_TEST(test_lost_block_is_counted_in_samples)
{
    struct rprof_writer *w = begin();
    rprof_writer_flush(w);
    uint64_t at = rprof_writer_bytes(w);
    for (unsigned i = 0; i < 5; i++) {
        rprof_writer_sample(w, 1, i, 1, 1);
    }
    rprof_writer_flush(w);
    rprof_writer_sample(w, 1, 9, 1, 1);
    struct rprof_ending end = {.reason = RPROF_END_NORMAL};
    ck_assert_int_eq(rprof_writer_close(w, &end), RPROF_WRITER_OK);
    ck_assert_int_eq(pwrite(fd, "\xff", 1, (off_t)at + 30), 1);
    struct model *model = read_back();
    ck_assert_uint_eq(model->sample_count, 1);
    ck_assert_uint_eq(model->lost, 5);
    ck_assert_uint_eq(model->lost_by_reason[0], 5);
    ck_assert(!model_complete(model));
    model_free(model);
}
END_TEST

START_TEST(test_text_is_foreign_and_header_alone_is_not)
{
    struct model *model = NULL;
    ck_assert_int_eq(model_read_bytes(&model, (const uint8_t *)"hello", 5, false),
                     MODEL_FOREIGN);
    ck_assert_ptr_null(model);
    int error = 0;
    ck_assert_int_eq(model_read_file(&model, "/no/such/file", false, &error), MODEL_IO);
    ck_assert_int_ne(error, 0);
    uint8_t header[RPROF_FILE_HEADER_BYTES] = {0};
    memcpy(header, RPROF_MAGIC, RPROF_MAGIC_BYTES);
    header[8] = header[10] = 1;
    ck_assert_int_eq(model_read_bytes(&model, header, sizeof header, false), MODEL_OK);
    ck_assert_uint_eq(model->sample_count, 0);
    model_free(model);
}
END_TEST

START_TEST(test_folded_text_is_read)
{
    static const char text[] = "main;f 3\nmain 2\r\nmain;f;g h 10.5\n\nmain;f 4\n"
                               "no count here\nx;-1 -5\n 7";
    struct model *model = NULL;
    ck_assert_int_eq(
        model_read_bytes(&model, (const uint8_t *)text, sizeof text - 1, false),
        MODEL_OK);
    ck_assert(model->folded);
    ck_assert_uint_eq(model->sample_count, 5);
    ck_assert_uint_eq(model->damage.damaged_records, 2);
    ck_assert_uint_eq(model->node_count, 4); /* main, f, g h, and an empty name */
    uint64_t sum = 0;
    for (size_t i = 0; i < model->sample_count; i++) {
        sum += model->samples[i].weight;
    }
    ck_assert_uint_eq(sum, 26);
    ck_assert_str_eq(model_frame_name(model, model->nodes[2].frame), "g h");
    model_free(model);
}
END_TEST

START_TEST(test_names_are_interned_and_survive_growth)
{
    struct names names;
    ck_assert(idmap_names_init(&names));
    char text[32];
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "name %u", i);
        ck_assert_uint_eq(idmap_names_put(&names, text, strlen(text)), i + 1);
    }
    ck_assert_uint_eq(idmap_names_put(&names, "name 77", 7), 78);
    ck_assert_str_eq(idmap_names_get(&names, 5000), "name 4999");
    ck_assert_str_eq(idmap_names_get(&names, 999999), "");
    ck_assert_uint_eq(idmap_names_put(&names, "a\0b", 3),
                      idmap_names_put(&names, "a b", 3));
    idmap_names_done(&names);
}
END_TEST

/* The room of a small array was doubled at most, and more than that refused as no memory. */
START_TEST(test_idmap_grow_makes_room_for_any_count)
{
    void *array = NULL;
    size_t room = 0;
    ck_assert(idmap_grow(&array, &room, 100, sizeof(uint32_t)));
    ck_assert_uint_gt(room, 100);
    ck_assert(idmap_grow(&array, &room, 5000, sizeof(uint32_t)));
    ck_assert_uint_gt(room, 5000);
    ck_assert(!idmap_grow(&array, &room, SIZE_MAX - 1, sizeof(uint32_t)));
    ck_assert_uint_gt(room, 5000);
    free(array);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_samples_are_resolved_and_sorted_by_time,
        test_function_is_one_whatever_tier_ran_it,
        test_unknown_references_become_unknown_frames,
        test_marks_apply_by_time_not_by_order_in_the_file,
        test_thread_table_has_names_times_samples_and_losses,
        test_impossible_thread_rows_are_no_facts,
        test_thread_rows_without_times_are_read,
        test_leaks_are_found_whatever_the_clock_shows,
        test_sampled_allocations_are_weighted_one_by_one,
        test_live_peak_and_temporary_follow_frees,
        test_cut_recording_is_incomplete_and_says_so,
        test_lost_block_is_counted_in_samples,
        test_text_is_foreign_and_header_alone_is_not,
        test_folded_text_is_read,
        test_names_are_interned_and_survive_growth,
        test_idmap_grow_makes_room_for_any_count,
        NULL,
    };
    return unit_run(unit_suite("model", tests));
}
