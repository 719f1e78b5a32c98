/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls in registers, the quick way: see ipc/arch.h for when it is prepared, and what that means.
 *
 * While it is, the kernel enters at ipc_quick_call or ipc_quick_serve in place of executor_entry:
 * what comes is compared with what is awaited, and the coroutine goes on at once. Anything else
 * ends the quick way and takes the ordinary one, as if it had never been prepared. */

#include <abi/abi.h>
#include <ipc/offsets.h>

#define EACH_WORD(op, base, offset)                                                                \
    op      a0, offset + 0(base);                                                                  \
    op      a1, offset + 8(base);                                                                  \
    op      a2, offset + 16(base);                                                                 \
    op      a3, offset + 24(base);                                                                 \
    op      a4, offset + 32(base);                                                                 \
    op      a5, offset + 40(base)

/* A field of this virtual CPU's ipc_quick; t6 is lost where it lies far from tp. */
    .macro quick op, register, field
    lui     t6, %tprel_hi(ipc_quick + \field)
    add     t6, t6, tp, %tprel_add(ipc_quick + \field)
    \op     \register, %tprel_lo(ipc_quick + \field)(t6)
    .endm

/* Is a6 all that runs here, and as usual, and a7 what the quick way is prepared for? Else to
 * \otherwise, with all arguments in place. t3: its condition plus HOT, the low byte its priority.
 * (The kernel looks at the wakes by itself.) */
    .macro check_alone otherwise
    quick   ld, t0, QUICK_WHAT
    ld      t1, EXECUTOR_LINE_EXECUTOR(gp)
    lw      t3, CO_AT_CONDITION(a6)
    bne     t0, a7, \otherwise
    ld      t2, EXECUTOR_LINE_BITMAP(gp)
    ld      t4, EXECUTOR_NEXT(t1)
    addi    t3, t3, HOT
    lbu     t1, EXECUTOR_WAITING(t1)
    bnez    t2, \otherwise
    bne     t3, t4, \otherwise
    beqz    t1, \otherwise             /* the innermost co_run would return */
    .endm

    .section .text.ipc_quick, "ax"

/* enum co_state ipc_send(w0 .. w5, co, request) */
    .balign 64
    .globl ipc_send
    .type ipc_send, @function
ipc_send:
    check_alone ipc_send_slow
    lw      t0, REQUEST_HEADER(a7)      /* the id of this call */
    ld      t4, REQUEST_WORDS(a7)
    quick   ld, t2, QUICK_CANCEL
    addiw   t0, t0, REQUEST_ID_STEP
    sw      t0, REQUEST_HEADER(a7)
    sb      t3, REQUEST_PRIORITY(a7)
    sd      a6, REQUEST_CO(a7)
    sd      zero, CO_AT_VALUE(a6)       /* E_OK */
    sd      t2, CO_AT_CANCEL(a6)
    EACH_WORD(sd, t4, 0)                /* should the kernel refuse it */
    ld      a6, REQUEST_HEADER(a7)
    quick   ld, a7, QUICK_DELIVER
    ecall                               /* returns only if it is refused */
    ld      sp, EXECUTOR_LINE_SP(gp)
    call    ipc_send_refused
    j       look
    .size ipc_send, . - ipc_send

/* A message: the reply? */
    .globl ipc_quick_call
    .type ipc_quick_call, @function
ipc_quick_call:
    quick   ld, t0, QUICK_EVENT
    quick   ld, t1, QUICK_WHAT
    bne     t0, a7, something_else
    ld      t2, REQUEST_HEADER(t1)
    ld      t3, REQUEST_CO(t1)
    ld      t4, REQUEST_WORDS(t1)
    bne     t2, a6, something_else
    beqz    t3, something_else          /* not in flight */
    sd      zero, REQUEST_CO(t1)
    EACH_WORD(sd, t4, 0)
go_on:                                  /* t3: the coroutine; its priority is the hot one still */
    ld      t5, CO_AT_BODY(t3)
    sd      zero, CO_AT_VALUE(t3)          /* E_OK */
    sd      zero, CO_AT_CANCEL(t3)
    mv      a0, t3
    jalr    t5
    tail    executor_return
    .size ipc_quick_call, . - ipc_quick_call

/* A message: a call for the job? It is not put in the table of open requests (job.c). */
    .globl ipc_quick_serve
    .type ipc_quick_serve, @function
ipc_quick_serve:
    quick   ld, t0, QUICK_EVENT
    quick   ld, t1, QUICK_END
    srli    t2, a6, MESSAGE_PRIORITY_SHIFT /* and flags: there are none */
    bne     t0, a7, something_else
    ld      t3, END_RECEIVER(t1)
    quick   ld, t4, QUICK_WHAT
    beqz    t3, something_else
    lbu     t5, CO_AT_PRIORITY(t3)
    bne     t5, t2, something_else
    sd      zero, END_RECEIVER(t1)
    sd      a6, JOB_HEADER(t4)
    EACH_WORD(sd, t4, JOB_WORDS)
    j       go_on
    .size ipc_quick_serve, . - ipc_quick_serve

/* enum co_state ipc_answer(w0 .. w5, co, job) */
    .globl ipc_answer
    .type ipc_answer, @function
ipc_answer:
    check_alone ipc_answer_slow
    quick   ld, t0, QUICK_END
    quick   ld, t2, QUICK_CANCEL
    addi    t1, a7, JOB_HEADER          /* its message */
    sd      a6, END_RECEIVER(t0)
    sb      t3, END_QUIET(t0)
    sd      t1, CO_AT_VALUE(a6)
    sd      t2, CO_AT_CANCEL(a6)
    EACH_WORD(sd, a7, JOB_WORDS)        /* should the kernel refuse it */
    ld      a6, JOB_HEADER(a7)
    quick   ld, a7, QUICK_DELIVER
    ecall                               /* returns only if it is refused */
    ld      sp, EXECUTOR_LINE_SP(gp)
    call    ipc_answer_refused
look:                                   /* what is left is the loop's */
    li      a7, EVENT_WAKE
something_else:
    quick   ld, t0, QUICK_ENTRY
    quick   sd, zero, QUICK_WHAT
    quick   sd, zero, QUICK_EVENT
    li      t1, PRIORITY_NONE
    sd      t1, EXECUTOR_LINE_RUNNING(gp)
    sd      t0, EXECUTOR_LINE_PC(gp)
    jr      t0
    .size ipc_answer, . - ipc_answer
