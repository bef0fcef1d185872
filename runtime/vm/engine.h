/*
 * engine.h - the bytecode VM as an engine of core/call.h.
 *
 * Owns the use of the isolate's register and frame stacks: where a window starts, what an
 * activation is, how generators sleep. A fiber other than the isolate's first one gets
 * stacks of its own for as long as an activation lives on it.
 */
#ifndef RUFF_VM_ENGINE_H
#define RUFF_VM_ENGINE_H

#include "core/state.h"

extern const struct engine vm_engine;
/* The same with every instruction counted (chunk->counts, state->ops). */
extern const struct engine vm_counting_engine;

/*
 * Runs `f` from instruction `pc_index` on with the given registers (chunk->nregs of them,
 * moved). The function's chunk must exist. Used by compiled code that gives up half-way, and
 * by tests; any instruction may be entered that is no second word. Where the globals of a main
 * function are its first registers (chunk->globals_in_registers), they come from the instance:
 * the first unit->nglobals of `registers` must hold nothing counted.
 *
 * False: an error is pending. Registers that were not moved, because there was no room for the
 * call, are still the caller's.
 */
bool vm_resume(struct state *st, struct function *f, uint32_t pc_index,
               struct value *registers, struct value *result);

#endif
