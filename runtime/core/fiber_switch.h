/*
 * fiber_switch.h - the machine part of fibers: exchanging stack pointers. For fiber.c only.
 */
#ifndef RUFF_CORE_FIBER_SWITCH_H
#define RUFF_CORE_FIBER_SWITCH_H

#include <stddef.h>

#if (defined(__x86_64__) && !defined(__ILP32__)) || defined(__aarch64__)
#    define FIBER_SWITCH_NATIVE 1
#else
#    define FIBER_SWITCH_NATIVE 0
#    include <ucontext.h>
#endif

/* A stopped piece of C: what is needed to go on. */
struct fiber_point {
#if FIBER_SWITCH_NATIVE
    void *sp; /* its registers lie on its own stack, from here upwards */
#else
    ucontext_t context;
#endif
};

/* Prepares `point` so that the first switch to it calls entry(argument) on the stack
   [base, base + bytes). `entry` must not return. */
void fiber_switch_prepare(struct fiber_point *point, char *base, size_t bytes,
                          void (*entry)(void *argument), void *argument);
/* Saves where it is in *from and goes on at *to; returns when somebody switches back. */
void fiber_switch(struct fiber_point *from, struct fiber_point *to);

#endif
