/*
 * scope.h - the variables one task sees: an instance of every unit its functions belong to
 * (language.md 18, isolation).
 *
 * The program itself runs in no scope: its instances hang on st->instances. A task's function
 * runs in a scope of its own, made when its snapshot is opened; st->scope is that of the
 * running task. What a task starts without crossing (an async function) shares its scope.
 *
 * A function that comes with a message belongs to the instance its scope has for the unit.
 * Variables that were set only after the program's first task was started may be unset there:
 * the message brings their values as they were when it was packed, and they are set then.
 * When there is no instance, because the unit was imported later, such a message makes one: a
 * *guest*. It serves functions that come, not a later import of the unit, which makes an
 * instance of its own.
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

/* The instance of st->scope for the unit with this original, no guest; made, with all
   variables unset, when there is none. NULL with an error set. */
struct instance *scope_instance(struct state *st, const struct unit *original);
/* The instance for functions of the unit that come: its own, else a guest, else NULL. */
struct instance *scope_find(const struct state *st, const struct unit *original);
/* Where guests enter: st->scope, or what the program itself has for them. NULL with an error
   set. */
struct scope *scope_for_guests(struct state *st);
/* To be called before any snapshot: notes what is unset before the first of the run. False
   with an error set. */
bool scope_before_tasks(struct state *st);
/* The next of all instances of st->scope, guests included; NULL: the first, and the end. */
struct instance *scope_next(const struct state *st, const struct instance *last);
/* `n` variables, unset, that belong to the scope. NULL with an error set. */
struct value *scope_globals(struct state *st, struct scope *scope, size_t n);
/* A new instance in the scope over such variables. NULL with an error set. */
struct instance *scope_add(struct state *st, struct scope *scope, struct unit *unit,
                           struct value *globals);
/* The scope keeps the cell (retained) for scope_freeze. False with an error set. */
bool scope_add_cell(struct state *st, struct scope *scope, struct cell *cell);

/* Remembers the values of all variables; once. False with an error set. */
bool scope_freeze(struct state *st, struct scope *scope);
/* Gives all variables the values they had then, and hides units that came later. */
void scope_restore(struct state *st, struct scope *scope);

/* Frees what scopes have left behind. To be called when no function of a released scope can
   run any more; collects cycles when there is something to free. */
void scope_sweep(struct state *st);

#endif
