#include "config.h"

#include "oversize.h"

#include "program.h"

#include "bytecode/compile.h"
#include "core/state.h"
#include "front/ast.h"
#include "front/diagnostics.h"
#include "front/source.h"

/*
 * Every register a function needs takes a byte of its text, or a name that an import brings
 * with it. A function below this is far from each limit.
 */
#define SURELY_FITS 16384u

struct check {
    struct state *st;
    struct program_unit *u;
    struct diagnostics *diags;
};

static bool surely_fits(const struct program_unit *u, const struct proto *p)
{
    const struct ast_function *fn = u->ast->functions[p->index];
    uint64_t names = (uint64_t)fn->nlocals + u->ast->nglobals;
    uint64_t text = u->source->len;

    if (fn->end_offset > fn->offset)
        text = fn->end_offset - fn->offset;
    return text + names < SURELY_FITS;
}

/* On the isolate's stack: the compiler recurses as deep as the tree. */
static void check_all(void *context)
{
    const struct check *c = context;
    const struct unit *unit = &c->u->unit;

    for (uint32_t i = 0; i < unit->nprotos && !c->diags->out_of_memory; i++) {
        struct proto *p = &unit->protos[i];
        bool is_main = (p->flags & PROTO_MAIN) != 0;
        struct bytecode_refusal refusal;

        if (surely_fits(c->u, p) || bytecode_fits(c->st, p, &refusal))
            continue;
        if (refusal.why == NULL)
            c->diags->out_of_memory = true;
        else
            diagnostics_add(c->diags, DIAGNOSTIC_SYNTAX, refusal.offset,
                            "%s%s is too large: %s", is_main ? "" : "Function ",
                            is_main ? "The top level" : p->name, refusal.why);
    }
}

bool oversize_check(struct state *st, struct program_unit *u, struct diagnostics *diags)
{
    struct check c = {.st = st, .u = u, .diags = diags};

    if (u->source->len + u->ast->nglobals < SURELY_FITS)
        return true;
    state_enter_stack(st, check_all, &c);
    if (diagnostics_empty(diags))
        return true;
    diagnostics_sort(diags);
    return false;
}
