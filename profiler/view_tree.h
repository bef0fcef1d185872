#ifndef RUFFPROF_VIEW_TREE_H
#define RUFFPROF_VIEW_TREE_H

/* The parts of view.c that are long: the display tree, and finding threads and causes by
 * what a user typed. Used by view.c only. */

#include <stdbool.h>
#include <stdint.h>

#include "view.h"

/* Fills nodes, node_count and depth from the items. False when memory is short. */
bool view_tree_build(struct view *view);

/* Sets `wanted` (zero, one per thread of the model) for the threads of this name, or for the
 * one with this kernel id or id of the file; false when there is none. */
bool view_tree_find_threads(const struct model *model, const char *text,
                            uint8_t *wanted);
/* Appends "no thread 'x'; there are …". `message` may be NULL. */
void view_tree_list_threads(const struct model *model, const char *text,
                            struct strbuf *message);

/* Sets `causes[name]` for every cause whose name contains `text`; false (with a sentence
 * appended to `message`) when none does. */
bool view_tree_find_causes(const struct model *model, const char *text,
                           uint32_t *causes, struct strbuf *message);

#endif
