#include "config.h"

#include <pthread.h>
#include <stdatomic.h>

#include "unit.h"

#include "core/conduit.h"

static struct parcel number(int64_t i)
{
    return (struct parcel){.plain = value_int(i)};
}

START_TEST(test_conduit_is_fifo)
{
    struct transit t;
    struct parcel p;
    transit_init(&t);
    struct conduit *c = conduit_new(&t);
    for (int64_t i = 0; i < 100; i++)
        ck_assert(conduit_send_take(c, number(i)));
    ck_assert(conduit_has_parcels(c));
    for (int64_t i = 0; i < 100; i++) {
        ck_assert(conduit_receive(c, NULL, &p));
        ck_assert_int_eq(p.plain.as.integer, i);
    }
    ck_assert(!conduit_receive(c, NULL, &p));
    ck_assert(!conduit_has_parcels(c));
    conduit_release(c);
    transit_done(&t);
}
END_TEST

struct sleeper {
    struct conduit_waiter waiter;
    int woken;
};

static void wake(struct conduit_waiter *waiter)
{
    ((struct sleeper *)(void *)waiter)->woken++;
}

START_TEST(test_conduit_wakes_in_order_and_once)
{
    struct transit t;
    struct parcel p;
    struct sleeper a = {.waiter.wake = wake}, b = {.waiter.wake = wake};
    transit_init(&t);
    struct conduit *c = conduit_new(&t);
    ck_assert(!conduit_receive(c, &a.waiter, &p));
    ck_assert(!conduit_receive(c, &a.waiter, &p));
    ck_assert(!conduit_receive(c, &b.waiter, &p));
    ck_assert(conduit_send_take(c, number(1)));
    ck_assert_int_eq(a.woken, 1);
    ck_assert_int_eq(b.woken, 0);
    /* The one that was woken goes without its parcel: the other gets it. */
    conduit_leave(c, &a.waiter);
    ck_assert_int_eq(b.woken, 1);
    ck_assert(conduit_receive(c, &b.waiter, &p));
    ck_assert(conduit_send_take(c, number(2)));
    ck_assert_int_eq(a.woken, 1);
    ck_assert_int_eq(b.woken, 1);
    conduit_release(c);
    transit_done(&t);
}
END_TEST

START_TEST(test_conduit_forgets_who_leaves)
{
    struct transit t;
    struct parcel p;
    struct sleeper a = {.waiter.wake = wake}, b = {.waiter.wake = wake},
                   d = {.waiter.wake = wake};
    transit_init(&t);
    struct conduit *c = conduit_new(&t);
    ck_assert(!conduit_receive(c, &a.waiter, &p));
    ck_assert(!conduit_receive(c, &b.waiter, &p));
    ck_assert(!conduit_receive(c, &d.waiter, &p));
    conduit_leave(c, &b.waiter);
    ck_assert(conduit_send_take(c, number(1)));
    ck_assert(conduit_send_take(c, number(2)));
    ck_assert_int_eq(a.woken + b.woken * 10 + d.woken * 100, 101);
    conduit_release(c);
    transit_done(&t);
}
END_TEST

enum {
    SENDERS = 4,
    RECEIVERS = 3,
    EACH = 5000
};

struct crowd {
    struct conduit *c;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_llong sum;
    atomic_int received;
};

static void *sends(void *context)
{
    struct crowd *crowd = context;
    for (int i = 1; i <= EACH; i++)
        ck_assert(conduit_send_take(crowd->c, number(i)));
    return NULL;
}

struct member {
    struct conduit_waiter waiter;
    struct crowd *crowd;
    bool woken;
};

static void wake_member(struct conduit_waiter *waiter)
{
    struct member *m = (struct member *)(void *)waiter;
    pthread_mutex_lock(&m->crowd->lock);
    m->woken = true;
    pthread_cond_broadcast(&m->crowd->changed);
    pthread_mutex_unlock(&m->crowd->lock);
}

/* Takes parcels until a negative number comes. */
static void *receives(void *context)
{
    struct crowd *crowd = context;
    struct member m = {.waiter.wake = wake_member, .crowd = crowd};
    for (;;) {
        struct parcel p;
        if (conduit_receive(crowd->c, &m.waiter, &p)) {
            conduit_leave(crowd->c, &m.waiter);
            if (p.plain.as.integer < 0)
                return NULL;
            atomic_fetch_add(&crowd->sum, p.plain.as.integer);
            atomic_fetch_add(&crowd->received, 1);
            continue;
        }
        pthread_mutex_lock(&crowd->lock);
        while (!m.woken)
            pthread_cond_wait(&crowd->changed, &crowd->lock);
        m.woken = false;
        pthread_mutex_unlock(&crowd->lock);
    }
}

START_TEST(test_conduit_loses_nothing_between_threads)
{
    struct transit t;
    struct crowd crowd = {.sum = 0};
    pthread_t senders[SENDERS], receivers[RECEIVERS];
    transit_init(&t);
    crowd.c = conduit_new(&t);
    pthread_mutex_init(&crowd.lock, NULL);
    pthread_cond_init(&crowd.changed, NULL);
    for (int i = 0; i < RECEIVERS; i++)
        ck_assert_int_eq(pthread_create(&receivers[i], NULL, receives, &crowd), 0);
    for (int i = 0; i < SENDERS; i++)
        ck_assert_int_eq(pthread_create(&senders[i], NULL, sends, &crowd), 0);
    for (int i = 0; i < SENDERS; i++)
        pthread_join(senders[i], NULL);
    for (int i = 0; i < RECEIVERS; i++)
        ck_assert(conduit_send_take(crowd.c, number(-1)));
    for (int i = 0; i < RECEIVERS; i++)
        pthread_join(receivers[i], NULL);
    ck_assert_int_eq(atomic_load(&crowd.received), SENDERS * EACH);
    ck_assert_int_eq(atomic_load(&crowd.sum),
                     (long long)SENDERS * EACH * (EACH + 1) / 2);
    conduit_release(crowd.c);
    pthread_cond_destroy(&crowd.changed);
    pthread_mutex_destroy(&crowd.lock);
    transit_done(&t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_conduit_is_fifo,
        test_conduit_wakes_in_order_and_once,
        test_conduit_forgets_who_leaves,
        test_conduit_loses_nothing_between_threads,
        NULL,
    };
    return unit_run(unit_suite("conduit", tests));
}
