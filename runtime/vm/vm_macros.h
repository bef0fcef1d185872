/*
 * vm_macros.h - the pieces of the dispatch loop; private to vm.c.
 *
 * They use the registers of the loop (vm_loop.inc): pc, R, K, fr, st, and its labels `fail`
 * and `interrupted`. COUNT and its like, which differ between the loops, are defined there.
 */
#ifndef RUFF_VM_VM_MACROS_H
#define RUFF_VM_VM_MACROS_H

#define OP(name)          L_##name:
#define REG(operand)      insn_register(R, (operand))
#define CONSTANT(operand) insn_register(K, (operand))
#define SAVE()            save_pc(fr, pc)
#ifdef VM_PINNED
/* The compiler must have pc in its register only where an asm statement asks for it. */
#    define PIN()     __asm__ volatile("" : : "r"(pc))
#    define PUBLISH() PIN()
#else
/* Without a pinned register the profiler reads the frame. */
#    define PIN()     ((void)0)
#    define PUBLISH() SAVE()
#endif
/* The pieces of vm.c that may leave the loop, with the registers they need for it. */
#define DROP_OLD(slot)       drop_old(st, fr, pc, (slot))
#define DROP_TAKEN(slot)     drop_taken(st, fr, pc, (slot))
#define SET_INT(slot, i)     set_int(st, fr, pc, (slot), (i))
#define SET_FLOAT(slot, f)   set_float(st, fr, pc, (slot), (f))
#define SET_BOOL(slot, b)    set_bool(st, fr, pc, (slot), (b))
#define SET_TAKE(slot, v)    set_take(st, fr, pc, (slot), (v))
#define SET_COPY(slot, from) set_copy(st, fr, pc, (slot), (from))
#define SET_MOVE(slot, from) set_move(st, fr, pc, (slot), (from))
#define TRUTHY(v)            truthy(fr, pc, (v))

/* The opcode is loaded first: no load moves across PUBLISH. */
#define JUMP()               \
    do {                     \
        uint8_t op = pc->op; \
        COUNT();             \
        PUBLISH();           \
        goto *labels[op];    \
    } while (0)
#ifdef RUFF_HARD_TESTS
/* Every instruction is entered anew, as after an exit of compiled code. */
#    define DISPATCH()       \
        do {                 \
            SAVE();          \
            return VM_AGAIN; \
        } while (0)
#else
#    define DISPATCH() JUMP()
#endif
#define NEXT()      \
    do {            \
        pc++;       \
        DISPATCH(); \
    } while (0)
#define SKIP_NEXT() SKIP_EXT()
#define SKIP_EXT()  \
    do {            \
        pc += 2;    \
        DISPATCH(); \
    } while (0)
#define JUMP16()              \
    do {                      \
        pc += (int16_t)pc->c; \
        DISPATCH();           \
    } while (0)
#define JUMP32()     \
    do {             \
        pc += pc->x; \
        DISPATCH();  \
    } while (0)

/* a := b OP right: two ints, then two floats, then the slow path. */
#define ARITH(name, overflow, operator, ops, right_)                           \
    OP(name)                                                                   \
    {                                                                          \
        const struct value *b = REG(pc->b);                                    \
        const struct value *right = (right_);                                  \
        uint32_t kind = b->kind;                                               \
        int64_t r;                                                             \
        if (likely(kind == right->kind)) {                                     \
            if (likely(kind == VALUE_INT)) {                                   \
                if (likely(!overflow(b->as.integer, right->as.integer, &r))) { \
                    SET_INT(REG(pc->a), r);                                    \
                    NEXT();                                                    \
                }                                                              \
            } else if (likely(kind == VALUE_FLOAT)) {                          \
                double f = b->as.number operator right->as.number;             \
                pc->d |= INSN_SAW_FLOAT;                                       \
                SET_FLOAT(REG(pc->a), f);                                      \
                NEXT();                                                        \
            }                                                                  \
        }                                                                      \
        SAVE();                                                                \
        if (unlikely(!slow_arith(st, R, pc, ops, *right)))                     \
            goto fail;                                                         \
        NEXT();                                                                \
    }
#define ARITH_IMM(name, overflow, ops)                             \
    OP(name)                                                       \
    {                                                              \
        const struct value *b = REG(pc->b);                        \
        int64_t imm = (int16_t)pc->c, r;                           \
        if (likely(b->kind == VALUE_INT) &&                        \
            likely(!overflow(b->as.integer, imm, &r))) {           \
            SET_INT(REG(pc->a), r);                                \
            NEXT();                                                \
        }                                                          \
        SAVE();                                                    \
        if (unlikely(!slow_arith(st, R, pc, ops, value_int(imm)))) \
            goto fail;                                             \
        NEXT();                                                    \
    }
#define DIVIDE(name, right_)                                            \
    OP(name)                                                            \
    {                                                                   \
        const struct value *b = REG(pc->b);                             \
        const struct value *right = (right_);                           \
        if (likely(b->kind == VALUE_INT && right->kind == VALUE_INT) && \
            likely((uint64_t)right->as.integer + 1 > 1)) {              \
            SET_INT(REG(pc->a), b->as.integer / right->as.integer);     \
            NEXT();                                                     \
        }                                                               \
        if (b->kind == VALUE_FLOAT && right->kind == VALUE_FLOAT &&     \
            right->as.number != 0.0) {                                  \
            double f = b->as.number / right->as.number;                 \
            pc->d |= INSN_SAW_FLOAT;                                    \
            SET_FLOAT(REG(pc->a), f);                                   \
            NEXT();                                                     \
        }                                                               \
        SAVE();                                                         \
        if (unlikely(!slow_arith(st, R, pc, OPS_DIV, *right)))          \
            goto fail;                                                  \
        NEXT();                                                         \
    }
#define MODULO(name, right_)                                            \
    OP(name)                                                            \
    {                                                                   \
        const struct value *b = REG(pc->b);                             \
        const struct value *right = (right_);                           \
        if (likely(b->kind == VALUE_INT && right->kind == VALUE_INT) && \
            likely((uint64_t)right->as.integer + 1 > 1)) {              \
            SET_INT(REG(pc->a), b->as.integer % right->as.integer);     \
            NEXT();                                                     \
        }                                                               \
        SAVE();                                                         \
        if (unlikely(!slow_arith(st, R, pc, OPS_MOD, *right)))          \
            goto fail;                                                  \
        NEXT();                                                         \
    }
#define COMPARE(name, operator, ops)                                    \
    OP(name)                                                            \
    {                                                                   \
        const struct value *b = REG(pc->b), *c = REG(pc->c);            \
        if (likely(b->kind == VALUE_INT && c->kind == VALUE_INT)) {     \
            SET_BOOL(REG(pc->a), b->as.integer operator c->as.integer); \
            NEXT();                                                     \
        }                                                               \
        SAVE();                                                         \
        if (unlikely(!slow_arith(st, R, pc, ops, *c)))                  \
            goto fail;                                                  \
        NEXT();                                                         \
    }

#define LESS(x, y)            ((x) < (y))
#define LESS_EQUAL(x, y)      ((x) <= (y))
#define GREATER(x, y)         ((x) > (y))
#define GREATER_EQUAL(x, y)   ((x) >= (y))
#define EQUAL(x, y)           ((x) == (y))
#define NOT_EQUAL(x, y)       ((x) != (y))
#define FLOAT_EQUAL(x, y)     ops_float_equal((x), (y))
#define FLOAT_NOT_EQUAL(x, y) (!ops_float_equal((x), (y)))

#define INTERRUPTIBLE()                      \
    do {                                     \
        if (unlikely(state_interrupted(st))) \
            goto interrupted;                \
    } while (0)
#define NOT_INTERRUPTIBLE() ((void)0)

/* Jump when (a OP right) == sense. */
#define COMPARE_JUMP(name, test, ftest, ops, sense, right_, poll)        \
    OP(name)                                                             \
    {                                                                    \
        const struct value *a = REG(pc->a);                              \
        const struct value *right = (right_);                            \
        uint32_t kind = a->kind;                                         \
        bool truth;                                                      \
        if (likely(kind == right->kind)) {                               \
            if (likely(kind == VALUE_INT)) {                             \
                if (test(a->as.integer, right->as.integer) == (sense)) { \
                    poll();                                              \
                    JUMP16();                                            \
                }                                                        \
                NEXT();                                                  \
            }                                                            \
            if (likely(kind == VALUE_FLOAT)) {                           \
                pc->d |= INSN_SAW_FLOAT;                                 \
                if (ftest(a->as.number, right->as.number) == (sense)) {  \
                    poll();                                              \
                    JUMP16();                                            \
                }                                                        \
                NEXT();                                                  \
            }                                                            \
        }                                                                \
        SAVE();                                                          \
        if (unlikely(!slow_jump(st, R, pc, ops, *right, &truth)))        \
            goto fail;                                                   \
        if (truth == (sense)) {                                          \
            poll();                                                      \
            JUMP16();                                                    \
        }                                                                \
        NEXT();                                                          \
    }
#define COMPARE_JUMP_IMM(name, test, ops, sense, poll)                    \
    OP(name)                                                              \
    {                                                                     \
        const struct value *a = REG(pc->a);                               \
        int64_t imm = (int16_t)pc->b;                                     \
        if (likely(a->kind == VALUE_INT)) {                               \
            if (test(a->as.integer, imm) == (sense)) {                    \
                poll();                                                   \
                JUMP16();                                                 \
            }                                                             \
            NEXT();                                                       \
        }                                                                 \
        bool truth;                                                       \
        SAVE();                                                           \
        if (unlikely(!slow_jump(st, R, pc, ops, value_int(imm), &truth))) \
            goto fail;                                                    \
        if (truth == (sense)) {                                           \
            poll();                                                       \
            JUMP16();                                                     \
        }                                                                 \
        NEXT();                                                           \
    }
/* The register, immediate and constant forms, plain and negated. */
#define COMPARE_JUMPS(cc, test, ftest, ops)                                            \
    COMPARE_JUMP(J##cc, test, ftest, ops, true, REG(pc->b), NOT_INTERRUPTIBLE)         \
    COMPARE_JUMP(JN##cc, test, ftest, ops, false, REG(pc->b), NOT_INTERRUPTIBLE)       \
    COMPARE_JUMP_IMM(J##cc##I, test, ops, true, NOT_INTERRUPTIBLE)                     \
    COMPARE_JUMP_IMM(JN##cc##I, test, ops, false, NOT_INTERRUPTIBLE)                   \
    COMPARE_JUMP(J##cc##K, test, ftest, ops, true, CONSTANT(pc->b), NOT_INTERRUPTIBLE) \
    COMPARE_JUMP(JN##cc##K, test, ftest, ops, false, CONSTANT(pc->b), NOT_INTERRUPTIBLE)
#define LOOP_JUMPS(cc, test, ftest, ops)                                      \
    COMPARE_JUMP(LOOP##cc, test, ftest, ops, true, REG(pc->b), INTERRUPTIBLE) \
    COMPARE_JUMP_IMM(LOOP##cc##I, test, ops, true, INTERRUPTIBLE)             \
    COMPARE_JUMP(LOOP##cc##K, test, ftest, ops, true, CONSTANT(pc->b), INTERRUPTIBLE)

/* Instructions without a fast path. */
#define SLOW(name)                                           \
    OP(name)                                                 \
    {                                                        \
        SAVE();                                              \
        if (unlikely(!slow_functions[OP_##name](st, R, pc))) \
            goto fail;                                       \
        NEXT();                                              \
    }
#define SLOW_EXT(name)                                       \
    OP(name)                                                 \
    {                                                        \
        SAVE();                                              \
        if (unlikely(!slow_functions[OP_##name](st, R, pc))) \
            goto fail;                                       \
        SKIP_EXT();                                          \
    }

#endif
