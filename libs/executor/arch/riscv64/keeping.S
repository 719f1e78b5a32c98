/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls out of bodies that have no frame on the stack: the return address is in t0, the argument
 * and the result in a5; ra and a0..a4 are kept, as the inline functions of arch.h expect. */

#define FRAME_BYTES 64

    .macro keeping name, function
    .balign 4
    .globl \name
    .type \name, @function
\name:
    addi    sp, sp, -FRAME_BYTES
    sd      ra, 0(sp)
    sd      t0, 8(sp)
    sd      a0, 16(sp)
    sd      a1, 24(sp)
    sd      a2, 32(sp)
    sd      a3, 40(sp)
    sd      a4, 48(sp)
    mv      a0, a5
    call    \function
    mv      a5, a0
    ld      ra, 0(sp)
    ld      t0, 8(sp)
    ld      a0, 16(sp)
    ld      a1, 24(sp)
    ld      a2, 32(sp)
    ld      a3, 40(sp)
    ld      a4, 48(sp)
    addi    sp, sp, FRAME_BYTES
    jr      t0
    .size \name, . - \name
    .endm

    .text
    keeping co_wake_keeping, co_wake_slow
    keeping co_park_keeping, co_park_slow
