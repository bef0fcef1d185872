/*
 * call.h - calls: arity, depth, messages; the one way from anywhere into Ruff code.
 *
 * Arguments: args[0..nargs) belong to the caller; the callee may move values out of them
 * (value_take). The caller releases what is left after the return.
 */
#ifndef RUFF_CORE_CALL_H
#define RUFF_CORE_CALL_H

#include "core/function.h"

/* Frames the language allows, language.md 11.6; one constant for all engines. */
#define CALL_DEPTH_LIMIT 20000u

/* What an engine offers to the rest; filled by the top floor into state->engine. */
struct engine {
    const char *name;
    /*
     * Runs a plain (not generator, not async) function whose arity is right. args hold
     * proto->nparams values, which are moved into the frame (the slots are left null).
     */
    bool (*call)(struct state *st, struct function *f, struct value *args,
                 struct value *result);
    /* Suspended body of a generator, see iter.h. */
    bool (*generator_new)(struct state *st, struct function *f, struct value *args,
                          struct value *out);
    bool (*generator_resume)(struct state *st, struct value generator, bool *done,
                             struct value *item);
    void (*generator_free)(struct state *st, struct object *generator);
    /* Shows every counted object the suspended body holds to the cycle collector (gc.h).
       NULL: opaque, what it holds is taken to be in use. */
    void (*generator_visit)(const struct object *generator,
                            void (*visit)(void *context, struct object *child),
                            void *context);
};

/* Calls any callable. Not callable: the message of language.md 7.8. */
bool call_value(struct state *st, struct value callee, struct value *args,
                uint32_t nargs, struct value *result);
/*
 * Calls a function object; `self` (unset: none) becomes slot 0 of a method. Checks arity,
 * dispatches async and generator functions.
 */
bool call_function(struct state *st, struct function *f, struct value self,
                   struct value *args, uint32_t nargs, struct value *result);
/*
 * The same without copying: there must be one free slot BEFORE args[0], which is
 * overwritten and null afterwards. `self` is borrowed and must be given for a method.
 */
bool call_function_in_place(struct state *st, struct function *f, struct value self,
                            struct value *args, uint32_t nargs, struct value *result);
/* Checks arity, publishes the builtin in the running frame, calls it. */
bool call_builtin(struct state *st, const struct builtin *b, struct value *args,
                  uint32_t nargs, struct value *result);
/*
 * object.name(args): language.md 7.7 and 13.3. `object` is borrowed. `args` must have one
 * free slot BEFORE args[0] (args[-1] is overwritten with the receiver when needed and is null
 * afterwards).
 */
bool call_method(struct state *st, struct value object, struct string *name,
                 struct value *args, uint32_t nargs, struct value *result);
bool call_is_callable(struct value v);
/*
 * Runs the main function of a unit (PROTO_MAIN, no parameters). Its frame is not counted as
 * a call: L calls fit above it.
 */
bool call_main(struct state *st, struct function *f, struct value *result);
/* Parameters a program must give: without the receiver of a method. */
uint32_t call_arity(const struct proto *p);

/* Error texts shared by the engines; all return false. */
bool call_raise_not_callable(struct state *st, bool pipe);
bool call_raise_arity(struct state *st, const struct proto *p, uint32_t nargs);
bool call_raise_builtin_arity(struct state *st, const struct builtin *b,
                              uint32_t nargs);
bool call_raise_depth(struct state *st, const struct proto *p);
/* `Field not found: f` of a struct, with the closest name as a hint. */
bool call_raise_no_field(struct state *st, struct value object,
                         const struct string *name);
bool call_raise_no_member(struct state *st, const struct string *name);

/*
 * To be called by an engine around a Ruff call: counts depth (also the bytes left on this
 * thread's stack) and raises the depth error. call_leave undoes a successful call_enter.
 * call_fast.h has both inline.
 */
bool call_enter(struct state *st, const struct proto *p);
void call_leave(struct state *st);

#endif
