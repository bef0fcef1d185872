#include "config.h"

#include "bytecode/compile.h"
#include "core/builtin.h"
#include "core/call.h"
#include "vm/slow.h"
#include "vm/slow_private.h"

/* A function the loop can run by pushing a frame: compiled here when it has no code yet. */
static enum slow_call try_enter(struct state *st, struct function *f, uint32_t nparams)
{
    struct proto *p = f->proto;
    if ((p->flags & (PROTO_ASYNC | PROTO_GENERATOR | PROTO_MAIN)) != 0 ||
        p->nparams != nparams)
        return SLOW_CALL_DONE;
    return bytecode_ensure(st, p) ? SLOW_CALL_ENTER : SLOW_CALL_FAILED;
}

enum slow_call slow_call(struct state *st, struct value *regs, struct insn *pc)
{
    struct value *a = slow_register(regs, pc->a), out;
    uint32_t nargs = pc->b;
    if (a->kind == VALUE_FUNCTION) {
        struct function *f = FUNCTION_OF(*a);
        /* A bare method wants its receiver from call_function. */
        if ((f->proto->flags & PROTO_METHOD) == 0) {
            enum slow_call how = try_enter(st, f, nargs);
            if (how != SLOW_CALL_DONE)
                return how;
        }
    } else if (pc->c != 0 && !call_is_callable(*a)) {
        call_raise_not_callable(st, true);
        return SLOW_CALL_FAILED;
    }
    if (!call_value(st, *a, a + 1, nargs, &out))
        return SLOW_CALL_FAILED;
    slow_clear(st, a + 1, nargs);
    value_set_take(st, a, out);
    return SLOW_CALL_DONE;
}

enum slow_call slow_call_method(struct state *st, struct value *regs, struct insn *pc)
{
    struct value *a = slow_register(regs, pc->a), out;
    uint32_t nargs = pc->b;
    struct inline_cache *cache = &st->top->chunk->caches[pc->c];
    if (a[1].kind == VALUE_STRUCT && STRUCT_OF(a[1])->def != NULL) {
        struct structdef *def = STRUCT_OF(a[1])->def;
        struct function *method = structdef_method(def, cache->name);
        if (method != NULL && (method->proto->flags & PROTO_METHOD) != 0) {
            enum slow_call how = try_enter(st, method, nargs + 1);
            if (how == SLOW_CALL_FAILED)
                return how;
            if (how == SLOW_CALL_ENTER) {
                cache->def = def->id;
                cache->method = method;
                object_retain(&method->head);
                *a = value_object(&method->head);
                return how;
            }
        }
    }
    /* The receiver steps aside: call_method uses the slot before the arguments. */
    *a = a[1];
    a[1] = value_null();
    if (!call_method(st, *a, cache->name, a + 2, nargs, &out))
        return SLOW_CALL_FAILED;
    slow_clear(st, a + 1, nargs + 1);
    value_set_take(st, a, out);
    return SLOW_CALL_DONE;
}

bool slow_raise_depth(struct state *st, struct value *regs, struct insn *pc)
{
    const struct value *a = slow_register(regs, pc->a);
    return call_raise_depth(st, FUNCTION_OF(*a)->proto);
}

/* The variable whose value args[0] is a copy of, when these two are its only owners. */
static struct value *movable(struct state *st, struct value *regs,
                             const struct insn *pc, const struct value *args)
{
    if (pc->op != OP_MOVEBUILTIN || !value_is_object(args[0]) ||
        args[0].as.object->refs != 2)
        return NULL;
    struct value *variable = slow_variable(st, regs, pc + 1);
    bool same = variable != NULL && variable->kind == args[0].kind &&
                variable->as.object == args[0].as.object;
    return same ? variable : NULL;
}

bool slow_builtin(struct state *st, struct value *regs, struct insn *pc)
{
    const struct builtin *b = &st->builtins[pc->c];
    struct value *args = slow_register(regs, pc->b), out;
    uint32_t nargs = pc->d;
    /* The variable lets go of its value for the time of the call; a failing builtin leaves
       its arguments as they were, so the value can go back. */
    struct value *variable = movable(st, regs, pc, args);
    if (variable != NULL) {
        variable->kind = VALUE_NULL;
        args[0].as.object->refs = 1;
    }
    if (!call_builtin(st, b, args, nargs, &out)) {
        if (variable != NULL)
            value_set_take(st, variable, value_take(&args[0]));
        return false;
    }
    slow_clear_few(st, args, nargs);
    slow_move(st, slow_register(regs, pc->a), &out);
    return true;
}
