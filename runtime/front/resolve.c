#include "config.h"

#include "front/resolve.h"

#include <string.h>

#include "front/prelude.h"
#include "front/scopes.h"

VEC_DEFINE(fact_vec, struct fact *);

struct resolver {
    struct scopes s;
    struct ast_unit *unit;
    const struct resolve_input *input;
    struct scope_function *function;     /* being walked */
    struct scope_function *first, *last; /* all, in the order of the walk */
    struct fact_vec
        trail; /* facts begun since the function's start, undone at branches */
    struct fact_vec common; /* see struct flow */
    uint32_t stamp;
    bool declaring; /* in a top-level declaration, which a test run executes too */
    struct prelude prelude; /* last: it needs no zeroes */
};

/*
 * Code after a branch: certain is what every path that gets there made certain. The common
 * facts of the paths so far stand in r->common from `common` on.
 */
struct flow {
    size_t trail, common;
    bool reached; /* some path gets there */
};

static void walk_function(struct resolver *r, struct scope_function *function);
static bool walk_block(struct resolver *r, struct ast_block *block,
                       struct scope *scope);
static bool walk_statement(struct resolver *r, struct ast_stmt *stmt,
                           struct scope *scope);
static void walk_expr(struct resolver *r, struct ast_expr *e, struct scope *scope);
static void walk_list(struct resolver *r, struct ast_list list, struct scope *scope);
static void add_function(struct resolver *r, struct ast_function *f,
                         struct scope *scope);
static void bind_globals(struct resolver *r, struct scope *top);
static void hoist(struct resolver *r, struct scope *top);
static bool finish(struct resolver *r);

/* ---- entry ------------------------------------------------------------------------------- */

bool resolve_unit(struct ast_unit *unit, const struct resolve_input *input)
{
    struct resolver r;
    memset(&r, 0, offsetof(struct resolver, prelude));
    r.unit = unit;
    r.input = input;
    bool good = scopes_init(&r.s, unit->arena);
    prelude_init(&r.prelude);
    if (good)
        add_function(&r, unit->functions[0], NULL);
    for (struct scope_function *f = r.first; f != NULL && !r.s.out_of_memory;
         f = f->next)
        walk_function(&r, f);
    good = good && finish(&r);
    for (struct scope_function *f = r.first; f != NULL; f = f->next) {
        scope_capture_vec_done(&f->captures);
        map_done(&f->capture_index);
    }
    fact_vec_done(&r.trail);
    fact_vec_done(&r.common);
    scopes_done(&r.s);
    return good;
}

static const struct name *intern(struct resolver *r, const char *text, size_t len)
{
    const struct name *name = names_intern(r->unit->names, text, len);
    if (name == NULL)
        r->s.out_of_memory = true;
    return name;
}

/* The slots of the exported names; one that is never bound gets a slot that stays unset. */
static void place_exports(struct resolver *r)
{
    struct ast_unit *unit = r->unit;
    uint32_t *slots = scopes_alloc_tree(&r->s, unit->nexports, sizeof *slots);
    for (uint32_t i = 0; slots != NULL && i < unit->nexports; i++) {
        const struct name *name = names_of_text(unit->exports[i]);
        struct scope_entry *e = scopes_entry(&r->s, r->first->top, name);
        struct binding *b = e == NULL             ? NULL
                            : e->constant != NULL ? e->constant
                                                  : scopes_binding(&r->s, e, false);
        if (b == NULL)
            return;
        slots[i] = b->slot;
        b->reached = true;
    }
    unit->export_slots = slots;
}

static void list_reached(struct resolver *r, struct ast_unit *unit)
{
    const struct binding *first = r->first->top->bindings;
    uint32_t n = 0;
    bool *reached = scopes_alloc(&r->s, unit->nglobals, sizeof *reached);
    if (reached == NULL)
        return;
    for (const struct binding *b = first; b != NULL; b = b->next) {
        reached[b->slot] = b->reached;
        n += b->reached;
    }
    uint32_t *slots = scopes_alloc_tree(&r->s, n, sizeof *slots);
    for (uint32_t i = 0; slots != NULL && i < unit->nglobals; i++) {
        if (reached[i])
            slots[unit->nreached++] = i;
    }
    unit->reached = slots;
}

static bool finish(struct resolver *r)
{
    if (r->s.out_of_memory)
        return false;
    place_exports(r);
    scopes_finish_cases(&r->s);
    for (struct scope_function *f = r->first; f != NULL && !r->s.out_of_memory;
         f = f->next)
        layout_function(&r->s, f);
    if (!r->s.out_of_memory)
        layout_finish(&r->s, r->first);
    const char **globals = scopes_alloc_tree(&r->s, r->s.nglobals, sizeof *globals);
    if (globals == NULL)
        return false;
    for (const struct binding *b = r->first->top->bindings; b != NULL; b = b->next)
        globals[b->slot] = b->name->text;
    r->unit->globals = globals;
    r->unit->nglobals = r->s.nglobals;
    list_reached(r, r->unit);
    return !r->s.out_of_memory;
}

/* ---- facts and branches -------------------------------------------------------------------- */

/* `fact` of `scope` is certain from here on. A test run executes only the declarations of
   the top level, so in a file with tests nothing else is certain about globals. */
static void make_certain(struct resolver *r, struct fact *fact,
                         const struct scope *scope)
{
    bool global = scope->parent == NULL && scope->function->parent == NULL;
    if (global && r->unit->has_tests && !r->declaring)
        return;
    if (fact_begin(&r->s, fact) && !fact_vec_push(&r->trail, fact))
        r->s.out_of_memory = true;
}

static struct flow flow_begin(const struct resolver *r)
{
    return (struct flow){.trail = r->trail.len, .common = r->common.len};
}

/* A path is at its end; `ends` when it does not reach what follows. */
static void flow_path(struct resolver *r, struct flow *flow, bool ends)
{
    if (!ends && !flow->reached) {
        flow->reached = true;
        for (size_t i = flow->trail; i < r->trail.len; i++)
            if (!fact_vec_push(&r->common, r->trail.data[i]))
                r->s.out_of_memory = true;
    } else if (!ends) {
        uint32_t stamp = ++r->stamp;
        for (size_t i = flow->trail; i < r->trail.len; i++)
            r->trail.data[i]->stamp = stamp;
        size_t kept = flow->common;
        for (size_t i = flow->common; i < r->common.len; i++)
            if (r->common.data[i]->stamp == stamp)
                r->common.data[kept++] = r->common.data[i];
        r->common.len = kept;
    }
    while (r->trail.len > flow->trail)
        fact_end(&r->s, fact_vec_pop(&r->trail));
}

/* True when no path gets behind the branch. */
static bool flow_end(struct resolver *r, const struct flow *flow)
{
    for (size_t i = flow->common; i < r->common.len; i++)
        if (fact_begin(&r->s, r->common.data[i]) &&
            !fact_vec_push(&r->trail, r->common.data[i]))
            r->s.out_of_memory = true;
    r->common.len = flow->common;
    return !flow->reached;
}

/* ---- functions ------------------------------------------------------------------------------- */

/* Notes a function met in `scope`; its body is walked later. */
static void add_function(struct resolver *r, struct ast_function *f,
                         struct scope *scope)
{
    struct scope_function *function = scopes_alloc(&r->s, 1, sizeof *function);
    if (function == NULL)
        return;
    function->ast = f;
    function->outer = scope;
    function->parent = scope != NULL ? scope->function : NULL;
    function->created = r->s.now++;
    scope_capture_vec_init(&function->captures);
    map_init(&function->capture_index, MAP_COPY_KEYS);
    if (r->last != NULL)
        r->last->next = function;
    else
        r->first = function;
    r->last = function;
}

static void bind_params(struct resolver *r, struct scope_function *function)
{
    struct ast_function *f = function->ast;
    bool declares_self = false;
    for (uint32_t i = 0; i < f->nparams; i++) {
        struct ast_target_name *param = &f->params[i];
        if (param->name.len == 0) {
            const struct name *nameless = intern(r, "", 0);
            if (nameless == NULL)
                return;
            param->name.text = nameless->text;
        }
        struct scope_entry *e =
            scopes_entry(&r->s, function->top, names_of_text(param->name.text));
        if (e == NULL)
            return;
        e->plain = NULL; /* the last of several `_` is the one a read means */
        struct binding *b = scopes_binding(&r->s, e, false);
        if (b == NULL)
            return;
        b->is_param = true;
        b->slot = i;
        make_certain(r, &b->set, function->top);
        scopes_reference(&r->s, function, b, false, &param->create);
        if (i == 0 && f->hidden_self)
            function->receiver = b;
        declares_self = declares_self || strcmp(param->name.text, "self") == 0;
    }
    if (declares_self)
        function->receiver = NULL;
}

static void walk_function(struct resolver *r, struct scope_function *function)
{
    r->function = function;
    r->trail.len = 0;
    r->common.len = 0;
    r->declaring = false;
    function->top = scopes_open(&r->s, function, NULL, function->ast->body);
    if (function->top == NULL)
        return;
    bind_params(r, function);
    if (function->parent == NULL) {
        bind_globals(r, function->top);
        hoist(r, function->top);
    }
    walk_block(r, function->ast->body, function->top);
}

/* What an embedder's session already has. */
static void bind_globals(struct resolver *r, struct scope *top)
{
    size_t count = r->input != NULL ? r->input->nglobals : 0;
    for (size_t i = 0; i < count; i++) {
        const struct resolve_global *g = &r->input->globals[i];
        const struct name *name = intern(r, g->name, strlen(g->name));
        struct scope_entry *e = name != NULL ? scopes_entry(&r->s, top, name) : NULL;
        if (e == NULL || scopes_binding(&r->s, e, g->is_const) == NULL)
            return;
    }
}

/* ---- binding names ------------------------------------------------------------------------------ */

/* `let`, `func`, patterns ...: binds `target` in the scope, whatever is visible outside. */
static void declare(struct resolver *r, struct ast_target_name *target,
                    struct scope *scope, bool is_const)
{
    if (target->ignore)
        return;
    scope = scopes_naming(scope);
    struct scope_entry *e =
        scopes_entry(&r->s, scope, names_of_text(target->name.text));
    if (e == NULL)
        return;
    if (is_const)
        scopes_note_extra(&r->s, scope, e->name);
    struct binding *rivals[2] = {e->constant, is_const ? e->plain : NULL};
    struct binding *receiver = scope == r->function->top ? r->function->receiver : NULL;
    bool field_rival = is_const && receiver != NULL;
    uint32_t count = field_rival ? 1 : 0;
    for (int i = 0; i < 2; i++)
        count += rivals[i] != NULL;
    if (count > 0) {
        struct ast_var *conflicts = scopes_alloc_tree(&r->s, count, sizeof *conflicts);
        if (conflicts == NULL)
            return;
        target->conflicts = conflicts;
        for (int i = 0; i < 2; i++)
            if (rivals[i] != NULL)
                scopes_reference(&r->s, r->function, rivals[i],
                                 !fact_holds(&rivals[i]->set),
                                 &conflicts[target->nconflicts++]);
        if (field_rival) {
            struct ast_var *self = scopes_alloc_tree(&r->s, 1, sizeof *self);
            if (self == NULL)
                return;
            scopes_reference(&r->s, r->function, receiver, false, self);
            target->name.self = self;
            conflicts[target->nconflicts++] =
                (struct ast_var){.kind = AST_VAR_SELF_FIELD, .maybe = true};
        }
    }
    struct binding *b = scopes_binding(&r->s, e, is_const);
    if (b == NULL)
        return;
    scopes_reference(&r->s, r->function, b, false, &target->create);
    make_certain(r, &b->set, scope);
}

static void read_name(struct resolver *r, struct ast_name *name, struct scope *scope)
{
    bool certain = scopes_lookup(&r->s, scope, names_of_text(name->text));
    scopes_store_candidates(&r->s, r->function, name);
    name->builtin =
        certain ? AST_BUILTIN_NONE : prelude_find(&r->prelude, name->text, name->len);
}

/* `create` of a target that never creates: the last candidate, so that it is a variable. */
static void create_last(struct resolver *r, struct ast_target_name *target)
{
    if (r->s.candidates.len == 0)
        return;
    struct binding *b = scope_candidate_vec_last(&r->s.candidates)->binding;
    if (b != NULL)
        scopes_reference(&r->s, r->function, b, false, &target->create);
}

/*
 * `x := e`: stores into the nearest x that is set, else creates one here. Behind it x is
 * visible through one of the candidates; when only the new one can be meant, that one is set.
 */
static void assign(struct resolver *r, struct ast_target_name *target,
                   struct scope *scope)
{
    if (target->ignore)
        return;
    const struct name *name = names_of_text(target->name.text);
    scope = scopes_naming(scope);
    bool certain = scopes_lookup(&r->s, scope, name);
    scopes_store_candidates(&r->s, r->function, &target->name);
    if (certain) {
        create_last(r, target);
        return;
    }
    struct scope_entry *e = scopes_entry(&r->s, scope, name);
    struct binding *b = e != NULL ? scopes_binding(&r->s, e, false) : NULL;
    if (b == NULL)
        return;
    bool only = true;
    for (size_t i = 0; i < r->s.candidates.len; i++)
        only = only && r->s.candidates.data[i].binding == b;
    scopes_reference(&r->s, r->function, b, false, &target->create);
    make_certain(r, only ? &b->set : &e->visible, scope);
}

/* `x += e` and `x.f := e` read x first; only a builtin's name leads to a creation then. */
static void update(struct resolver *r, struct ast_target_name *target, bool has_steps,
                   struct scope *scope)
{
    int32_t builtin = prelude_find(&r->prelude, target->name.text, target->name.len);
    if (!has_steps && builtin != AST_BUILTIN_NONE) {
        assign(r, target, scope);
        target->name.builtin = builtin;
        return;
    }
    read_name(r, &target->name, scope);
    create_last(r, target);
}

static void bind_pattern(struct resolver *r, struct ast_pattern *pattern,
                         struct scope *scope, bool is_const)
{
    if (pattern->kind == AST_PATTERN_NAME) {
        if (pattern->declares)
            declare(r, &pattern->name, scope, is_const);
        else
            assign(r, &pattern->name, scope);
        return;
    }
    for (uint32_t i = 0; i < pattern->count; i++)
        bind_pattern(r, pattern->items[i], scope, is_const);
    if (pattern->rest == NULL)
        return;
    if (pattern->declares)
        declare(r, pattern->rest, scope, is_const);
    else
        assign(r, pattern->rest, scope);
}

/* ---- top level ------------------------------------------------------------------------------------ */

/* All names are bound before any of the functions exists, so each is certain in all. */
static void hoist(struct resolver *r, struct scope *top)
{
    struct ast_function *f = r->function->ast;
    r->declaring = true;
    for (uint32_t i = 0; i < f->nhoisted; i++)
        declare(r, &f->hoisted[i]->as.func.name, top, false);
    r->declaring = false;
    for (uint32_t i = 0; i < f->nhoisted; i++)
        add_function(r, f->hoisted[i]->as.func.func, top);
}

static bool is_declaration(const struct ast_stmt *stmt)
{
    if (stmt->kind == AST_STMT_EXPORT)
        stmt = stmt->as.export.stmt;
    return stmt->kind == AST_STMT_FUNC || stmt->kind == AST_STMT_STRUCT ||
           stmt->kind == AST_STMT_ENUM || stmt->kind == AST_STMT_IMPORT ||
           (stmt->kind == AST_STMT_LET && stmt->as.let.is_const);
}

/* ---- statements ------------------------------------------------------------------------------------- */

/* True when the end of the list is not reached. */
static bool walk_block(struct resolver *r, struct ast_block *block, struct scope *scope)
{
    bool ends = false, top = scope->parent == NULL && scope->function->parent == NULL &&
                             block == scope->block;
    for (uint32_t i = 0; i < block->count && !r->s.out_of_memory; i++) {
        if (top)
            r->declaring = is_declaration(block->stmts[i]);
        ends = walk_statement(r, block->stmts[i], scope) || ends;
    }
    return ends;
}

/* A block with a scope of its own. */
static bool walk_scoped(struct resolver *r, struct ast_block *block,
                        struct scope *scope)
{
    struct scope *inner = scopes_open(&r->s, r->function, scope, block);
    return inner != NULL && walk_block(r, block, inner);
}

/* A scope for slots of the engines. */
static struct scope *open_hidden(struct resolver *r, struct scope *scope,
                                 uint32_t slots, uint32_t *out)
{
    struct scope *hidden = scopes_open(&r->s, r->function, scope, NULL);
    if (hidden == NULL)
        return NULL;
    hidden->hidden_only = true;
    hidden->hidden_slots = slots;
    hidden->hidden_out = out;
    return hidden;
}

/* `else if` is a block of one `if`: a loop here, because chains can be long. */
static bool walk_if(struct resolver *r, struct ast_stmt *stmt, struct scope *scope)
{
    bool ends = true;
    for (;;) {
        walk_expr(r, stmt->as.if_stmt.condition, scope);
        ends = walk_scoped(r, stmt->as.if_stmt.then_block, scope) && ends;
        struct ast_block *otherwise = stmt->as.if_stmt.else_block;
        if (otherwise == NULL)
            return false;
        if (otherwise->count != 1 || otherwise->stmts[0]->kind != AST_STMT_IF)
            return walk_scoped(r, otherwise, scope) && ends;
        scope = scopes_open(&r->s, r->function, scope, otherwise);
        if (scope == NULL)
            return false;
        stmt = otherwise->stmts[0];
    }
}

static void walk_for(struct resolver *r, struct ast_stmt *stmt, struct scope *scope)
{
    walk_expr(r, stmt->as.for_stmt.iterable, scope);
    struct scope *hidden = open_hidden(r, scope, 2, &stmt->as.for_stmt.iter_slot);
    struct scope *body = hidden == NULL ? NULL
                                        : scopes_open(&r->s, r->function, hidden,
                                                      stmt->as.for_stmt.body);
    if (body == NULL)
        return;
    bind_pattern(r, stmt->as.for_stmt.pattern, body, false);
    walk_block(r, stmt->as.for_stmt.body, body);
}

static bool walk_match(struct resolver *r, struct ast_stmt *stmt, struct scope *scope)
{
    walk_expr(r, stmt->as.match.subject, scope);
    struct scope *hidden = open_hidden(r, scope, 1, &stmt->as.match.subject_slot);
    if (hidden == NULL)
        return false;
    struct flow flow = flow_begin(r);
    bool exhaustive = stmt->as.match.default_block != NULL;
    for (uint32_t i = 0; i < stmt->as.match.ncases; i++) {
        struct ast_case *c = &stmt->as.match.cases[i];
        size_t certain = r->trail.len;
        for (uint32_t k = 0; k < c->nbindings; k++)
            declare(r, &c->bindings[k], hidden, false);
        /* A bare tag may have matched a string, which binds nothing. */
        while (c->bare_tag && r->trail.len > certain)
            fact_end(&r->s, fact_vec_pop(&r->trail));
        if (c->kind == AST_CASE_TAG && c->nbindings == 1 && !c->bindings[0].ignore)
            scopes_add_case(&r->s, scopes_naming(hidden), c);
        flow_path(r, &flow, walk_block(r, c->body, hidden));
        exhaustive = exhaustive || c->kind == AST_CASE_ANY;
    }
    if (stmt->as.match.default_block != NULL)
        flow_path(r, &flow, walk_block(r, stmt->as.match.default_block, hidden));
    if (!exhaustive)
        flow_path(r, &flow, false);
    return flow_end(r, &flow);
}

/* The handler can begin after any part of the body. */
static bool walk_try(struct resolver *r, struct ast_stmt *stmt, struct scope *scope)
{
    struct flow flow = flow_begin(r);
    flow_path(r, &flow, walk_block(r, stmt->as.try_stmt.body, scope));
    if (stmt->as.try_stmt.error_name != NULL)
        declare(r, stmt->as.try_stmt.error_name, scope, false);
    flow_path(r, &flow, walk_block(r, stmt->as.try_stmt.handler, scope));
    return flow_end(r, &flow);
}

static void walk_struct(struct resolver *r, struct ast_stmt *stmt, struct scope *scope)
{
    /* Bound first: methods and defaults run only when the definition exists. */
    declare(r, &stmt->as.struct_decl.name, scope, false);
    for (uint32_t i = 0; i < stmt->as.struct_decl.nfields; i++)
        if (stmt->as.struct_decl.fields[i].init != NULL)
            add_function(r, stmt->as.struct_decl.fields[i].init, scope);
    for (uint32_t i = 0; i < stmt->as.struct_decl.nmethods; i++)
        add_function(r, stmt->as.struct_decl.methods[i], scope);
}

static void walk_import(struct resolver *r, struct ast_stmt *stmt, struct scope *scope)
{
    if (stmt->as.import.all && r->input != NULL && r->input->exports != NULL) {
        const char *const *names = NULL;
        size_t count =
            r->input->exports(r->input->context, stmt->as.import.module.bytes,
                              stmt->as.import.module.len, &names);
        struct ast_target_name *targets =
            scopes_alloc_tree(&r->s, count, sizeof *targets);
        if (targets == NULL)
            return;
        for (size_t i = 0; i < count; i++) {
            const struct name *name = intern(r, names[i], strlen(names[i]));
            if (name == NULL)
                return;
            targets[i].name = (struct ast_name){.text = name->text,
                                                .len = name->len,
                                                .offset = stmt->offset,
                                                .builtin = AST_BUILTIN_NONE};
        }
        stmt->as.import.names = targets;
        stmt->as.import.nnames = (uint32_t)count;
    }
    size_t certain = r->trail.len;
    for (uint32_t i = 0; i < stmt->as.import.nnames; i++)
        declare(r, &stmt->as.import.names[i], scope, false);
    /* The module may end before it reaches an export, which `import m` then does not bind. */
    while (stmt->as.import.all && r->trail.len > certain)
        fact_end(&r->s, fact_vec_pop(&r->trail));
}

static void walk_test(struct resolver *r, struct ast_stmt *stmt, struct scope *scope)
{
    if (stmt->as.test.group != NULL)
        walk_scoped(r, stmt->as.test.group, scope);
    else
        add_function(r, stmt->as.test.func, scope);
}

static void walk_assign(struct resolver *r, struct ast_stmt *stmt, struct scope *scope)
{
    walk_expr(r, stmt->as.assign.value, scope);
    for (uint32_t i = 0; i < stmt->as.assign.nsteps; i++)
        if (stmt->as.assign.steps[i].index != NULL)
            walk_expr(r, stmt->as.assign.steps[i].index, scope);
    if (stmt->as.assign.nsteps == 0 && !stmt->as.assign.compound)
        assign(r, &stmt->as.assign.target, scope);
    else
        update(r, &stmt->as.assign.target, stmt->as.assign.nsteps > 0, scope);
}

/* True when what follows is not reached. */
static bool walk_statement(struct resolver *r, struct ast_stmt *stmt,
                           struct scope *scope)
{
    switch ((enum ast_stmt_kind)stmt->kind) {
    case AST_STMT_EXPR: walk_expr(r, stmt->as.expr, scope); return false;
    case AST_STMT_LET:
    case AST_STMT_DESTRUCTURE:
        walk_expr(r, stmt->as.let.value, scope);
        bind_pattern(r, stmt->as.let.pattern, scope, stmt->as.let.is_const);
        return false;
    case AST_STMT_ASSIGN: walk_assign(r, stmt, scope); return false;
    case AST_STMT_FUNC:
        if (!stmt->as.func.hoisted) {
            declare(r, &stmt->as.func.name, scope, false);
            add_function(r, stmt->as.func.func, scope);
        }
        return false;
    case AST_STMT_STRUCT: walk_struct(r, stmt, scope); return false;
    case AST_STMT_ENUM:
        declare(r, &stmt->as.enum_decl.name, scope, false);
        return false;
    case AST_STMT_IMPORT: walk_import(r, stmt, scope); return false;
    case AST_STMT_EXPORT:
        walk_statement(r, stmt->as.export.stmt, scope);
        for (uint32_t i = 0; i < stmt->as.export.nnames; i++)
            read_name(r, &stmt->as.export.names[i], scope);
        return false;
    case AST_STMT_RETURN:
        if (stmt->as.expr != NULL)
            walk_expr(r, stmt->as.expr, scope);
        return true;
    case AST_STMT_THROW: walk_expr(r, stmt->as.expr, scope); return true;
    case AST_STMT_IF: return walk_if(r, stmt, scope);
    case AST_STMT_WHILE:
        if (stmt->as.while_stmt.condition != NULL)
            walk_expr(r, stmt->as.while_stmt.condition, scope);
        walk_scoped(r, stmt->as.while_stmt.body, scope);
        return false;
    case AST_STMT_FOR: walk_for(r, stmt, scope); return false;
    case AST_STMT_MATCH: return walk_match(r, stmt, scope);
    case AST_STMT_TRY: return walk_try(r, stmt, scope);
    case AST_STMT_BREAK:
    case AST_STMT_CONTINUE: return true;
    case AST_STMT_SPAWN: add_function(r, stmt->as.func.func, scope); return false;
    case AST_STMT_TEST: walk_test(r, stmt, scope); return false;
    }
    return false;
}

/* ---- expressions ---------------------------------------------------------------------------------------- */

static void walk_name(struct resolver *r, struct ast_expr *e, struct scope *scope)
{
    read_name(r, &e->as.name, scope);
    if (e->as.name.nvars > 0 || e->as.name.builtin >= AST_BUILTIN_NONE)
        return;
    double value = ast_builtin_constant(e->as.name.builtin);
    e->kind = AST_FLOAT;
    e->as.number = value;
}

/* A bare identifier as key means its own name where no variable is visible (4.1). */
static void walk_key(struct resolver *r, struct ast_dict_entry *entry,
                     struct scope *scope)
{
    if (!entry->key_name_fallback) {
        walk_expr(r, entry->key, scope);
        return;
    }
    struct ast_name *name = &entry->key->as.name;
    bool certain = scopes_lookup(&r->s, scope, names_of_text(name->text));
    scopes_store_candidates(&r->s, r->function, name);
    entry->key_name_fallback = !certain && name->nvars > 0;
    if (name->nvars > 0)
        return;
    struct ast_string text = {.bytes = name->text, .len = name->len};
    entry->key->kind = AST_STRING;
    entry->key->as.string = text;
}

/* `Promise.all` while nothing is called Promise: the row of the builtin, or none. */
static int32_t member_builtin(struct resolver *r, const struct ast_expr *object,
                              struct ast_string member, struct scope *scope)
{
    if (object->kind != AST_NAME || object->parenthesised)
        return AST_BUILTIN_NONE;
    int32_t row = prelude_find_member(&r->prelude, object->as.name.text, member.bytes,
                                      member.len);
    if (row == AST_BUILTIN_NONE)
        return row;
    scopes_lookup(&r->s, scope, names_of_text(object->as.name.text));
    return r->s.candidates.len > 0 ? AST_BUILTIN_NONE : row;
}

static void make_builtin(struct ast_expr *e, int32_t row)
{
    e->kind = AST_NAME;
    e->as.name.vars = NULL;
    e->as.name.nvars = 0;
    e->as.name.builtin = row;
}

/* `Promise.all(x)` becomes a call of the builtin. */
static void make_builtin_call(struct resolver *r, struct ast_expr *e, int32_t row)
{
    struct ast_method method = e->as.method;
    make_builtin(method.object, row);
    struct ast_list args = method.args;
    if (method.pipe_first != NULL) {
        args.count++;
        args.items = scopes_alloc_tree(&r->s, args.count, sizeof *args.items);
        if (args.items == NULL)
            return;
        args.items[0] = method.pipe_first;
        if (method.args.count > 0)
            memcpy(args.items + 1, method.args.items,
                   method.args.count * sizeof *args.items);
    }
    e->kind = method.pipe_first != NULL ? AST_PIPE : AST_CALL;
    e->as.call = (struct ast_call){
        .callee = method.object, .args = args, .is_pipe = method.pipe_first != NULL};
}

static void walk_method(struct resolver *r, struct ast_expr *e, struct scope *scope)
{
    struct ast_method *method = &e->as.method;
    if (method->pipe_first != NULL)
        walk_expr(r, method->pipe_first, scope);
    int32_t row = member_builtin(r, method->object, method->name, scope);
    if (row == AST_BUILTIN_NONE)
        walk_expr(r, method->object, scope);
    walk_list(r, method->args, scope);
    if (row != AST_BUILTIN_NONE)
        make_builtin_call(r, e, row);
}

static void walk_list(struct resolver *r, struct ast_list list, struct scope *scope)
{
    for (uint32_t i = 0; i < list.count; i++)
        walk_expr(r, list.items[i], scope);
}

static void walk_dict(struct resolver *r, struct ast_expr *e, struct scope *scope)
{
    for (uint32_t i = 0; i < e->as.dict.count; i++) {
        struct ast_dict_entry *entry = &e->as.dict.entries[i];
        if (entry->key != NULL)
            walk_key(r, entry, scope);
        walk_expr(r, entry->value, scope);
    }
}

static void walk_struct_literal(struct resolver *r, struct ast_expr *e,
                                struct scope *scope)
{
    read_name(r, &e->as.struct_lit.name, scope);
    e->as.struct_lit.name.builtin = AST_BUILTIN_NONE;
    for (uint32_t i = 0; i < e->as.struct_lit.count; i++)
        walk_expr(r, e->as.struct_lit.fields[i].value, scope);
}

/* Recursion is bounded by AST_MAX_HEIGHT; bodies of functions are walked later. */
static void walk_expr(struct resolver *r, struct ast_expr *e, struct scope *scope)
{
    switch ((enum ast_expr_kind)e->kind) {
    case AST_NULL:
    case AST_TRUE:
    case AST_FALSE:
    case AST_INT:
    case AST_FLOAT:
    case AST_STRING:
    case AST_NONE: return;
    case AST_NAME: walk_name(r, e, scope); return;
    case AST_INTERPOLATION:
    case AST_ARRAY: walk_list(r, e->as.list, scope); return;
    case AST_DICT: walk_dict(r, e, scope); return;
    case AST_STRUCT: walk_struct_literal(r, e, scope); return;
    case AST_FUNC: add_function(r, e->as.func, scope); return;
    case AST_UNARY:
    case AST_TRY:
    case AST_AWAIT:
    case AST_YIELD:
    case AST_OK:
    case AST_ERR:
    case AST_SOME:
    case AST_THROW:
    case AST_SPREAD:
        if (e->as.unary.operand != NULL)
            walk_expr(r, e->as.unary.operand, scope);
        return;
    case AST_BINARY:
    case AST_AND:
    case AST_OR:
    case AST_COALESCE:
        walk_expr(r, e->as.binary.left, scope);
        walk_expr(r, e->as.binary.right, scope);
        return;
    case AST_PIPE:
    case AST_CALL:
        walk_expr(r, e->as.call.callee, scope);
        walk_list(r, e->as.call.args, scope);
        return;
    case AST_METHOD: walk_method(r, e, scope); return;
    case AST_INDEX:
        walk_expr(r, e->as.index.object, scope);
        walk_expr(r, e->as.index.index, scope);
        return;
    case AST_MEMBER: {
        int32_t row = member_builtin(r, e->as.member.object, e->as.member.name, scope);
        if (row == AST_BUILTIN_NONE) {
            walk_expr(r, e->as.member.object, scope);
            return;
        }
        make_builtin(e->as.member.object, row);
        e->as.name = e->as.member.object->as.name;
        e->kind = AST_NAME;
        return;
    }
    case AST_OPTIONAL: walk_expr(r, e->as.member.object, scope); return;
    case AST_TAGGED: walk_list(r, e->as.tagged.args, scope); return;
    case AST_CONVERT: walk_expr(r, e->as.convert.operand, scope); return;
    }
}
