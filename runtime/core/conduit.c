#include "config.h"

#include "core/conduit.h"

#include <assert.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "base/sizing.h"

enum {
    FIRST_CAPACITY = SIZE_OR_TINY(8, 1)
};

struct conduit {
    struct transit *transit;
    struct conduit *next, *previous; /* of the transit */
    atomic_uint_least32_t users;
    pthread_mutex_t lock; /* of all below */
    struct parcel *parcels;
    size_t len, capacity, start;
    struct conduit_waiter *first, *last;
};

static bool pop(struct conduit *c, struct parcel *out);
static void unlink_waiter(struct conduit *c, struct conduit_waiter *waiter);
static void wake_first(struct conduit *c);

/* ---- transit ------------------------------------------------------------------------ */

void transit_init(struct transit *t)
{
    atomic_init(&t->account.bytes, 0);
    pthread_mutex_init(&t->lock, NULL);
    t->conduits = NULL;
}

void transit_clear(struct transit *t)
{
    for (;;) {
        struct conduit *c = NULL;
        struct parcel p;
        pthread_mutex_lock(&t->lock);
        for (c = t->conduits; c != NULL && c->len == 0; c = c->next)
            continue;
        pthread_mutex_unlock(&t->lock);
        if (c == NULL)
            return;
        /* Dropping a parcel may free conduits, this one too. */
        conduit_retain(c);
        while (pop(c, &p))
            parcel_done(&p);
        conduit_release(c);
    }
}

void transit_done(struct transit *t)
{
    assert(t->conduits == NULL && "transit: ended while channels live");
    pthread_mutex_destroy(&t->lock);
}

/* ---- life --------------------------------------------------------------------------- */

struct conduit *conduit_new(struct transit *t)
{
    struct conduit *c = mem_alloc_zero(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->transit = t;
    atomic_init(&c->users, 1);
    pthread_mutex_init(&c->lock, NULL);
    pthread_mutex_lock(&t->lock);
    c->next = t->conduits;
    if (c->next != NULL)
        c->next->previous = c;
    t->conduits = c;
    pthread_mutex_unlock(&t->lock);
    return c;
}

void conduit_retain(struct conduit *c)
{
    atomic_fetch_add_explicit(&c->users, 1, memory_order_relaxed);
}

void conduit_release(struct conduit *c)
{
    struct parcel p;
    if (atomic_fetch_sub_explicit(&c->users, 1, memory_order_acq_rel) != 1)
        return;
    assert(c->first == NULL && "conduit: freed while somebody waits");
    struct transit *t = c->transit;
    pthread_mutex_lock(&t->lock);
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        t->conduits = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    pthread_mutex_unlock(&t->lock);
    while (pop(c, &p))
        parcel_done(&p);
    mem_free(c->parcels);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

/* ---- the queue ---------------------------------------------------------------------- */

static bool grow(struct conduit *c)
{
    size_t capacity = c->capacity == 0 ? (size_t)FIRST_CAPACITY : 2 * c->capacity;
    struct parcel *parcels = capacity > SIZE_MAX / sizeof *parcels / 2
                                 ? NULL
                                 : mem_alloc_zero(capacity, sizeof *parcels);
    if (parcels == NULL)
        return false;
    for (size_t i = 0; i < c->len; i++)
        parcels[i] = c->parcels[(c->start + i) % c->capacity];
    mem_free(c->parcels);
    c->parcels = parcels;
    c->capacity = capacity;
    c->start = 0;
    return true;
}

static bool pop(struct conduit *c, struct parcel *out)
{
    if (c->len == 0)
        return false;
    *out = c->parcels[c->start];
    c->start = (c->start + 1) % c->capacity;
    c->len--;
    return true;
}

bool conduit_send_take(struct conduit *c, struct parcel p)
{
    pthread_mutex_lock(&c->lock);
    bool ok = c->len < c->capacity || grow(c);
    if (ok) {
        c->parcels[(c->start + c->len) % c->capacity] = p;
        c->len++;
        wake_first(c);
    }
    pthread_mutex_unlock(&c->lock);
    if (!ok)
        parcel_done(&p);
    return ok;
}

bool conduit_receive(struct conduit *c, struct conduit_waiter *waiter,
                     struct parcel *out)
{
    pthread_mutex_lock(&c->lock);
    bool got = pop(c, out);
    if (!got && waiter != NULL && !waiter->waits) {
        waiter->waits = true;
        waiter->next = NULL;
        waiter->previous = c->last;
        if (c->last != NULL)
            c->last->next = waiter;
        else
            c->first = waiter;
        c->last = waiter;
    }
    pthread_mutex_unlock(&c->lock);
    return got;
}

void conduit_leave(struct conduit *c, struct conduit_waiter *waiter)
{
    pthread_mutex_lock(&c->lock);
    if (waiter->waits)
        unlink_waiter(c, waiter);
    else if (c->len > 0)
        wake_first(c);
    pthread_mutex_unlock(&c->lock);
}

bool conduit_has_parcels(struct conduit *c)
{
    pthread_mutex_lock(&c->lock);
    bool has = c->len > 0;
    pthread_mutex_unlock(&c->lock);
    return has;
}

static void unlink_waiter(struct conduit *c, struct conduit_waiter *waiter)
{
    if (waiter->previous != NULL)
        waiter->previous->next = waiter->next;
    else
        c->first = waiter->next;
    if (waiter->next != NULL)
        waiter->next->previous = waiter->previous;
    else
        c->last = waiter->previous;
    waiter->waits = false;
}

static void wake_first(struct conduit *c)
{
    struct conduit_waiter *waiter = c->first;
    if (waiter == NULL)
        return;
    unlink_waiter(c, waiter);
    waiter->wake(waiter);
}
