/* SPDX-License-Identifier: BSD-2-Clause */
/* Traps from user mode, and the ways back. Saves, switches and calls; decides nothing.
 *
 *   trap_entry --- null, doorbell, yield, doorbell_yield, deliver, call, reply_receive, thread_yield,
 *        |         fault_resume with a wait
 *        |                 --> at a glance --> back, or another goes on
 *        |                          \-- refused: as below
 *        |-------- all system calls: what a call keeps and a0..a7 to the task
 *        |                 --> light_handle(), if number <= SYS_DELIVER; else syscall_handle()
 *        \-------- interrupts, faults: all registers to the task --> trap_handle()
 *   trap_entry_careful --- the same, but nothing at a glance
 *
 * In the kernel: tp = hart, gp = the kernel executor's line, sscratch = hart. None of the three C
 * functions returns; sched_leave() ends them.
 * What is decided at a glance has saved nothing before: C keeps the callee-saved registers and all
 * others come back as results or zero. Of a caller that goes on later (glance.c) only what a call
 * preserves is saved then. */

#include <abi/abi.h>
#include <asm_offsets.h>

#define CONTEXT(n) (TASK_CONTEXT + 8 * (n))

/* Registers by number, op applied to each and its place in a context (\base) or to zero. */
    .macro each op, base, numbers:vararg
    .irp n, \numbers
    \op     x\n, CONTEXT(\n)(\base)
    .endr
    .endm
    .macro zero numbers:vararg
    .irp n, \numbers
    li      x\n, 0
    .endr
    .endm

#define SAVED     8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27 /* s0..s11 */
#define ARGUMENTS 10, 11, 12, 13, 14, 15, 16, 17               /* a0..a7 */
#define TEMPORARY 1, 6, 7                                      /* ra, t1, t2: t0 is the base */
#define MORE      28, 29, 30, 31 /* t3..t6: of a synchronous message the words after a0..a5 */

    .macro begin
    csrrw   tp, sscratch, tp
    sd      t0, HART_SCRATCH(tp)
    csrr    t0, scause
    addi    t0, t0, -8                  /* environment call from U-mode */
    bnez    t0, trap_full
    .endm

    .macro save_preserved               /* what a call keeps, but pc; to the context at t0 */
    sd      sp, CONTEXT(2)(t0)
    sd      gp, CONTEXT(3)(t0)
    csrrw   t1, sscratch, tp
    sd      t1, CONTEXT(4)(t0)
    each    sd, t0, SAVED
    .endm

    .macro save_caller                  /* the same of who has made a system call, with pc */
    csrr    t1, sepc
    addi    t1, t1, 4
    sd      t1, CONTEXT(0)(t0)
    save_preserved
    .endm

    .macro save_caller_ok               /* the same of who gave way: its result is E_OK */
    ld      t0, HART_SENDER(tp)
    save_caller
    sd      zero, CONTEXT(10)(t0)
    .endm

    .text
    .balign 64
    .globl trap_entry
trap_entry:
    begin

    andi    t0, a7, 0xff
    addi    t1, t0, -SYS_DOORBELL_YIELD
    sltiu   t2, t1, 4
    bnez    t2, hand_over               /* doorbell_yield, deliver, call, reply_receive */
    addi    t1, t1, SYS_DOORBELL_YIELD - SYS_DOORBELL
    beqz    t1, doorbell
    beqz    t0, light_return            /* null */
    addi    t1, t1, SYS_DOORBELL - SYS_YIELD
    beqz    t1, yield
    li      t2, SYS_THREAD_YIELD        /* and those after it */
    bltu    t0, t2, syscall_full
    bne     t0, t2, not_yield
    jal     light_thread_yield          /* a0: what next, as glance.c says */
    beqz    a0, syscall_full
    li      t1, -ENTER_STAYS
    beq     a0, t1, light_return
    save_caller_ok
go_on:                                  /* a0: an event, or how hart->current goes on */
    mv      a7, a0
    bgtz    a0, enter
    csrw    sscratch, tp
    addi    a0, a0, ENTER_RETURN
    bnez    a0, arch_resume
    j       arch_return
doorbell:
    mv      a6, a0                      /* should it be refused */
    jal     light_doorbell
    bgtz    a0, 1f
    bltz    a0, light_return
    mv      a0, a6
    j       syscall_full
1:  mv      a7, a0
    save_caller_ok
    j       enter

yield:                                  /* keeps nothing: it will be entered at its line's pc */
    jal     light_yield
    bnez    a0, go_on
    j       syscall_full

light_return:                           /* E_OK; what a call keeps was never touched */
    csrr    t0, sepc
    addi    t0, t0, 4
    csrw    sepc, t0
    zero    ARGUMENTS
    zero    5, TEMPORARY, MORE
    csrrw   tp, sscratch, tp
    sret

/* Nothing is decided at a glance: while tracing, as the careful ways have trace points, and while
 * user interrupt CSRs are loaded, which a switch has to take away. */
    .balign 64
    .globl trap_entry_careful
trap_entry_careful:
    begin

syscall_words:                          /* one that may send a message */
    ld      t0, HART_CURRENT(tp)
    each    sd, t0, MORE
    j       syscall_full

/* At a glance: nothing is saved yet, the words stay in a0..a5 from the sender to the receiver. */
hand_over:                              /* t1: number - SYS_DOORBELL_YIELD */
    addi    t1, t1, -1
    bnez    t1, not_deliver
    jal     light_deliver
    ld      t1, HART_EVENT(tp)
    beqz    t1, syscall_full
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
    zero    5, TEMPORARY, MORE
    zero    SAVED
    sret

not_deliver:
    bgtz    t1, synchronous
ring:                                   /* a message without words, if its priority is one */
    srli    t1, a0, 8
    bnez    t1, syscall_full
    slli    a6, a0, MESSAGE_PRIORITY_SHIFT
    jal     light_deliver
    ld      t1, HART_EVENT(tp)
    beqz    t1, syscall_full
    addi    a7, t1, EVENT_RUNG - EVENT_MESSAGE
enter:                                  /* a7: the event */
    zero    10, 11, 12, 13, 14, 15, 16
    j       delivered

/* A synchronous call between threads, at a glance: six words stay in a0..a5, four go by the
 * sender's context. What a call preserves moves there, and comes from the receiver's. */
synchronous:
    ld      t2, HART_CURRENT(tp)
    each    sd, t2, 16, MORE            /* a6 should it be refused */
    lla     t1, kernel_lock_word
    li      t2, 1
    amoswap.w.aq t2, t2, (t1)
    addi    t1, t0, -SYS_CALL
    bnez    t2, syscall_full
    bnez    t1, 1f
    jal     light_call
    j       2f
1:  jal     light_reply_receive
2:  lla     t1, kernel_lock_word
    ld      t0, HART_SENDER(tp)
    amoswap.w.rl zero, zero, (t1)
    beqz    t0, 3f
    save_caller
    each    ld, t0, MORE
    ld      t0, HART_CURRENT(tp)
    ld      a7, HART_EVENT(tp)          /* the badge */
    li      a6, 0                       /* E_OK */
return_to:                              /* the task t0, with a0..a7 and t3..t6 */
    ld      t1, CONTEXT(0)(t0)
    ld      sp, CONTEXT(2)(t0)
    csrw    sepc, t1
    ld      gp, CONTEXT(3)(t0)
    ld      tp, CONTEXT(4)(t0)
    each    ld, t0, SAVED
    zero    5, TEMPORARY
    sret

3:  ld      t0, HART_CURRENT(tp)
    ld      a6, CONTEXT(16)(t0)         /* a0..a5 and a7 are as they were */

/* What was not decided at a glance: all that a call keeps, and its arguments, to the context. */
syscall_full:
    ld      t0, HART_CURRENT(tp)
    save_caller
    each    sd, t0, ARGUMENTS
    ld      sp, HART_STACK_TOP(tp)
    addi    gp, tp, HART_LINE
    andi    t0, a7, 0xff
    li      t1, SYS_DELIVER
    bgtu    t0, t1, 1f
    call    light_handle
1:  call    syscall_handle

/* An interrupt or a fault: the task is running-suspended, whole. */
trap_full:
    csrr    t0, sstatus
    andi    t0, t0, 1 << 8              /* SPP: the kernel itself faulted */
    bnez    t0, kernel_trap
    ld      t0, HART_CURRENT(tp)
    sd      t1, CONTEXT(6)(t0)
    csrr    t1, sepc
    sd      t1, CONTEXT(0)(t0)
    save_preserved
    each    sd, t0, ARGUMENTS
    each    sd, t0, 1, 7, MORE
    ld      t1, HART_SCRATCH(tp)
    sd      t1, CONTEXT(5)(t0)
    ld      sp, HART_STACK_TOP(tp)
    addi    gp, tp, HART_LINE
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

not_yield:
    addi    t2, t0, -SYS_FAULT_RESUME
    bnez    t2, syscall_words
    lla     t1, kernel_lock_word
    li      t2, 1
    amoswap.w.aq t2, t2, (t1)
    bnez    t2, syscall_full
    jal     light_fault_resume          /* and wait for the next */
    lla     t1, kernel_lock_word
    ld      t0, HART_SENDER(tp)
    amoswap.w.rl zero, zero, (t1)
    beqz    t0, syscall_full
    save_caller
    .irp    n, 5, TEMPORARY, ARGUMENTS, MORE
    sd      zero, CONTEXT(\n)(t0)
    .endr                               /* the other one goes on where it was */

/* void arch_resume(void): hart->current goes on exactly where it was. */
    .globl arch_resume
arch_resume:
    ld      t0, HART_CURRENT(tp)
    ld      t1, CONTEXT(0)(t0)
    csrw    sepc, t1
    each    ld, t0, SAVED
    each    ld, t0, ARGUMENTS
    each    ld, t0, TEMPORARY, MORE
    ld      sp, CONTEXT(2)(t0)
    ld      gp, CONTEXT(3)(t0)
    ld      tp, CONTEXT(4)(t0)
    ld      t0, CONTEXT(5)(t0)
    sret

/* void arch_return(void): hart->current goes on after its system call, whose result is in a0. */
    .globl arch_return
arch_return:
    ld      t0, HART_CURRENT(tp)
    ld      a0, CONTEXT(10)(t0)
    zero    11, 12, 13, 14, 15, 16, 17, MORE
    j       return_to

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
    addi    gp, tp, HART_LINE
    li      a0, 0
    call    executor_loop
    ebreak                              /* the switching coroutine never ends */

    .section .bss.stack, "aw", @nobits
    .balign 16
    .space  2048
panic_stack_top:
