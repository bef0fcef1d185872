#include "config.h"

#include "unwind.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)

#    include <libunwind-x86_64.h>

/* Exported by libunwind-x86_64 for this purpose, but in no public header. */
int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t as, unw_word_t ip,
                                       unw_dyn_info_t *di, unw_proc_info_t *pi,
                                       int need_unwind_info, void *arg);

/* Columns of .eh_frame_hdr: encoding of the table, and the only one linkers write. */
#    define HDR_TABLE_ENCODING 3
#    define HDR_TABLE_SORTED4  0x3b
#    define HDR_FRAME_ENCODING 1
#    define HDR_COUNT_ENCODING 2
#    define PE_FORMAT          0x0f

struct unwinder {
    const struct modules *modules; /* borrowed */
    unw_addr_space_t space;
    /* The sample under work. */
    const struct stack_slice *slice;
    const uint8_t *stack;
};

/* ---- what libunwind asks for -------------------------------------------------------------- */

/* Bytes of a field of .eh_frame_hdr. */
static size_t field_bytes(uint8_t encoding)
{
    switch (encoding & PE_FORMAT) {
    case 0x02:
    case 0x0a: return 2;
    case 0x03:
    case 0x0b: return 4;
    default: return 8;
    }
}

static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *pi,
                          int need_unwind_info, void *arg)
{
    const struct unwinder *u = arg;
    size_t i = modules_find(u->modules, (uintptr_t)ip);
    const struct module_map *m;
    const uint8_t *p;
    unw_dyn_info_t di;
    uint64_t count = 0;
    size_t bytes;

    if (i == SIZE_MAX)
        return -UNW_ENOINFO;
    m = &u->modules->items[i];
    p = m->eh_frame_hdr;
    if (p == NULL || m->eh_frame_hdr_bytes < 12 || p[0] != 1 ||
        p[HDR_TABLE_ENCODING] != HDR_TABLE_SORTED4)
        return -UNW_ENOINFO;
    p += 4 + field_bytes(p[HDR_FRAME_ENCODING]);
    bytes = field_bytes(m->eh_frame_hdr[HDR_COUNT_ENCODING]);
    memcpy(&count, p, bytes);
    p += bytes;
    memset(&di, 0, sizeof di);
    di.format = UNW_INFO_FORMAT_REMOTE_TABLE;
    di.start_ip = m->low;
    di.end_ip = m->high;
    di.u.rti.segbase = (unw_word_t)(uintptr_t)m->eh_frame_hdr;
    di.u.rti.table_data = (unw_word_t)(uintptr_t)p;
    di.u.rti.table_len = count * 8 / sizeof(unw_word_t);
    return UNW_OBJ(dwarf_search_unwind_table)(as, ip, &di, pi, need_unwind_info, arg);
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *pi, void *arg)
{
    (void)as;
    (void)pi;
    (void)arg;
}

static int no_dynamic_list(unw_addr_space_t as, unw_word_t *at, void *arg)
{
    (void)as;
    (void)at;
    (void)arg;
    return -UNW_ENOINFO;
}

static int access_mem(unw_addr_space_t as, unw_word_t at, unw_word_t *value, int write,
                      void *arg)
{
    const struct unwinder *u = arg;
    uint64_t offset = at - u->slice->sp;

    (void)as;
    if (write)
        return -UNW_EINVAL;
    if (at >= u->slice->sp && offset + sizeof *value <= u->slice->bytes)
        memcpy(value, u->stack + offset, sizeof *value);
    else if (modules_readable(u->modules, (uintptr_t)at, sizeof *value))
        memcpy(value, (const void *)(uintptr_t)at, sizeof *value);
    else
        return -UNW_EINVAL;
    return 0;
}

static int access_reg(unw_addr_space_t as, unw_regnum_t reg, unw_word_t *value,
                      int write, void *arg)
{
    const struct unwinder *u = arg;

    (void)as;
    if (write || reg < 0 || reg > UNW_X86_64_RIP)
        return -UNW_EBADREG;
    *value = reg == UNW_X86_64_RIP ? u->slice->pc : u->slice->registers[reg];
    return 0;
}

static int access_fpreg(unw_addr_space_t as, unw_regnum_t reg, unw_fpreg_t *value,
                        int write, void *arg)
{
    (void)as;
    (void)reg;
    (void)value;
    (void)write;
    (void)arg;
    return -UNW_EBADREG;
}

static int no_resume(unw_addr_space_t as, unw_cursor_t *cursor, void *arg)
{
    (void)as;
    (void)cursor;
    (void)arg;
    return -UNW_EINVAL;
}

static int no_name(unw_addr_space_t as, unw_word_t at, char *name, size_t bytes,
                   unw_word_t *offset, void *arg)
{
    (void)as;
    (void)at;
    (void)name;
    (void)bytes;
    (void)offset;
    (void)arg;
    return -UNW_ENOINFO;
}

/* ---- life --------------------------------------------------------------------------------- */

struct unwinder *unwinder_new(const struct modules *modules)
{
    unw_accessors_t accessors = {
        .find_proc_info = find_proc_info,
        .put_unwind_info = put_unwind_info,
        .get_dyn_info_list_addr = no_dynamic_list,
        .access_mem = access_mem,
        .access_reg = access_reg,
        .access_fpreg = access_fpreg,
        .resume = no_resume,
        .get_proc_name = no_name,
    };
    struct unwinder *u = calloc(1, sizeof *u);

    if (u == NULL)
        return NULL;
    u->modules = modules;
    u->space = unw_create_addr_space(&accessors, 0);
    if (u->space == NULL) {
        free(u);
        return NULL;
    }
    unw_set_caching_policy(u->space, UNW_CACHE_GLOBAL);
    return u;
}

void unwinder_free(struct unwinder *u)
{
    if (u == NULL)
        return;
    unw_destroy_addr_space(u->space);
    free(u);
}

void unwinder_set_modules(struct unwinder *u, const struct modules *modules)
{
    u->modules = modules;
    unw_flush_cache(u->space, 0, 0);
}

/* ---- walking -------------------------------------------------------------------------------- */

uint32_t unwinder_frames(struct unwinder *u, const struct stack_slice *slice,
                         const void *stack, uint64_t *pcs, uint32_t capacity)
{
    unw_cursor_t cursor;
    unw_word_t pc, sp, last_sp = 0;
    uint32_t n = 0;

    u->slice = slice;
    u->stack = stack;
    if (unw_init_remote(&cursor, u->space, u) != 0)
        return 0;
    do {
        if (unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0 ||
            unw_get_reg(&cursor, UNW_REG_SP, &sp) != 0 || pc == 0 ||
            (n > 0 && sp <= last_sp))
            break;
        last_sp = sp;
        pcs[n++] = pc;
    } while (n < capacity && unw_step(&cursor) > 0);
    return n;
}

#else

struct unwinder {
    int unused;
};

struct unwinder *unwinder_new(const struct modules *modules)
{
    (void)modules;
    return NULL;
}

void unwinder_free(struct unwinder *u)
{
    free(u);
}

void unwinder_set_modules(struct unwinder *u, const struct modules *modules)
{
    (void)u;
    (void)modules;
}

uint32_t unwinder_frames(struct unwinder *u, const struct stack_slice *slice,
                         const void *stack, uint64_t *pcs, uint32_t capacity)
{
    (void)u;
    (void)slice;
    (void)stack;
    (void)pcs;
    (void)capacity;
    return 0;
}

#endif

uint32_t unwinder_leaf(void *context, const struct stack_slice *slice,
                       const void *stack, uint64_t *pcs, uint32_t capacity,
                       uint32_t *walked)
{
    uint32_t n = unwinder_frames(context, slice, stack, pcs, capacity), leaf = 0;

    *walked = n;
    while (leaf < n &&
           !ruff_intro_is_engine_pc((uintptr_t)pcs[leaf] - (leaf > 0 ? 1 : 0)))
        leaf++;
    return leaf;
}
