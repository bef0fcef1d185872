/*
 * chunk.h - the bytecode of one prototype: instructions, constants, side tables.
 *
 * Made by compile.c through a chunk_builder, read by the VM, the disassembler, the verifier
 * and the JIT. A chunk belongs to its prototype (proto->chunk) and lives as long as its unit.
 * Everything but the inline caches, the feedback bits and the counts is immutable once
 * built; those belong to the one isolate that runs the program.
 *
 * Registers. A function has a window of `nregs` registers on the isolate's register stack:
 * [0, nlocals) are variables, [nlocals, nregs) temporaries. Every register always holds a
 * valid value; above the live window of the newest frame none holds a counted one. In the
 * main function of a unit with `globals_in_registers` the globals are the first registers.
 *
 * Operands. An instruction is 8 bytes. Register and constant operands are stored doubled
 * (REG_OPERAND), so that the machine's ×8 addressing reaches the 16-byte value without a
 * shift: 32 767 registers and as many short constants at most. D holds the take marks: a
 * marked operand is consumed, its register must not hold a counted value afterwards. When
 * an instruction fails it leaves its operands as they were.
 */
#ifndef RUFF_BYTECODE_CHUNK_H
#define RUFF_BYTECODE_CHUNK_H

#include "core/function.h"
#include "core/state.h"
#include "core/string.h"

/* ---- instructions --------------------------------------------------------------------- */

enum opcode {
#define OPCODE(name, a, b, c, flags, jit, meaning) OP_##name,
#include "bytecode/opcodes.def"
#undef OPCODE
    OPCODE_COUNT
};

/* What an operand is. X... kinds use the 32 bits of B and C; wide ones, in column C, have five
   more bits in D (insn_wide). */
enum operand_kind {
    OPERAND_NONE,
    OPERAND_WRITE,     /* register that is set */
    OPERAND_READ,      /* register that is used */
    OPERAND_BOTH,      /* register that is used and set */
    OPERAND_FIRST,     /* first of several registers; used */
    OPERAND_CONST,     /* constant, doubled like a register */
    OPERAND_IMM,       /* signed 16-bit number */
    OPERAND_JUMP,      /* signed 16-bit distance in instructions from this one */
    OPERAND_COUNT,     /* plain number */
    OPERAND_OPERATOR,  /* enum ops_operator */
    OPERAND_BUILTIN,   /* row of the builtin table */
    OPERAND_CACHE,     /* index of an inline cache */
    OPERAND_PATH,      /* index in chunk->paths; wide */
    OPERAND_LITERAL,   /* index in chunk->literals; wide */
    OPERAND_STRUCTDEF, /* index in chunk->structdefs; wide */
    OPERAND_WCONST,    /* constant index, not doubled; wide */
    OPERAND_WCOUNT,    /* plain number; wide */
    OPERAND_XCONST,    /* constant index, not doubled */
    OPERAND_XIMM,      /* signed 32-bit number */
    OPERAND_XJUMP,     /* signed 32-bit distance */
    OPERAND_XGLOBAL,   /* slot of the unit's globals */
    OPERAND_XCOUNT,
    OPERAND_XCLOSURE, /* index in chunk->closures */
};

#define OPCODE_FAILS   0x01u
#define OPCODE_EXT     0x02u
#define OPCODE_ENDS    0x04u
#define OPCODE_TAKES_A 0x08u
#define OPCODE_TAKES_B 0x10u
#define OPCODE_TAKES_C 0x20u
#define OPCODE_SKIPS   0x40u

enum opcode_jit {
    OPCODE_JIT_INLINE,
    OPCODE_JIT_CALL,
    OPCODE_JIT_EXIT
};

struct opcode_info {
    const char *name;
    uint8_t a, b, c; /* enum operand_kind */
    uint8_t flags;   /* OPCODE_* */
    uint8_t jit;     /* enum opcode_jit */
    const char *meaning;
};

extern const struct opcode_info opcode_table[OPCODE_COUNT];

/* Take marks in D. */
#define INSN_TAKE_A    0x01u
#define INSN_TAKE_B    0x02u
#define INSN_TAKE_C    0x04u
#define INSN_TAKES     0x07u
/* Of ADDI, ADDK, MULK: the constant is the left operand. Same result for numbers; the slow
   path puts the operands in order. */
#define INSN_SWAPPED   0x08u
/* Type feedback, also in D of instructions with take marks: what was seen besides ints.
   Written by the VM, read by the JIT from its copy of the code. */
#define INSN_SAW_FLOAT 0x10u /* two floats; packed floats */
#define INSN_SAW_MIXED 0x20u /* an int and a float; boxed items */
#define INSN_SAW_OTHER 0x40u /* anything else */

struct insn {
    uint8_t op; /* enum opcode */
    uint8_t d;  /* take marks and feedback, or as the row says */
    uint16_t a;
    union {
        struct {
            uint16_t b, c;
        };
        int32_t x;
    };
};

_Static_assert(sizeof(struct insn) == 8, "code is addressed by 8 bytes");
_Static_assert(OPCODE_COUNT <= 256, "op is a byte");

/* A wide operand: C, and above it the upper five bits of D. The lower three of D are take
   marks, or as the row says. */
#define INSN_WIDE_MAX 0x1FFFFFu
static inline uint32_t insn_wide(const struct insn *i)
{
    return i->c | (uint32_t)(i->d & ~INSN_TAKES) << 13;
}
static inline uint8_t insn_wide_d(uint32_t operand)
{
    return (uint8_t)(operand >> 13 & ~INSN_TAKES);
}

/* Words of frame->at.pc in one instruction. */
#define INSN_WORDS 2

#define REG_MAX            32767u /* 15 bits: operands are doubled */
#define REG_OPERAND(index) ((uint16_t)((index)*2u))
#define REG_INDEX(operand) ((uint32_t)(operand) / 2u)

/* The register an operand names, in the window `regs`; also for short constants. */
static inline struct value *insn_register(struct value *regs, uint16_t operand)
{
    return (struct value *)(void *)((char *)regs + (size_t)operand * 8u);
}

/*
 * Where the variable of an EXT word lives. X is its register, capture or slot. Of INTO and
 * MOVEBUILTIN the word may name a place inside of the variable: then A is a path row plus
 * one, the lower half of X the variable, the upper half the register of the first index.
 */
enum insn_place {
    PLACE_LOCAL,
    PLACE_CELL,
    PLACE_CAPTURE,
    PLACE_GLOBAL
};

static inline uint32_t insn_ext_index(const struct insn *ext)
{
    return ext->a == 0 ? (uint32_t)ext->x : (uint32_t)ext->x & UINT16_MAX;
}
static inline uint32_t insn_ext_first(const struct insn *ext)
{
    return (uint32_t)ext->x >> 16;
}

/* D of PAYLOAD: what gives unset instead of null. */
enum insn_payload {
    PAYLOAD_NULL,        /* nothing */
    PAYLOAD_PRESENT,     /* a value the payload does not have */
    PAYLOAD_NOT_OF_TEXT, /* a string, which has matched a bare tag */
};

/* ---- side tables ---------------------------------------------------------------------- */

/* One try block: an error at an instruction in [start, end) continues at `target` with the
   error in register `reg`. Inner blocks stand before outer ones. */
struct chunk_handler {
    uint32_t start, end, target;
    uint32_t reg;
};

/* Cache of a field or method access by name; keyed by ids that are never reused. */
struct inline_cache {
    struct string *name; /* immortal */
    uint32_t shape;      /* id of the shape seen last, 0: none */
    uint32_t slot;       /* of the field in that shape */
    uint32_t def;        /* id of the struct definition seen last, 0: none */
    struct function
        *method; /* its method; valid while an instance of `def` is at hand */
};

/* Names and positions of a path, of dict keys in a pattern, or of imported symbols. */
struct chunk_path {
    uint32_t count;
    struct string **names; /* NULL entry: an index step */
    uint32_t *offsets;
};

/* A struct literal; the cache remembers how fields map to the slots of a shape. */
struct chunk_literal {
    struct string *name;
    uint32_t count;
    struct string **names;
    uint32_t def;        /* id of the definition the slots are for, 0: none yet */
    struct shape *shape; /* of the finished instance */
    uint32_t *slots;     /* slot of each given field */
    uint32_t state;      /* enum literal_state */
};
enum literal_state {
    LITERAL_FRESH,
    LITERAL_CACHED,
    LITERAL_GENERIC
};

struct chunk_structdef {
    const char *name;
    uint32_t nfields, nmethods;
    const char **field_names;
};

struct chunk_capture {
    bool
        from_capture; /* capture `index` of the creator, else the cell in its register */
    uint32_t index;
};

struct chunk_closure {
    struct proto *proto;
    uint32_t count;
    struct chunk_capture *captures;
};

struct chunk {
    struct insn *code;
    uint32_t ncode;
    uint32_t
        arity; /* arguments of a plain call; CHUNK_NO_PLAIN_CALL for async, generators */
    uint32_t nlocals, nregs;
    struct value *constants;
    uint32_t nconstants;
    struct proto *proto;
    uint32_t *positions; /* source offset by instruction */
    uint64_t *counts;    /* executions by instruction; NULL until counting */
#ifdef RUFF_HARD_TESTS
    uint32_t
        *resumes;    /* by instruction: how often the VM left before it and came back */
    uint32_t nfresh; /* instructions it has not left yet */
    uint32_t stride; /* it leaves before each instruction whose index this divides */
#endif
    struct inline_cache *caches;
    struct chunk_handler *handlers;
    struct chunk_path *paths;
    struct chunk_literal *literals;
    struct chunk_structdef *structdefs;
    struct chunk_closure *closures;
    uint32_t ncaches, nhandlers, npaths, nliterals, nstructdefs, nclosures;
    bool globals_in_registers;
};

#define CHUNK_NO_PLAIN_CALL UINT32_MAX

/* Releases the constants and counts of a chunk; NULL is ignored. The rest is in the arena of the
   unit's tree and goes with it. Fits unit->free_chunk. */
void chunk_free(struct chunk *c);
/* Forgets inline caches: a new isolate is going to run the program. */
void chunk_reset_caches(struct chunk *c);
/* Makes room for execution counts; false without memory. */
bool chunk_start_counting(struct chunk *c);

/*
 * Hard tests leave a function before each of its instructions (vm/vm.h), or only before some
 * when it is so large that moving its registers each time would take minutes. A function is
 * fresh while there is one they have not left; in other builds none is.
 */
#ifdef RUFF_HARD_TESTS
/* Without memory for the counts no function is fresh. */
void chunk_start_resuming(struct chunk *c);
void chunk_count_resume(struct chunk *c, uint32_t index);
static inline bool chunk_is_left_at(const struct chunk *c, uint32_t index)
{
    return c->stride == 0 || index % c->stride == 0;
}
static inline bool chunk_is_fresh(const struct chunk *c)
{
    return c->nfresh > 0;
}
#else
static inline bool chunk_is_fresh(const struct chunk *c)
{
    (void)c;
    return false;
}
#endif

/* Index of the instruction a frame's pc stands on. Signal-safe. */
static inline uint32_t chunk_pc_index(const struct chunk *c, const uint32_t *pc)
{
    return (uint32_t)((const struct insn *)(const void *)pc - c->code);
}
/* Source offset of a frame's pc; fits state->pc_offset. Signal-safe. */
uint32_t chunk_pc_offset(const struct proto *p, const uint32_t *pc);
/* The innermost handler around an instruction, or NULL. */
const struct chunk_handler *chunk_find_handler(const struct chunk *c, uint32_t index);

/* Target of the jump at `index`, or UINT32_MAX when the instruction is none. */
uint32_t chunk_jump_target(const struct insn *code, uint32_t index);
/* Lets the jump at `index` lead to `target`; false when the distance does not fit. */
bool chunk_set_jump(struct insn *code, uint32_t index, uint32_t target);

#endif
