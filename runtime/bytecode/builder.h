/*
 * builder.h - a chunk under construction: code, constants and side tables that grow.
 *
 * What stays goes into the arena of the unit's tree, which lives as long as the chunk; what is
 * only needed while a function is compiled, into `temp`. So compiling takes no memory of its
 * own but the chunk's unless a function is large.
 *
 * Used by compile*.c only. Failure is sticky: without memory, or when a limit of the
 * instruction format is passed, `refusal` is set and later calls do nothing useful but stay
 * safe; builder_finish then gives NULL.
 */
#ifndef RUFF_BYTECODE_BUILDER_H
#define RUFF_BYTECODE_BUILDER_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/sizing.h"
#include "bytecode/chunk.h"

/* Why a function could not be compiled; texts in builder_refusal_text. */
enum builder_refusal {
    BUILDER_OK,
    BUILDER_NO_MEMORY,
    BUILDER_REGISTERS, /* more than REG_MAX variables and temporaries */
    BUILDER_TABLE,     /* more side-table entries than an operand can name */
    BUILDER_LONG_JUMP, /* a short jump does not reach: compile again with long jumps */
    BUILDER_DEPTH,     /* tree deeper than COMPILE_DEPTH_LIMIT */
};

/* A growable array in an arena, with room for `first` elements at once (1 in hard tests);
   dies with the arena. NAME_push: false without memory. */
#define BUILDER_VEC(name, type, first)                                                \
    struct name {                                                                     \
        type *data;                                                                   \
        size_t len, cap;                                                              \
    };                                                                                \
    __attribute__((unused)) static inline bool name##_push(struct arena *arena,       \
                                                           struct name *v, type item) \
    {                                                                                 \
        if (v->len == v->cap) {                                                       \
            size_t grown = v->cap == 0 ? SIZE_OR_TINY(first, 1) : v->cap * 2;         \
            type *data = arena_grow(arena, v->data, v->len * sizeof(type),            \
                                    grown * sizeof(type));                            \
            if (data == NULL)                                                         \
                return false;                                                         \
            v->data = data;                                                           \
            v->cap = grown;                                                           \
        }                                                                             \
        v->data[v->len++] = item;                                                     \
        return true;                                                                  \
    }                                                                                 \
    struct name

BUILDER_VEC(insn_vec, struct insn, 64);
BUILDER_VEC(position_vec, uint32_t, 64);
BUILDER_VEC(jump_vec, uint32_t, 4);
BUILDER_VEC(constant_vec, struct value, 16);
BUILDER_VEC(constant_cache_vec, uint32_t, 16);
BUILDER_VEC(cache_vec, struct inline_cache, 8);
BUILDER_VEC(handler_vec, struct chunk_handler, 4);
BUILDER_VEC(path_vec, struct chunk_path, 4);
BUILDER_VEC(literal_vec, struct chunk_literal, 4);
BUILDER_VEC(structdef_vec, struct chunk_structdef, 4);
BUILDER_VEC(closure_vec, struct chunk_closure, 4);

struct builder {
    struct hash_key key; /* of the strings that become constants */
    enum builder_refusal refusal;
    uint32_t refused_at; /* source position of what was being compiled */
    struct insn_vec code;
    struct position_vec positions;
    struct constant_vec constants;
    uint32_t *constant_index; /* open addressing: position + 1, 0 empty */
    size_t constant_mask;
    struct cache_vec caches;
    struct constant_cache_vec
        cache_of_constant; /* newest cache of a name + 1, by constant */
    struct handler_vec handlers;
    struct path_vec paths;
    struct literal_vec literals;
    struct structdef_vec structdefs;
    struct closure_vec closures;
    struct arena *arena; /* of the finished chunk */
    struct arena temp;   /* of everything else */
};

/* Memory the caller has for `temp`; enough for a function of about 64 instructions. */
#define BUILDER_ROOM 3072

/* `room` has BUILDER_ROOM bytes, aligned to ARENA_ALIGN, and outlives the builder. */
void builder_init(struct builder *b, struct hash_key key, struct arena *arena,
                  void *room);
/* Drops everything that builder_finish has not moved out. */
void builder_done(struct builder *b);
void builder_refuse(struct builder *b, enum builder_refusal why);
const char *builder_refusal_text(enum builder_refusal why);

/* Appends an instruction at a source position; gives its index. */
uint32_t builder_emit(struct builder *b, struct insn i, uint32_t position);
static inline uint32_t builder_here(const struct builder *b)
{
    return (uint32_t)b->code.len;
}
/* Lets the jump at `index` lead to `target`. */
void builder_patch(struct builder *b, uint32_t index, uint32_t target);

/* Index of a constant: an inline value (no object), or a text. Equal ones share one. */
uint32_t builder_constant(struct builder *b, struct value v);
uint32_t builder_string(struct builder *b, const char *bytes, size_t len);
/* The string of a constant made by builder_string; NULL after a refusal. */
struct string *builder_string_at(const struct builder *b, uint32_t index);

/*
 * A new inline cache for `name`. Operands hold 16 bits: beyond that equal names share one, and
 * the last row, BUILDER_SHARED_CACHE, is for all others (compile_cache).
 */
#define BUILDER_SHARED_CACHE UINT16_MAX
uint16_t builder_cache(struct builder *b, const char *name, size_t len);

/*
 * Copies all into a chunk of `p`. NULL after a refusal. nlocals and nregs in registers.
 */
struct chunk *builder_finish(struct builder *b, struct proto *p, uint32_t nlocals,
                             uint32_t nregs);

#endif
