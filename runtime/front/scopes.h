/*
 * scopes.h - what the resolver knows about names: scopes, bindings, and when a binding is
 * certainly set.
 *
 * Whether a binding exists is decided at run time (language.md 8): `x := e` assigns to the
 * nearest x that is set and creates one in the current scope otherwise. Each scope has at
 * most two bindings of one name, one made by `const` and one by anything else; the rules make
 * sure that no more than one of them is set at a time. A *fact* records during which part of
 * the walk something was certain: that a binding is set, or that a name is visible through
 * some binding of this scope or an outer one. Functions are walked after the text around
 * them; what is certain in them about outer names is what was certain when the function was
 * made.
 *
 * Used by resolve.c and layout.c only. Everything lives in the resolver's own arena except
 * what the tree keeps.
 */
#ifndef FRONT_SCOPES_H
#define FRONT_SCOPES_H

#include "base/arena.h"
#include "base/vec.h"
#include "front/ast.h"
#include "front/names.h"

/* A span of the walk; `to` is UINT32_MAX while it lasts. */
struct fact {
    uint32_t from, to; /* from 0: never yet */
    uint32_t stamp;    /* for intersections, see flow_ functions in resolve.c */
    struct fact *earlier;
};

struct binding {
    const struct name *name;
    struct scope *scope;
    struct fact set;
    bool is_const;
    bool is_global;
    bool is_param;
    bool reached;    /* a global that some function names, or an importer may */
    bool captured;   /* some inner function uses it: it lives in a cell */
    bool maybe_used; /* somebody asks whether it is set: it is unset at scope entry */
    uint32_t
        slot; /* of the frame or of the globals; frame slots are known after layout */
    struct binding *next; /* of the same scope, in the order of the text */
};

/* One name in one scope. */
struct scope_entry {
    struct scope *scope;
    const struct name *name;
    struct binding *plain, *constant; /* NULL while there is none */
    struct fact visible;
    struct scope_extras *extras; /* patterns bind this name alone; NULL: none */
    bool is_extra;               /* listed in the extras of its base name */
    struct scope_entry *chain;   /* of the hash table */
};

/*
 * Case patterns of one scope that bind the same single name. They also bind NAME_1, NAME_2
 * ... (14.4), of which only those matter that the program looks up where they can be meant:
 * a lookup that passes here adds them. All cases of the record share one list.
 */
struct scope_case {
    struct ast_case *ast;
    struct scope_case *next;
};

struct scope_extra {
    struct scope_entry *entry;
    struct scope_extra *next;
};

struct scope_extras {
    struct scope *scope;
    struct scope_case *cases;
    struct scope_extra *first, *last;
    uint32_t count;
    struct scope_extras *next; /* of all */
};

struct scope {
    struct scope *parent; /* within the function; NULL: the function's outermost */
    struct scope_function *function;
    struct ast_block *block; /* gets reset and cell lists; NULL: none */
    struct binding *bindings, *last_binding;
    bool named;       /* some entry belongs to it */
    bool hidden_only; /* holds engine slots, no names: names go to the parent */
    uint32_t hidden_slots;
    uint32_t *hidden_out; /* where the first hidden slot is noted */
    struct scope *first_child, *last_child, *next_sibling; /* for layout */
};

struct scope_capture {
    struct binding *binding;
    bool from_capture;
    uint32_t index; /* in the captures of the parent function when from_capture */
};

VEC_DEFINE(scope_capture_vec, struct scope_capture);

struct scope_function {
    struct ast_function *ast;
    struct scope_function *parent; /* NULL: main */
    struct scope *outer;           /* scope that holds its text */
    struct scope *top;
    uint32_t created;         /* moment of the walk at which it is made */
    struct binding *receiver; /* hidden `self` whose fields are visible; NULL: none */
    struct scope_capture_vec captures;
    struct map
        capture_index; /* binding address -> index, once there are many captures */
    struct scope_function *next;
};

/* A candidate list under construction. */
struct scope_candidate {
    struct binding *binding; /* NULL: a field of `receiver` */
    struct binding *receiver;
    bool maybe;
};

VEC_DEFINE(scope_candidate_vec, struct scope_candidate);

/* References into frames, completed when slots are known. */
struct scope_patch {
    struct ast_var *var;
    struct binding *binding;
};

VEC_DEFINE(scope_patch_vec, struct scope_patch);

struct scopes {
    struct arena *arena;  /* the unit's: what the tree keeps */
    struct arena scratch; /* the resolver's */
    struct scope_entry **buckets;
    size_t bucket_count, entry_count;
    uint32_t now;                          /* moment of the walk, from 1 */
    struct scope_candidate_vec candidates; /* of the last lookup */
    struct scope_patch_vec patches;
    struct scope_extras *extras;
    uint32_t nglobals;
    bool out_of_memory;
};

bool scopes_init(struct scopes *s, struct arena *arena);
void scopes_done(struct scopes *s);

/* Zeroed memory of the resolver, or of the tree; NULL without memory, noted. */
void *scopes_alloc(struct scopes *s, size_t count, size_t bytes);
void *scopes_alloc_tree(struct scopes *s, size_t count, size_t bytes);

struct scope *scopes_open(struct scopes *s, struct scope_function *function,
                          struct scope *parent, struct ast_block *block);
/* The scope names go to. */
struct scope *scopes_naming(struct scope *scope);

/* NULL when the scope does not know the name. */
struct scope_entry *scopes_find(const struct scopes *s, const struct scope *scope,
                                const struct name *name);
/* The same, made when missing. NULL without memory, noted. */
struct scope_entry *scopes_entry(struct scopes *s, struct scope *scope,
                                 const struct name *name);
/* The plain or constant binding of an entry, made when missing. */
struct binding *scopes_binding(struct scopes *s, struct scope_entry *entry,
                               bool is_const);

bool fact_holds(const struct fact *fact);
bool fact_held_at(const struct fact *fact, uint32_t moment);
/* False when it held already. */
bool fact_begin(struct scopes *s, struct fact *fact);
void fact_end(struct scopes *s, struct fact *fact);

/*
 * Fills s->candidates with what `name` can mean in `scope`, innermost first. True when one
 * of them is certainly set; only then the last one is not `maybe`.
 */
bool scopes_lookup(struct scopes *s, struct scope *scope, const struct name *name);

/* How `function` reaches a binding: writes *out, now or when slots are known. `out` must stay
   where it is. */
void scopes_reference(struct scopes *s, struct scope_function *function,
                      struct binding *binding, bool maybe, struct ast_var *out);
/* The candidates of the last lookup as variables of `function`, into `out`. */
void scopes_store_candidates(struct scopes *s, struct scope_function *function,
                             struct ast_name *out);

/* A case that binds one name in `scope`. */
void scopes_add_case(struct scopes *s, struct scope *scope, struct ast_case *c);
/* `name` is about to be used in the scope: when it is BASE_N and a case there binds BASE
   alone, that case binds it too. */
void scopes_note_extra(struct scopes *s, struct scope *scope, const struct name *name);
/* After all lookups: fills `extra` of the cases. */
void scopes_finish_cases(struct scopes *s);

/* ---- layout.c ------------------------------------------------------------------------- */

/* Gives slots to the frame of a function and fills its lists; all functions inside it have
   been walked. */
void layout_function(struct scopes *s, struct scope_function *function);
/* Completes references and captures after all functions have slots. */
void layout_finish(struct scopes *s, struct scope_function *first);

#endif
