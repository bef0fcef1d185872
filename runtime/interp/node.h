/*
 * node.h - the executable tree of the tree walker.
 *
 * build*.c turns the resolved syntax tree of a function into these nodes on its first call;
 * each node knows the routine that runs it, chosen for its operands (a local, a small
 * constant, anything). The tree belongs to the prototype and lives until the program is
 * freed. Nodes hold caches, so a tree belongs to one isolate.
 *
 * Conventions of every routine:
 *  - eval returns an owned value; VALUE_UNSET means "stopped": an error is pending or, when
 *    frame->returning is set, a postfix `?` is leaving the function with frame->result;
 *  - test returns 1, 0, or -1 for stopped;
 *  - exec returns how the statement completed.
 */
#ifndef RUFF_INTERP_NODE_H
#define RUFF_INTERP_NODE_H

#include "base/arena.h"
#include "core/frame.h"
#include "core/state.h"
#include "front/ast.h"

struct interp_fiber;

/* A frame of the tree walker; lives in the C frame of the call. */
struct interp_frame {
    struct frame base; /* what is published */
    struct state *st;
    struct value *globals;
    struct value result;            /* of `return` and `?`; unset before */
    struct interp_fiber *generator; /* the body of a generator runs here, else NULL */
    bool returning;
};

enum exec_status {
    EXEC_NORMAL,
    EXEC_BREAK,
    EXEC_CONTINUE,
    EXEC_RETURN,
    EXEC_STOPPED
};

struct node;
typedef struct value (*eval_fn)(struct interp_frame *f, struct node *n);
typedef int (*test_fn)(struct interp_frame *f, struct node *n);
typedef enum exec_status (*exec_fn)(struct interp_frame *f, struct node *n);

struct node {
    union {
        eval_fn eval;
        exec_fn exec;
    } run;
    test_fn test; /* expressions only */
    uint32_t offset;
    uint32_t op;   /* enum ops_operator, ... */
    uint32_t a, b; /* slots, counts, flags: see the routine */
    struct node *x, *y, *z;
    struct node **items;
    uint32_t nitems;
    uint32_t cache_id; /* structdef or shape the cache is valid for, 0 = none */
    const void *cache;
    struct value constant; /* immortal or inline */
    const void *data;      /* part of the syntax tree */
};

/* Code of one function, proto->interp_code. */
struct interp_code {
    struct arena arena;
    struct node *body;     /* block */
    struct node **hoisted; /* main: function statements bound first */
    uint32_t nhoisted;
    struct value *constants; /* immortal strings owned by the code */
    uint32_t nconstants, constants_capacity;
    bool needs_prologue; /* hoisted functions or captured parameters */
};

static inline struct value node_eval(struct interp_frame *f, struct node *n)
{
    return n->run.eval(f, n);
}
static inline enum exec_status node_exec(struct interp_frame *f, struct node *n)
{
    return n->run.exec(f, n);
}
static inline bool node_stopped(struct value v)
{
    return v.kind == VALUE_UNSET;
}
/* Publishes the position errors and profiles report. */
static inline void node_at(struct interp_frame *f, const struct node *n)
{
    f->base.at.offset = n->offset;
}
/* How a statement completes after an expression of it stopped. */
static inline enum exec_status exec_stopped(const struct interp_frame *f)
{
    return f->returning ? EXEC_RETURN : EXEC_STOPPED;
}

/* Slot of a variable; not for AST_VAR_SELF_FIELD. */
static inline struct value *interp_slot(struct interp_frame *f, const struct ast_var *v)
{
    switch (v->kind) {
    case AST_VAR_LOCAL: return &f->base.slots[v->index];
    case AST_VAR_CELL: return &CELL_OF(f->base.slots[v->index])->value;
    case AST_VAR_CAPTURE: return &f->base.function->cells[v->index]->value;
    case AST_VAR_GLOBAL:
    case AST_VAR_SELF_FIELD: break;
    }
    return &f->globals[v->index];
}

#endif
