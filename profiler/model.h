#ifndef RUFFPROF_MODEL_H
#define RUFFPROF_MODEL_H

/*
 * A profile in memory: what a `.rprof` file (or folded text) says, with the file's ids
 * replaced by dense indexes, references checked, marks applied and weights computed.
 * Nothing is aggregated here: view.h selects and sums, the exporters and reports draw.
 *
 * Every table is indexed from 0; `MODEL_NONE` means "none". Nodes come after their
 * parents, so a loop over them in order (or backwards) replaces recursion. A model is
 * written by `model_read_*` only and may then be read from several threads.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "idmap.h"
#include "rprof_format.h"
#include "rprof_reader.h"

struct strbuf;

#define MODEL_NONE UINT32_MAX

enum model_status {
    MODEL_OK = 0,
    MODEL_NO_MEMORY,
    MODEL_IO,      /* the file could not be read; `error` is the errno */
    MODEL_FOREIGN, /* not a profile, or nothing in it is readable */
    MODEL_NEWER,   /* needs a later ruffprof */
    MODEL_TOO_LARGE,
};

struct model_source {
    uint32_t path; /* name index */
    uint64_t hash;
    uint64_t bytes;       /* as stated */
    char *text;           /* owned, terminated; NULL when not kept */
    uint64_t text_filled; /* how much of it was present */
};

struct model_module {
    uint32_t path; /* name index */
    uint64_t bias, low, high;
    uint8_t build_id[64];
    uint32_t build_id_bytes;
};

/* What reports call a function: a script's, a builtin, a native symbol or a pseudo frame.
 * The same name, file and line are one function, whichever engine ran it. */
struct model_function {
    uint32_t name;   /* name index; never empty */
    uint32_t file;   /* name index of a script's or module's path; 0 = none */
    uint32_t source; /* source index or MODEL_NONE */
    uint32_t line;   /* of the definition; 0 = unknown */
};

struct model_frame {
    enum rprof_tier tier;
    uint32_t function; /* never MODEL_NONE */
    uint32_t line;     /* current line; 0 = unknown */
    uint32_t module;   /* native only, else MODEL_NONE */
    uint64_t address;  /* native only: in the module's file */
    uint32_t opcode;   /* name index; 0 = none */
};

struct model_node {
    uint32_t parent; /* smaller than the node's own index, or MODEL_NONE */
    uint32_t frame;
    uint32_t depth; /* frames above it */
};

struct model_thread {
    uint64_t id, tid;
    uint32_t name;     /* name index */
    uint64_t cpu_ns;   /* last CPU_TIME; 0 = unknown */
    uint64_t start_ns; /* 0 = when the recording started */
    uint64_t end_ns;   /* 0 = not stated: it outlived the recording, or that is cut */
    uint64_t lost;     /* samples of it that were not recorded */
    bool named;        /* the file has a row for it */

    /* Sums, see model_finish. */
    size_t samples, alloc_records;
    double alloc_bytes, alloc_objects;
    uint64_t sampled_ns;        /* of its samples' weights */
    uint64_t first_ns, last_ns; /* of its samples; first > last without any */
};

/* When something happened, in the program's terms. run, iteration 0 = outside any. */
struct model_when {
    uint64_t time_ns;
    uint32_t run, iteration;
    uint32_t thread; /* thread index */
    enum rprof_phase phase;
};

struct model_sample {
    struct model_when when;
    uint32_t node; /* node index; never MODEL_NONE */
    uint64_t weight;
};

/* Allocations: one (sampled mode) or the increments of one node and cause (exact mode).
 * Estimated objects and bytes, already weighted. */
struct model_alloc {
    struct model_when when;
    uint32_t node;
    uint32_t cause; /* name index; 0 = unknown */
    double objects, bytes;
    double live_objects, live_bytes; /* never freed; may be negative in one increment */
    double peak_objects, peak_bytes; /* live at the moment of the highest total */
    double temporary_objects, temporary_bytes;
    bool late; /* in the last tenth of the recording: not called a leak */
};

struct model_meta {
    uint32_t key, value; /* name indexes */
};

struct model {
    struct names names;

    struct model_source *sources;
    struct model_module *modules;
    struct model_function *functions;
    struct model_frame *frames;
    struct model_node *nodes;
    struct model_thread *threads;
    struct model_sample *samples; /* by time */
    struct model_alloc *allocs;   /* by time */
    struct model_meta *metas;     /* in order of their first appearance */
    uint32_t source_count, module_count, function_count, frame_count, node_count,
        thread_count, meta_count;
    size_t sample_count, alloc_count;

    /* What the whole recording amounts to. */
    uint64_t duration_ns;        /* from the end block, else the last time seen */
    uint64_t lost;               /* samples not recorded, or recorded and unreadable */
    uint64_t lost_by_reason[8];  /* index: enum rprof_lost_reason; 0 = unreadable */
    uint64_t unwound[8];         /* index: enum rprof_unwinder */
    uint32_t runs;               /* at least 1 */
    uint32_t iterations;         /* marked ones; 0 = none marked */
    enum rprof_end_reason ended; /* 0 = no end block */
    bool has_cpu, has_memory;    /* what was recorded, even if nothing came */
    bool alloc_exact;
    double alloc_mean; /* bytes between samples; 0 in exact mode */
    bool weights_vary; /* periods differ by more than jitter explains */
    bool folded;       /* read from folded text: no times, no tiers */
    struct rprof_damage damage;

    /* private part */
    struct idmap function_index;
    size_t rooms[7];
};

/* Reads a profile. `symbolize` = look native frames up in the files on this machine
 * (otherwise they stay module+0xOFFSET). On failure `*out` is untouched; `*error` (may
 * be NULL) gets an errno for MODEL_IO. A damaged file gives MODEL_OK and what is
 * readable of it, see `damage`. */
enum model_status model_read_file(struct model **out, const char *path, bool symbolize,
                                  int *error);
/* The same from memory; the bytes are not needed afterwards. */
enum model_status model_read_bytes(struct model **out, const uint8_t *bytes,
                                   size_t count, bool symbolize);

void model_free(struct model *model);

/* The value of a META key, or NULL. */
const char *model_meta(const struct model *model, const char *key);
/* The same as a number; `otherwise` when absent or no number. */
uint64_t model_meta_number(const struct model *model, const char *key,
                           uint64_t otherwise);

/* What a thread is called: its name, else "thread TID", else "thread ID"; without `index` of a thread,
 * "[unknown]". Appended to `out`. */
void model_thread_name(const struct model *model, uint32_t index, struct strbuf *out);

/* Name of a name index. */
const char *model_name(const struct model *model, uint32_t name);
/* The name a frame is shown under: its function's. */
const char *model_frame_name(const struct model *model, uint32_t frame);

/* True when the recording ended in order and nothing of it is missing. */
bool model_complete(const struct model *model);

/* Appends one line (no newline) about what is missing; false when nothing is. */
bool model_complaint(const struct model *model, struct strbuf *out);

/* CPU samples: those in the file, or the sum of folded text's counts. */
uint64_t model_samples(const struct model *model);

/* Total estimated bytes and objects allocated. */
double model_alloc_bytes(const struct model *model);
double model_alloc_objects(const struct model *model);

/* -- Building by hand (tests, folded text) ---------------------------------- */

struct model *model_new(void);
uint32_t model_add_function(struct model *model, const char *name, const char *file,
                            uint32_t line);
uint32_t model_add_frame(struct model *model, const struct model_frame *frame);
uint32_t model_add_node(struct model *model, uint32_t parent, uint32_t frame);
/* Takes the nodes out, which the caller then owns: to put others in their place. */
struct model_node *model_take_nodes(struct model *model, uint32_t *count);
/* All return MODEL_NONE (or false) when memory is short. */
bool model_add_sample(struct model *model, const struct model_sample *sample);
bool model_add_alloc(struct model *model, const struct model_alloc *alloc);
uint32_t model_add_thread(struct model *model, uint64_t id);
bool model_set_meta(struct model *model, const char *key, size_t key_bytes,
                    const char *value, size_t value_bytes);
/* To be called after the last addition, again after a later one: sorts by time and sets the
 * totals. */
void model_finish(struct model *model);

#endif
