#ifndef RUFFPROF_VIEW_H
#define RUFFPROF_VIEW_H

/*
 * A selection of a model, summed along its calling contexts: "steady CPU samples of
 * thread 1 below parse_row", "bytes alive at the peak". Everything that draws or exports
 * works on a view, so all of them select alike and give the same totals.
 *
 * The display tree merges contexts by function (one frame for `fib` whatever line or tier
 * it was at) and is stored in preorder with sorted siblings: node i's descendants are
 * i+1 … end−1. Loops over it need no recursion and give the same order every time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct strbuf;

/* What is counted. */
enum view_metric {
    VIEW_CPU,
    VIEW_ALLOC,
    VIEW_LIVE, /* allocated and not freed before the recording ended */
    VIEW_PEAK, /* alive when the most was */
    VIEW_TEMPORARY,
    VIEW_LEAK, /* live, and not from the last tenth of the recording */
};

/* In which unit. DEFAULT = samples for CPU, bytes for memory. */
enum view_value {
    VIEW_DEFAULT,
    VIEW_SAMPLES,
    VIEW_TIME,
    VIEW_BYTES,
    VIEW_OBJECTS
};

/* All-zero selects every CPU sample. Texts are borrowed while the view is built. */
struct view_filter {
    enum view_metric metric;
    enum view_value value;
    const char *focus;  /* regex: keep stacks with a matching frame; NULL = all */
    const char *ignore; /* regex: drop stacks with a matching frame */
    const char *thread; /* name (of one or more) or id; NULL = all */
    const char *cause;  /* of allocations: a part of its name; NULL = all */
    bool by_phase;
    enum rprof_phase phase;                 /* with by_phase */
    uint32_t iteration_low, iteration_high; /* high 0 = all */
    bool reverse;                           /* tree from the leaves: callers below */
};

enum view_status {
    VIEW_OK = 0,
    VIEW_NO_MEMORY,
    VIEW_BAD_REGEX,      /* the message says where */
    VIEW_UNKNOWN_THREAD, /* the message lists those there are */
    VIEW_UNKNOWN_CAUSE,
};

/* One selected sample or allocation. */
struct view_item {
    uint32_t node;  /* model node */
    uint32_t index; /* into the model's samples or allocs */
    double value;
};

struct view_node {
    uint32_t parent;   /* MODEL_NONE for the outermost */
    uint32_t function; /* model function */
    uint32_t end;      /* one behind its last descendant */
    uint32_t depth;
    enum rprof_tier tier; /* where most of its value was */
    /* In the view's unit, rounded once here, so that every format agrees to the last byte:
     * total = self + the children's totals. */
    uint64_t self, total;
};

struct view {
    const struct model *model;
    enum view_metric metric;
    enum view_value value; /* never DEFAULT */
    bool reverse;
    bool by_phase, by_iteration; /* only a part was asked for */
    bool filtered;               /* any filter was given, these two included */

    struct view_item *items; /* by time */
    size_t item_count;
    double total;      /* sum of the items' values */
    double effective;  /* (Σw)²/Σw²: as many equal samples would tell as much */
    double *node_self; /* per model node */

    struct view_node *nodes; /* the display tree, preorder */
    uint32_t node_count;
    uint32_t depth; /* of the deepest + 1; 0 when empty */
    uint64_t shown; /* sum of the outermost nodes' totals: what pictures call 100 % */
    uint32_t *node_of; /* model node → display node, MODEL_NONE = not shown; NULL when
                          * reversed */
};

/* Builds a view; the model must outlive it. On failure `*out` is untouched and a
 * sentence is appended to `message` (may be NULL). An empty selection is a view with no
 * items, not an error. */
enum view_status view_new(struct view **out, const struct model *model,
                          const struct view_filter *filter, struct strbuf *message);
void view_free(struct view *view);

/* A value as a count for people and files: rounded, never negative, and at most 2^53, which
 * every reader of numbers can hold; only a hostile file says more. */
uint64_t view_whole(double value);

/* Name a display node is drawn with. */
const char *view_node_name(const struct view *view, uint32_t node);

/* "samples", "ns", "bytes", "objects". */
const char *view_unit(const struct view *view);

/* The value of one event of the model under this view. */
double view_item_weight_ns(const struct view *view, const struct view_item *item);
const struct model_when *view_item_when(const struct view *view,
                                        const struct view_item *item);

/* The items by thread, in order of time: those of thread t are order[starts[t]] …
 * order[starts[t + 1] − 1]; t = thread_count: of none in the table. */
struct view_threads {
    uint32_t *order; /* indexes of view->items; owned */
    size_t *starts;  /* thread_count + 2; owned */
};
/* False without memory. */
bool view_threads_init(struct view_threads *threads, const struct view *view);
void view_threads_done(struct view_threads *threads);

const char *view_metric_name(enum view_metric metric);
/* What happened to the bytes: "allocated", "alive at the peak". */
const char *view_metric_words(enum view_metric metric);

/* CPU time of the sampled threads that no sample can see, because it was spent in the
 * kernel: their clocks minus what was sampled (or lost), when that is more than the sampling
 * error.
 * 0 otherwise, and for views that are filtered or count something else. `*share` (of all
 * CPU time) is written when the result is not 0. */
double view_kernel_ns(const struct view *view, double *share);

/* Why there is nothing to show: "no samples: the program took 1.1 ms", "0 bytes allocated
 * in 20 iterations". Appended to `out`. */
void view_explain_empty(const struct view *view, struct strbuf *out);

#endif
