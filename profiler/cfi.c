#include "config.h"

#include "cfi.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizing.h"

#define REG_FP       6u /* rbp in DWARF's numbers */
#define REG_SP       7u
#define REG_RA       16u
#define REMEMBER_MAX 16u
/* Pointer encodings: DW_EH_PE_*, of the LSB. */
#define PE_OMIT      0xffu
#define PE_FORMAT    0x0fu
#define PE_RELATIVE  0x70u
#define PE_PCREL     0x10u
#define PE_DATAREL   0x30u
#define PE_INDIRECT  0x80u

/* What one function's instructions have established so far. */
struct rules {
    enum cfi_rule rule;
    int32_t cfa_offset;
    int16_t fp_offset;
};

/* Rows of the module under construction. */
struct builder {
    const struct module_map *module;
    struct cfi_row *rows;
    size_t count, room;
    bool failed;
};

/* Of a CIE. */
struct common {
    const uint8_t *code, *end;
    uint64_t code_align;
    int64_t data_align;
    uint8_t encoding;
    bool augmented;
};

static bool build_module(struct cfi_module *out, const struct module_map *m);

/* ---- life ------------------------------------------------------------------------------ */

static void table_free(struct cfi_table *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->count; i++)
        free(t->modules[i].rows);
    free(t->modules);
    free(t);
}

struct cfi *cfi_new(void)
{
    struct cfi *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->current = calloc(1, sizeof *c->current);
    if (c->current == NULL) {
        free(c);
        return NULL;
    }
    return c;
}

bool cfi_update(struct cfi *c, const struct modules *modules)
{
    struct cfi_table *t = calloc(1, sizeof *t);

    if (t == NULL)
        return false;
    t->modules = calloc(modules->count + 1, sizeof *t->modules);
    if (t->modules == NULL) {
        free(t);
        return false;
    }
    for (size_t i = 0; i < modules->count; i++) {
        t->count++;
        if (!build_module(&t->modules[i], &modules->items[i])) {
            table_free(t);
            return false;
        }
    }
    t->retired = c->current;
    __atomic_store_n(&c->current, t, __ATOMIC_RELEASE);
    return true;
}

void cfi_free(struct cfi *c)
{
    if (c == NULL)
        return;
    for (struct cfi_table *t = c->current, *next; t != NULL; t = next) {
        next = t->retired;
        table_free(t);
    }
    free(c);
}

/* ---- looking up: signal-safe -------------------------------------------------------------- */

const struct cfi_table *cfi_current(const struct cfi *c)
{
    return __atomic_load_n(&c->current, __ATOMIC_ACQUIRE);
}

const struct cfi_row *cfi_find(const struct cfi_table *t, uintptr_t pc, bool *known)
{
    const struct cfi_module *m = NULL;
    size_t low = 0, high = t->count;
    uint32_t at;

    *known = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (t->modules[middle].low <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || pc >= t->modules[low - 1].high)
        return NULL;
    *known = true;
    m = &t->modules[low - 1];
    at = (uint32_t)(pc - m->low);
    low = 0;
    high = m->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (m->rows[middle].at <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? NULL : &m->rows[low - 1];
}

size_t cfi_rows(const struct cfi_table *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->count; i++)
        n += t->modules[i].count;
    return n;
}

size_t cfi_bytes(const struct cfi *c)
{
    size_t n = 0;

    for (const struct cfi_table *t = c->current; t != NULL; t = t->retired)
        n += cfi_rows(t) * sizeof(struct cfi_row);
    return n;
}

#if defined(__x86_64__)

/* ---- reading .eh_frame ------------------------------------------------------------------- */
/* The bytes are those of code that is mapped and running: the dynamic loader trusts them
   already. They are read by memcpy, because nothing aligns them. */

static uint64_t read_uleb(const uint8_t **p)
{
    uint64_t v = 0;
    unsigned shift = 0;
    uint8_t b;

    do {
        b = *(*p)++;
        if (shift < 64)
            v |= (uint64_t)(b & 0x7fu) << shift;
        shift += 7;
    } while ((b & 0x80u) != 0);
    return v;
}

static int64_t read_sleb(const uint8_t **p)
{
    uint64_t v = 0;
    unsigned shift = 0;
    uint8_t b;

    do {
        b = *(*p)++;
        if (shift < 64)
            v |= (uint64_t)(b & 0x7fu) << shift;
        shift += 7;
    } while ((b & 0x80u) != 0);
    if (shift < 64 && (b & 0x40u) != 0)
        v |= ~UINT64_C(0) << shift;
    return (int64_t)v;
}

#    define READ_FIXED(name, type)          \
        static type name(const uint8_t **p) \
        {                                   \
            type v;                         \
                                            \
            memcpy(&v, *p, sizeof v);       \
            *p += sizeof v;                 \
            return v;                       \
        }                                   \
        struct name##_needs_semicolon

READ_FIXED(read_u16, uint16_t);
READ_FIXED(read_u32, uint32_t);
READ_FIXED(read_u64, uint64_t);

/* A pointer in one of the encodings compilers use; `data` is the start of .eh_frame_hdr. */
static uintptr_t read_pointer(const uint8_t **p, uint8_t encoding, uintptr_t data)
{
    uintptr_t here = (uintptr_t)*p, v = 0;

    if (encoding == PE_OMIT)
        return 0;
    switch (encoding & PE_FORMAT) {
    case 0x00: /* absptr */
    case 0x04: /* udata8 */
    case 0x0c: /* sdata8 */ v = (uintptr_t)read_u64(p); break;
    case 0x01: v = (uintptr_t)read_uleb(p); break;
    case 0x02: v = read_u16(p); break;
    case 0x03: v = read_u32(p); break;
    case 0x09: v = (uintptr_t)read_sleb(p); break;
    case 0x0a: v = (uintptr_t)(int16_t)read_u16(p); break;
    case 0x0b: v = (uintptr_t)(int32_t)read_u32(p); break;
    default: return 0;
    }
    if (v == 0)
        return 0;
    if ((encoding & PE_RELATIVE) == PE_PCREL)
        v += here;
    else if ((encoding & PE_RELATIVE) == PE_DATAREL)
        v += data;
    if ((encoding & PE_INDIRECT) != 0)
        memcpy(&v, (const void *)v, sizeof v);
    return v;
}

/* ---- instructions into rows ------------------------------------------------------------------ */

static void add_row(struct builder *b, uintptr_t pc, const struct rules *r)
{
    struct cfi_row row = {.cfa_offset = r->cfa_offset,
                          .fp_offset = r->fp_offset,
                          .rule = (uint8_t)r->rule};

    if (pc < b->module->low || pc > b->module->high)
        return;
    row.at = (uint32_t)(pc - b->module->low);
    if (b->count == b->room) {
        size_t room = b->room * 2 + SIZE_OR_TINY(1024, 1);
        struct cfi_row *grown = realloc(b->rows, room * sizeof *grown);

        if (grown == NULL) {
            b->failed = true;
            return;
        }
        b->rows = grown;
        b->room = room;
    }
    b->rows[b->count++] = row;
}

static void set_cfa(struct rules *r, uint64_t reg, int64_t offset)
{
    r->rule = reg == REG_SP ? CFI_SP : reg == REG_FP ? CFI_FP : CFI_UNSUPPORTED;
    r->cfa_offset = (int32_t)offset;
}

/* Where the caller's frame pointer was saved. */
static void set_saved(struct rules *r, uint64_t reg, int64_t offset)
{
    if (reg != REG_FP)
        return;
    if (offset < INT16_MIN || offset > INT16_MAX)
        r->rule = CFI_UNSUPPORTED;
    else
        r->fp_offset = (int16_t)offset;
}

/*
 * The CFA of a lazy PLT stub is sp + 8 before its push and sp + 16 behind it; linkers write
 * it as  breg7 8, breg16 0, lit15, and, litN, ge, lit3, shl, plus.
 */
static void set_expression(struct rules *r, const uint8_t *e, uint64_t bytes)
{
    r->rule = CFI_UNSUPPORTED;
    if (bytes == 11 && e[0] == DW_OP_breg7 && e[1] == 8 && e[2] == DW_OP_breg16 &&
        e[3] == 0 && e[4] == DW_OP_lit15 && e[5] == DW_OP_and && e[6] >= DW_OP_lit0 &&
        e[6] <= DW_OP_lit15 && e[7] == DW_OP_ge && e[8] == DW_OP_lit3 &&
        e[9] == DW_OP_shl && e[10] == DW_OP_plus) {
        r->rule = CFI_PLT;
        r->cfa_offset = e[6] - DW_OP_lit0;
    }
}

/* The instructions that set rules. False: `op` is none of them. */
static bool run_rule(uint8_t op, const uint8_t **p, const struct common *c,
                     struct rules *r)
{
    uint64_t reg, bytes;

    switch (op) {
    case DW_CFA_nop: return true;
    case DW_CFA_offset_extended:
        reg = read_uleb(p);
        set_saved(r, reg, (int64_t)read_uleb(p) * c->data_align);
        return true;
    case DW_CFA_offset_extended_sf:
        reg = read_uleb(p);
        set_saved(r, reg, read_sleb(p) * c->data_align);
        return true;
    case DW_CFA_restore_extended:
    case DW_CFA_same_value:
    case DW_CFA_GNU_args_size: read_uleb(p); return true;
    case DW_CFA_undefined:
        /* No return address: the outermost function. */
        if (read_uleb(p) == REG_RA)
            r->rule = CFI_NONE;
        return true;
    case DW_CFA_register:
        read_uleb(p);
        read_uleb(p);
        return true;
    case DW_CFA_def_cfa:
        reg = read_uleb(p);
        set_cfa(r, reg, (int64_t)read_uleb(p));
        return true;
    case DW_CFA_def_cfa_sf:
        reg = read_uleb(p);
        set_cfa(r, reg, read_sleb(p) * c->data_align);
        return true;
    case DW_CFA_def_cfa_register: set_cfa(r, read_uleb(p), r->cfa_offset); return true;
    case DW_CFA_def_cfa_offset: r->cfa_offset = (int32_t)read_uleb(p); return true;
    case DW_CFA_def_cfa_offset_sf:
        r->cfa_offset = (int32_t)(read_sleb(p) * c->data_align);
        return true;
    case DW_CFA_def_cfa_expression:
        bytes = read_uleb(p);
        set_expression(r, *p, bytes);
        *p += bytes;
        return true;
    case DW_CFA_expression:
    case DW_CFA_val_expression:
        reg = read_uleb(p);
        bytes = read_uleb(p);
        *p += bytes;
        if (reg == REG_FP || reg == REG_RA)
            r->rule = CFI_UNSUPPORTED;
        return true;
    default: return false;
    }
}

/* The instructions that move on. False: `op` is none of them. */
static bool run_advance(uint8_t op, const uint8_t **p, const struct common *c,
                        uintptr_t *pc)
{
    switch (op) {
    case DW_CFA_set_loc: *pc = read_pointer(p, c->encoding, 0); return true;
    case DW_CFA_advance_loc1: *pc += *(*p)++ * c->code_align; return true;
    case DW_CFA_advance_loc2: *pc += read_u16(p) * c->code_align; return true;
    case DW_CFA_advance_loc4: *pc += read_u32(p) * c->code_align; return true;
    default: return false;
    }
}

/* Runs the instructions of a CIE (b NULL) or an FDE, which makes rows from `pc` on. */
static void run(struct builder *b, const uint8_t *p, const uint8_t *end,
                const struct common *c, struct rules *r, uintptr_t pc)
{
    struct rules initial = *r, remembered[REMEMBER_MAX];
    unsigned depth = 0;

    while (p < end) {
        uint8_t op = *p++, low = op & 0x3fu;
        uintptr_t next = pc;
        struct rules before = *r;

        if ((op & 0xc0u) == DW_CFA_advance_loc) {
            next = pc + low * c->code_align;
        } else if ((op & 0xc0u) == DW_CFA_offset) {
            set_saved(r, low, (int64_t)read_uleb(&p) * c->data_align);
        } else if ((op & 0xc0u) == DW_CFA_restore) {
            if (low == REG_FP)
                r->fp_offset = initial.fp_offset;
        } else if (op == DW_CFA_remember_state) {
            if (depth < REMEMBER_MAX)
                remembered[depth++] = *r;
            else
                r->rule = CFI_UNSUPPORTED;
        } else if (op == DW_CFA_restore_state) {
            if (depth > 0)
                *r = remembered[--depth];
        } else if (!run_advance(op, &p, c, &next) && !run_rule(op, &p, c, r)) {
            r->rule = CFI_UNSUPPORTED;
            break; /* of unknown length: the rest of the function is lost */
        }
        if (next != pc && b != NULL)
            add_row(b, pc, &before);
        pc = next;
    }
    if (b != NULL)
        add_row(b, pc, r);
}

/* ---- functions ----------------------------------------------------------------------------------- */

static bool read_common(const uint8_t *p, struct common *c)
{
    const uint8_t *start = p, *augment_end = NULL;
    const char *augmentation;
    uint32_t length = read_u32(&p);

    *c = (struct common){.encoding = 0};
    if (length == 0xffffffffu)
        return false;
    c->end = start + 4 + length;
    p += 4; /* id, zero */
    if (*p != 1 && *p != 3)
        return false;
    p++;
    augmentation = (const char *)p;
    p += strlen(augmentation) + 1;
    c->code_align = read_uleb(&p);
    c->data_align = read_sleb(&p);
    read_uleb(&p); /* register of the return address */
    if (augmentation[0] == 'z') {
        uint64_t bytes = read_uleb(&p);

        c->augmented = true;
        augment_end = p + bytes;
    }
    for (const char *a = augmentation; c->augmented && *a != '\0'; a++) {
        if (*a == 'R') {
            c->encoding = *p++;
        } else if (*a == 'L') {
            p++;
        } else if (*a == 'P') {
            uint8_t encoding = *p++;

            read_pointer(&p, encoding & PE_FORMAT, 0); /* its value does not matter */
        }
    }
    /* Letters behind an unknown one may have been misread; the length is not. */
    c->code = augment_end != NULL ? augment_end : p;
    return true;
}

static void add_function(struct builder *b, const uint8_t *fde)
{
    static const struct rules OUTSIDE = {.rule = CFI_NONE};
    const uint8_t *p = fde, *end;
    uint32_t length = read_u32(&p), to_common;
    struct rules r = {.rule = CFI_SP, .cfa_offset = 8};
    struct common c;
    uintptr_t pc, bytes;

    if (length == 0 || length == 0xffffffffu)
        return;
    end = p + length;
    memcpy(&to_common, p, sizeof to_common);
    if (!read_common(p - to_common, &c))
        return;
    p += 4;
    pc = read_pointer(&p, c.encoding, 0);
    bytes = read_pointer(&p, c.encoding & PE_FORMAT, 0);
    if (c.augmented) {
        uint64_t skip = read_uleb(&p);

        p += skip;
    }
    run(NULL, c.code, c.end, &c, &r, pc);
    run(b, p, end, &c, &r, pc);
    add_row(b, pc + bytes, &OUTSIDE);
}

/* By address; where a function ends at the start of the next, the next one's row counts and
   stands last. */
static int by_address(const void *left, const void *right)
{
    const struct cfi_row *a = left, *b = right;

    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return (a->rule != CFI_NONE) - (b->rule != CFI_NONE);
}

static bool build_module(struct cfi_module *out, const struct module_map *m)
{
    struct builder b = {.module = m};
    const uint8_t *p = m->eh_frame_hdr;
    uintptr_t header = (uintptr_t)p;
    uint64_t count;

    *out = (struct cfi_module){.low = m->low, .high = m->high};
    /* Version 1 with the usual sorted table of 4-byte offsets. */
    if (p == NULL || m->eh_frame_hdr_bytes < 12 || p[0] != 1 || p[3] != 0x3b ||
        m->high - m->low > UINT32_MAX)
        return true;
    p += 4;
    read_pointer(&p, m->eh_frame_hdr[1], header);
    count = read_pointer(&p, m->eh_frame_hdr[2] & PE_FORMAT, header);
    if (count > CFI_MODULE_ENTRIES)
        return true;
    for (uint64_t i = 0; i < count && !b.failed; i++) {
        p += 4;
        add_function(&b, m->eh_frame_hdr + (int32_t)read_u32(&p));
    }
    if (b.failed) {
        free(b.rows);
        return false;
    }
    if (b.count > 1)
        qsort(b.rows, b.count, sizeof *b.rows, by_address);
    out->rows = b.rows;
    out->count = b.count;
    return true;
}

#else

static bool build_module(struct cfi_module *out, const struct module_map *m)
{
    *out = (struct cfi_module){.low = m->low, .high = m->high};
    return true;
}

#endif
