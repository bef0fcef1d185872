#include "config.h"

#include "lib/pool.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/os_linux.h"
#include "core/channel.h"
#include "lib/lib_state.h"
#include "lib/tasks.h"

enum {
    /* The root looks at its interrupt flag this often while it rests: a signal handler may
       set it, and cannot wake anybody. */
    ROOT_SLICE_NS = 50000000
};

/* How long a run waits at its end for tasks that neither wait nor end: CPU time, which passes
   slowly on a busy machine, and time on the clock, should they be stuck in the system. */
#define END_CPU_NS   UINT64_C(1000000000)
#define END_CLOCK_NS UINT64_C(10000000000)

/* First in, first out; under the pool's lock. */
struct queue {
    struct pool_link *first, *last;
};

struct seat {
    struct pool *pool;
    struct state *st; /* NULL: not yet, or no more */
    unsigned ordinal; /* 0: root */
    pthread_t thread;
    pthread_cond_t wake;
    struct queue mail; /* not delivered */
    bool sits;
    bool has_limit; /* sits with a time limit */
    bool in_place;  /* sits for something of its own */
    bool hopeless_task, hopeless_place;
    uint64_t running;  /* age of the task, or POOL_NO_TASK */
    struct seat *next; /* of the pool, root first */
};

struct pool {
    struct state *root;
    struct transit transit;
    pthread_mutex_t input_lock; /* of the root's input */
    pthread_mutex_t lock;       /* of all below */
    struct seat *seats;
    unsigned nseats, nsitting; /* that are taken; of these, that sit */
    unsigned nthreads, cpus;
    bool no_threads; /* none could be started: the root works itself */
    struct queue work;
    size_t nfresh; /* work not begun or not at its first wait, but late one */
    bool ending;   /* what is submitted now is late */
    bool stopping;
    bool has_exit;
    int exit_code;
    int64_t size;
    uint64_t age;
    struct parked *parked;
    struct map store;
};

/* An isolate between two runs. */
struct parked {
    struct state *st;
    struct parked *next;
};

static void *thread_main(void *argument);
static void start_thread(struct pool *pool);
static void stand_up(struct seat *seat);
static void find_hopeless(struct pool *pool);
static void drop_work(struct pool *pool);
static void empty_store(struct pool *pool);

/* ---- queues ------------------------------------------------------------------------- */

#define OWNER_OF(link_pointer, type) \
    ((type *)(void *)((char *)(link_pointer)-offsetof(type, link)))

static void queue_append(struct queue *q, struct pool_link *link)
{
    *link = (struct pool_link){.queued = true};
    if (q->last != NULL)
        q->last->next = link;
    else
        q->first = link;
    q->last = link;
}

static void queue_prepend(struct queue *q, struct pool_link *link)
{
    *link = (struct pool_link){.next = q->first, .queued = true};
    q->first = link;
    if (q->last == NULL)
        q->last = link;
}

/* NULL: the queue is empty. */
static struct pool_link *queue_take(struct queue *q)
{
    struct pool_link *link = q->first;
    if (link == NULL)
        return NULL;
    q->first = link->next;
    if (q->first == NULL)
        q->last = NULL;
    link->queued = false;
    return link;
}

/* False: it is in no queue. */
static bool queue_remove(struct queue *q, struct pool_link *link)
{
    struct pool_link *before = NULL, **at = &q->first;
    if (!link->queued)
        return false;
    while (*at != link) {
        before = *at;
        at = &before->next;
    }
    *at = link->next;
    if (q->last == link)
        q->last = before;
    link->queued = false;
    return true;
}

/* ---- life --------------------------------------------------------------------------- */

static struct seat *seat_new(struct pool *pool, struct state *st, unsigned ordinal)
{
    struct seat *seat = mem_alloc_zero(1, sizeof *seat);
    pthread_condattr_t attributes;
    if (seat == NULL)
        return NULL;
    seat->pool = pool;
    seat->st = st;
    seat->ordinal = ordinal;
    seat->running = POOL_NO_TASK;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&seat->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    return seat;
}

static void seat_free(struct seat *seat)
{
    pthread_cond_destroy(&seat->wake);
    mem_free(seat);
}

struct pool *pool_of(struct state *st)
{
    struct lib_state *lib = lib_state(st);
    if (lib == NULL || lib->pool != NULL)
        return lib != NULL ? lib->pool : NULL;
    struct pool *pool = mem_alloc_zero(1, sizeof *pool);
    struct seat *seat = pool == NULL ? NULL : seat_new(pool, st, 0);
    if (seat == NULL) {
        mem_free(pool);
        error_out_of_memory(st);
        return NULL;
    }
    pool->root = st;
    transit_init(&pool->transit);
    map_init(&pool->store, MAP_COPY_KEYS);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_mutex_init(&pool->input_lock, NULL);
    pool->seats = seat;
    pool->nseats = 1;
    pool->size = POOL_DEFAULT_SIZE;
    pool->cpus = os_cpu_count();
    lib->pool = pool;
    lib->seat = seat;
    st->parcels = &pool->transit.account;
    return pool;
}

void pool_free(struct state *st, struct pool *pool)
{
    if (pool == NULL || pool->root != st)
        return;
    assert(pool->nthreads == 0 && "pool: freed while threads run");
    while (pool->parked != NULL) {
        struct parked *parked = pool->parked;
        pool->parked = parked->next;
        st->isolate_free(parked->st);
        mem_free(parked);
    }
    channel_handles_free(st);
    st->parcels = NULL;
    transit_done(&pool->transit);
    seat_free(pool->seats);
    pthread_mutex_destroy(&pool->lock);
    pthread_mutex_destroy(&pool->input_lock);
    mem_free(pool);
}

struct transit *pool_transit(struct pool *pool)
{
    return &pool->transit;
}

struct map *pool_store(struct pool *pool)
{
    return &pool->store;
}

void pool_lock(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
}

void pool_unlock(struct pool *pool)
{
    pthread_mutex_unlock(&pool->lock);
}

int64_t pool_size(struct pool *pool)
{
    pool_lock(pool);
    int64_t size = pool->size;
    pool_unlock(pool);
    return size;
}

void pool_set_size(struct pool *pool, int64_t size)
{
    pool_lock(pool);
    pool->size = size;
    pool_unlock(pool);
}

struct state *pool_begin_input(struct state *st)
{
    struct lib_state *lib = st->lib;
    if (lib->pool == NULL)
        return st;
    const struct timespec slice = {.tv_nsec = ROOT_SLICE_NS};
    while (pthread_mutex_trylock(&lib->pool->input_lock) != 0) {
        if (state_interrupted(st)) {
            error_interrupt(st);
            return NULL;
        }
        (void)nanosleep(&slice, NULL);
    }
    return lib->pool->root;
}

void pool_end_input(struct state *st)
{
    struct lib_state *lib = st->lib;
    if (lib->pool != NULL)
        pthread_mutex_unlock(&lib->pool->input_lock);
}

uint64_t pool_next_age(struct pool *pool)
{
    pool_lock(pool);
    uint64_t age = pool->age++;
    pool_unlock(pool);
    return age;
}

struct seat *pool_seat(const struct state *st)
{
    const struct lib_state *lib = st->lib;
    return lib != NULL ? lib->seat : NULL;
}

/* The seat of an isolate that has one. */
static struct seat *seat_of(const struct state *st)
{
    const struct lib_state *lib = st->lib;
    return lib->seat;
}

/* ---- work --------------------------------------------------------------------------- */

/* May the seat take work? Under the lock. */
static bool works(const struct seat *seat)
{
    return seat->ordinal != 0 || seat->pool->no_threads;
}

/* Somebody for new work: one who sits, else a new thread. Under the lock. */
static void call_for_work(struct pool *pool)
{
    for (struct seat *seat = pool->seats; seat != NULL; seat = seat->next) {
        if (seat->sits && seat->st != NULL && works(seat)) {
            stand_up(seat);
            return;
        }
    }
    if (!pool->no_threads && !pool->stopping && (int64_t)pool->nthreads < pool->size &&
        pool->nthreads < pool->cpus)
        start_thread(pool);
}

void pool_submit(struct state *st, struct work *work, bool first)
{
    struct lib_state *lib = st->lib;
    struct pool *pool = lib->pool;
    state_flush(st);
    pool_lock(pool);
    work->late = pool->ending;
    if (!work->late)
        pool->nfresh++;
    if (first)
        queue_prepend(&pool->work, &work->link);
    else
        queue_append(&pool->work, &work->link);
    call_for_work(pool);
    pool_unlock(pool);
}

/* Takes the first work out of the queue. Under the lock. */
static struct work *take(struct pool *pool)
{
    struct pool_link *link = queue_take(&pool->work);
    return link == NULL ? NULL : OWNER_OF(link, struct work);
}

/* Under the lock. */
static void no_longer_fresh(struct pool *pool, bool late)
{
    if (!late && --pool->nfresh == 0)
        stand_up(pool->seats);
}

bool pool_withdraw(struct pool *pool, struct work *work)
{
    pool_lock(pool);
    bool queued = queue_remove(&pool->work, &work->link);
    if (queued)
        no_longer_fresh(pool, work->late);
    pool_unlock(pool);
    return queued;
}

bool pool_work(struct state *st)
{
    struct lib_state *lib = st->lib;
    struct seat *seat = lib->seat;
    struct pool *pool = seat->pool;
    pool_lock(pool);
    struct work *work = works(seat) && !pool->stopping ? take(pool) : NULL;
    bool late = work != NULL && work->late;
    /* Whoever submitted called one thread only, and may have found none idle then. */
    if (work != NULL && pool->work.first != NULL)
        call_for_work(pool);
    pool_unlock(pool);
    if (work == NULL)
        return false;
    work->begin(st, work); /* may free it */
    pool_lock(pool);
    no_longer_fresh(pool, late);
    pool_unlock(pool);
    return true;
}

/* ---- mail --------------------------------------------------------------------------- */

/* Wakes the seat's thread. Under the lock. */
static void stand_up(struct seat *seat)
{
    if (!seat->sits)
        return;
    seat->sits = false;
    seat->pool->nsitting--;
    pthread_cond_signal(&seat->wake);
}

void pool_post_locked(struct seat *seat, struct mail *mail)
{
    if (mail->link.queued)
        return;
    queue_append(&seat->mail, &mail->link);
    stand_up(seat);
}

void pool_post(struct seat *seat, struct mail *mail)
{
    pool_lock(seat->pool);
    pool_post_locked(seat, mail);
    pool_unlock(seat->pool);
}

void pool_unpost(struct seat *seat, struct mail *mail)
{
    pool_lock(seat->pool);
    (void)queue_remove(&seat->mail, &mail->link);
    pool_unlock(seat->pool);
}

bool pool_deliver(struct state *st)
{
    struct seat *seat = seat_of(st);
    bool any = false;
    for (;;) {
        pool_lock(seat->pool);
        struct pool_link *link = queue_take(&seat->mail);
        pool_unlock(seat->pool);
        if (link == NULL)
            return any;
        struct mail *mail = OWNER_OF(link, struct mail);
        any = true;
        mail->deliver(st, mail); /* may free it */
    }
}

/* ---- resting ------------------------------------------------------------------------ */

/* Under the lock. True: woken; false: the time has come. */
static bool sleep_until(struct seat *seat, uint64_t until_ns)
{
    pthread_mutex_t *lock = &seat->pool->lock;
    if (until_ns == UINT64_MAX)
        return pthread_cond_wait(&seat->wake, lock) == 0;
    const struct timespec at = {.tv_sec = (time_t)(until_ns / 1000000000),
                                .tv_nsec = (long)(until_ns % 1000000000)};
    return pthread_cond_timedwait(&seat->wake, lock, &at) == 0;
}

/* Sits until told to stand up, interrupted, or the time has come. Under the lock. */
static void sit_out(struct seat *seat, uint64_t until_ns)
{
    struct pool *pool = seat->pool;
    seat->sits = true;
    pool->nsitting++;
    if (pool->nsitting == pool->nseats)
        find_hopeless(pool);
    while (seat->sits && !state_interrupted(seat->st)) {
        uint64_t now = os_monotonic_ns(), next = until_ns;
        if (now >= until_ns)
            break;
        if (seat->ordinal == 0 && next - now > ROOT_SLICE_NS)
            next = now + ROOT_SLICE_NS;
        sleep_until(seat, next);
    }
    if (seat->sits) {
        seat->sits = false;
        pool->nsitting--;
    }
}

/* The same, and says what for. Under the lock. */
static void sit(struct seat *seat, uint64_t until_ns, bool in_place)
{
    seat->has_limit = until_ns != UINT64_MAX;
    seat->in_place = in_place;
    sit_out(seat, until_ns);
    seat->has_limit = seat->in_place = false;
}

enum pool_event pool_rest(struct state *st, uint64_t until_ns, bool in_place)
{
    struct seat *seat = seat_of(st);
    struct pool *pool = seat->pool;
    enum pool_event event = POOL_LOOK;
    state_flush(st);
    heap_publish(st);
    if (st->isolate_rests != NULL)
        st->isolate_rests(st);
    pool_lock(pool);
    bool more = seat->mail.first != NULL || pool->stopping ||
                (works(seat) && pool->work.first != NULL);
    if (!more)
        sit(seat, until_ns, in_place);
    if (seat->hopeless_task)
        event = POOL_HOPELESS_TASK;
    else if (seat->hopeless_place)
        event = POOL_HOPELESS_PLACE;
    seat->hopeless_task = seat->hopeless_place = false;
    pool_unlock(pool);
    return event;
}

/*
 * Everybody sits, so nobody will ever send anything: the oldest task that waits is given up;
 * those that receive first, whose null may serve others; those that wait in place last, the
 * root last of all. Under the lock, which all have left by sitting down: their tasks may be
 * looked at.
 */
static void find_hopeless(struct pool *pool)
{
    struct seat *found = NULL, *place = NULL;
    uint64_t oldest = UINT64_MAX;
    for (struct seat *seat = pool->seats; seat != NULL; seat = seat->next) {
        if (seat->has_limit)
            return;
    }
    for (int receives = 1; receives >= 0 && found == NULL; receives--) {
        for (struct seat *seat = pool->seats; seat != NULL; seat = seat->next) {
            uint64_t age;
            if (seat->st != NULL &&
                tasks_oldest_waiting(seat->st, receives != 0, &age) && age < oldest) {
                oldest = age;
                found = seat;
            }
        }
    }
    for (struct seat *seat = pool->seats; seat != NULL; seat = seat->next) {
        if (seat->in_place && (place == NULL || place->ordinal == 0))
            place = seat;
    }
    if (found != NULL) {
        found->hopeless_task = true;
        stand_up(found);
    } else if (place != NULL) {
        place->hopeless_place = true;
        stand_up(place);
    }
}

/* ---- threads ------------------------------------------------------------------------ */

/* Takes a seat off the pool. Under the lock. */
static void leave_pool(struct seat *seat)
{
    struct pool *pool = seat->pool;
    struct seat **link = &pool->seats;
    while (*link != seat)
        link = &(*link)->next;
    *link = seat->next;
    pool->nseats--;
    pool->nthreads--;
}

/* Under the lock. The new seat counts at once: it does not sit, so nothing is hopeless
   before the thread has looked. */
static void start_thread(struct pool *pool)
{
    unsigned ordinal = 1;
    struct seat **link = &pool->seats;
    for (; *link != NULL; link = &(*link)->next) {
        if ((*link)->ordinal == ordinal)
            ordinal++;
    }
    struct seat *seat = seat_new(pool, NULL, ordinal);
    if (seat != NULL) {
        *link = seat;
        pool->nseats++;
        pool->nthreads++;
        if (pthread_create(&seat->thread, NULL, thread_main, seat) == 0)
            return;
        leave_pool(seat);
        seat_free(seat);
    }
    if (pool->nthreads == 0) {
        pool->no_threads = true;
        stand_up(pool->seats);
    }
}

/* An isolate from the last run, or a new one; NULL when memory is out. */
static struct state *isolate_for(struct pool *pool)
{
    pool_lock(pool);
    struct parked *parked = pool->parked;
    if (parked != NULL)
        pool->parked = parked->next;
    pool_unlock(pool);
    if (parked == NULL)
        return pool->root->isolate_new(pool->root);
    struct state *st = parked->st;
    mem_free(parked);
    return st;
}

/* Keeps the isolate for the next run. */
static void park(struct pool *pool, struct state *st)
{
    struct parked *parked = mem_alloc(sizeof *parked);
    if (parked == NULL) {
        pool->root->isolate_free(st);
        return;
    }
    pool_lock(pool);
    *parked = (struct parked){st, pool->parked};
    pool->parked = parked;
    pool_unlock(pool);
}

/* Until the run ends; false: without memory to begin. */
static bool serve(struct seat *seat, struct state *st)
{
    struct pool *pool = seat->pool;
    struct lib_state *lib = st->lib;
    lib->pool = pool;
    lib->seat = seat;
    st->parcels = &pool->transit.account;
    state_interrupt_clear(st);
    pool_lock(pool);
    seat->st = st;
    bool stopping = pool->stopping;
    pool_unlock(pool);
    pool->root->isolate_thread(pool->root, st, seat->ordinal, true);
    bool served = stopping || tasks_serve(st);
    lib_state_end_run(st);
    instances_free(st);
    heap_publish(st);
    state_flush(st);
    pool->root->isolate_thread(pool->root, st, seat->ordinal, false);
    pool_lock(pool);
    seat->st = NULL;
    pool_unlock(pool);
    lib->pool = NULL;
    lib->seat = NULL;
    park(pool, st);
    return served;
}

static void *thread_main(void *argument)
{
    struct seat *seat = argument;
    struct pool *pool = seat->pool;
    char name[32];
    snprintf(name, sizeof name, "ruff-worker-%u", seat->ordinal);
    pthread_setname_np(pthread_self(), name);
    struct state *st = isolate_for(pool);
    if (st != NULL && lib_state(st) == NULL)
        pool->root->isolate_free(st);
    else if (st != NULL && serve(seat, st))
        return NULL;
    /* Without memory: the others work on, or the root when there are none. The seat stays
       for the join, and sits for ever. */
    pool_lock(pool);
    bool alone = true;
    for (struct seat *other = pool->seats->next; other != NULL; other = other->next)
        alone = alone && other->st == NULL;
    if (alone) {
        pool->no_threads = true;
        stand_up(pool->seats);
    }
    seat->sits = true;
    if (++pool->nsitting == pool->nseats)
        find_hopeless(pool);
    pool_unlock(pool);
    return NULL;
}

/* ---- ends --------------------------------------------------------------------------- */

/* Waits until the work of before has come to its first wait. */
static void wait_for_fresh(struct pool *pool)
{
    struct state *st = pool->root;
    struct seat *seat = pool->seats;
    uint64_t cpu_end = os_process_cpu_ns() + END_CPU_NS;
    uint64_t clock_end = os_monotonic_ns() + END_CLOCK_NS;
    for (;;) {
        while (pool_deliver(st) || pool_work(st))
            continue;
        pool_lock(pool);
        pool->ending = true;
        bool done = pool->nfresh == 0 || pool->has_exit || state_interrupted(st);
        uint64_t now = os_monotonic_ns();
        if (!done && seat->mail.first == NULL &&
            !(works(seat) && pool->work.first != NULL))
            sit_out(seat, now + ROOT_SLICE_NS);
        pool_unlock(pool);
        if (done || now >= clock_end || os_process_cpu_ns() >= cpu_end)
            return;
    }
}

/* Under the lock. */
static void stop_threads(struct pool *pool)
{
    pool->stopping = true;
    for (struct seat *seat = pool->seats->next; seat != NULL; seat = seat->next) {
        if (seat->st != NULL)
            state_interrupt(seat->st);
        seat->sits = false;
        pthread_cond_signal(&seat->wake);
    }
}

void pool_end_run(struct state *st)
{
    struct lib_state *lib = st->lib;
    struct pool *pool = lib != NULL ? lib->pool : NULL;
    if (pool == NULL || pool->root != st)
        return;
    wait_for_fresh(pool);
    pool_lock(pool);
    stop_threads(pool);
    pool_unlock(pool);
    /* Nobody starts threads any more: those that could have stopped are all there are. */
    while (pool->seats->next != NULL) {
        struct seat *seat = pool->seats->next;
        pthread_join(seat->thread, NULL);
        pool_lock(pool);
        leave_pool(seat);
        pool_unlock(pool);
        seat_free(seat);
    }
    drop_work(pool);
    pool->nsitting = 0;
    pool->nfresh = 0;
    pool->ending = pool->stopping = pool->no_threads = false;
    st->has_tasks = false;
    /* What is posted to the root belongs to what the run leaves behind. */
    pool_deliver(st);
    empty_store(pool);
    transit_clear(&pool->transit);
}

static void empty_store(struct pool *pool)
{
    struct map_item item;
    for (size_t cursor = 0; map_next(&pool->store, &cursor, &item);) {
        parcel_done(item.value);
        mem_free(item.value);
    }
    map_done(&pool->store);
    map_init(&pool->store, MAP_COPY_KEYS);
}

static void drop_work(struct pool *pool)
{
    struct work *work;
    for (;;) {
        pool_lock(pool);
        work = take(pool);
        pool_unlock(pool);
        if (work == NULL)
            return;
        work->drop(pool->root, work);
    }
}

uint64_t pool_set_running(struct state *st, uint64_t age)
{
    struct seat *seat = seat_of(st);
    if (seat->ordinal == 0)
        return POOL_NO_TASK;
    pool_lock(seat->pool);
    uint64_t before = seat->running;
    seat->running = age;
    if (!seat->pool->stopping && before != age)
        state_interrupt_clear(st);
    pool_unlock(seat->pool);
    return before;
}

void pool_interrupt_locked(struct seat *seat, uint64_t age)
{
    if (seat->running == age && seat->st != NULL)
        state_interrupt(seat->st);
}

bool pool_stops(struct state *st)
{
    struct seat *seat = seat_of(st);
    pool_lock(seat->pool);
    bool stops = seat->pool->stopping || seat->ordinal == 0;
    if (!stops)
        state_interrupt_clear(st);
    pool_unlock(seat->pool);
    return stops;
}

void pool_exit(struct state *st, int code)
{
    struct pool *pool = seat_of(st)->pool;
    pool_lock(pool);
    if (!pool->has_exit) {
        pool->has_exit = true;
        pool->exit_code = code;
        state_interrupt(pool->root);
        stand_up(pool->seats);
    }
    pool_unlock(pool);
}

bool pool_take_exit(struct state *st, bool *ok)
{
    struct lib_state *lib = st->lib;
    struct pool *pool = lib != NULL ? lib->pool : NULL;
    if (pool == NULL)
        return false;
    pool_lock(pool);
    bool exits = pool->has_exit;
    pool->has_exit = false;
    pool_unlock(pool);
    if (!exits || (!*ok && st->error.kind == ERROR_EXIT))
        return false;
    error_clear(st);
    *ok = error_exit(st, pool->exit_code);
    return true;
}
