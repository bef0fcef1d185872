#ifndef RUFFPROF_MODEL_THREADS_H
#define RUFFPROF_MODEL_THREADS_H

/* Showing the threads of a program apart: a frame for its thread below each stack. */

#include "model.h"

/*
 * Puts a frame `[NAME]` under every stack, so that views, reports and exports show each
 * thread by itself; threads of one name are shown together. Nodes nobody uses are dropped. Folded text has no threads and stays
 * as it is. MODEL_NO_MEMORY, or MODEL_TOO_LARGE when the stacks of all threads together are
 * more than any recording has; the model is then good for model_free only.
 */
enum model_status model_threads_split(struct model *model);

#endif
