#include "config.h"

#include "modules.h"

#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sizing.h"

struct snapshot {
    struct modules *modules;
    size_t room;
    bool failed;
};

/* Finds NT_GNU_BUILD_ID in one note segment. */
static void read_build_id(const uint8_t *notes, size_t bytes, struct module_map *m)
{
    size_t at = 0;

    while (at + sizeof(ElfW(Nhdr)) <= bytes) {
        ElfW(Nhdr) note;
        size_t name, desc;

        memcpy(&note, notes + at, sizeof note);
        name = at + sizeof note;
        desc = name + ((note.n_namesz + 3u) & ~3u);
        if (desc > bytes || note.n_descsz > bytes - desc)
            return;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            memcmp(notes + name, "GNU", 4) == 0 &&
            note.n_descsz <= sizeof m->build_id) {
            memcpy(m->build_id, notes + desc, note.n_descsz);
            m->build_id_bytes = note.n_descsz;
            return;
        }
        at = desc + ((note.n_descsz + 3u) & ~3u);
    }
}

static char *module_path(const struct dl_phdr_info *info)
{
    char self[4096];
    ssize_t n;

    if (info->dlpi_name != NULL && strncmp(info->dlpi_name, "linux-vdso", 10) == 0)
        return strdup("[vdso]");
    if (info->dlpi_name != NULL && info->dlpi_name[0] != '\0')
        return strdup(info->dlpi_name);
    n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        n = 0;
    self[n] = '\0';
    return strdup(self);
}

static int add_module(struct dl_phdr_info *info, size_t size, void *data)
{
    struct snapshot *s = data;
    struct module_map m = {.low = UINTPTR_MAX, .bias = info->dlpi_addr};

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + p->p_vaddr;
        const uint8_t *in_memory = (const uint8_t *)start;

        if (p->p_type == PT_LOAD && (p->p_flags & PF_R) != 0 &&
            m.segment_count < MODULE_SEGMENTS) {
            m.segments[m.segment_count].low = start;
            m.segments[m.segment_count++].high = start + p->p_memsz;
        }
        if (p->p_type == PT_LOAD && (p->p_flags & PF_X) != 0) {
            if (start < m.low)
                m.low = start;
            if (start + p->p_memsz > m.high)
                m.high = start + p->p_memsz;
        } else if (p->p_type == PT_NOTE && m.build_id_bytes == 0) {
            read_build_id(in_memory, p->p_memsz, &m);
        } else if (p->p_type == PT_GNU_EH_FRAME) {
            m.eh_frame_hdr = in_memory;
            m.eh_frame_hdr_bytes = p->p_memsz;
        }
    }
    if (m.low >= m.high)
        return 0;
    if (s->modules->count == s->room) {
        size_t room = s->room * 2 + SIZE_OR_TINY(16, 1);
        struct module_map *grown = realloc(s->modules->items, room * sizeof *grown);

        if (grown == NULL) {
            s->failed = true;
            return 1;
        }
        s->modules->items = grown;
        s->room = room;
    }
    m.path = module_path(info);
    if (m.path == NULL) {
        s->failed = true;
        return 1;
    }
    s->modules->items[s->modules->count++] = m;
    return 0;
}

static int by_address(const void *left, const void *right)
{
    const struct module_map *a = left, *b = right;

    return a->low < b->low ? -1 : a->low > b->low;
}

struct modules *modules_snapshot(void)
{
    struct snapshot s = {.modules = calloc(1, sizeof *s.modules)};

    if (s.modules == NULL)
        return NULL;
    dl_iterate_phdr(add_module, &s);
    if (s.failed) {
        modules_free(s.modules);
        return NULL;
    }
    if (s.modules->count > 0)
        qsort(s.modules->items, s.modules->count, sizeof s.modules->items[0],
              by_address);
    return s.modules;
}

void modules_free(struct modules *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->count; i++)
        free(m->items[i].path);
    free(m->items);
    free(m);
}

size_t modules_find(const struct modules *m, uintptr_t pc)
{
    size_t low = 0, high = m->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (m->items[middle].low <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || pc >= m->items[low - 1].high)
        return SIZE_MAX;
    return low - 1;
}

bool modules_readable(const struct modules *m, uintptr_t address, size_t bytes)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct module_map *map = &m->items[i];

        for (size_t k = 0; k < map->segment_count; k++)
            if (address >= map->segments[k].low && address < map->segments[k].high &&
                bytes <= map->segments[k].high - address)
                return true;
    }
    return false;
}
