#include "config.h"

#include "symbols.h"

#include <elfutils/libdwfl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model.h"

#include "base/strbuf.h"

/* One module of the profile opened for look-ups. */
struct opened {
    Dwfl *dwfl;          /* owned */
    Dwfl_Module *module; /* of dwfl; NULL = not usable */
    GElf_Addr bias;      /* dwfl's addresses minus the file's */
    bool tried;
};

static const char *base_name(const char *path);
static void open_module(const struct model *model, uint32_t module, struct opened *out);
static bool name_frame(struct model *model, struct model_frame *frame, bool leaf,
                       struct opened *opened);

/* Which native frames are used as leaves (their address is the interrupted one) and which
 * as callers (theirs is a return address, so the call is one byte before). */
static void mark_leaves(const struct model *model, uint8_t *used)
{
    for (size_t i = 0; i < model->sample_count; i++) {
        used[model->nodes[model->samples[i].node].frame] = 1;
    }
}

bool symbols_apply(struct model *model, bool lookup)
{
    uint8_t *leaf = calloc(model->frame_count > 0 ? model->frame_count : 1, 1);
    struct opened *opened =
        calloc(model->module_count > 0 ? model->module_count : 1, sizeof *opened);
    bool good = leaf != NULL && opened != NULL;
    if (good) {
        mark_leaves(model, leaf);
    }
    for (uint32_t i = 0; good && i < model->frame_count; i++) {
        struct model_frame *frame = &model->frames[i];
        if (frame->tier != RPROF_TIER_NATIVE) {
            continue;
        }
        struct opened *module = NULL;
        if (lookup && frame->module < model->module_count) {
            module = &opened[frame->module];
            if (!module->tried) {
                open_module(model, frame->module, module);
            }
        }
        good = name_frame(model, frame, leaf[i] != 0, module);
    }
    for (uint32_t i = 0; opened != NULL && i < model->module_count; i++) {
        if (opened[i].dwfl != NULL) {
            dwfl_end(opened[i].dwfl);
        }
    }
    free(opened);
    free(leaf);
    return good;
}

/* -- libdw ---------------------------------------------------------------- */

/* Debug files come from the usual local places only: dwfl's own search would ask
 * debuginfod when DEBUGINFOD_URLS is set. */
static int find_local_debuginfo(Dwfl_Module *module, void **user_data, const char *name,
                                Dwarf_Addr base, const char *file_name,
                                const char *debug_link, GElf_Word crc,
                                char **debug_file_name)
{
    (void)module, (void)user_data, (void)name, (void)base, (void)file_name;
    (void)debug_link, (void)crc, (void)debug_file_name;
    return -1;
}

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = find_local_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = NULL,
};

static void open_module(const struct model *model, uint32_t index, struct opened *out)
{
    out->tried = true;
    const struct model_module *module = &model->modules[index];
    const char *path = model_name(model, module->path);
    if (path[0] != '/' || access(path, R_OK) != 0) {
        return; /* [vdso], or the profile comes from another machine */
    }
    out->dwfl = dwfl_begin(&callbacks);
    if (out->dwfl == NULL) {
        return;
    }
    dwfl_report_begin(out->dwfl);
    Dwfl_Module *found = dwfl_report_offline(out->dwfl, path, path, -1);
    dwfl_report_end(out->dwfl, NULL, NULL);
    if (found == NULL) {
        return;
    }
    const unsigned char *build_id = NULL;
    GElf_Addr build_id_at;
    int bytes = dwfl_module_build_id(found, &build_id, &build_id_at);
    if (module->build_id_bytes > 0 &&
        (bytes != (int)module->build_id_bytes ||
         memcmp(build_id, module->build_id, module->build_id_bytes) != 0)) {
        return; /* rebuilt since the recording */
    }
    GElf_Addr bias = 0;
    if (dwfl_module_getelf(found, &bias) == NULL) {
        return;
    }
    out->module = found;
    out->bias = bias;
}

/* -- Names ---------------------------------------------------------------- */

/* The symbol that covers the frame's address; NULL when there is none. */
static const char *find_symbol(const struct model_frame *frame, bool leaf,
                               const struct opened *opened)
{
    if (opened == NULL || opened->module == NULL) {
        return NULL;
    }
    GElf_Addr address = frame->address - (leaf || frame->address == 0 ? 0 : 1);
    GElf_Off offset = 0;
    GElf_Sym sym;
    const char *symbol = dwfl_module_addrinfo(opened->module, address + opened->bias,
                                              &offset, &sym, NULL, NULL, NULL);
    /* dwfl names the nearest symbol below; outside its size it says nothing. */
    return symbol != NULL && sym.st_size > 0 && offset >= sym.st_size ? NULL : symbol;
}

static bool name_frame(struct model *model, struct model_frame *frame, bool leaf,
                       struct opened *opened)
{
    /* Copies, because adding a function may move the model's names. */
    struct strbuf name, path;
    strbuf_init(&name);
    strbuf_init(&path);
    bool known = frame->module < model->module_count;
    if (known) {
        strbuf_append_str(&path, model_name(model, model->modules[frame->module].path));
    }
    const char *symbol = find_symbol(frame, leaf, opened);
    if (symbol != NULL) {
        strbuf_append_str(&name, symbol);
    } else if (known) {
        strbuf_append_format(&name, "%s+0x%llx", base_name(strbuf_str(&path)),
                             (unsigned long long)frame->address);
    } else {
        strbuf_append_str(&name, "[unknown]");
    }
    uint32_t function = MODEL_NONE;
    if (!strbuf_failed(&name) && !strbuf_failed(&path)) {
        function = model_add_function(model, strbuf_str(&name), strbuf_str(&path), 0);
    }
    strbuf_done(&name);
    strbuf_done(&path);
    if (function == MODEL_NONE) {
        return false;
    }
    frame->function = function;
    return true;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}
