/*
 * function.h - prototypes (code), closures, bound methods, struct definitions, instances of
 * units.
 *
 * A *prototype* is what one `func` in the source becomes: it belongs to the program and
 * survives runs. A *function* is a prototype plus the cells it captured plus the globals it
 * runs in. A *unit* is one file's prototypes; an *instance* is one run's globals of a unit.
 */
#ifndef RUFF_CORE_FUNCTION_H
#define RUFF_CORE_FUNCTION_H

#include "core/object.h"

struct arena;
struct ast_function;
struct ast_unit;
struct chunk;
struct interp_code;

/* Offsets to lines without core knowing the front: filled by the top floor. */
struct source_ref {
    const char *path; /* as given by the user */
    const char *text;
    size_t len;
    const uint32_t *line_starts; /* offset of each line's first byte */
    uint32_t nlines;
};

/* 1-based line of a byte offset. Signal-safe, O(log lines). */
uint32_t source_ref_line(const struct source_ref *s, uint32_t offset);
/* 1-based column in characters. */
uint32_t source_ref_column(const struct source_ref *s, uint32_t offset);

#define PROTO_ASYNC     0x01u
#define PROTO_GENERATOR 0x02u
#define PROTO_METHOD    0x04u
#define PROTO_HIDDEN_SELF \
    0x08u /* method without `self`: slot 0 still is the receiver */
#define PROTO_LAMBDA 0x10u
#define PROTO_MAIN   0x20u
#define PROTO_SELF   0x40u /* method whose first parameter is `self` */
#define PROTO_BLOCK \
    0x80u /* spawned block, test, default of a field: not in call stacks */

struct proto {
    uint32_t id;      /* unique in the process, from 1; key of profile frames */
    uint32_t index;   /* in unit->protos */
    uint32_t nparams; /* frame slots filled by a call, receiver included */
    uint32_t nlocals; /* frame slots a tree walker needs, parameters included */
    uint32_t ncaptures;
    uint32_t flags;   /* PROTO_* */
    uint32_t offset;  /* of the declaration in the source */
    const char *name; /* for messages and stacks: `f`, `<lambda>`, `S.m`, `<main>` */
    const char *profile_name; /* like name, but `<lambda:LINE>` */
    const struct source_ref *source;
    struct unit *unit;
    const struct ast_function *ast;  /* what the tree walker and the compiler read */
    struct interp_code *interp_code; /* made and owned by interp/ on first call */
    struct chunk *chunk;             /* made and owned by bytecode/ on first call */
    uint64_t calls;                  /* heat, for the JIT */
};

/*
 * One file, parsed, resolved; owned by the program (runtime top floor). Isolates that run on
 * other threads have units of their own over the same tree and source, because code and
 * caches change while they run; `original` names the program's.
 */
struct unit {
    const struct unit *original; /* NULL: this is it */
    struct arena *code; /* where bytecode lives; NULL: with the tree, in its arena */
    const struct ast_unit *ast;
    struct source_ref source;
    struct proto *protos; /* protos[0] is main */
    uint32_t nprotos;
    uint32_t nglobals;
    const char *const *global_names;
    const uint32_t
        *reached; /* slots, ascending, of globals that functions or importers see */
    uint32_t nreached;
    /* Of the original, written by the program's own isolate while it is the only one: those
       of `reached` that were unset when the run's first task was started (scope.h). */
    uint32_t *late;
    uint32_t nlate;
    bool
        shared_globals; /* a piece of a session: its globals are those of the pieces before
                            it, so they must stay where they are while it runs */
    const char *name; /* module name, NULL for the main script */
    const char *root; /* search root it was found in */
    void (*free_interp_code)(
        struct interp_code *); /* set by the engine that filled it */
    void (*free_chunk)(struct chunk *);
};

static inline const struct unit *unit_original(const struct unit *u)
{
    return u->original != NULL ? u->original : u;
}

enum instance_origin {
    INSTANCE_OWN,
    INSTANCE_HIDDEN, /* not to be found: a guest whose message is not completely opened, or of
                        a call that is over */
    INSTANCE_GUEST, /* came with a message: only its functions see it (scope.h) */
};

/* Globals of one unit in one run. Owned by the isolate; freed when the run ends. */
struct instance {
    struct unit *unit;
    struct value *globals; /* unit->nglobals slots, unset before they are bound */
    bool borrowed;         /* the slots belong to a session or scope */
    bool common;           /* every task of the program has one of its own */
    uint8_t origin;        /* enum instance_origin */
    uint8_t import_state;  /* 0 fresh, 1 running, 2 done, 3 failed (loader's use) */
    struct instance *next; /* all instances of the isolate or scope */
};

/* VALUE_FUNCTION */
struct function {
    struct object head;
    uint32_t ncells;
    struct proto *proto;
    struct instance *instance;
    struct structdef *def; /* method: the definition it belongs to, not counted */
    struct cell *cells[];  /* counted */
};

/* VALUE_METHOD: obj.m as a value; holds a copy of its receiver. */
struct bound_method {
    struct object head;
    struct value receiver;
    struct function *function; /* counted */
};

/* VALUE_STRUCTDEF */
struct structdef {
    struct object head;
    uint32_t id; /* unique in the isolate: inline caches compare it */
    uint32_t nfields, nmethods;
    uint32_t operators; /* bit per op_* method present, order of enum ops_overload */
    struct value name;  /* string */
    struct value *field_names;  /* strings, declaration order */
    struct function **defaults; /* NULL entry: no default */
    struct value *method_names; /* strings */
    struct function **methods;
    struct shape *shape; /* of an instance with all declared fields in order */
};

#define FUNCTION_OF(v)  ((struct function *)(void *)(v).as.object)
#define METHOD_OF(v)    ((struct bound_method *)(void *)(v).as.object)
#define STRUCTDEF_OF(v) ((struct structdef *)(void *)(v).as.object)

/*
 * Makes a closure; `cells` (proto->ncaptures of them) are retained. NULL with an error set
 * when memory is out.
 */
struct function *function_new(struct state *st, struct proto *proto,
                              struct instance *instance, struct cell *const *cells);
/* A cell holding `v` (taken). NULL with an error set when memory is out. */
struct cell *cell_new_take(struct state *st, struct value v);
/* Unset with an error set when memory is out. */
struct value bound_method_new(struct state *st, struct value receiver,
                              struct function *f);

/*
 * A struct definition. Arrays are borrowed; functions and names are retained. A method list
 * with a generator is rejected by the caller (message 12.1). On success *out is owned.
 */
bool structdef_new(struct state *st, const char *name, uint32_t nfields,
                   const char *const *field_names, struct function *const *defaults,
                   uint32_t nmethods, struct function *const *methods,
                   struct value *out);
/* The method `name` or NULL. */
struct function *structdef_method(const struct structdef *def,
                                  const struct string *name);
/* Frees a definition whose count is zero (object_free). */
void structdef_free(struct state *st, struct structdef *def);

#endif
