#include "config.h"

#include "model_settle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool settle_memory(struct model *model, const struct model_settle *settle);
static struct model_when *mark_states(struct model *model, struct model_settle *settle);
static void apply_marks(const struct model_settle *settle,
                        const struct model_when *states, struct model_when *when);

bool model_settle(struct model *model, struct model_settle *settle,
                  const struct rprof_damage *damage)
{
    model->damage = *damage;
    if (model->ended == 0) {
        model->duration_ns = settle->last_ns - settle->first_ns;
    }
    if (settle->stated_lost > model->lost) {
        model->lost_by_reason[RPROF_LOST_WRITE_FAILED] +=
            settle->stated_lost - model->lost;
        model->lost = settle->stated_lost;
    }
    if (settle->end_samples > model->sample_count) {
        uint64_t unreadable = settle->end_samples - model->sample_count;
        model->lost += unreadable;
        model->lost_by_reason[0] += unreadable;
    }
    const char *event = model_meta(model, "event");
    model->has_cpu = model->sample_count > 0 || (event != NULL && event[0] != '\0');
    if (!settle_memory(model, settle)) {
        return false;
    }
    if (settle->mark_count == 0) {
        return true;
    }
    struct model_when *states = mark_states(model, settle);
    if (states == NULL) {
        return false;
    }
    for (size_t i = 0; i < model->sample_count; i++) {
        apply_marks(settle, states, &model->samples[i].when);
    }
    for (size_t i = 0; i < model->alloc_count; i++) {
        apply_marks(settle, states, &model->allocs[i].when);
    }
    free(states);
    return true;
}

void model_settle_done(struct model_settle *settle)
{
    free(settle->marks);
    free(settle->freed);
}

/* -- Marks ---------------------------------------------------------------- */

static int compare_marks(const void *a, const void *b)
{
    const struct model_mark *left = a, *right = b;
    if (left->time_ns != right->time_ns) {
        return left->time_ns < right->time_ns ? -1 : 1;
    }
    return (left->order > right->order) - (left->order < right->order);
}

/* The run, iteration and phase that hold from each mark on: `states[i]` from mark i. */
static struct model_when *mark_states(struct model *model, struct model_settle *settle)
{
    qsort(settle->marks, settle->mark_count, sizeof *settle->marks, compare_marks);
    struct model_when *states = calloc(settle->mark_count, sizeof *states);
    if (states == NULL) {
        return NULL;
    }
    struct model_when now = {.time_ns = 0};
    uint32_t runs = 0;
    for (size_t i = 0; i < settle->mark_count; i++) {
        const struct model_mark *mark = &settle->marks[i];
        uint32_t value = mark->value < MODEL_NONE ? (uint32_t)mark->value : 0;
        switch (mark->kind) {
        case RPROF_MARK_RUN_BEGIN:
            now.run = value;
            runs++;
            break;
        case RPROF_MARK_RUN_END: now.run = 0; break;
        case RPROF_MARK_ITERATION_BEGIN:
            now.iteration = value;
            model->iterations++;
            break;
        case RPROF_MARK_ITERATION_END: now.iteration = 0; break;
        case RPROF_MARK_PHASE:
            now.phase =
                value <= RPROF_PHASE_SETUP ? (enum rprof_phase)value : RPROF_PHASE_NONE;
            break;
        }
        states[i] = now;
    }
    model->runs = runs > 1 ? runs : 1;
    return states;
}

static void apply_marks(const struct model_settle *settle,
                        const struct model_when *states, struct model_when *when)
{
    size_t low = 0, high = settle->mark_count; /* first mark after the moment */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (settle->marks[middle].time_ns <= when->time_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low > 0) {
        when->run = states[low - 1].run;
        when->iteration = states[low - 1].iteration;
        when->phase = states[low - 1].phase;
    }
}

/* -- Allocations ---------------------------------------------------------- */

/* How much one sampled allocation stands for: 1/(1 − e^(−size/mean)). */
static double weight_of(double size, double mean)
{
    if (mean <= 0 || size <= 0) {
        return 1;
    }
    return 1 / -expm1(-size / mean);
}

/* Freed again before this many more bytes were allocated = temporary. */
#define TEMPORARY_BYTES ((uint64_t)64 << 10)

/* Sampled mode: scales each sample, and follows frees to live, temporary and peak. */
static void weigh(struct model *model, const struct model_settle *settle)
{
    for (size_t i = 0; i < model->alloc_count; i++) {
        struct model_alloc *alloc = &model->allocs[i];
        double weight = weight_of(alloc->bytes, model->alloc_mean);
        bool freed = settle->freed[i].seen;
        bool temporary = freed && settle->freed[i].age <= TEMPORARY_BYTES;
        alloc->objects = weight;
        alloc->bytes *= weight;
        alloc->live_objects = freed ? 0 : alloc->objects;
        alloc->live_bytes = freed ? 0 : alloc->bytes;
        alloc->temporary_objects = temporary ? alloc->objects : 0;
        alloc->temporary_bytes = temporary ? alloc->bytes : 0;
    }
}

struct change {
    uint64_t time_ns;
    uint32_t alloc;
    bool birth;
};

static int compare_changes(const void *a, const void *b)
{
    const struct change *left = a, *right = b;
    if (left->time_ns != right->time_ns) {
        return left->time_ns < right->time_ns ? -1 : 1;
    }
    if (left->alloc != right->alloc) {
        return left->alloc < right->alloc ? -1 : 1;
    }
    return (int)right->birth - (int)left->birth; /* birth before death */
}

/* Replays births and deaths and marks what was alive when the most bytes were. */
static bool find_peak(struct model *model, const struct model_settle *settle)
{
    size_t room = model->alloc_count * 2, count = 0;
    struct change *changes = room > 0 ? calloc(room, sizeof *changes) : NULL;
    if (changes == NULL) {
        return room == 0;
    }
    for (size_t i = 0; i < model->alloc_count; i++) {
        changes[count++] = (struct change){.time_ns = model->allocs[i].when.time_ns,
                                           .alloc = (uint32_t)i,
                                           .birth = true};
        if (settle->freed[i].seen) {
            changes[count++] = (struct change){.time_ns = settle->freed[i].time_ns,
                                               .alloc = (uint32_t)i};
        }
    }
    qsort(changes, count, sizeof *changes, compare_changes);
    double live = 0, most = 0;
    size_t at_most = 0; /* number of changes up to the peak */
    for (size_t i = 0; i < count; i++) {
        double bytes = model->allocs[changes[i].alloc].bytes;
        live += changes[i].birth ? bytes : -bytes;
        if (live > most) {
            most = live;
            at_most = i + 1;
        }
    }
    for (size_t i = 0; i < at_most; i++) {
        struct model_alloc *alloc = &model->allocs[changes[i].alloc];
        alloc->peak_bytes = changes[i].birth ? alloc->bytes : 0;
        alloc->peak_objects = changes[i].birth ? alloc->objects : 0;
    }
    free(changes);
    return true;
}

static bool settle_memory(struct model *model, const struct model_settle *settle)
{
    bool good = true;
    const char *mode = model_meta(model, "alloc_mode");
    model->has_memory =
        model->alloc_count > 0 ||
        (mode != NULL && (strcmp(mode, "sampled") == 0 || strcmp(mode, "exact") == 0));
    if (mode != NULL && strcmp(mode, "exact") == 0) {
        model->alloc_exact = true;
    }
    model->alloc_mean =
        model->alloc_exact ? 0 : (double)model_meta_number(model, "alloc_mean", 0);
    if (!model->alloc_exact) {
        weigh(model, settle);
        good = find_peak(model, settle);
    }
    uint64_t late_ns = settle->first_ns + model->duration_ns - model->duration_ns / 10;
    for (size_t i = 0; i < model->alloc_count; i++) {
        model->allocs[i].late = model->allocs[i].when.time_ns > late_ns;
    }
    return good;
}
