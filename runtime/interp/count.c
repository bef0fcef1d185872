#include "config.h"

#include "interp/count.h"

#include "interp/eval.h"

struct counted_node {
    struct node node; /* first: a node is found again from its address */
    eval_fn eval;
    exec_fn exec;
    test_fn test;
    struct counted_node *next;
};

static struct counted_node *counted(struct node *n)
{
    return (struct counted_node *)n;
}

static struct value eval_counted(struct interp_frame *f, struct node *n)
{
    f->st->ops++;
    return counted(n)->eval(f, n);
}

static enum exec_status exec_counted(struct interp_frame *f, struct node *n)
{
    f->st->ops++;
    return counted(n)->exec(f, n);
}

static int test_counted(struct interp_frame *f, struct node *n)
{
    f->st->ops++;
    return counted(n)->test(f, n);
}

struct node *count_node_new(struct builder *b)
{
    struct counted_node *c = arena_alloc_zero(&b->code->arena, 1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->next = b->counted;
    b->counted = c;
    return &c->node;
}

/* test_any and eval_test run the other routine of the same node, which counts. */
static void count_expression(struct counted_node *c)
{
    struct node *n = &c->node;

    if (n->run.eval == NULL || n->run.eval == eval_spread)
        return;
    if (n->run.eval != eval_test) {
        c->eval = n->run.eval;
        n->run.eval = eval_counted;
    }
    if (n->test != test_any) {
        c->test = n->test;
        n->test = test_counted;
    }
}

void count_nodes(struct builder *b)
{
    for (struct counted_node *c = b->counted; c != NULL; c = c->next) {
        if (c->node.test != NULL) {
            count_expression(c);
        } else if (c->node.run.exec != NULL) {
            c->exec = c->node.run.exec;
            c->node.run.exec = exec_counted;
        }
    }
}
