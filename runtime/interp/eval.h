/*
 * eval.h - the routines of the tree walker, as build.c puts them into nodes.
 *
 * Each comment names the node fields the routine reads. See node.h for the conventions.
 */
#ifndef RUFF_INTERP_EVAL_H
#define RUFF_INTERP_EVAL_H

#include "interp/node.h"

/* ---- eval_operator.c -------------------------------------------------------------------- */

int test_any(struct interp_frame *f, struct node *n); /* truth of run.eval */
/* Chooses the routine of a binary operator from n->op and the forms of x and y. */
void eval_binary_choose(struct node *n);
struct value eval_negate(struct interp_frame *f,
                         struct node *n); /* x, op: NEG or NOT */
struct value eval_not_word(struct interp_frame *f, struct node *n); /* x */
int test_not_word(struct interp_frame *f, struct node *n);
int test_and(struct interp_frame *f, struct node *n);           /* x, y */
int test_or(struct interp_frame *f, struct node *n);            /* x, y */
struct value eval_test(struct interp_frame *f, struct node *n); /* n->test as a bool */
struct value eval_coalesce(struct interp_frame *f, struct node *n); /* x, y */
struct value eval_convert(struct interp_frame *f,
                          struct node *n);                     /* x, op: ast_convert */
struct value eval_try(struct interp_frame *f, struct node *n); /* x */

/* ---- eval.c: names, literals, access ------------------------------------------------------ */

struct value eval_constant(struct interp_frame *f, struct node *n); /* constant */
struct value eval_local(struct interp_frame *f,
                        struct node *n); /* a: slot, always set */
struct value eval_cell(struct interp_frame *f, struct node *n);    /* a: slot */
struct value eval_capture(struct interp_frame *f, struct node *n); /* a: index */
struct value eval_global(struct interp_frame *f,
                         struct node *n); /* a: slot, always set */
/* a: slot; data: ast_name, when the global may be unset. */
struct value eval_global_maybe(struct interp_frame *f, struct node *n);
struct value eval_name(struct interp_frame *f, struct node *n); /* data: ast_name */
struct value eval_interpolation(struct interp_frame *f, struct node *n); /* items */
struct value eval_array(struct interp_frame *f,
                        struct node *n); /* items; eval_spread marks */
struct value eval_key_name(struct interp_frame *f,
                           struct node *n); /* data: ast_name, x, constant */
struct value eval_dict(struct interp_frame *f,
                       struct node *n); /* items: key, value pairs;
                                                                    key NULL is a spread */
struct value eval_struct(struct interp_frame *f,
                         struct node *n); /* data: expr; items */
struct value eval_tagged(struct interp_frame *f,
                         struct node *n); /* constant: tag; items */
struct value eval_boxed(struct interp_frame *f, struct node *n); /* x; op: value_kind */
struct value eval_index(struct interp_frame *f, struct node *n); /* x, y */
struct value eval_index_local(struct interp_frame *f, struct node *n); /* a: slot, y */
struct value eval_member(struct interp_frame *f,
                         struct node *n); /* x, constant: name */
struct value eval_member_local(struct interp_frame *f,
                               struct node *n); /* a, constant */
struct value eval_optional(struct interp_frame *f,
                           struct node *n); /* x, constant: name */
struct value eval_closure(struct interp_frame *f,
                          struct node *n); /* data: ast_function */
struct value eval_await(struct interp_frame *f, struct node *n); /* x */
struct value eval_yield(struct interp_frame *f, struct node *n); /* x or NULL */
struct value eval_throw(struct interp_frame *f, struct node *n); /* x */
/* Never run; marks a spread item (x) of an array literal. */
struct value eval_spread(struct interp_frame *f, struct node *n);

/* Makes a closure of `fn` over the running frame. NULL: stopped. */
struct function *interp_closure(struct interp_frame *f, const struct ast_function *fn);

/* ---- variable.c --------------------------------------------------------------------------- */

/* Value of a name, owned; builtins and the undefined error included. */
struct value variable_read(struct interp_frame *f, const struct ast_name *name);
/* Is any binding of this program set? */
bool variable_is_set(struct interp_frame *f, const struct ast_name *name);
/* Declares: let, func, parameters, patterns. `v` is taken, also on failure. */
bool variable_declare_take(struct interp_frame *f, const struct ast_target_name *t,
                           struct value v);
/* Assigns `x := v`. `v` is taken, also on failure. */
bool variable_assign_take(struct interp_frame *f, const struct ast_target_name *t,
                          struct value v);
/* Slot of the binding a read would find; NULL when there is none or a hidden receiver may
   have the name as a field. */
struct value *variable_find(struct interp_frame *f, const struct ast_name *name,
                            bool *is_const);
/*
 * Place of an existing variable for a store through a path: NULL with an error when it is
 * const, undefined, or a field of a hidden receiver (then *field_of_self is its name).
 */
struct value *variable_place(struct interp_frame *f, const struct ast_name *name,
                             bool *field_of_self);

/* ---- eval_call.c ---------------------------------------------------------------------------- */

struct value eval_call(struct interp_frame *f,
                       struct node *n); /* x: callee, items: args */
struct value eval_pipe(struct interp_frame *f, struct node *n); /* x: callee, items */
struct value eval_method(struct interp_frame *f,
                         struct node *n); /* x: object, constant: name,
                                                                     items; y: piped value */
/*
 * Calls `n` (an eval_call node) whose first argument is the variable in `place`: when the
 * callee is a builtin that can use it, the variable gives its reference away first and gets
 * it back if the call fails.
 */
struct value eval_call_moving(struct interp_frame *f, struct node *n,
                              struct value *place);

/* ---- exec.c, assign.c, exec_pattern.c -------------------------------------------------------------- */

enum exec_status exec_block(struct interp_frame *f, struct node *n); /* items */
enum exec_status exec_scoped_block(struct interp_frame *f,
                                   struct node *n);                 /* + data: block */
enum exec_status exec_expr(struct interp_frame *f, struct node *n); /* x */
enum exec_status exec_return(struct interp_frame *f, struct node *n); /* x or NULL */
enum exec_status exec_throw(struct interp_frame *f, struct node *n);  /* x */
enum exec_status exec_if(struct interp_frame *f, struct node *n); /* x, y, z or NULL */
enum exec_status exec_while(struct interp_frame *f, struct node *n); /* x or NULL, y */
enum exec_status exec_for(struct interp_frame *f,
                          struct node *n); /* data: stmt, x, y */
enum exec_status exec_match(struct interp_frame *f,
                            struct node *n); /* data: stmt, x, items,
                                                                        y: default */
enum exec_status exec_try(struct interp_frame *f,
                          struct node *n); /* x, y, data: stmt */
enum exec_status exec_break(struct interp_frame *f, struct node *n);
enum exec_status exec_continue(struct interp_frame *f, struct node *n);
enum exec_status exec_nothing(struct interp_frame *f, struct node *n);
enum exec_status exec_func(struct interp_frame *f, struct node *n);   /* data: stmt */
enum exec_status exec_struct(struct interp_frame *f, struct node *n); /* data: stmt */
enum exec_status exec_enum(struct interp_frame *f, struct node *n);   /* data: stmt */
enum exec_status exec_import(struct interp_frame *f, struct node *n); /* data: stmt */
enum exec_status exec_spawn(struct interp_frame *f, struct node *n);  /* data: stmt */

enum exec_status exec_let_local(struct interp_frame *f, struct node *n); /* a, x */
enum exec_status exec_let(struct interp_frame *f, struct node *n); /* data: stmt, x */
enum exec_status exec_assign_global(struct interp_frame *f, struct node *n); /* a, x */
enum exec_status exec_assign_name(struct interp_frame *f,
                                  struct node *n); /* data: stmt, x */
/* local a := local a OP x (also `a OP= x`), op */
enum exec_status exec_update_local(struct interp_frame *f, struct node *n);
enum exec_status exec_update_global(struct interp_frame *f, struct node *n);
enum exec_status exec_update_name(struct interp_frame *f,
                                  struct node *n); /* data: stmt, x */
enum exec_status exec_move_local(struct interp_frame *f,
                                 struct node *n); /* a, x: call */
enum exec_status exec_move_global(struct interp_frame *f,
                                  struct node *n); /* a, x: call */
enum exec_status exec_move_name(struct interp_frame *f,
                                struct node *n); /* data: stmt, x */
enum exec_status exec_path(struct interp_frame *f,
                           struct node *n); /* data: stmt, x: value,
                                                                       items: indexes */
/* local a [y] := x, one index step. */
enum exec_status exec_index_local(struct interp_frame *f, struct node *n);

/* Destructures `v` (borrowed) into a pattern. */
bool exec_pattern_bind(struct interp_frame *f, const struct ast_pattern *p,
                       struct value v);
/* Does the case fit `v`? Binds its names when it does. 1 yes, 0 no, -1 stopped. */
int exec_pattern_match(struct interp_frame *f, const struct ast_case *c,
                       struct node *literal, struct value tag, struct value v);

/* ---- engine.c: frames ------------------------------------------------------------------------- */

/* Code of a prototype, built on first use; NULL with an error set. */
struct interp_code *interp_code_of(struct state *st, struct proto *p);
/*
 * Runs a plain function whose parameters are in slots[0..nparams); slots has room for
 * nlocals, the rest is written here. The slots are released at the end. Depth is counted.
 */
struct value interp_run(struct state *st, struct function *fn, struct interp_code *code,
                        struct value *slots, struct interp_fiber *generator);

#endif
