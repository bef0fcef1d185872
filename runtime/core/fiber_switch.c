#include "config.h"

#include "core/fiber_switch.h"

#include <stdint.h>
#include <string.h>

/*
 * The ABI's callee-saved registers are pushed on the old stack and popped from the new one;
 * everything else the compiler already holds to be lost across a call. The floating-point
 * control words stay: nothing in this program changes them. The jump at the end is no `ret`
 * since the processor would predict that one wrongly each time. The outermost frame has a zero frame pointer and no return address in
 * its unwind information, so that both kinds of stack walkers stop there.
 */

#if FIBER_SWITCH_NATIVE

void fiber_switch_native(void **save_sp, void *load_sp);
void fiber_switch_start(void);

#    if defined(__x86_64__)

enum {
    WORDS = 7, /* r15 r14 r13 r12 rbx rbp, return address */
    WORD_ENTRY = 2,
    WORD_ARGUMENT = 3,
    WORD_RETURN = 6
};

__asm__(".text\n"
        ".p2align 4\n"
        ".globl fiber_switch_native\n"
        ".hidden fiber_switch_native\n"
        ".type fiber_switch_native,@function\n"
        "fiber_switch_native:\n"
        "    .cfi_startproc\n"
        "    pushq %rbp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %rbp, 0\n"
        "    pushq %rbx\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %rbx, 0\n"
        "    pushq %r12\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %r12, 0\n"
        "    pushq %r13\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %r13, 0\n"
        "    pushq %r14\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %r14, 0\n"
        "    pushq %r15\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %r15, 0\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %r15\n"
        "    popq %r14\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %r14\n"
        "    popq %r13\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %r13\n"
        "    popq %r12\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %r12\n"
        "    popq %rbx\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %rbx\n"
        "    popq %rbp\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %rbp\n"
        "    popq %rcx\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_register %rip, %rcx\n"
        "    jmpq *%rcx\n"
        "    .cfi_endproc\n"
        ".size fiber_switch_native,.-fiber_switch_native\n"
        ".p2align 4\n"
        ".globl fiber_switch_start\n"
        ".hidden fiber_switch_start\n"
        ".type fiber_switch_start,@function\n"
        "fiber_switch_start:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined %rip\n"
        "    xorl %ebp, %ebp\n"
        "    movq %r12, %rdi\n"
        "    callq *%r13\n"
        "    ud2\n"
        "    .cfi_endproc\n"
        ".size fiber_switch_start,.-fiber_switch_start\n");

#    else /* aarch64 */

enum {
    WORDS = 20,        /* x19..x30, d8..d15 */
    WORD_ENTRY = 1,    /* x20 */
    WORD_ARGUMENT = 0, /* x19 */
    WORD_RETURN = 11   /* x30 */
};

__asm__(".text\n"
        ".p2align 4\n"
        ".globl fiber_switch_native\n"
        ".hidden fiber_switch_native\n"
        ".type fiber_switch_native,@function\n"
        "fiber_switch_native:\n"
        "    .cfi_startproc\n"
        "    sub sp, sp, #160\n"
        "    .cfi_adjust_cfa_offset 160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    .cfi_rel_offset x29, 80\n"
        "    .cfi_rel_offset x30, 88\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    mov sp, x1\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    .cfi_restore x29\n"
        "    .cfi_restore x30\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    add sp, sp, #160\n"
        "    .cfi_adjust_cfa_offset -160\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size fiber_switch_native,.-fiber_switch_native\n"
        ".p2align 4\n"
        ".globl fiber_switch_start\n"
        ".hidden fiber_switch_start\n"
        ".type fiber_switch_start,@function\n"
        "fiber_switch_start:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined x30\n"
        "    mov x29, xzr\n"
        "    mov x30, xzr\n"
        "    mov x0, x19\n"
        "    blr x20\n"
        "    brk #1\n"
        "    .cfi_endproc\n"
        ".size fiber_switch_start,.-fiber_switch_start\n");

#    endif

void fiber_switch_prepare(struct fiber_point *point, char *base, size_t bytes,
                          void (*entry)(void *argument), void *argument)
{
    uint64_t words[WORDS] = {0};
    void (*start)(void) = fiber_switch_start;
    /* memcpy: ISO C has no cast from a function pointer to an integer. */
    memcpy(&words[WORD_ENTRY], &entry, sizeof entry);
    memcpy(&words[WORD_ARGUMENT], &argument, sizeof argument);
    memcpy(&words[WORD_RETURN], &start, sizeof start);
    /* At the first instruction of fiber_switch_start the stack pointer is a multiple of 16,
       as the ABI wants it before a call. What lies above is zero and ends a walk by frame
       pointers that runs too far. */
    char *top = base + bytes - 16;
    memset(top, 0, 16);
    char *sp = top - sizeof words;
    memcpy(sp, words, sizeof words);
    point->sp = sp;
}

void fiber_switch(struct fiber_point *from, struct fiber_point *to)
{
    fiber_switch_native(&from->sp, to->sp);
}

#else /* ucontext */

/* makecontext passes ints only: pointers travel in halves. */
static void trampoline(unsigned entry_high, unsigned entry_low, unsigned argument_high,
                       unsigned argument_low)
{
    uintptr_t code = (uintptr_t)((uint64_t)entry_high << 32 | entry_low);
    uintptr_t data = (uintptr_t)((uint64_t)argument_high << 32 | argument_low);
    void (*entry)(void *argument);
    void *argument;
    memcpy(&entry, &code, sizeof entry);
    memcpy(&argument, &data, sizeof argument);
    entry(argument);
}

void fiber_switch_prepare(struct fiber_point *point, char *base, size_t bytes,
                          void (*entry)(void *argument), void *argument)
{
    uintptr_t code, data;
    memcpy(&code, &entry, sizeof code);
    memcpy(&data, &argument, sizeof data);
    getcontext(&point->context);
    point->context.uc_stack.ss_sp = base;
    point->context.uc_stack.ss_size = bytes;
    point->context.uc_link = NULL;
    makecontext(&point->context, (void (*)(void))trampoline, 4,
                (unsigned)((uint64_t)code >> 32), (unsigned)code,
                (unsigned)((uint64_t)data >> 32), (unsigned)data);
}

void fiber_switch(struct fiber_point *from, struct fiber_point *to)
{
    swapcontext(&from->context, &to->context);
}

#endif
