/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the loop is entered: by co_run, and by the kernel after a yield.
 *
 *     co_run ---> executor_run ---> executor_loop ---> idle ---> yield
 *                 (frame below)                                    |  the kernel forgets all
 *                      ^            executor_loop <--- executor_entry   registers but sp, gp, tp
 *                      |                  |            (sp = line->sp, the same frame)
 *                      +------------------+ when the loop returns
 *
 * The frame at line->sp: ra, s0 .. s11, and line->sp of the run around this one. */

#include <abi/abi.h>

#define FRAME_BYTES 112

/* Of executor.h; executor.c checks them. */
#include <executor/offsets.h>

    .text
    .globl executor_run
    .type executor_run, @function
executor_run:
    addi    sp, sp, -FRAME_BYTES
    sd      ra, 0(sp)
    sd      s0, 8(sp)
    sd      s1, 16(sp)
    sd      s2, 24(sp)
    sd      s3, 32(sp)
    sd      s4, 40(sp)
    sd      s5, 48(sp)
    sd      s6, 56(sp)
    sd      s7, 64(sp)
    sd      s8, 72(sp)
    sd      s9, 80(sp)
    sd      s10, 88(sp)
    sd      s11, 96(sp)
    ld      t0, EXECUTOR_LINE_SP(gp)
    sd      t0, 104(sp)
    sd      sp, EXECUTOR_LINE_SP(gp)
    li      a0, 0
enter_loop:
    call    executor_loop
leave_loop:
    ld      sp, EXECUTOR_LINE_SP(gp)
    ld      t0, 104(sp)
    sd      t0, EXECUTOR_LINE_SP(gp)
    ld      ra, 0(sp)
    ld      s0, 8(sp)
    ld      s1, 16(sp)
    ld      s2, 24(sp)
    ld      s3, 32(sp)
    ld      s4, 40(sp)
    ld      s5, 48(sp)
    ld      s6, 56(sp)
    ld      s7, 64(sp)
    ld      s8, 72(sp)
    ld      s9, 80(sp)
    ld      s10, 88(sp)
    ld      s11, 96(sp)
    addi    sp, sp, FRAME_BYTES
    ret
    .size executor_run, . - executor_run

/* The same for a virtual CPU of a group: it idles no more. a0 .. a7 are the event's. */
    .globl executor_entry_shared
    .type executor_entry_shared, @function
executor_entry_shared:
    ld      t0, EXECUTOR_LINE_EXECUTOR(gp)
    sd      zero, EXECUTOR_IDLING(t0)
    j       executor_entry
    .size executor_entry_shared, . - executor_entry_shared

/* From the kernel: a7 = event, a0..a6 = message. */
    .globl executor_entry
    .type executor_entry, @function
executor_entry:
    andi    t0, a7, 0xff
    addi    t0, t0, -EVENT_MESSAGE
    srli    t1, a7, 8                   /* the wake slot */
    bnez    t0, 1f
    /* executor_message, for the usual slot: its function finds all arguments in place. */
    ld      t2, EXECUTOR_LINE_EXECUTOR(gp)
    ld      t3, EXECUTOR_LINE_SLOTS(gp)
    lwu     t2, EXECUTOR_WAKE_SLOT_COUNT(t2)
    slli    t4, t1, WAKE_SLOT_SHIFT
    bgeu    t1, t2, 2f
    add     t3, t3, t4
    ld      t4, WAKE_SLOT_MESSAGE(t3)
    beqz    t4, 2f
    mv      a7, t3
    jalr    t4
claimed:
    /* Its coroutine goes on at once. If its priority is the hot one still, that is all, and no
       frame of the loop is needed before the body has returned. */
    beqz    a0, enter_loop
    ld      t0, EXECUTOR_LINE_EXECUTOR(gp)
    lbu     t1, CO_PRIORITY(a0)
    ld      t2, EXECUTOR_NEXT(t0)
    addi    t3, t1, EXECUTOR_OPEN_FIRST
    bne     t2, t3, enter_loop
    ld      t3, CO_BODY_OFFSET(a0)
    sd      t1, EXECUTOR_LINE_RUNNING(gp)
    sd      a0, EXECUTOR_CURRENT(t0)
    jalr    t3
    .globl executor_return
executor_return:                        /* a0: what the body of the current coroutine has returned */
    call    executor_loop_on
    j       leave_loop
2:  call    executor_message
    j       enter_loop
1:  addi    t0, t0, EVENT_MESSAGE - EVENT_RUNG
    li      a0, 0
    bnez    t0, enter_loop
    ld      t2, EXECUTOR_LINE_EXECUTOR(gp)
    ld      t3, EXECUTOR_LINE_SLOTS(gp)
    lwu     t2, EXECUTOR_WAKE_SLOT_COUNT(t2)
    slli    t4, t1, WAKE_SLOT_SHIFT
    bgeu    t1, t2, enter_loop
    add     a0, t3, t4
    ld      t4, WAKE_SLOT_RUNG(a0)
    beqz    t4, 3f
    jalr    t4
    j       claimed
3:  call    executor_rung
    j       claimed
    .size executor_entry, . - executor_entry
