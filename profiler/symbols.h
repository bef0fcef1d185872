#ifndef RUFFPROF_SYMBOLS_H
#define RUFFPROF_SYMBOLS_H

/*
 * Names for native frames: (module, address in its file) → symbol, by libdw, from the
 * files on this machine, in the reading tools only and never while recording. A file
 * whose build-id differs from the recorded one is not used: wrong names are worse than
 * none. Nothing is fetched from the network.
 */

#include <stdbool.h>

struct model;

/* Gives every native frame of the model its function: the symbol, or `module+0xOFFSET`
 * (always the latter when `lookup` is false). False only when memory is short. */
bool symbols_apply(struct model *model, bool lookup);

#endif
