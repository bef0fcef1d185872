#include "config.h"

#include "collector.h"

#include <stdlib.h>
#include <string.h>

#include "idmap.h"
#include "modules.h"

#include "base/sizing.h"

/* First half of a map key says what the second half counts. */
#define KEY_SCRIPT_FUNCTION 1u
#define KEY_BUILTIN         2u
#define KEY_STATE           3u
/* Bits of a frame key: tier above, opcode of a script's frame, line or address below. */
#define FRAME_TIER_SHIFT    56
#define FRAME_OPCODE_SHIFT  40
#define NATIVE_MAX          (STACK_STREAM_NATIVE + 1) /* and a state frame */
#define CAUSES_MAX          256u

struct collector {
    const struct ruff *r;
    struct rprof_writer *writer;
    const char *script;
    uint64_t source;
    enum rprof_tier outside;
    struct idmap functions; /* (KEY_..., number) -> function id in the file */
    struct idmap frames;    /* (function or module, tier and position) -> frame id */
    struct idmap nodes;     /* (parent, frame) -> node id */
    uint32_t next_function, next_frame, next_node;
    struct modules *modules;
    uint64_t *module_ids; /* of each module in the file; 0: not defined yet */
    uint64_t next_module, unknown;
    collector_unwind_fn unwind;
    void *unwind_context;
    bool causes[CAUSES_MAX];
    bool opcodes[RUFF_INTRO_OPCODES];
    /* Own weight by function id, for the summary. */
    struct own {
        char *name; /* owned: threads' runtimes go */
        uint64_t samples, bytes;
    } * own;
    size_t own_room;
    uint64_t
        unwound[RPROF_UNWIND_RUNTIME + 1]; /* frames by unwinder, not written yet */
    struct collector_totals totals;
};

struct collector *collector_new(const struct ruff *r, struct rprof_writer *writer,
                                const char *script, uint64_t source)
{
    struct collector *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->r = r;
    c->writer = writer;
    c->script = script;
    c->source = source;
    c->outside = RPROF_TIER_IDLE;
    c->next_function = c->next_frame = c->next_node = 1;
    c->next_module = 1;
    idmap_init(&c->functions);
    idmap_init(&c->frames);
    idmap_init(&c->nodes);
    c->modules = modules_snapshot();
    if (c->modules != NULL)
        c->module_ids = calloc(c->modules->count + 1, sizeof *c->module_ids);
    if (c->modules == NULL || c->module_ids == NULL) {
        collector_free(c);
        return NULL;
    }
    return c;
}

void collector_free(struct collector *c)
{
    if (c == NULL)
        return;
    idmap_done(&c->functions);
    idmap_done(&c->frames);
    idmap_done(&c->nodes);
    modules_free(c->modules);
    free(c->module_ids);
    for (size_t i = 0; i < c->own_room; i++)
        free(c->own[i].name);
    free(c->own);
    free(c);
}

void collector_use(struct collector *c, const struct ruff *r)
{
    c->r = r;
}

void collector_outside(struct collector *c, enum rprof_tier tier)
{
    c->outside = tier;
}

void collector_set_unwinder(struct collector *c, collector_unwind_fn unwind,
                            void *context)
{
    c->unwind = unwind;
    c->unwind_context = context;
}

void collector_take_modules(struct collector *c, struct modules *modules)
{
    uint64_t *ids = calloc(modules->count + 1, sizeof *ids);

    if (ids == NULL) {
        modules_free(modules);
        return;
    }
    for (size_t i = 0; i < modules->count; i++) {
        size_t old = modules_find(c->modules, modules->items[i].low);

        if (old != SIZE_MAX && c->modules->items[old].low == modules->items[i].low &&
            strcmp(c->modules->items[old].path, modules->items[i].path) == 0)
            ids[i] = c->module_ids[old];
    }
    modules_free(c->modules);
    free(c->module_ids);
    c->modules = modules;
    c->module_ids = ids;
}

const struct modules *collector_modules(const struct collector *c)
{
    return c->modules;
}

uint64_t collector_unknown(const struct collector *c)
{
    return c->unknown;
}

void collector_totals(const struct collector *c, struct collector_totals *out)
{
    *out = c->totals;
}

/* ---- own weights --------------------------------------------------------------------- */

static void remember_name(struct collector *c, uint64_t id, const char *name)
{
    if (id >= c->own_room) {
        size_t room = (size_t)id * 2 + SIZE_OR_TINY(32, 1);
        struct own *grown = realloc(c->own, room * sizeof *grown);

        if (grown == NULL)
            return;
        memset(grown + c->own_room, 0, (room - c->own_room) * sizeof *grown);
        c->own = grown;
        c->own_room = room;
    }
    free(c->own[id].name);
    c->own[id].name = name != NULL ? strdup(name) : NULL;
}

/* Charges the function nearest to the leaf that is not native. */
static void charge(struct collector *c, const struct stack_frame *frames,
                   uint32_t count, uint64_t samples, uint64_t bytes)
{
    uint32_t id = IDMAP_NONE;

    while (count > 0 && id == IDMAP_NONE) {
        const struct stack_frame *f = &frames[--count];

        if (f->tier == STACK_TIER_NATIVE || f->tier == STACK_TIER_STATE)
            continue;
        id = idmap_get(&c->functions,
                       f->tier == RUFF_INTRO_TIER_BUILTIN ? KEY_BUILTIN
                                                          : KEY_SCRIPT_FUNCTION,
                       f->function);
    }
    if (id == IDMAP_NONE || id >= c->own_room)
        return;
    c->own[id].samples += samples;
    c->own[id].bytes += bytes;
}

bool collector_hottest(const struct collector *c, uint32_t rank, const char **name,
                       double *share)
{
    bool by_samples = c->totals.samples != 0;
    uint64_t total = by_samples ? c->totals.samples : c->totals.alloc_bytes;

    for (size_t i = 0; total != 0 && i < c->own_room; i++) {
        uint64_t mine = by_samples ? c->own[i].samples : c->own[i].bytes;
        uint32_t before = 0;

        if (mine == 0)
            continue;
        for (size_t j = 0; j < c->own_room; j++) {
            uint64_t other = by_samples ? c->own[j].samples : c->own[j].bytes;

            if (other > mine || (other == mine && j < i))
                before++;
        }
        if (before == rank) {
            *name = c->own[i].name;
            *share = (double)mine / (double)total;
            return true;
        }
    }
    return false;
}

/* ---- interning ---------------------------------------------------------------------- */

static uint64_t function_id(struct collector *c, uint64_t key, uint64_t number)
{
    uint32_t id = idmap_get(&c->functions, key, number);
    struct ruff_intro_function f;
    const char *name;

    if (id != IDMAP_NONE)
        return id;
    id = idmap_put(&c->functions, key, number, c->next_function);
    if (id == IDMAP_NONE)
        return 0;
    c->next_function++;
    if (key == KEY_BUILTIN) {
        name = ruff_intro_builtin_name(c->r, (uint16_t)number);
        remember_name(c, id, name);
        rprof_writer_function(c->writer, id, name != NULL ? name : "unknown", 0, 0);
    } else if (ruff_intro_function(c->r, (uint32_t)number, &f)) {
        /* Functions of modules have no source of their own in the file yet. */
        uint64_t source = strcmp(f.file, c->script) == 0 ? c->source : 0;

        remember_name(c, id, f.name);
        rprof_writer_function(c->writer, id, f.name, source, f.line);
    } else {
        rprof_writer_function(c->writer, id, "unknown", 0, 0);
    }
    return id;
}

static enum rprof_tier tier_of(uint8_t tier)
{
    switch (tier) {
    case RUFF_INTRO_TIER_INTERP: return RPROF_TIER_INTERP;
    case RUFF_INTRO_TIER_VM: return RPROF_TIER_VM;
    case RUFF_INTRO_TIER_JIT: return RPROF_TIER_JIT;
    case RUFF_INTRO_TIER_INLINED: return RPROF_TIER_INLINED;
    case RUFF_INTRO_TIER_BUILTIN: return RPROF_TIER_BUILTIN;
    case STACK_TIER_NATIVE: return RPROF_TIER_NATIVE;
    default: return RPROF_TIER_UNKNOWN;
    }
}

static enum rprof_tier tier_of_state(uint32_t state)
{
    switch (state) {
    case RUFF_INTRO_GC: return RPROF_TIER_GC;
    case RUFF_INTRO_COMPILE: return RPROF_TIER_COMPILE;
    case RUFF_INTRO_IDLE: return RPROF_TIER_IDLE;
    case STACK_STATE_SCHEDULER: return RPROF_TIER_SCHEDULER;
    default: return RPROF_TIER_UNKNOWN;
    }
}

/* Module id (1-based) and address in the file; 0 for unknown memory. */
static uint64_t native_place(struct collector *c, uint64_t pc, uint64_t *position)
{
    size_t i = modules_find(c->modules, (uintptr_t)pc);
    const struct module_map *m;

    *position = pc;
    if (i == SIZE_MAX) {
        c->unknown++;
        return 0;
    }
    m = &c->modules->items[i];
    *position = pc - m->bias;
    if (c->module_ids[i] == 0) {
        c->module_ids[i] = c->next_module++;
        rprof_writer_module(c->writer, c->module_ids[i], m->path, m->build_id,
                            m->build_id_bytes, m->bias, m->low, m->high);
    }
    return c->module_ids[i];
}

/* `opcode` + 1, 0: not asked for or unknown. */
static uint64_t frame_id(struct collector *c, const struct stack_frame *f,
                         uint64_t opcode)
{
    enum rprof_tier tier = tier_of(f->tier);
    uint64_t ref = 0, position = 0, key;
    uint32_t id;

    if (f->tier == STACK_TIER_NATIVE) {
        ref = native_place(c, f->function | (uint64_t)f->where << 32, &position);
    } else if (f->tier == STACK_TIER_STATE) {
        tier = tier_of_state(f->function);
    } else if (f->tier == RUFF_INTRO_TIER_BUILTIN) {
        ref = function_id(c, KEY_BUILTIN, f->function);
    } else {
        ref = function_id(c, KEY_SCRIPT_FUNCTION, f->function);
        position = ruff_intro_line(c->r, f->function, f->where, f->tier);
    }
    key = position | opcode << FRAME_OPCODE_SHIFT | (uint64_t)tier << FRAME_TIER_SHIFT;
    id = idmap_get(&c->frames, ref, key);
    if (id != IDMAP_NONE)
        return id;
    id = idmap_put(&c->frames, ref, key, c->next_frame);
    if (id == IDMAP_NONE)
        return 0;
    c->next_frame++;
    rprof_writer_frame(c->writer, id, tier, ref, position, opcode);
    return id;
}

static uint64_t child(struct collector *c, uint64_t parent, uint64_t frame)
{
    uint32_t id = idmap_get(&c->nodes, parent, frame);

    if (id != IDMAP_NONE)
        return id;
    id = idmap_put(&c->nodes, parent, frame, c->next_node);
    if (id == IDMAP_NONE)
        return parent;
    c->next_node++;
    rprof_writer_node(c->writer, id, parent, frame);
    return id;
}

uint64_t collector_child(struct collector *c, uint64_t parent,
                         const struct stack_frame *f)
{
    return child(c, parent, frame_id(c, f, 0));
}

/* Node of a sample's innermost frame, with the instruction the VM was at. */
static uint64_t leaf_node(struct collector *c, uint64_t parent,
                          const struct stack_frame *f)
{
    uint8_t opcode;
    const char *name = ruff_intro_opcode(c->r, f->function, f->where, &opcode);

    if (name == NULL)
        return collector_child(c, parent, f);
    if (!c->opcodes[opcode]) {
        c->opcodes[opcode] = true;
        rprof_writer_opcode(c->writer, opcode + 1u, name);
    }
    return child(c, parent, frame_id(c, f, opcode + 1u));
}

/* Node of a stack given root first. The stream keeps the nodes of the record before: the part
   that both have in common is not looked up again, however deep. */
static uint64_t stack_node(struct collector *c, struct stack_stream *stream,
                           const struct stack_record *record,
                           const struct stack_frame *frames, uint32_t count)
{
    uint64_t *nodes = stream->nodes;

    for (uint32_t i = record->common; i < count; i++)
        nodes[i] = collector_child(c, i == 0 ? 0 : nodes[i - 1], &frames[i]);
    return nodes[count - 1];
}

/* ---- records -------------------------------------------------------------------------- */

/* Node of a sample whose native part was left to the unwinder. */
static uint64_t unwound_node(struct collector *c, uint64_t node,
                             const struct stack_slice *slice)
{
    uint64_t pcs[NATIVE_MAX];
    uint32_t walked = 0, count;

    count = c->unwind(c->unwind_context, slice, slice + 1, pcs, NATIVE_MAX, &walked);
    c->unwound[RPROF_UNWIND_LIBUNWIND] += walked;
    while (count > 0) {
        struct stack_frame f = {.tier = STACK_TIER_NATIVE};

        count--;
        f.function = (uint32_t)pcs[count];
        f.where = (uint32_t)(pcs[count] >> 32);
        node = collector_child(c, node, &f);
    }
    return node;
}

static void define_cause(struct collector *c, uint32_t cause)
{
    if (cause >= CAUSES_MAX || c->causes[cause])
        return;
    c->causes[cause] = true;
    rprof_writer_cause(c->writer, cause + 1u, ruff_intro_cause_name(cause));
}

/* Node of what happens outside the script. */
static uint64_t outside_node(struct collector *c, enum rprof_tier tier)
{
    struct stack_frame frame = {.function = tier == RPROF_TIER_SCHEDULER
                                                ? STACK_STATE_SCHEDULER
                                                : (uint32_t)RUFF_INTRO_IDLE,
                                .tier = STACK_TIER_STATE};

    return collector_child(c, 0, &frame);
}

void collector_counts(struct collector *c, uint64_t thread, uint64_t time_ns,
                      uint64_t node, uint32_t cause, const struct stack_frame *leaf,
                      const struct rprof_counts *add)
{
    define_cause(c, cause);
    if (node != 0)
        charge(c, leaf, 1, 0, add->bytes);
    else
        node = outside_node(c, c->outside);
    rprof_writer_counts(c->writer, thread, time_ns, node, cause + 1u, add);
    c->totals.alloc_samples += add->allocs;
    c->totals.alloc_bytes += add->bytes;
}

void collector_peak(struct collector *c, uint64_t thread, uint64_t node, uint32_t cause,
                    uint64_t objects, uint64_t bytes)
{
    define_cause(c, cause);
    rprof_writer_peak(c->writer, thread, node != 0 ? node : outside_node(c, c->outside),
                      cause + 1u, objects, bytes);
}

static void take_record(struct collector *c, struct stack_stream *stream,
                        const struct stack_record *record,
                        const struct stack_frame *frames, uint32_t count,
                        const struct stack_slice *slice, uint64_t thread)
{
    uint64_t node;

    if (record->head.kind == STACK_FREE) {
        rprof_writer_free(c->writer, thread, record->time_ns, record->object,
                          record->weight);
        return;
    }
    if (count != 0) {
        const struct stack_frame *leaf = &frames[count - 1];

        node = stack_node(c, stream, record, frames, count);
        if (record->head.kind == STACK_SAMPLE && leaf->tier == RUFF_INTRO_TIER_VM &&
            (slice == NULL || c->unwind == NULL))
            node = leaf_node(c, count > 1 ? stream->nodes[count - 2] : 0, leaf);
    } else {
        node = outside_node(c, record->head.kind == STACK_SAMPLE ? RPROF_TIER_IDLE
                                                                 : c->outside);
    }
    c->unwound[RPROF_UNWIND_RUNTIME] += count - record->native;
    c->unwound[RPROF_UNWIND_FAST] += record->native;
    if (slice != NULL && c->unwind != NULL)
        node = unwound_node(c, node, slice);
    if (record->head.kind == STACK_SAMPLE) {
        rprof_writer_sample(c->writer, thread, record->time_ns, node, record->weight);
        c->totals.samples++;
        charge(c, frames, count, 1, 0);
    } else {
        define_cause(c, record->detail);
        rprof_writer_alloc(c->writer, thread, record->time_ns, node,
                           record->detail + 1u, record->weight, record->object);
        c->totals.alloc_samples++;
        c->totals.alloc_bytes += record->weight;
        charge(c, frames, count, 0, record->weight);
    }
}

uint64_t collector_drain(struct collector *c, struct stack_stream *stream,
                         uint64_t thread)
{
    const struct stack_record *record;
    const struct stack_frame *frames;
    const struct stack_slice *slice;
    uint64_t taken = 0;
    uint32_t count;

    while ((record = stack_stream_peek(stream, &frames, &count, &slice)) != NULL) {
        take_record(c, stream, record, frames, count, slice, thread);
        stack_stream_pop(stream, record);
        taken++;
    }
    for (int u = RPROF_UNWIND_FAST; u <= RPROF_UNWIND_RUNTIME; u++) {
        if (c->unwound[u] != 0)
            rprof_writer_unwound(c->writer, (enum rprof_unwinder)u, c->unwound[u]);
        c->unwound[u] = 0;
    }
    return taken;
}
