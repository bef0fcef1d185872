/*
 * count.h - counting the operations of the tree walker (--stats, --ops).
 *
 * An operation is one run of a node: an expression or a statement. Operands that a node
 * reads itself (a local, a small constant) are part of it. The count is a function of
 * program and input alone; it compares with other counts of the tree walker only.
 *
 * Nodes of a counted tree are larger and their routines are exchanged once the tree is
 * complete, so that a tree which does not count costs nothing.
 */
#ifndef RUFF_INTERP_COUNT_H
#define RUFF_INTERP_COUNT_H

#include "interp/build.h"

/* A node with room for its routines; zeroed, part of `b`'s tree. NULL: no memory. */
struct node *count_node_new(struct builder *b);
/* Exchanges the routines of every node made so far. */
void count_nodes(struct builder *b);

#endif
