#include "config.h"

#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bytecode/chunk.h"
#include "front/front.h"
#include "interp/engine.h"

static uint32_t proto_flags(const struct ast_function *fn)
{
    uint32_t flags = 0;

    if (fn->is_async)
        flags |= PROTO_ASYNC;
    if (fn->is_generator)
        flags |= PROTO_GENERATOR;
    if (fn->kind == AST_FUNCTION_METHOD)
        flags |= PROTO_METHOD;
    if (fn->hidden_self)
        flags |= PROTO_HIDDEN_SELF;
    if (fn->has_self)
        flags |= PROTO_SELF;
    if (fn->kind == AST_FUNCTION_LAMBDA)
        flags |= PROTO_LAMBDA;
    if (fn->kind == AST_FUNCTION_MAIN)
        flags |= PROTO_MAIN;
    if (fn->kind == AST_FUNCTION_SPAWN || fn->kind == AST_FUNCTION_TEST ||
        fn->kind == AST_FUNCTION_DEFAULT)
        flags |= PROTO_BLOCK;
    return flags;
}

/* `S.m` for methods, `<lambda:LINE>` for profiles: names that are not in the tree. */
static char *make_name(struct program_unit *u, const struct ast_function *fn,
                       bool profile)
{
    char *made = NULL;
    int rc;

    if (fn->struct_name != NULL)
        rc = asprintf(&made, "%s.%s", fn->struct_name, fn->name);
    else if (profile)
        rc = asprintf(&made, "<lambda:%u>",
                      source_ref_line(&u->unit.source, fn->offset));
    else
        return NULL;
    return rc < 0 ? NULL : made;
}

static bool name_protos(struct program_unit *u)
{
    const struct ast_unit *ast = u->ast;

    u->profile_names = calloc(ast->nfunctions + 1u, sizeof *u->profile_names);
    if (u->profile_names == NULL)
        return false;
    for (uint32_t i = 0; i < ast->nfunctions; i++) {
        const struct ast_function *fn = ast->functions[i];
        struct proto *p = &u->unit.protos[i];
        bool lambda = fn->kind == AST_FUNCTION_LAMBDA;

        p->name = p->profile_name = fn->name;
        if (!lambda && fn->struct_name == NULL)
            continue;
        u->profile_names[i] = make_name(u, fn, lambda);
        if (u->profile_names[i] == NULL)
            return false;
        p->profile_name = u->profile_names[i];
        if (!lambda)
            p->name = u->profile_names[i];
    }
    return true;
}

struct program_unit *program_unit_new(struct ast_unit *ast, struct source *source,
                                      const char *root, const char *name,
                                      uint32_t *next_id)
{
    struct program_unit *u = calloc(1, sizeof *u);

    if (u == NULL) {
        front_unit_free(ast);
        source_free(source);
        return NULL;
    }
    u->ast = ast;
    u->source = source;
    u->root = root != NULL ? strdup(root) : NULL;
    u->name = name != NULL ? strdup(name) : NULL;
    u->unit.protos = calloc(ast->nfunctions, sizeof *u->unit.protos);
    if (u->unit.protos == NULL || (root != NULL && u->root == NULL) ||
        (name != NULL && u->name == NULL))
        goto fail;
    u->unit.ast = ast;
    u->unit.source = (struct source_ref){
        .path = source->path,
        .text = source->text,
        .len = source->len,
        .line_starts = source->line_starts,
        .nlines = source->nlines,
    };
    u->unit.nprotos = ast->nfunctions;
    u->unit.nglobals = ast->nglobals;
    u->unit.global_names = ast->globals;
    u->unit.reached = ast->reached;
    u->unit.nreached = ast->nreached;
    u->unit.name = u->name;
    u->unit.root = u->root;
    u->unit.free_interp_code = interp_code_free;
    u->unit.free_chunk = chunk_free;
    for (uint32_t i = 0; i < ast->nfunctions; i++) {
        const struct ast_function *fn = ast->functions[i];
        struct proto *p = &u->unit.protos[i];

        p->id = (*next_id)++;
        p->index = i;
        p->nparams = fn->nparams;
        p->nlocals = fn->nlocals;
        p->ncaptures = fn->ncaptures;
        p->flags = proto_flags(fn);
        p->offset = fn->offset;
        p->source = &u->unit.source;
        p->unit = &u->unit;
        p->ast = fn;
    }
    if (!name_protos(u))
        goto fail;
    return u;
fail:
    program_unit_free(u);
    return NULL;
}

struct program_unit *program_unit_copy(const struct unit *original)
{
    struct program_unit *u = calloc(1, sizeof *u);

    if (u == NULL)
        return NULL;
    u->unit.protos = calloc(original->nprotos, sizeof *u->unit.protos);
    if (u->unit.protos == NULL) {
        free(u);
        return NULL;
    }
    arena_init(&u->code);
    u->unit.original = original;
    u->unit.code = &u->code;
    u->unit.ast = original->ast;
    u->unit.source = original->source;
    u->unit.nprotos = original->nprotos;
    u->unit.nglobals = original->nglobals;
    u->unit.global_names = original->global_names;
    u->unit.reached = original->reached;
    u->unit.nreached = original->nreached;
    u->unit.shared_globals = original->shared_globals;
    u->unit.name = original->name;
    u->unit.root = original->root;
    u->unit.free_interp_code = original->free_interp_code;
    u->unit.free_chunk = original->free_chunk;
    for (uint32_t i = 0; i < original->nprotos; i++) {
        const struct proto *from = &original->protos[i];
        struct proto *p = &u->unit.protos[i];

        p->id = from->id;
        p->index = i;
        p->nparams = from->nparams;
        p->nlocals = from->nlocals;
        p->ncaptures = from->ncaptures;
        p->flags = from->flags;
        p->offset = from->offset;
        p->name = from->name;
        p->profile_name = from->profile_name;
        /* The original's, so that positions of errors mean the same everywhere. */
        p->source = from->source;
        p->unit = &u->unit;
        p->ast = from->ast;
    }
    return u;
}

void program_unit_free(struct program_unit *u)
{
    if (u == NULL)
        return;
    for (uint32_t i = 0; u->unit.protos != NULL && i < u->unit.nprotos; i++) {
        struct proto *p = &u->unit.protos[i];

        if (p->interp_code != NULL)
            u->unit.free_interp_code(p->interp_code);
        if (p->chunk != NULL)
            u->unit.free_chunk(p->chunk);
        if (u->profile_names != NULL)
            free(u->profile_names[i]);
    }
    free(u->profile_names);
    free(u->unit.protos);
    mem_free(u->unit.late);
    if (u->ast != NULL)
        front_unit_free(u->ast);
    if (u->unit.original != NULL)
        arena_done(&u->code);
    source_free(u->source);
    free(u->root);
    free(u->name);
    free(u);
}
