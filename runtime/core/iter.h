/*
 * iter.h - `for` loops, generators and lazy iterators.
 */
#ifndef RUFF_CORE_ITER_H
#define RUFF_CORE_ITER_H

#include "core/function.h"

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
    void *body; /* engine's; freed by engine->generator_free */
};
enum generator_status { GENERATOR_FRESH, GENERATOR_SUSPENDED, GENERATOR_RUNNING,
                        GENERATOR_DONE };
#define GENERATOR_OF(v) ((struct generator *)(void *)(v).as.object)

/*
 * Steps a generator or iterator: *done at its end. An error exhausts it. `Generator is
 * already running` when it asks for itself.
 */
bool iter_step(struct state *st, struct value g, bool *done, struct value *item);

/* VALUE_ITERATOR: lazy map/filter/take/skip over a source. */
enum iterator_stage { ITERATOR_MAP, ITERATOR_FILTER, ITERATOR_TAKE, ITERATOR_SKIP };
bool iterator_new(struct state *st, enum iterator_stage stage, struct value source,
                  struct value function, int64_t count, struct value *out);

#endif
