#include "config.h"

#include "lib/loop.h"

#include "base/mem.h"
#include "base/sizing.h"

enum {
    COMPACT_MIN = SIZE_OR_TINY(64, 1) /* fewer cancelled timers are not worth a walk */
};

struct loop_timer {
    uint64_t deadline_ns;
    uint64_t sequence;
    void *context;
    bool cancelled;
};

static bool before(const struct loop_timer *a, const struct loop_timer *b);
static void remove_first(struct loop *loop);
static void sink(struct loop *loop, size_t at, struct loop_timer *timer);
static void drop_cancelled(struct loop *loop);
static void compact(struct loop *loop);

void loop_init(struct loop *loop)
{
    *loop = (struct loop){.timers = NULL};
}

void loop_done(struct loop *loop)
{
    for (size_t i = 0; i < loop->len; i++)
        mem_free(loop->timers[i]);
    mem_free(loop->timers);
    loop_init(loop);
}

struct loop_timer *loop_add(struct loop *loop, uint64_t deadline_ns, void *context)
{
    if (loop->len == loop->capacity) {
        size_t capacity = mem_grow(loop->capacity, loop->len + 1);
        struct loop_timer **timers =
            mem_realloc_array(loop->timers, capacity, sizeof(*timers));
        if (timers == NULL)
            return NULL;
        loop->timers = timers;
        loop->capacity = capacity;
    }
    struct loop_timer *timer = mem_alloc(sizeof(*timer));
    if (timer == NULL)
        return NULL;
    *timer = (struct loop_timer){deadline_ns, loop->sequence++, context, false};
    size_t at = loop->len++;
    while (at > 0 && before(timer, loop->timers[(at - 1) / 2])) {
        loop->timers[at] = loop->timers[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    loop->timers[at] = timer;
    return timer;
}

void loop_cancel(struct loop *loop, struct loop_timer *timer)
{
    timer->cancelled = true;
    loop->cancelled++;
    if (loop->cancelled >= COMPACT_MIN && loop->cancelled > loop->len / 2)
        compact(loop);
}

bool loop_deadline(struct loop *loop, uint64_t *deadline_ns)
{
    drop_cancelled(loop);
    if (loop->len == 0)
        return false;
    *deadline_ns = loop->timers[0]->deadline_ns;
    return true;
}

bool loop_take_due(struct loop *loop, uint64_t now_ns, void **context)
{
    drop_cancelled(loop);
    if (loop->len == 0 || loop->timers[0]->deadline_ns > now_ns)
        return false;
    *context = loop->timers[0]->context;
    remove_first(loop);
    return true;
}

bool loop_take_any(struct loop *loop, void **context)
{
    return loop_take_due(loop, UINT64_MAX, context);
}

static bool before(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->deadline_ns < b->deadline_ns ||
           (a->deadline_ns == b->deadline_ns && a->sequence < b->sequence);
}

static void drop_cancelled(struct loop *loop)
{
    while (loop->len > 0 && loop->timers[0]->cancelled)
        remove_first(loop);
}

static void remove_first(struct loop *loop)
{
    loop->cancelled -= loop->timers[0]->cancelled;
    mem_free(loop->timers[0]);
    struct loop_timer *last = loop->timers[--loop->len];
    if (loop->len > 0)
        sink(loop, 0, last);
}

/* Puts `timer` at the hole `at` or below. */
static void sink(struct loop *loop, size_t at, struct loop_timer *timer)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= loop->len)
            break;
        if (child + 1 < loop->len &&
            before(loop->timers[child + 1], loop->timers[child]))
            child++;
        if (!before(loop->timers[child], timer))
            break;
        loop->timers[at] = loop->timers[child];
        at = child;
    }
    loop->timers[at] = timer;
}

/* Drops what is cancelled and builds the heap anew. */
static void compact(struct loop *loop)
{
    size_t kept = 0;
    for (size_t i = 0; i < loop->len; i++) {
        if (loop->timers[i]->cancelled)
            mem_free(loop->timers[i]);
        else
            loop->timers[kept++] = loop->timers[i];
    }
    loop->len = kept;
    loop->cancelled = 0;
    for (size_t i = kept / 2; i-- > 0;)
        sink(loop, i, loop->timers[i]);
}
