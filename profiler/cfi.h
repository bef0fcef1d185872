#ifndef RUFFPROF_CFI_H
#define RUFFPROF_CFI_H

/*
 * Call-frame tables: how to get from a machine address and its stack pointer to the caller,
 * for all code mapped into the process.
 *
 * A table is built outside signal handlers from the PT_GNU_EH_FRAME segments of the modules,
 * is immutable, and is published with one release store; a handler reads it without a lock,
 * a call or an allocation. When modules come or go a new table replaces it. The old one is
 * kept until cfi_free, because a handler may be inside it.
 *
 * Only what a walk needs is kept: the rule for the canonical frame address (CFA) and the one
 * for the frame pointer. Rules that are expressions are known for PLT stubs only (they have
 * a fixed form); other code with expressions has rows of kind CFI_UNSUPPORTED. A module with
 * more than CFI_MODULE_ENTRIES functions is not expanded (libLLVM has 118 004: expanding it
 * would take longer than most programs run). x86-64 only; elsewhere tables are empty and
 * walks go by frame pointers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "modules.h"

#define CFI_MODULE_ENTRIES 16000u

enum cfi_rule {
    CFI_NONE,        /* no function here, or the outermost one */
    CFI_SP,          /* CFA = stack pointer + cfa_offset */
    CFI_FP,          /* CFA = frame pointer + cfa_offset */
    CFI_PLT,         /* PLT stub: CFA = sp + 8, + 8 when (pc & 15) >= cfa_offset */
    CFI_UNSUPPORTED, /* a rule this table cannot hold */
};

/* Valid from its address to the next row's. */
struct cfi_row {
    uint32_t at; /* offset from the module's lowest address */
    int32_t cfa_offset;
    int16_t fp_offset; /* the caller's frame pointer is at CFA + this; 0: unchanged */
    uint8_t rule;      /* enum cfi_rule */
    uint8_t unused;
};

struct cfi_module {
    uintptr_t low, high;
    struct cfi_row *rows; /* by ascending address; NULL: module not expanded */
    size_t count;
};

/* One immutable table. */
struct cfi_table {
    struct cfi_module *modules; /* by ascending address */
    size_t count;
    struct cfi_table *retired; /* list of replaced ones */
};

struct cfi {
    struct cfi_table *current; /* written with release order, read with acquire order */
};

/* An empty table; NULL without memory. */
struct cfi *cfi_new(void);
/* Builds a table of `modules` (not kept) and publishes it. False without memory: the old
   table stays. Not in a signal handler; one thread at a time. */
bool cfi_update(struct cfi *c, const struct modules *modules);
/* No handler may run any more. */
void cfi_free(struct cfi *c);

/* The table to look in during one walk; never NULL. [signal-safe] */
const struct cfi_table *cfi_current(const struct cfi *c);
/*
 * Row for `pc`, or NULL. *known tells whether the address lies in a module at all.
 * [signal-safe]
 */
const struct cfi_row *cfi_find(const struct cfi_table *t, uintptr_t pc, bool *known);
/* Rows of all modules, and bytes of all tables. */
size_t cfi_rows(const struct cfi_table *t);
size_t cfi_bytes(const struct cfi *c);

#endif
