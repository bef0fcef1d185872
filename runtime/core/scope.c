#include "config.h"

#include "core/scope.h"

#include "base/mem.h"
#include "base/sizing.h"
#include "core/gc.h"
#include "core/state.h"

enum {
    /* Released scopes that are worth a collection of cycles. */
    SWEEP_MIN = SIZE_OR_TINY(64, 1)
};

/* Variables of one or several instances, with their frozen values behind them. */
struct globals {
    struct globals *next;
    size_t n;
    struct value *frozen; /* n counted values, NULL: not frozen */
    struct value values[];
};

struct kept_cell {
    struct cell *cell; /* counted */
    struct value frozen;
};

struct scope {
    uint32_t users;
    bool is_frozen;
    struct instance *instances,
        *frozen; /* frozen: the first of those that were there */
    struct globals *globals;
    struct kept_cell *cells;
    size_t ncells, cell_capacity;
    struct scope_random random;
    struct scope *next; /* released */
};

static void drop_values(struct state *st, struct scope *scope);
static void scope_free(struct scope *scope);

/* ---- life --------------------------------------------------------------------------- */

struct scope *scope_new(struct state *st)
{
    struct scope *scope = mem_alloc_zero(1, sizeof *scope);
    if (scope == NULL) {
        error_out_of_memory(st);
        return NULL;
    }
    scope->users = 1;
    return scope;
}

struct scope *scope_retain(struct scope *scope)
{
    if (scope != NULL)
        scope->users++;
    return scope;
}

void scope_release(struct state *st, struct scope *scope)
{
    if (scope == NULL || --scope->users > 0)
        return;
    drop_values(st, scope);
    scope->next = st->released_scopes;
    st->released_scopes = scope;
    /* As many again as live on: the work of a collection is then spread over their ends. */
    if (++st->nreleased_scopes >= st->sweep_at) {
        size_t waiting = st->nreleased_scopes;
        scope_sweep(st);
        st->sweep_at = 2 * waiting;
    }
}

void scope_sweep(struct state *st)
{
    if (st->released_scopes != NULL)
        gc_collect(st);
    while (st->released_scopes != NULL) {
        struct scope *scope = st->released_scopes;
        st->released_scopes = scope->next;
        scope_free(scope);
    }
    st->nreleased_scopes = 0;
    st->sweep_at = SWEEP_MIN;
}

static void drop_values(struct state *st, struct scope *scope)
{
    for (struct globals *g = scope->globals; g != NULL; g = g->next) {
        for (size_t i = 0; i < g->n; i++) {
            value_set_take(st, &g->values[i], value_unset());
            if (g->frozen != NULL)
                value_set_take(st, &g->frozen[i], value_unset());
        }
    }
    for (size_t i = 0; i < scope->ncells; i++) {
        value_release(st, scope->cells[i].frozen);
        object_release(st, &scope->cells[i].cell->head);
    }
    scope->ncells = 0;
}

static void scope_free(struct scope *scope)
{
    while (scope->instances != NULL) {
        struct instance *i = scope->instances;
        scope->instances = i->next;
        mem_free(i);
    }
    while (scope->globals != NULL) {
        struct globals *g = scope->globals;
        scope->globals = g->next;
        mem_free(g->frozen);
        mem_free(g);
    }
    mem_free(scope->cells);
    mem_free(scope);
}

struct scope_random *scope_random(struct scope *scope)
{
    return &scope->random;
}

/* ---- variables ------------------------------------------------------------------------ */

struct value *scope_globals(struct state *st, struct scope *scope, size_t n)
{
    struct globals *g = n < SIZE_MAX / sizeof(struct value) - 1
                            ? mem_alloc_zero(1, sizeof *g + n * sizeof(struct value))
                            : NULL;
    if (g == NULL) {
        error_out_of_memory(st);
        return NULL;
    }
    g->n = n;
    g->next = scope->globals;
    scope->globals = g;
    return g->values;
}

struct instance *scope_add(struct state *st, struct scope *scope, struct unit *unit,
                           struct value *globals)
{
    struct instance *i = mem_alloc_zero(1, sizeof *i);
    if (i == NULL) {
        error_out_of_memory(st);
        return NULL;
    }
    i->unit = unit;
    i->globals = globals;
    i->borrowed = true;
    i->next = scope->instances;
    scope->instances = i;
    return i;
}

/* ---- instances ------------------------------------------------------------------------ */

struct instance *scope_next(const struct state *st, const struct instance *last)
{
    const struct scope *guests = st->scope == NULL ? st->guests : NULL;
    struct instance *next = NULL;
    if (last != NULL)
        next = last->next;
    else
        next = st->scope != NULL ? st->scope->instances : st->instances;
    /* From the end of the program's own to its guests. */
    if (next == NULL && guests != NULL &&
        (last == NULL || last->origin == INSTANCE_OWN))
        next = guests->instances;
    return next;
}

static struct instance *find(const struct state *st, const struct unit *original,
                             enum instance_origin origin)
{
    struct instance *i = NULL;
    do
        i = scope_next(st, i);
    while (i != NULL && (i->origin != origin || unit_original(i->unit) != original));
    return i;
}

struct instance *scope_find(const struct state *st, const struct unit *original)
{
    struct instance *i = find(st, original, INSTANCE_OWN);
    return i != NULL ? i : find(st, original, INSTANCE_GUEST);
}

static bool note_late(struct state *st, const struct instance *i)
{
    struct unit *unit = i->unit;
    unit->nlate = 0;
    if (unit->late == NULL && unit->nreached > 0) {
        unit->late = mem_alloc_zero(unit->nreached, sizeof *unit->late);
        if (unit->late == NULL)
            return error_out_of_memory(st);
    }
    for (uint32_t at = 0; at < unit->nreached; at++) {
        if (i->globals[unit->reached[at]].kind == VALUE_UNSET)
            unit->late[unit->nlate++] = unit->reached[at];
    }
    return true;
}

bool scope_before_tasks(struct state *st)
{
    if (st->has_tasks)
        return true;
    for (struct instance *i = st->instances; i != NULL; i = i->next) {
        if (!note_late(st, i))
            return false;
    }
    st->has_tasks = true;
    return true;
}

struct scope *scope_for_guests(struct state *st)
{
    if (st->scope != NULL)
        return st->scope;
    if (st->guests == NULL)
        st->guests = scope_new(st);
    return st->guests;
}

struct instance *scope_instance(struct state *st, const struct unit *original)
{
    struct scope *scope = st->scope;
    struct instance *i = find(st, original, INSTANCE_OWN);
    if (i != NULL)
        return i;
    struct unit *unit = state_unit(st, original);
    if (unit == NULL)
        return NULL;
    if (scope == NULL)
        return instance_new(st, unit);
    struct value *globals = scope_globals(st, scope, unit->nglobals);
    return globals == NULL ? NULL : scope_add(st, scope, unit, globals);
}

bool scope_add_cell(struct state *st, struct scope *scope, struct cell *cell)
{
    if (scope->ncells == scope->cell_capacity) {
        size_t capacity = mem_grow(scope->cell_capacity, scope->ncells + 1);
        struct kept_cell *cells =
            mem_realloc_array(scope->cells, capacity, sizeof *cells);
        if (cells == NULL)
            return error_out_of_memory(st);
        scope->cells = cells;
        scope->cell_capacity = capacity;
    }
    object_retain(&cell->head);
    scope->cells[scope->ncells++] = (struct kept_cell){cell, value_unset()};
    return true;
}

/* ---- frozen values -------------------------------------------------------------------- */

bool scope_freeze(struct state *st, struct scope *scope)
{
    for (struct globals *g = scope->globals; g != NULL; g = g->next) {
        g->frozen = mem_alloc_zero(g->n, sizeof *g->frozen);
        if (g->frozen == NULL)
            return error_out_of_memory(st);
        for (size_t i = 0; i < g->n; i++)
            g->frozen[i] = value_retain(g->values[i]);
    }
    for (size_t i = 0; i < scope->ncells; i++)
        scope->cells[i].frozen = value_retain(scope->cells[i].cell->value);
    scope->frozen = scope->instances;
    scope->is_frozen = true;
    return true;
}

/* A frozen value has two owners, so whatever changes the variable changes its slot. */
static void restore(struct state *st, struct value *slot, struct value frozen)
{
    if (slot->kind != frozen.kind || slot->as.bits != frozen.as.bits)
        value_set_take(st, slot, value_retain(frozen));
}

void scope_restore(struct state *st, struct scope *scope)
{
    if (!scope->is_frozen)
        return;
    for (struct globals *g = scope->globals; g != NULL; g = g->next) {
        for (size_t i = 0; g->frozen != NULL && i < g->n; i++)
            restore(st, &g->values[i], g->frozen[i]);
    }
    for (size_t i = 0; i < scope->ncells; i++)
        restore(st, &scope->cells[i].cell->value, scope->cells[i].frozen);
    /* What the call has imported or been sent. Its promises may still use it. */
    for (struct instance *i = scope->instances; i != scope->frozen; i = i->next)
        i->origin = INSTANCE_HIDDEN;
}
