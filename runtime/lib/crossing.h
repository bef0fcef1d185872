/*
 * crossing.h - values on their way from one task to another (language.md 18).
 *
 * All tasks of a program run in one isolate. A value crosses by copy, so that closures on
 * both sides own their variables; plain data is shared, because copy-on-write already
 * makes it a copy. A task's function runs on a *snapshot*: instances of its own whose
 * globals are copies made when the task starts.
 */
#ifndef RUFF_LIB_CROSSING_H
#define RUFF_LIB_CROSSING_H

#include "core/state.h"

struct snapshot;

/*
 * The value as the other side sees it, owned. False with `Cannot send KIND to another task`
 * when a generator, iterator, promise or task handle is in it.
 */
bool crossing_copy(struct state *st, struct value v, struct value *out);

/*
 * `f` (any callable) on fresh copies of the variables it can see; *out is owned, *snapshot
 * too (NULL when nothing needed copying). What cannot be sent and stands in a global raises
 * its error only when the task uses it: most programs keep promises in globals and never
 * touch them in a task. In a captured variable it is an error at once.
 */
bool crossing_snapshot(struct state *st, struct value f, struct value *out,
                       struct snapshot **snapshot);
/* Another user of the snapshot (a task started by a task). NULL is passed through. */
struct snapshot *crossing_retain(struct snapshot *snapshot);
/*
 * A user has ended. With the last one the globals are released, unless a function that
 * reads them has left through crossing_copy; the instances live as long as the run.
 * NULL is ignored.
 */
void crossing_release(struct state *st, struct snapshot *snapshot);

#endif
