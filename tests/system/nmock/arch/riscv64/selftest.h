/* SPDX-License-Identifier: BSD-2-Clause */
/* The self-test's user mode: selftest_user.S. */
#pragma once
#include <stdint.h>

/* All registers of user mode; x[0] is its pc. */
struct user {
    uint64_t x[32];
};

/* Execute in user mode from x[0] until a trap; the registers are stored, x[0] is sepc. Value:
 * scause. */
uint64_t user_run(struct user *user);
/* sret to S-mode. Value: sstatus then. */
uint64_t supervisor_sret(void);
/* An illegal instruction in S-mode. Value: stval, or 0 if it did not trap to S-mode there. */
uint64_t supervisor_illegal(void);
/* For stvec, whenever no trap is expected: calls trapped(). */
extern char unexpected_trap[];

/* Pieces of user code. Those that end in an ecall add to s0 on the way. */
extern char user_plain[], user_plain_end[];    /* adds 2 to s0; the ecall */
extern char user_enable[], user_enable_next[]; /* sets ustatus.UIE; what follows */
extern char user_raise[], user_raise_next[];   /* sets uip.USIP; what follows */
extern char user_forms[], user_immediates[];   /* all forms of CSR accesses: a0.. */
extern char user_illegal[], user_delegates[], user_sret[];

/* Handlers. All count in s1. */
extern char user_handler[];      /* keeps the CSRs in s2.., clears USIP, uret */
extern char user_handler_lazy[]; /* clears USIP the second time only */
extern char
    user_handler_raise[]; /* raises USIP again the first time; s7 = s1 if it goes on there */
