/*
 * build.h - from the resolved syntax tree of a function to its executable tree.
 *
 * build.c makes expressions, build_stmt.c statements; both share struct builder.
 */
#ifndef RUFF_INTERP_BUILD_H
#define RUFF_INTERP_BUILD_H

#include "interp/node.h"

struct counted_node;

struct builder {
    struct state *st;
    struct proto *proto;
    struct interp_code *code;
    struct node spare;            /* what is handed out once memory has failed */
    struct counted_node *counted; /* newest node of a counted tree */
    bool counts;                  /* this tree counts operations, see count.h */
    bool failed;
};

/* Code of a prototype, owned by the caller; NULL with an error set when memory is out. */
struct interp_code *build_function(struct state *st, struct proto *p);
/* Frees the immortal strings of a code. */
void build_release_constants(struct interp_code *code);

/* Nodes without a routine; of a statement, and of an expression (tested by its truth). */
struct node *build_node(struct builder *b, uint32_t offset);
struct node *build_expr_node(struct builder *b, uint32_t offset);
struct node **build_list(struct builder *b, uint32_t count);
/* An immortal string that lives as long as the code. */
struct value build_string(struct builder *b, const char *bytes, size_t len);
struct node *build_expr(struct builder *b, const struct ast_expr *e);
struct node *build_stmt(struct builder *b, const struct ast_stmt *s);
struct node *build_block(struct builder *b, const struct ast_block *block);

/* The one place a name has: a single candidate that is certain, writable if `write`; else
   NULL. */
const struct ast_var *build_sole_var(const struct ast_name *name, bool write);

#endif
