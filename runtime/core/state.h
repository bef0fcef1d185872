/*
 * state.h - an isolate: everything one OS thread needs to run Ruff code.
 *
 * Nothing here is shared between threads except immutable program parts. The engines read
 * the fields of the first section directly (style rule 7).
 */
#ifndef RUFF_CORE_STATE_H
#define RUFF_CORE_STATE_H

#include "base/arena.h"
#include "core/call.h"
#include "core/error.h"
#include "core/frame.h"
#include "core/heap.h"
#include "core/ops.h"
#include "core/promise.h"

struct channel;

struct builtin;
struct error_cache;
struct fiber;
struct fiber_pool;
struct heap;
struct map;
struct scope;
struct shape_table;
struct strbuf;
struct transit;

/* What the thread is doing, for profilers; same order as enum ruff_intro_state (asserted at
   the top floor). */
enum state_tool {
    STATE_IDLE,
    STATE_INTERP,
    STATE_VM,
    STATE_JIT,
    STATE_BUILTIN,
    STATE_GC,
    STATE_COMPILE
};

/* Methods every sequence has (language.md 7.7, 3). */
#define STATE_SEQUENCE_METHODS 15

/* Events tools may subscribe to (ruff_introspect.h); NULL = off, one predictable test. */
struct state_hooks {
    void *context;
    /* An allocation sample is due: `size` bytes asked for at the running position. */
    void (*alloc)(void *context, struct state *st, void *p, size_t size,
                  enum heap_cause cause);
    void (*free_sampled)(void *context, struct state *st, void *p, size_t size);
    /* Draws the next distance in bytes between samples; 1 = every allocation. */
    int64_t (*next_sample)(void *context);
};

/* Where output goes; an embedder may capture it. Return false: write error (ignored). */
typedef bool (*state_write_fn)(void *context, int stream, const char *data, size_t len);

struct state {
    /* -- hot: engines ---------------------------------------------------------------- */
    struct frame *top; /* newest frame, NULL when idle; volatile to handlers */
    struct activation *activations; /* newest C activation of an engine */
    uint32_t depth;                 /* Ruff calls active */
    volatile uint32_t depth_limit;  /* depth_allowed, or 0 once interrupted */
    uint32_t depth_allowed;         /* CALL_DEPTH_LIMIT plus running main functions */
    uint8_t tool_state;             /* enum state_tool */
    volatile int interrupt;         /* see state_interrupt */
    struct value *stack_base, *stack_top, *stack_end; /* VM registers */
    struct frame *frame_base, *frame_end;             /* VM frames */
    char *c_stack_limit; /* lowest address Ruff code may use on this C stack */
    int64_t budget;      /* bytes until heap_slow must look */
    uint64_t ops;        /* operations executed (counting build) */
    uint64_t cache_hits, cache_misses; /* of inline caches (counting build) */
    uint64_t compiled,
        compile_ns; /* functions made ready by the engine, and the time */
    /* -- services --------------------------------------------------------------------- */
    const struct engine *engine;
    const struct builtin *builtins; /* table by id */
    uint32_t nbuiltins;
    uint32_t (*pc_offset)(const struct proto *p,
                          const uint32_t *pc); /* set by bytecode */
    struct error error;
    struct heap *heap;
    struct state_hooks hooks;
    struct instance *instances; /* of the program itself */
    struct scope *scope;        /* of the running task; NULL: the program itself */
    struct scope *guests;       /* of the program itself: what came with messages */
    bool has_tasks; /* a snapshot was taken: it lacks instances made from now on */
    void *lib; /* lib/: random state, environment, tasks ... freed by lib_state_free */
    void *top_floor; /* struct ruff_run of the top floor */
    /* Module import, language.md 16: runs the module, binds nothing; gives its instance. */
    bool (*import)(struct state *st, const struct unit *from, const char *name,
                   struct instance **out);
    /* Value of an exported name of an imported instance, owned. What the module did not
       reach raises `Symbol 'S' not found in module 'M'` or, for `import m` (all), is unset. */
    bool (*import_symbol)(struct state *st, struct instance *module, const char *symbol,
                          bool all, struct value *out);
    /* Concurrency, language.md 18; bodies in lib/tasks. Engines reach them only here. */
    bool (*async_call)(struct state *st, struct function *f, struct value *args,
                       struct value *promise); /* args: proto->nparams, moved */
    bool (*await)(struct state *st, struct value v, struct value *out);
    bool (*spawn)(struct state *st, struct function *block);
    /* More of lib/tasks, all may be NULL. A promise has been settled; c.send(v) (v moved);
       a receive on an empty channel (NULL: null); parts of lib on objects that go. */
    void (*promise_settled)(struct state *st, struct promise *p);
    bool (*channel_send)(struct state *st, struct channel *c, struct value v);
    bool (*channel_receive)(struct state *st, struct channel *c, struct value *out);
    void (*channel_free)(struct state *st, void *waiting);
    /* A channel has got a conduit; what the program has on its way between isolates, made at
       first need (NULL with an error set). */
    void (*channel_shared)(struct state *st, struct channel *c);
    struct transit *(*transit)(struct state *st);
    /* This isolate's unit for the original of another one; NULL: there is only one isolate.
       NULL is returned with an error set. */
    struct unit *(*unit)(struct state *st, const struct unit *original);
    void (*task_free)(struct state *st, void *job);
    /* Methods of structs that lib provides (ArgParser, 19.10), asked after the definition
       and the fields. *handled false: no such method; then nothing was done. */
    bool (*native_method)(struct state *st, struct value object,
                          const struct string *name, struct value *args, uint32_t nargs,
                          bool *handled, struct value *result);
    /*
     * Isolates on other threads (lib/pool), made by the top floor; called in the program's own
     * isolate, but for isolate_rests. isolate_new may be called on any thread and gives NULL
     * without memory. isolate_thread is called on the thread that begins (or ends) to run
     * `isolate`, isolate_rests by an isolate that has nothing to do for a while.
     */
    struct state *(*isolate_new)(struct state *root);
    void (*isolate_free)(struct state *isolate);
    void (*isolate_thread)(struct state *root, struct state *isolate, unsigned ordinal,
                           bool begins);
    void (*isolate_rests)(struct state *isolate);
    state_write_fn write;
    void *write_context;
    struct strbuf *out; /* buffered stdout */
    bool to_terminal;   /* stdout is a terminal: flushed at each line */
    /* stdin: from an embedder's buffer, or the descriptor when NULL */
    const char *input;
    size_t input_len, input_at;
    int argc;
    char **argv;
    uint8_t hash_key[16];
    uint64_t random_seed;
    uint64_t start_ns; /* monotonic, for performance_now */
    uint32_t next_shape_id, next_structdef_id;
    struct shape_table *shapes;   /* structs.c */
    struct string_table *strings; /* string.c: immortal strings */
    struct gc *gc;                /* cycle collector */
    /* -- private to core ---------------------------------------------------------------- */
    struct arena home; /* owner of this record and of what core needs from the start */
    void *stacks;      /* mapping of home's memory, registers and frames */
    size_t stacks_bytes; /* its length */
    struct fiber *fiber; /* the one that runs; NULL: the thread's own stack */
    struct fiber_pool *fibers;
    struct scope *released_scopes; /* scope.c */
    size_t nreleased_scopes, sweep_at;
    struct map *channels; /* channel.c: handles by conduit */
    struct parcel_account
        *parcels;               /* shared by the program's isolates; NULL: only one */
    struct strbuf *scratch;     /* text under construction by code that calls nobody */
    struct error_cache *errors; /* what raising and catching needs at hand (error.c) */
    const struct builtin *sequence_methods[STATE_SEQUENCE_METHODS]; /* call_method.c */
};

/* What an isolate starts with; all pointers are borrowed for its life. */
struct state_config {
    const struct engine *engine;
    const struct builtin *builtins;
    uint32_t nbuiltins;
    uint64_t max_memory; /* bytes, 0 = no limit */
    uint64_t hash_seed;
    state_write_fn write;
    void *write_context;
    bool to_terminal; /* a person reads along: stdout is flushed at each line */
    const char *input;
    size_t input_len;
    int argc;
    char **argv;
};

/* NULL when memory is out. The caller must then run Ruff code on a stack prepared by
   state_enter_stack. */
struct state *state_new(const struct state_config *config);
void state_free(struct state *st);
/*
 * Runs fn(context) on this isolate's own reserved C stack (mmap, guard page, sized for
 * CALL_DEPTH_LIMIT frames of the largest engine). Nesting is allowed and runs in place.
 */
void state_enter_stack(struct state *st, void (*fn)(void *context), void *context);
/*
 * Asks the running program to stop: the next loop iteration, call, or poll of a builtin
 * (core/poll.h) raises ERROR_INTERRUPT, which no `except` catches. Calls see it by their test
 * of the depth limit, which therefore costs nothing more. Thread- and signal-safe.
 */
void state_interrupt(struct state *st);
static inline bool state_interrupted(const struct state *st)
{
    return __atomic_load_n(&st->interrupt, __ATOMIC_RELAXED) != 0;
}
/* Forgets an interrupt; by the owner, before a run. */
void state_interrupt_clear(struct state *st);
/* Counts `mains` more (or fewer) main functions as running. */
void state_depth_allow(struct state *st, int mains);
/* Bounds of the C stack Ruff code runs on now (own stack or a fiber's), for stack walkers:
   [low, high). Both NULL outside state_enter_stack. Signal-safe. */
void state_stack_bounds(const struct state *st, char **low, char **high);

/* Buffered output of print (stream 1) and eprint (stream 2, unbuffered, flushes 1 first). */
bool state_write(struct state *st, int stream, const char *data, size_t len);
void state_flush(struct state *st);

/* Fresh globals for `unit`, all unset; linked into st->instances. */
struct instance *instance_new(struct state *st, struct unit *unit);
void instances_free(struct state *st);
/* The isolate's own unit for an original (function.h). NULL with an error set. */
struct unit *state_unit(struct state *st, const struct unit *original);

#endif
