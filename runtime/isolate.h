/*
 * isolate.h - runtimes for the threads of a program (language.md 18): the same configuration,
 * a heap of their own, and code of their own over the program's syntax trees.
 */
#ifndef RUFF_ISOLATE_H
#define RUFF_ISOLATE_H

#include <ruff.h>

struct program_unit;
struct state;

/* Sets the hooks of state.h by which lib makes and uses isolates. */
void isolate_attach(struct ruff *r);
/* The program of the root drops a unit: no isolate may keep code of it. No thread runs. */
void isolate_forget_unit(struct ruff *root, const struct program_unit *u);
/* Adds the counters of the root's isolates, as they were when each last rested or ended. */
void isolate_add_stats(struct ruff *root, struct ruff_stats *out);

#endif
