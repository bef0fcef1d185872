/*
 * Calls. A Ruff function called from Ruff code gets its frame slots on the C stack of the
 * caller, and its arguments are evaluated straight into them; everything else (builtins,
 * generators, wrong arity, things that cannot be called) takes core/call with an argument
 * array.
 */
#include "config.h"

#include <alloca.h>

#include "core/builtin.h"
#include "interp/eval.h"

/* Evaluates n->items into args; on a stop the ones made are released. */
static bool arguments(struct interp_frame *f, const struct node *n, struct value *args)
{
    for (uint32_t i = 0; i < n->nitems; i++) {
        args[i] = node_eval(f, n->items[i]);
        if (node_stopped(args[i])) {
            while (i > 0)
                value_release(f->st, args[--i]);
            return false;
        }
    }
    return true;
}

static void release_all(struct state *st, struct value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        value_release(st, values[i]);
}

/* Can interp_run be entered directly with these many arguments? */
static bool is_plain(const struct proto *p, uint32_t nargs)
{
    return p->nparams == nargs &&
           !(p->flags & (PROTO_ASYNC | PROTO_GENERATOR | PROTO_METHOD));
}

/* The general call: callee is owned by the caller of this. */
static struct value call_generic(struct interp_frame *f, struct node *n,
                                 struct value callee, bool pipe)
{
    struct value *args = alloca((n->nitems + 1) * sizeof *args);
    struct value out = value_unset();
    bool ok;

    if (!arguments(f, n, args))
        return value_unset();
    node_at(f, n);
    if (pipe && !call_is_callable(callee))
        ok = call_raise_not_callable(f->st, true);
    else
        ok = call_value(f->st, callee, args, n->nitems, &out);
    release_all(f->st, args, n->nitems);
    return ok ? out : value_unset();
}

struct value eval_call(struct interp_frame *f, struct node *n)
{
    struct value callee = node_eval(f, n->x), out;

    if (node_stopped(callee))
        return callee;
    if (callee.kind == VALUE_FUNCTION) {
        struct function *fn = FUNCTION_OF(callee);
        struct interp_code *code = fn->proto->interp_code;

        if (__builtin_expect(code != NULL && is_plain(fn->proto, n->nitems), 1)) {
            struct value *slots = alloca((fn->proto->nlocals + 1) * sizeof *slots);

            if (!arguments(f, n, slots)) {
                value_release(f->st, callee);
                return value_unset();
            }
            node_at(f, n);
            out = interp_run(f->st, fn, code, slots, NULL);
            value_release(f->st, callee);
            return out;
        }
    }
    out = call_generic(f, n, callee, false);
    value_release(f->st, callee);
    return out;
}

struct value eval_call_moving(struct interp_frame *f, struct node *n,
                              struct value *place)
{
    struct value callee = node_eval(f, n->x), out = value_unset();
    struct value *args;
    bool ok, moved;

    if (node_stopped(callee))
        return callee;
    if (callee.kind != VALUE_BUILTIN ||
        !(callee.as.builtin->flags & BUILTIN_MOVES_FIRST)) {
        out = call_generic(f, n, callee, false);
        value_release(f->st, callee);
        return out;
    }
    args = alloca((n->nitems + 1) * sizeof *args);
    if (!arguments(f, n, args))
        return value_unset();
    node_at(f, n);
    /* Evaluating the arguments may have changed the variable: then it keeps its value. */
    moved = value_is_object(*place) && place->kind == args[0].kind &&
            place->as.object == args[0].as.object;
    if (moved)
        value_set_take(f->st, place, value_null());
    ok = call_builtin(f->st, callee.as.builtin, args, n->nitems, &out);
    if (!ok && moved)
        *place = value_take(&args[0]);
    release_all(f->st, args, n->nitems);
    return ok ? out : value_unset();
}

/* x |> f(args): the piped value is items[0] and comes before the callee. */
struct value eval_pipe(struct interp_frame *f, struct node *n)
{
    struct value *args = alloca((n->nitems + 1) * sizeof *args);
    struct value callee, out = value_unset();
    bool ok;

    args[0] = node_eval(f, n->items[0]);
    if (node_stopped(args[0]))
        return value_unset();
    callee = node_eval(f, n->x);
    if (node_stopped(callee)) {
        value_release(f->st, args[0]);
        return value_unset();
    }
    for (uint32_t i = 1; i < n->nitems; i++) {
        args[i] = node_eval(f, n->items[i]);
        if (node_stopped(args[i])) {
            release_all(f->st, args, i);
            value_release(f->st, callee);
            return value_unset();
        }
    }
    node_at(f, n);
    if (!call_is_callable(callee))
        ok = call_raise_not_callable(f->st, true);
    else
        ok = call_value(f->st, callee, args, n->nitems, &out);
    release_all(f->st, args, n->nitems);
    value_release(f->st, callee);
    return ok ? out : value_unset();
}

/* The method of a struct receiver that can be run directly, or NULL. */
static struct function *direct_method(struct node *n, struct value object)
{
    const struct structdef *def;

    if (object.kind != VALUE_STRUCT)
        return NULL;
    def = STRUCT_OF(object)->def;
    if (def == NULL)
        return NULL;
    if (n->cache_id != def->id) {
        struct function *found = structdef_method(def, STRING_OF(n->constant));

        if (found == NULL || (found->proto->flags & (PROTO_ASYNC | PROTO_GENERATOR)))
            return NULL;
        n->cache_id = def->id;
        n->cache = found;
    }
    return (struct function *)(uintptr_t)n->cache;
}

struct value eval_method(struct interp_frame *f, struct node *n)
{
    struct state *st = f->st;
    struct value piped = value_unset(), object, out = value_unset();
    struct value *args;
    struct function *method;
    uint32_t nargs = n->nitems + (n->y != NULL ? 1 : 0), nslots, at = 1;
    bool ok;

    if (n->y != NULL) {
        piped = node_eval(f, n->y);
        if (node_stopped(piped))
            return piped;
    }
    object = node_eval(f, n->x);
    if (node_stopped(object)) {
        value_release(st, piped);
        return value_unset();
    }
    method = direct_method(n, object);
    nslots = nargs + 1;
    if (method != NULL && method->proto->nlocals > nslots)
        nslots = method->proto->nlocals;
    args = alloca((nslots + 1) * sizeof *args);
    if (n->y != NULL)
        args[at++] = piped;
    for (uint32_t i = 0; i < n->nitems; i++, at++) {
        args[at] = node_eval(f, n->items[i]);
        if (node_stopped(args[at])) {
            release_all(st, args + 1, at - 1);
            value_release(st, object);
            return value_unset();
        }
    }
    node_at(f, n);
    if (method != NULL && method->proto->nparams == nargs + 1) {
        struct interp_code *code = method->proto->interp_code;

        if (code == NULL)
            code = interp_code_of(st, method->proto);
        if (code == NULL) {
            release_all(st, args + 1, nargs);
            value_release(st, object);
            return value_unset();
        }
        args[0] = object;
        object_retain(&method->head);
        out = interp_run(st, method, code, args, NULL);
        object_release(st, &method->head);
        return out;
    }
    args[0] = value_null();
    ok = call_method(st, object, STRING_OF(n->constant), args + 1, nargs, &out);
    release_all(st, args + 1, nargs);
    value_release(st, object);
    return ok ? out : value_unset();
}
