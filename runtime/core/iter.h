/*
 * iter.h - `for` loops, generators and lazy iterators.
 */
#ifndef RUFF_CORE_ITER_H
#define RUFF_CORE_ITER_H

#include "core/function.h"

struct engine;

/* What a cursor walks; kept in head.reserved. */
enum iter_mode {
    ITER_RANGE, /* the ints at .. end-1 */
    ITER_ARRAY,
    ITER_STRING, /* `at` is a byte offset */
    ITER_DICT,   /* `at` counts in canonical order */
    ITER_BYTES,
    ITER_COLLECTION, /* set, queue, stack */
    ITER_STEPS,      /* generator or iterator */
};

/* VALUE_ITER. The source is shared, not copied: a program that changes the variable it came
   from copies then, so that the cursor walks a snapshot. */
struct iter {
    struct object head; /* head.reserved: enum iter_mode */
    int64_t at, end;
    struct value source; /* counted; null for a range */
};
#define ITER_OF(v) ((struct iter *)(void *)(v).as.object)

/*
 * A loop cursor over anything `for` accepts (language.md section 10). Lives in a frame slot
 * as VALUE_ITER, so that leaving the frame releases it. Engines may keep ints out of it.
 */
bool iter_new(struct state *st, struct value iterable, struct value *out);
/* Next item, owned; *done true at the end (then *item is not written). */
bool iter_next(struct state *st, struct value iter, bool *done, struct value *item);

/* VALUE_GENERATOR. The engine's suspended body hangs on `body`. */
struct generator {
    struct object head;
    struct function *function; /* counted */
    uint8_t status;            /* enum generator_status */
    uint32_t nparams;
    void *body;                  /* engine's; freed by engine->generator_free */
    const struct engine *engine; /* that made it */
};
enum generator_status {
    GENERATOR_FRESH,
    GENERATOR_SUSPENDED,
    GENERATOR_RUNNING,
    GENERATOR_DONE
};
#define GENERATOR_OF(v) ((struct generator *)(void *)(v).as.object)

/*
 * Steps a generator or iterator: *done at its end. An error exhausts it. `Generator is
 * already running` when it asks for itself.
 */
bool iter_step(struct state *st, struct value g, bool *done, struct value *item);
/* The iterator half of it. */
bool iterator_step(struct state *st, struct value v, bool *done, struct value *item);

/*
 * A fresh generator object of `f` (retained) over an engine's suspended body; what
 * engine->generator_new returns. On failure `body` stays the caller's.
 */
bool generator_new(struct state *st, struct function *f, void *body, struct value *out);

/* VALUE_ITERATOR: lazy map/filter/take/skip over a source. */
enum iterator_stage {
    ITERATOR_MAP,
    ITERATOR_FILTER,
    ITERATOR_TAKE,
    ITERATOR_SKIP,
    ITERATOR_REFUSE /* stands for what may not cross to a task: a step raises `function` */
};

/* Iterators over iterators: this many levels, so that a step never overruns the stack. */
#define ITERATOR_DEPTH_LIMIT 4096u

struct iterator {
    struct object head; /* head.reserved: enum iterator_stage */
    uint32_t depth;     /* 1 + depth of the source */
    bool done;
    bool running;          /* a step is on its way; asking it again is an error */
    int64_t count;         /* take, skip: items still to take or skip */
    struct value source;   /* generator or iterator; null once done */
    struct value function; /* map, filter; REFUSE: text of the error; else and once done
                              null */
};
#define ITERATOR_OF(v) ((struct iterator *)(void *)(v).as.object)

/* `source` (a generator or iterator) and `function` are retained. */
bool iterator_new(struct state *st, enum iterator_stage stage, struct value source,
                  struct value function, int64_t count, struct value *out);

/*
 * collect(): all remaining items of a generator or iterator as an array, an array as it is
 * (retained); anything else is `collect() expects an iterator or array`.
 */
bool iter_collect(struct state *st, struct value v, struct value *out);

/* Tell the heap how to free and walk cursors, generators and iterators (state_new). */
void iter_register(struct state *st);
void iterator_register(struct state *st);

#endif
