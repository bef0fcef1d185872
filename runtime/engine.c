#include "config.h"

#include "engine.h"

#include "bytecode/chunk.h"
#include "core/ops.h"
#include "core/state.h"
#include "front/ast.h"
#include "interp/engine.h"
#include "vm/engine.h"

/* The engines hand operators of the tree to core by number. */
#define SAME_OPERATOR(name)                               \
    _Static_assert((int)AST_OP_##name == (int)OPS_##name, \
                   "operator order of core and front")
SAME_OPERATOR(ADD);
SAME_OPERATOR(SUB);
SAME_OPERATOR(MUL);
SAME_OPERATOR(DIV);
SAME_OPERATOR(MOD);
SAME_OPERATOR(EQ);
SAME_OPERATOR(NE);
SAME_OPERATOR(LT);
SAME_OPERATOR(LE);
SAME_OPERATOR(GT);
SAME_OPERATOR(GE);
SAME_OPERATOR(NEG);
SAME_OPERATOR(NOT);
SAME_OPERATOR(NOT_WORD);

const struct engine *engine_of_mode(enum ruff_mode mode, bool counting)
{
    switch (mode) {
    case RUFF_MODE_INTERP: return counting ? &interp_counting_engine : &interp_engine;
    case RUFF_MODE_VM: return counting ? &vm_counting_engine : &vm_engine;
    case RUFF_MODE_JIT: return NULL;
    }
    return NULL;
}

void engine_attach(struct state *st)
{
    st->pc_offset = chunk_pc_offset;
}
