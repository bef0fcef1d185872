/*
 * vm.h - the dispatch loop: runs bytecode until the oldest frame of an activation returns.
 *
 * Not the engine: engine.h makes activations, windows and generators and calls this. Calls
 * from Ruff to Ruff stay inside one run of the loop; only callbacks from C nest.
 *
 * The loop is compiled twice from vm_loop.inc: plain, and counting every instruction in
 * chunk->counts and state->ops. With RUFF_PIN_PC the running instruction is in register r15
 * at any machine instruction of the loop, which the profiler reads (vm_interrupted_pc); else it
 * is stored in the frame before it runs.
 *
 * In hard tests (--enable-hard-tests) the loop stops before every instruction (of a function
 * of millions of registers times instructions, before some: chunk_is_left_at). In a frame above
 * the oldest one it goes on at once. Before the oldest frame's the engine moves the registers
 * aside, closes the window and enters it again as vm_resume does: so compiled code will leave
 * a function half-way. A function that is called while some of its instructions have not been
 * left (chunk_is_fresh) gets an activation of its own, hence every instruction that a test
 * executes is left and entered at least once, and calls inside of one run of the loop occur, too.
 */
#ifndef RUFF_VM_VM_H
#define RUFF_VM_VM_H

#include "bytecode/chunk.h"
#include "core/state.h"

/* VM_UNPINNED: a test compiles the loop of the other builds. */
#if defined(RUFF_PIN_PC) && !defined(VM_UNPINNED)
#    define VM_PINNED 1
#endif

enum vm_status {
    VM_DONE,    /* the oldest frame has returned; *out is the value, owned */
    VM_FAILED,  /* an error is pending; the frames are gone */
    VM_YIELDED, /* the oldest frame waits behind a YIELD; *out is the value, owned */
    VM_AGAIN,   /* hard tests: stopped before an instruction of the oldest frame */
};

/* Flags of a frame. */
#define VM_FRAME_OLDEST  0x01u /* its return leaves the loop */
#define VM_FRAME_GLOBALS 0x02u /* its first registers are the globals of its instance */

/* One run of the loop, in the C frame of the engine function that started it. */
struct vm_activation {
    struct activation head;
    struct fiber *fiber;      /* C stack it runs on */
    struct value *regs_end;   /* of the register stack */
    struct frame *frames_end; /* of the frame stack */
    void *region;             /* stacks of its own, or NULL: the isolate's */
    size_t region_bytes;
#ifdef RUFF_HARD_TESTS
    bool leaves; /* VM_AGAIN before each instruction of the oldest frame */
#endif
};

/* Runs st->top, whose chunk, slots and at.pc are set, from at.pc on. After VM_AGAIN the same
   call goes on. */
typedef enum vm_status (*vm_loop_fn)(struct state *st, const struct vm_activation *act,
                                     struct value *out);
enum vm_status vm_run(struct state *st, const struct vm_activation *act,
                      struct value *out);
enum vm_status vm_run_counting(struct state *st, const struct vm_activation *act,
                               struct value *out);

/* True for machine addresses inside the loops. Signal-safe. */
bool vm_is_loop_pc(uintptr_t pc);

/*
 * Where the newest frame, one of the VM's, stands when its thread was interrupted at
 * `machine_pc` with `pinned` in register r15, which counts only where this build pins the pc.
 * Signal-safe.
 */
const uint32_t *vm_interrupted_pc(const struct frame *f, uintptr_t machine_pc,
                                  uintptr_t pinned);

#endif
