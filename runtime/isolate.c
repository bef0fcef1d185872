#include "config.h"

#include "isolate.h"

#include <stdlib.h>

#include "runtime.h"

#include "base/hash.h"
#include "core/error.h"
#include "lib/lib_state.h"

/* What a thread's runtime has beside that of struct ruff. */
struct isolate {
    struct ruff *r;
    struct program_unit *units;  /* copies of the program's, made at first need */
    struct ruff_stats published; /* under the root's lock */
    struct isolate *next;        /* of the root */
};

static struct state *isolate_new(struct state *root);
static void isolate_free(struct state *st);
static void isolate_thread(struct state *root, struct state *st, unsigned ordinal,
                           bool begins);
static void publish(struct state *st);
static struct unit *unit_of(struct state *st, const struct unit *original);

void isolate_attach(struct ruff *r)
{
    struct state *st = r->st;

    if (r->root == r) {
        st->isolate_new = isolate_new;
        st->isolate_free = isolate_free;
        st->isolate_thread = isolate_thread;
        return;
    }
    st->isolate_rests = publish;
    st->unit = unit_of;
}

/* ---- life ---------------------------------------------------------------------------- */

/* On any thread: reads of the root only what never changes. */
static struct state *isolate_new(struct state *root_state)
{
    struct ruff *root = runtime_of(root_state);
    struct isolate *isolate = calloc(1, sizeof *isolate);
    struct ruff *r = isolate != NULL ? runtime_new(&root->config, root) : NULL;

    if (r == NULL) {
        free(isolate);
        return NULL;
    }
    r->isolate = isolate;
    isolate->r = r;
    r->st->start_ns = root_state->start_ns;
    r->st->to_terminal = root_state->to_terminal;
    r->st->has_tasks = true;
    /* With a fixed hash seed all would draw the same numbers. */
    r->st->random_seed =
        hash_mix_u64(r->st->random_seed ^ (uint64_t)(uintptr_t)isolate);
    pthread_mutex_lock(&root->lock);
    isolate->next = root->isolates;
    root->isolates = isolate;
    pthread_mutex_unlock(&root->lock);
    return r->st;
}

static void isolate_free(struct state *st)
{
    struct ruff *r = runtime_of(st), *root = r->root;
    struct isolate *isolate = r->isolate;

    pthread_mutex_lock(&root->lock);
    for (struct isolate **at = &root->isolates; *at != NULL; at = &(*at)->next) {
        if (*at == isolate) {
            *at = isolate->next;
            break;
        }
    }
    pthread_mutex_unlock(&root->lock);
    while (isolate->units != NULL) {
        struct program_unit *u = isolate->units;

        isolate->units = u->next;
        program_unit_free(u);
    }
    ruff_free(r);
    free(isolate);
}

static void isolate_thread(struct state *root_state, struct state *st, unsigned ordinal,
                           bool begins)
{
    struct ruff *root = runtime_of(root_state), *r = runtime_of(st);
    const struct ruff_intro_hooks *hooks = &root->hooks;

    r->running = root->running;
    if (begins && hooks->thread_started != NULL)
        hooks->thread_started(hooks->context, r, ordinal);
    if (begins)
        return;
    if (hooks->thread_ended != NULL)
        hooks->thread_ended(hooks->context, r, ordinal);
    ruff_intro_set_hooks(r, NULL, 0, 0);
    r->running = NULL;
    publish(st);
}

/* ---- counters ------------------------------------------------------------------------ */

static void publish(struct state *st)
{
    struct ruff *r = runtime_of(st);
    struct ruff_stats stats;

    runtime_stats(r, &stats);
    pthread_mutex_lock(&r->root->lock);
    r->isolate->published = stats;
    pthread_mutex_unlock(&r->root->lock);
}

void isolate_add_stats(struct ruff *root, struct ruff_stats *out)
{
    pthread_mutex_lock(&root->lock);
    for (const struct isolate *i = root->isolates; i != NULL; i = i->next) {
        const struct ruff_stats *s = &i->published;

        out->allocations += s->allocations;
        out->frees += s->frees;
        out->allocated_bytes += s->allocated_bytes;
        out->freed_bytes += s->freed_bytes;
        out->live_bytes += s->live_bytes;
        out->peak_bytes += s->peak_bytes;
        out->objects_alive += s->objects_alive;
        out->copies += s->copies;
        out->ops += s->ops;
        out->functions_compiled += s->functions_compiled;
        out->inline_cache_hits += s->inline_cache_hits;
        out->inline_cache_misses += s->inline_cache_misses;
        out->compile_ns += s->compile_ns;
    }
    pthread_mutex_unlock(&root->lock);
}

/* ---- code ---------------------------------------------------------------------------- */

static struct unit *unit_of(struct state *st, const struct unit *original)
{
    struct ruff *r = runtime_of(st);
    struct program_unit *u = r->isolate->units;

    while (u != NULL && u->unit.original != original)
        u = u->next;
    if (u != NULL)
        return &u->unit;
    u = program_unit_copy(original);
    if (u != NULL) {
        r->next_proto_id = u->unit.protos[u->unit.nprotos - 1].id + 1;
        if (runtime_register(r, u)) {
            u->next = r->isolate->units;
            r->isolate->units = u;
            return &u->unit;
        }
        program_unit_free(u);
    }
    error_out_of_memory(st);
    return NULL;
}

void isolate_forget_unit(struct ruff *root, const struct program_unit *u)
{
    for (struct isolate *i = root->isolates; i != NULL; i = i->next) {
        for (struct program_unit **at = &i->units; *at != NULL;) {
            struct program_unit *copy = *at;

            if (copy->unit.original != &u->unit) {
                at = &copy->next;
                continue;
            }
            *at = copy->next;
            runtime_unregister(i->r, copy);
            program_unit_free(copy);
        }
    }
}
