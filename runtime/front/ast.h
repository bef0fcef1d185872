/*
 * ast.h - the syntax tree, as the parser builds it and the resolver completes it.
 *
 * Made by parser.c, completed by resolve.c, read by interp/ and bytecode/compile.c. Every
 * node lives in the arena of its unit and is immutable once resolved, so several threads
 * may read it. Nodes hold no runtime values and this header knows nothing of core/.
 *
 * Positions. A position is the byte offset of a token in the source text (uint32_t; a
 * source has at most 16 MiB). language.md 21a.20 says which token: the operator token for
 * operators, `(` `[` or `.` for calls, index and member access, the token itself for names
 * and literals, the keyword for statements. So a method call has the offset of its `(` (its
 * name has name_offset), `x |> f(a)` that of `|>`, `int(x)` that of `(`, an assignment that
 * of `:=` or `+=`. Line and column are computed from an offset by front/source.h.
 */
#ifndef RUFF_FRONT_AST_H
#define RUFF_FRONT_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- names and variables ------------------------------------------------------------ */

/* Where one candidate binding of a name lives. */
enum ast_var_kind {
    AST_VAR_LOCAL, /* slot `index` of the running function's frame */
    AST_VAR_CELL,  /* slot `index` of the frame holds a cell; the value is inside it */
    AST_VAR_CAPTURE,    /* cell number `index` of the running closure */
    AST_VAR_GLOBAL,     /* slot `index` of the unit's globals */
    AST_VAR_SELF_FIELD, /* field with this name of the receiver of a method without `self`;
                           the receiver is the variable name.self[index] */
};

/*
 * One candidate. `maybe` means: whether the binding exists is known only at run time (its
 * slot may be unset); a reader tries the next candidate when it is unset. A candidate with
 * `maybe` false is always the last of its list.
 */
struct ast_var {
    enum ast_var_kind kind;
    bool maybe;
    bool is_const; /* storing through it is `Cannot reassign const binding: NAME` */
    uint32_t index;
};

/* AST_VAR_SELF_FIELD: the hidden receiver is itself a variable of the function. */
struct ast_name {
    const char *text; /* NUL-terminated; equal names of a unit have equal addresses */
    uint32_t len;
    uint32_t offset;
    /*
     * Candidates, innermost first. Reading: the first that is set wins; when all are
     * unset (or there are none) the builtin wins, else `Undefined variable: NAME`.
     */
    const struct ast_var *vars;
    uint32_t nvars;
    int32_t builtin; /* row of lang/builtins.def, AST_BUILTIN_NONE, or below that
                                   a constant: see ast_builtin_constant */
    const struct ast_var
        *self; /* receivers of the SELF_FIELDs among vars (usually one) */
};

#define AST_BUILTIN_NONE (-1)

/*
 * A constant of the prelude (PI, E) read by a name that program bindings may hide has
 * `builtin` below AST_BUILTIN_NONE; this gives its value. A name that nothing can hide has
 * become AST_FLOAT.
 */
double ast_builtin_constant(int32_t builtin);

/*
 * A name that is declared or assigned.
 * Declaration (`let`, `const`, `func`, parameters, patterns ...): binds `create`.
 * Assignment `x := e`: stores into the first candidate of name.vars that is set (a const one
 * is an error); when none is set it creates `create`. A `create` binding is stored with no
 * further check except `conflicts`. `x += e` reads like any name (the prelude included) and
 * stores like `x := e`. A target with steps (`x.f := e`) never creates: when no candidate
 * is set, reading the root fails.
 */
struct ast_target_name {
    struct ast_name name;
    struct ast_var create;
    /*
     * Bindings of the same scope which, when set, make this declaration the error
     * `Duplicate declaration in the same scope: NAME` (const over anything, anything over
     * const). Usually empty. One may be a SELF_FIELD: the receiver is name.self[index].
     */
    const struct ast_var *conflicts;
    uint32_t nconflicts;
    bool ignore; /* `_` in a pattern or as a loop variable: binds nothing */
};

/* ---- expressions -------------------------------------------------------------------- */

enum ast_expr_kind {
    AST_NULL,
    AST_TRUE,
    AST_FALSE,
    AST_INT,
    AST_FLOAT,
    AST_STRING,
    AST_INTERPOLATION, /* list.items are the parts, text parts being AST_STRING */
    AST_NAME,
    AST_ARRAY,  /* list.items; an AST_SPREAD item splices */
    AST_DICT,   /* dict.entries */
    AST_STRUCT, /* struct_lit */
    AST_FUNC,   /* func: an anonymous function */
    AST_UNARY, /* unary: op is AST_OP_NEG, AST_OP_NOT (`!`) or AST_OP_NOT_WORD (`not`) */
    AST_BINARY, /* binary: arithmetic, comparison, equality */
    AST_AND,    /* binary operands; result is a bool */
    AST_OR,
    AST_COALESCE, /* binary operands: left ?? right */
    AST_PIPE, /* call: x |> f and x |> f(a) are calls with `is_pipe`; see struct ast_call */
    AST_CALL,     /* call, is_pipe false */
    AST_METHOD,   /* method: object.name(args); also x |> object.name(args) */
    AST_INDEX,    /* index: object[index] */
    AST_MEMBER,   /* member: object.name */
    AST_OPTIONAL, /* member: object?.name */
    AST_TRY,      /* unary.operand: postfix `?` */
    AST_AWAIT,    /* unary.operand */
    AST_YIELD,    /* unary.operand, NULL for a bare `yield` */
    AST_OK,       /* unary.operand */
    AST_ERR,
    AST_SOME,
    AST_NONE,
    AST_TAGGED,  /* tagged: ENUM::VARIANT(args) that is not Result:: / Option:: */
    AST_CONVERT, /* convert: int(x) float(x) string(x) bool(x) */
    AST_THROW,   /* unary.operand: throw(e) used as an expression */
    AST_SPREAD,  /* unary.operand: only inside AST_ARRAY and AST_DICT */
};

/* Rows of lang/operators.def. */
enum ast_operator {
#define OPERATOR(name, text, method) AST_OP_##name,
#include "lang/operators.def"
};

enum ast_convert {
    AST_TO_INT,
    AST_TO_FLOAT,
    AST_TO_STRING,
    AST_TO_BOOL
};

struct ast_expr;
struct ast_function;
struct ast_stmt;

struct ast_string {
    const char *bytes; /* not NUL-terminated; may hold NUL */
    uint32_t len;
};

struct ast_list {
    struct ast_expr **items;
    uint32_t count;
};

struct ast_dict_entry {
    struct ast_expr *key; /* NULL: a spread of `value`. A bare identifier key that no
                               binding of this program can satisfy has become AST_STRING; one
                               that may be unset is AST_NAME with `key_name_fallback` */
    struct ast_expr *value;
    bool
        key_name_fallback; /* unset name -> its own text is the key (prelude not searched) */
};

struct ast_field_init {
    struct ast_string name;
    struct ast_expr *value;
};

struct ast_call {
    struct ast_expr *callee;
    struct ast_list args;
    bool
        is_pipe; /* x |> f(a): args.items[0] is x and is evaluated BEFORE callee; a callee
                     that is not callable is `Pipe operator requires a function ...` */
};

struct ast_method {
    struct ast_expr *object;
    struct ast_string name;
    struct ast_list args;
    uint32_t name_offset;
    struct ast_expr *pipe_first; /* x |> o.m(args): x, evaluated first, else NULL */
};

/* The tallest tree an expression may have: long operator and member chains lean left, and
   readers recurse over them. A chain of 4096 operations and the leaf at its start fit; bodies
   of functions inside count for themselves. */
#define AST_MAX_HEIGHT 4097

struct ast_expr {
    uint8_t kind;       /* enum ast_expr_kind */
    bool parenthesised; /* written in parentheses of its own */
    uint16_t height;    /* 1 for a leaf; at most AST_MAX_HEIGHT */
    uint32_t offset;
    union {
        int64_t integer;
        double number;
        struct ast_string string;
        struct ast_name name;
        struct ast_list list;
        struct {
            struct ast_dict_entry *entries;
            uint32_t count;
        } dict;
        struct {
            struct ast_name name; /* of the struct definition, resolved like a read */
            struct ast_field_init *fields; /* in source order */
            uint32_t count;
        } struct_lit;
        struct ast_function *func;
        struct {
            uint8_t op; /* enum ast_operator where the kind needs one */
            struct ast_expr *operand;
        } unary;
        struct {
            uint8_t op;
            struct ast_expr *left, *right;
        } binary;
        struct ast_call call;
        struct ast_method method;
        struct {
            struct ast_expr *object, *index;
        } index;
        struct {
            struct ast_expr *object;
            struct ast_string name;
        } member;
        struct {
            struct ast_string enum_name, variant; /* printed as ENUM::VARIANT */
            struct ast_list args;
        } tagged;
        struct {
            uint8_t to; /* enum ast_convert */
            struct ast_expr *operand;
        } convert;
    } as;
};

/* ---- patterns ------------------------------------------------------------------------ */

/* Destructuring: language.md 8.1. */
enum ast_pattern_kind {
    AST_PATTERN_NAME,
    AST_PATTERN_ARRAY,
    AST_PATTERN_DICT
};

struct ast_pattern {
    uint8_t kind;
    bool
        declares; /* let/mut/for: bind in the current scope; else assign like `x := e` */
    uint32_t offset;
    struct ast_target_name name; /* NAME; `_` has name.ignore */
    struct ast_pattern *
        *items; /* ARRAY: sub-patterns; DICT: NAME patterns (key = name) */
    uint32_t count;
    struct ast_target_name *rest; /* NULL without `...rest` */
};

enum ast_case_kind {
    AST_CASE_ANY,     /* `_` */
    AST_CASE_LITERAL, /* literal: any constant expression, negative numbers folded */
    AST_CASE_OK,
    AST_CASE_ERR,
    AST_CASE_SOME,
    AST_CASE_NONE,
    AST_CASE_TAG, /* tag: `Enum::Tag` or a bare `Tag` (which also equals a string) */
};

struct ast_case {
    uint8_t kind;
    bool bare_tag; /* AST_CASE_TAG written without `Enum::` */
    uint32_t offset;
    struct ast_expr *literal;
    struct ast_string tag;            /* full tag text, e.g. `Status::Done` */
    struct ast_target_name *bindings; /* payload names; `_` ignored */
    uint32_t nbindings;
    /* A single name over a payload of several values also binds NAME_1, NAME_2 ...; these are
       the extra names that something may read, extra[k] binds payload value extra_index[k].
       Cases may share the lists. */
    struct ast_target_name *extra;
    uint32_t *extra_index;
    uint32_t nextra;
    struct ast_block *body;
};

/* ---- statements ----------------------------------------------------------------------- */

enum ast_stmt_kind {
    AST_STMT_EXPR,        /* expr */
    AST_STMT_LET,         /* let: pattern := value; also const (pattern is a NAME) */
    AST_STMT_ASSIGN,      /* assign: NAME (steps none) or path target */
    AST_STMT_DESTRUCTURE, /* let with pattern.declares false */
    AST_STMT_FUNC, /* func: a named function; `hoisted` ones do nothing when reached */
    AST_STMT_STRUCT, /* struct_decl */
    AST_STMT_ENUM,   /* enum_decl: nothing to do at run time but bind the name */
    AST_STMT_IMPORT, /* import */
    AST_STMT_EXPORT, /* export: stmt, then the names become exported */
    AST_STMT_RETURN, /* expr may be NULL */
    AST_STMT_THROW,  /* expr */
    AST_STMT_IF,     /* if_stmt */
    AST_STMT_WHILE,  /* while_stmt; `loop` has condition NULL */
    AST_STMT_FOR,    /* for_stmt */
    AST_STMT_MATCH,  /* match */
    AST_STMT_TRY,    /* try_stmt */
    AST_STMT_BREAK,
    AST_STMT_CONTINUE,
    AST_STMT_SPAWN, /* func: the block as a function without parameters */
    AST_STMT_TEST, /* test: collected by `ruff test`, skipped by run; a group holds TEST
                         statements only, the parser drops others (no mode runs them) */
};

/*
 * A list of statements. `scoped` blocks open a scope: at every entry (for loops: at every
 * iteration) each slot in reset_slots becomes unset and each slot in cell_slots gets a new
 * cell holding unset. Blocks of match arms and try/except have scoped == false.
 */
struct ast_block {
    struct ast_stmt **stmts;
    uint32_t count;
    bool scoped;
    const uint32_t *reset_slots;
    uint32_t nreset;
    const uint32_t *cell_slots;
    uint32_t ncells;
};

/* One step of an assignment target or path: `.name` or `[index]`. */
struct ast_step {
    struct ast_expr *index; /* NULL: a field step */
    struct ast_string name;
    uint32_t offset;
};

struct ast_struct_field {
    struct ast_string name;
    struct ast_expr *value; /* default, or NULL; resolved inside `init` */
    struct ast_function
        *init; /* the default as a function without parameters that returns
                                  `value`, so that it is evaluated in the scope of the
                                  declaration; NULL without one */
};

struct ast_stmt {
    uint8_t kind; /* enum ast_stmt_kind */
    uint32_t offset;
    union {
        struct ast_expr *expr;
        struct {
            struct ast_pattern *pattern;
            struct ast_expr *value;
            bool is_const;
        } let; /* also DESTRUCTURE */
        struct {
            struct ast_target_name target; /* the root variable */
            struct ast_step *steps;
            uint32_t nsteps;
            struct ast_expr *value;
            bool compound;
            uint8_t op; /* enum ast_operator, when compound */
        } assign;
        struct {
            struct ast_target_name name;
            struct ast_function *func;
            bool hoisted;
        } func; /* SPAWN uses func.func only */
        struct {
            struct ast_target_name name;
            struct ast_struct_field *fields;
            uint32_t nfields;
            struct ast_function **methods;
            uint32_t nmethods;
        } struct_decl;
        struct {
            struct ast_target_name name;
            struct ast_string *variants;
            uint32_t nvariants;
        } enum_decl;
        struct {
            struct ast_string module; /* dotted name as written */
            bool all;                 /* `import m`: names filled by the resolver */
            struct ast_target_name *names; /* what is bound */
            uint32_t nnames;
        } import;
        struct {
            struct ast_stmt *stmt;  /* the exported statement; `export x`: an EXPR */
            struct ast_name *names; /* exported names, resolved for reading */
            uint32_t nnames;
        } export;
        struct {
            struct ast_expr *condition;
            struct ast_block *then_block;
            struct ast_block *else_block; /* NULL; `else if` is a block of one IF */
        } if_stmt;
        struct {
            struct ast_expr *condition; /* NULL: endless */
            struct ast_block *body;
        } while_stmt;
        struct {
            struct ast_pattern
                *pattern; /* declares; its bindings live in body's scope */
            struct ast_expr *iterable;
            struct ast_block *body;
            uint32_t
                iter_slot; /* a hidden local (and iter_slot+1) for the engines' use */
        } for_stmt;
        struct {
            struct ast_expr *subject;
            struct ast_case *cases;
            uint32_t ncases;
            struct ast_block *default_block; /* NULL without `default` */
            uint32_t subject_slot;           /* a hidden local for the engines' use */
        } match;
        struct {
            struct ast_block *body;
            struct ast_target_name *error_name; /* NULL when omitted */
            struct ast_block *handler;
        } try_stmt;
        struct {
            uint8_t kind; /* 0 test, 1 group, 2 setup, 3 teardown */
            struct ast_string name;
            struct ast_function *func; /* test, setup, teardown */
            struct ast_block *group;   /* group: nested TEST statements */
        } test;
    } as;
};

/* ---- functions and units --------------------------------------------------------------- */

enum ast_function_kind {
    AST_FUNCTION_MAIN, /* the unit's top level */
    AST_FUNCTION_NAMED,
    AST_FUNCTION_LAMBDA,
    AST_FUNCTION_METHOD,
    AST_FUNCTION_DEFAULT, /* a struct field's default expression */
    AST_FUNCTION_SPAWN,
    AST_FUNCTION_TEST,
};

/* How a new closure gets its i-th captured cell from the function that creates it. */
struct ast_capture {
    bool
        from_capture; /* true: capture `index` of the creator; false: its cell slot `index` */
    uint32_t index;
    const char *name;
};

struct ast_function {
    uint32_t id; /* index in ast_unit.functions; 0 is the main function */
    uint8_t kind;
    bool is_async, is_generator;
    bool has_self; /* METHOD whose first parameter is `self` */
    bool
        hidden_self; /* METHOD without self: slot 0 (or a cell in it) is the receiver */
    const char *name; /* declared name; "<lambda>" for anonymous ones; "<main>" */
    const char *struct_name; /* METHOD: name of the struct, else NULL */
    uint32_t offset;         /* of `func` */
    uint32_t end_offset;     /* of the closing brace */
    struct ast_function
        *parent; /* the function whose text holds this one; NULL: main */
    /* Names of the bindings in the frame, for "did you mean"; go on with parent. */
    const char *const *local_names;
    uint32_t nlocal_names;
    /*
     * Parameters fill the frame's slots from 0 (the receiver of a method is slot 0, then the
     * declared parameters). nparams counts the slots filled by a call, receiver included;
     * params has nparams elements, a hidden receiver being called "".
     */
    struct ast_target_name *params;
    uint32_t nparams;
    uint32_t nlocals; /* frame slots, parameters included */
    const struct ast_capture *captures;
    uint32_t ncaptures;
    const uint32_t *cell_params; /* parameter slots to be wrapped in a cell at entry */
    uint32_t ncell_params;
    struct ast_block *body; /* scoped: its reset/cell lists apply at entry */
    /* MAIN: functions bound before the first statement, in order. */
    struct ast_stmt **hoisted;
    uint32_t nhoisted;
};

/* One parsed and resolved file. */
struct ast_unit {
    const struct source *source;     /* borrowed: path, text, offset -> line, column */
    struct ast_function **functions; /* all of them, functions[0] is main */
    uint32_t nfunctions;
    const char **globals; /* names by slot; hidden ones are "" */
    uint32_t nglobals;
    /* Slots, ascending, that a function of the unit names or an importer may: all that can be
       seen of the globals but by the top level itself. Known after resolving. */
    const uint32_t *reached;
    uint32_t nreached;
    const char **exports; /* exported names, sorted, unique; known after parsing */
    const uint32_t *export_slots; /* their global slots, known after resolving */
    uint32_t nexports;
    struct arena *arena; /* owner of all of the above; see front.h */
    struct names *names; /* front's own */
    bool has_tests;      /* holds a test block at any place */
};

#endif
