/*
 * path.c - stores into containers: the set functions of ops.h.
 *
 * A path is walked from the variable downwards; every container on the way is made the only
 * owner of its storage before its slot is handed on, so that a shared part is copied exactly
 * once and a uniquely owned path is changed in place. Copies made before a later step fails
 * are invisible to the program.
 */
#include "config.h"

#include "core/access.h"
#include "core/array.h"
#include "core/dict.h"
#include "core/ops.h"
#include "core/state.h"
#include "core/string.h"
#include "core/structs.h"

static struct value *step_down(struct state *st, struct value *slot,
                               const struct ops_step *step, struct value *scratch);
static bool read_step(struct state *st, struct value from, const struct ops_step *step,
                      struct value *out);
static bool failed_at(struct state *st, const struct ops_step *step);

/* ---- one step ----------------------------------------------------------------------- */

bool ops_set_index_take(struct state *st, struct value *container, struct value index,
                        struct value v)
{
    int64_t i;
    size_t at;
    if (container->kind == VALUE_ARRAY) {
        if (!access_sequence_index(index, &i))
            error_raise(st, "Invalid index assignment: unsupported array index type");
        else if (!array_position(ARRAY_OF(*container)->len, i, &at))
            access_raise_bounds(st, index);
        else
            return array_set_take(st, container, at, v);
    } else if (container->kind != VALUE_DICT) {
        error_raise(st, "Invalid index assignment");
    } else if (dict_is_key(index)) {
        return dict_set_take(st, container, index, v);
    } else {
        error_raise(st, "Invalid index assignment: unsupported dict key type");
    }
    value_release(st, v);
    return false;
}

bool ops_set_field_take(struct state *st, struct value *container, struct string *name,
                        struct value v)
{
    if (container->kind == VALUE_STRUCT)
        return struct_set_take(st, container, name, v);
    if (container->kind == VALUE_DICT)
        return dict_set_take(st, container, string_value(name), v);
    value_release(st, v);
    return error_raise(st, "Cannot set field on non-struct value");
}

/* ---- paths -------------------------------------------------------------------------- */

bool ops_set_path_take(struct state *st, struct value *root,
                       const struct ops_step *steps, uint32_t nsteps, struct value v)
{
    struct value scratch = value_null();
    struct value *slot = root;
    for (uint32_t i = 0; i + 1 < nsteps; i++) {
        slot = step_down(st, slot, &steps[i], &scratch);
        if (slot == NULL) {
            value_release(st, v);
            value_release(st, scratch);
            return failed_at(st, &steps[i]);
        }
    }
    const struct ops_step *last = &steps[nsteps - 1];
    bool ok = last->index.kind == VALUE_UNSET
                  ? ops_set_field_take(st, slot, last->name, v)
                  : ops_set_index_take(st, slot, last->index, v);
    value_release(st, scratch);
    return ok ? true : failed_at(st, last);
}

/*
 * The slot one step below *slot. Where a step leads to something that is no container's
 * slot (a character, an item of a packed array, an absent entry of a dict) the value is put
 * into *scratch: the next step fails on it with the right message.
 */
static struct value *step_down(struct state *st, struct value *slot,
                               const struct ops_step *step, struct value *scratch)
{
    bool failed = false;
    bool field = step->index.kind == VALUE_UNSET;
    struct value *below = NULL;
    int64_t i;
    size_t at;
    if (slot->kind == VALUE_STRUCT && field) {
        below = struct_slot(st, slot, step->name, &failed);
    } else if (slot->kind == VALUE_DICT && (field || dict_is_key(step->index))) {
        struct value key = field ? string_value(step->name) : step->index;
        below = dict_slot(st, slot, key, &failed);
    } else if (slot->kind == VALUE_ARRAY && !field &&
               array_rep(ARRAY_OF(*slot)) == ARRAY_VALUES &&
               access_sequence_index(step->index, &i) &&
               array_position(ARRAY_OF(*slot)->len, i, &at)) {
        below = array_slot(st, slot, at);
        failed = below == NULL;
    }
    if (failed || below != NULL)
        return below;
    struct value read;
    if (!read_step(st, *slot, step, &read))
        return NULL;
    value_set_take(st, scratch, read);
    return scratch;
}

bool ops_get_path(struct state *st, struct value root, const struct ops_step *steps,
                  uint32_t nsteps, struct value *out)
{
    struct value at = value_retain(root);
    for (uint32_t i = 0; i < nsteps; i++) {
        struct value next;
        bool ok = read_step(st, at, &steps[i], &next);
        value_release(st, at);
        if (!ok)
            return failed_at(st, &steps[i]);
        at = next;
    }
    *out = at;
    return true;
}

static bool read_step(struct state *st, struct value from, const struct ops_step *step,
                      struct value *out)
{
    if (step->index.kind == VALUE_UNSET)
        return ops_member(st, from, step->name, out);
    return ops_index(st, from, step->index, out);
}

/* An error of a step is reported at its `[` or `.`. */
static bool failed_at(struct state *st, const struct ops_step *step)
{
    return step->offset == 0 ? false : error_at(st, step->offset);
}
