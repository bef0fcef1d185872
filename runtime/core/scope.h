/*
 * scope.h - the variables one task sees: an instance of every unit its functions belong to
 * (language.md 18, isolation).
 *
 * The program itself runs in no scope: its instances hang on st->instances. A task's function
 * runs in a scope of its own, made when its snapshot is opened; st->scope is that of the
 * running task. What a task starts without crossing (an async function) shares its scope.
 *
 * A scope that is used for several calls one after the other (parallel_map) is frozen before
 * the first and restored between them, so that none sees what another has assigned.
 */
#ifndef RUFF_CORE_SCOPE_H
#define RUFF_CORE_SCOPE_H

#include <stddef.h>

#include "base/prng.h"
#include "core/function.h"

struct scope;

/* An empty scope with one user; NULL with an error set. */
struct scope *scope_new(struct state *st);
/* Another user. NULL is passed through. */
struct scope *scope_retain(struct scope *scope);
/*
 * With the last user the variables are released. The instances stay a while, for garbage
 * that still names them, and go at scope_sweep or with the run. NULL is ignored.
 */
void scope_release(struct state *st, struct scope *scope);

/* What the random functions of a scope's tasks (or of the program itself) draw from. */
struct scope_random {
    struct prng prng;
    bool ready; /* seeded, by the program, for the task, or from the system */
};
struct scope_random *scope_random(struct scope *scope);

/* The instance of st->scope for the unit with this original; made, with all variables unset,
   when there is none. NULL with an error set. */
struct instance *scope_instance(struct state *st, const struct unit *original);
/* `n` variables, unset, that belong to the scope. NULL with an error set. */
struct value *scope_globals(struct state *st, struct scope *scope, size_t n);
/* A new instance in the scope over such variables. NULL with an error set. */
struct instance *scope_add(struct state *st, struct scope *scope, struct unit *unit,
                           struct value *globals);
/* The scope keeps the cell (retained) for scope_freeze. False with an error set. */
bool scope_add_cell(struct state *st, struct scope *scope, struct cell *cell);

/* Remembers the values of all variables; once. False with an error set. */
bool scope_freeze(struct state *st, struct scope *scope);
/* Gives all variables the values they had then. */
void scope_restore(struct state *st, struct scope *scope);

/* Frees what scopes have left behind. To be called when no function of a released scope can
   run any more; collects cycles when there is something to free. */
void scope_sweep(struct state *st);

#endif
