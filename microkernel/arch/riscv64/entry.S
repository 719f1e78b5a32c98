/* SPDX-License-Identifier: BSD-2-Clause */
/* Traps from user mode, and the ways back. Saves, switches and calls; decides nothing.
 *
 *   trap_entry --- doorbell_yield, deliver, call, reply_receive --> at a glance --> the partner
 *        |                                                            \-- refused: as below
 *        |-------- other light system calls (number <= SYS_DELIVER) --> light_*() --> back, or as below
 *        |-------- other system calls: registers to the task --> syscall_handle(), never returns
 *        \-------- interrupts, faults: all registers to the task --> trap_handle(), never returns
 *   trap_entry_traced --- system calls: trace_system_call(), then as above, but nothing at a glance
 *
 * In the kernel: tp = hart, gp = the kernel executor's line, sscratch = hart.
 * A light call saves nothing: C keeps the callee-saved registers, and all others come back as
 * results or zero. If it gives up the CPU nothing needs to be saved; if somebody better must run
 * first (a1: LIGHT_PREEMPTED), the callee-saved registers are saved here and the caller resumes
 * later; what needs the kernel lock (LIGHT_FULL) goes on as any other system call. */

#include <abi/abi.h>
#include <asm_offsets.h>

#define CONTEXT(n) (TASK_CONTEXT + 8 * (n))

/* Registers by number, op applied to each and its place in a context (\base) or to zero. */
    .macro each op, base, numbers:vararg
    .irp n, \numbers
    \op     x\n, CONTEXT(\n)(\base)
    .endr
    .endm
/* a0..a5, words of a message. */
    .macro words op
    .irp n, 0, 1, 2, 3, 4, 5
    \op     a\n, HART_WORDS + 8 * \n(tp)
    .endr
    .endm
    .macro zero numbers:vararg
    .irp n, \numbers
    li      x\n, 0
    .endr
    .endm

#define SAVED     8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27 /* s0..s11 */
#define ARGUMENTS 10, 11, 12, 13, 14, 15, 16, 17               /* a0..a7 */
#define TEMPORARY 1, 6, 7, 28, 29, 30, 31                      /* ra, t1..t6: t0 is the base */

    .macro save_user                    /* of a caller that may come back; sscratch = hart */
    sd      sp, HART_USER_SP(tp)
    sd      gp, HART_USER_GP(tp)
    csrrw   t2, sscratch, tp
    sd      t2, HART_USER_TP(tp)
    csrr    t1, sepc
    addi    t1, t1, 4
    sd      t1, HART_USER_PC(tp)
    .endm

    .macro save_voluntary               /* t1: pc; to the context of hart->current: t0 */
    ld      t0, HART_CURRENT(tp)
    sd      t1, CONTEXT(0)(t0)
    each    sd, t0, SAVED
    each    sd, t0, ARGUMENTS
    sd      sp, CONTEXT(2)(t0)
    sd      gp, CONTEXT(3)(t0)
    .endm

    .text
    .balign 64
    .globl trap_entry
trap_entry:
    csrrw   tp, sscratch, tp
    sd      t0, HART_SCRATCH(tp)
    csrr    t0, scause
    addi    t0, t0, -8                  /* environment call from U-mode */
    bnez    t0, trap_full

    andi    t0, a7, 0xff
    addi    t1, t0, -SYS_DOORBELL_YIELD
    sltiu   t2, t1, 4
    bnez    t2, hand_over               /* doorbell_yield, deliver, call, reply_receive */
voluntary:
    save_user
    li      t2, SYS_DELIVER
    bgtu    t0, t2, syscall_full
    ld      sp, HART_STACK_TOP(tp)
    ld      gp, HART_LINE(tp)
    slli    t0, t0, 3
    lla     t2, light_calls
    add     t0, t0, t2
    ld      t0, 0(t0)
    jalr    t0                          /* light_*(a0 .. a7): a0 result, a1 what next */
    bnez    a1, light_special

light_return:                           /* a0: result */
    ld      t0, HART_USER_PC(tp)
    ld      sp, HART_USER_SP(tp)
    csrw    sepc, t0
    ld      gp, HART_USER_GP(tp)
    zero    11, 12, 13, 14, 15, 16, 17
    zero    5, TEMPORARY
    ld      tp, HART_USER_TP(tp)
    sret

/* While tracing: system calls are recorded, and nothing is decided at a glance. */
    .balign 64
    .globl trap_entry_traced
trap_entry_traced:
    csrrw   tp, sscratch, tp
    sd      t0, HART_SCRATCH(tp)
    csrr    t0, scause
    addi    t0, t0, -8
    bnez    t0, trap_full
    mv      t0, sp
    ld      sp, HART_STACK_TOP(tp)
    addi    sp, sp, -80
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    sd      a\n, 8 * \n(sp)
    .endr
    sd      t0, 64(sp)
    sd      gp, 72(sp)
    ld      gp, HART_LINE(tp)
    mv      a0, sp
    call    trace_system_call
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    ld      a\n, 8 * \n(sp)
    .endr
    ld      gp, 72(sp)
    ld      sp, 64(sp)
    andi    t0, a7, 0xff
    li      t1, SYS_DELIVER
    beq     t0, t1, deliver_carefully
    j       voluntary

/* At a glance: nothing is saved yet, the words stay in a0..a5 from the sender to the receiver. */
hand_over:                              /* t1: number - SYS_DOORBELL_YIELD */
    addi    t1, t1, -1
    bnez    t1, not_deliver
    jal     light_deliver
    ld      t1, HART_EVENT(tp)
    beqz    t1, deliver_carefully
    mv      a7, t1
delivered:                              /* a0..a7: for the receiver */
    ld      t0, HART_CURRENT(tp)        /* the receiver, in its address space */
    csrw    sscratch, tp
    ld      t1, TASK_LINE(t0)
    ld      gp, TASK_LINE_VADDR(t0)
    ld      t0, EXECUTOR_LINE_PC(t1)
    ld      sp, EXECUTOR_LINE_SP(t1)
    csrw    sepc, t0
    ld      tp, EXECUTOR_LINE_TP(t1)
    zero    5, TEMPORARY
    zero    SAVED
    sret

not_deliver:
    bgtz    t1, synchronous
ring:
    sd      a0, HART_WORDS(tp)          /* should it be refused */
    sd      a7, HART_INVOKED(tp)
    mv      a1, a7
    jal     light_ring
    ld      a7, HART_EVENT(tp)
    beqz    a7, ring_carefully
    zero    10, 11, 12, 13, 14, 15, 16
    j       delivered

ring_carefully:
    ld      a0, HART_WORDS(tp)
    ld      a7, HART_INVOKED(tp)
    li      t0, SYS_DOORBELL_YIELD
    j       voluntary

deliver_carefully:
    save_user
    ld      sp, HART_STACK_TOP(tp)
    ld      gp, HART_LINE(tp)
    words   sd
    sd      a6, HART_HEADER(tp)
    sd      a7, HART_INVOKED(tp)
    mv      a0, a6
    mv      a1, a7
    call    deliver_slow                /* a0: the event for a7, an error, 0: a full call */
    bltz    a0, light_return
    mv      a7, a0
    ld      a6, HART_HEADER(tp)         /* clamped, if it is delivered */
    words   ld
    bnez    a7, delivered
    j       light_full

light_special:
    addi    a1, a1, -1
    beqz    a1, light_preempted
light_full:                             /* C kept what a call preserves */
    ld      a7, HART_INVOKED(tp)
    ld      t1, HART_USER_PC(tp)
    ld      sp, HART_USER_SP(tp)
    ld      gp, HART_USER_GP(tp)
    j       syscall_full

/* The caller made somebody better ready: it resumes after its call, with a0 as the result. */
light_preempted:
    ld      t1, HART_USER_PC(tp)
    ld      sp, HART_USER_SP(tp)
    ld      gp, HART_USER_GP(tp)
    zero    11, 12, 13, 14, 15, 16, 17
    save_voluntary
    ld      t1, HART_USER_TP(tp)
    sd      t1, CONTEXT(4)(t0)
    .irp n, 1, 5, 6, 7, 28, 29, 30, 31
    sd      zero, CONTEXT(\n)(t0)
    .endr
    ld      sp, HART_STACK_TOP(tp)
    ld      gp, HART_LINE(tp)
    call    sched_leave

/* A synchronous call between threads, at a glance: the words stay in a0..a5. What a call preserves
 * moves to the sender's context and comes from the receiver's. */
synchronous:
    sd      a6, HART_HEADER(tp)
    sd      a7, HART_INVOKED(tp)
    lla     t1, kernel_lock_word
    li      t2, 1
    amoswap.w.aq t2, t2, (t1)
    bnez    t2, synchronous_carefully
    addi    t1, t0, -SYS_CALL
    bnez    t1, 1f
    jal     light_call
    j       2f
1:  jal     light_reply_receive
2:  lla     t1, kernel_lock_word
    ld      t0, HART_SENDER(tp)
    amoswap.w.rl zero, zero, (t1)
    beqz    t0, synchronous_carefully
    csrr    t1, sepc
    sd      sp, CONTEXT(2)(t0)
    addi    t1, t1, 4
    sd      gp, CONTEXT(3)(t0)
    sd      t1, CONTEXT(0)(t0)
    csrrw   t1, sscratch, tp
    sd      t1, CONTEXT(4)(t0)
    each    sd, t0, SAVED
    ld      t0, HART_CURRENT(tp)
    ld      a7, HART_EVENT(tp)          /* the badge */
    ld      t1, CONTEXT(0)(t0)
    ld      sp, CONTEXT(2)(t0)
    csrw    sepc, t1
    ld      gp, CONTEXT(3)(t0)
    ld      tp, CONTEXT(4)(t0)
    each    ld, t0, SAVED
    li      a6, 0                       /* E_OK */
    zero    5, TEMPORARY
    sret

synchronous_carefully:                  /* a0..a5 are as they were */
    ld      a6, HART_HEADER(tp)
    ld      a7, HART_INVOKED(tp)
    save_user
    j       syscall_full

/* A system call that may block: every register to the context, t0-t2 are lost (allowed). */
syscall_full:                           /* t1: where it goes on */
    save_voluntary
    ld      t1, HART_USER_TP(tp)
    sd      t1, CONTEXT(4)(t0)
    ld      sp, HART_STACK_TOP(tp)
    ld      gp, HART_LINE(tp)
    call    syscall_handle

/* An interrupt or a fault: the task is running-suspended, whole. */
trap_full:
    csrr    t0, sstatus
    andi    t0, t0, 1 << 8              /* SPP: the kernel itself faulted */
    bnez    t0, kernel_trap
    ld      t0, HART_CURRENT(tp)
    sd      t1, CONTEXT(6)(t0)
    csrr    t1, sepc
    save_voluntary
    each    sd, t0, 1, 7, 28, 29, 30, 31
    ld      t1, HART_SCRATCH(tp)
    sd      t1, CONTEXT(5)(t0)
    csrrw   t1, sscratch, tp
    sd      t1, CONTEXT(4)(t0)
    ld      sp, HART_STACK_TOP(tp)
    ld      gp, HART_LINE(tp)
    csrr    a0, scause
    csrr    a1, stval
    call    trap_handle

kernel_trap:
    csrr    a0, scause
    csrr    a1, stval
    csrr    a2, sepc
    mv      a3, sp
    lla     sp, panic_stack_top
    call    trap_in_kernel

/* void arch_resume(void): hart->current goes on exactly where it was. */
    .globl arch_resume
arch_resume:
    ld      t0, HART_CURRENT(tp)
    ld      t1, CONTEXT(0)(t0)
    csrw    sepc, t1
    each    ld, t0, SAVED
    each    ld, t0, ARGUMENTS
    each    ld, t0, TEMPORARY
    ld      sp, CONTEXT(2)(t0)
    ld      gp, CONTEXT(3)(t0)
    ld      tp, CONTEXT(4)(t0)
    ld      t0, CONTEXT(5)(t0)
    sret

/* void arch_enter_event(event, argument): hart->current enters its executor. */
    .globl arch_enter_event
arch_enter_event:
    mv      a7, a0
    mv      a0, a1
    zero    11, 12, 13, 14, 15, 16
    j       delivered

/* void arch_kernel_loop(void): a fresh stack, the kernel's executor. */
    .globl arch_kernel_loop
arch_kernel_loop:
    ld      sp, HART_STACK_TOP(tp)
    ld      gp, HART_LINE(tp)
    li      a0, 0
    call    executor_loop
    ebreak                              /* the switching coroutine never ends */

    .section .bss.stack, "aw", @nobits
    .balign 16
    .space  2048
panic_stack_top:
