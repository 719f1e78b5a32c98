/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the firmware. */
#pragma once
#include "../../n.h"

#define HARTS 8

/* What entry.S saves of the interrupted program; x[0] is not used. */
struct frame {
    uint64_t x[32];
};

struct hart {
    struct n n;
    uint32_t state; /* enum hart_state */
    uint64_t start; /* HSM: where, and a1 there */
    uint64_t argument;
    /* Written by other harts, which then interrupt this one. */
    uint32_t interrupt;     /* it shall have a software interrupt of S-mode */
    uint32_t fences_wanted; /* counts; done when fences_done has come as far */
    uint32_t fences_done;
};
extern struct hart harts[HARTS];

/* As HSM numbers them (RISC-V SBI 1.0, chapter 9). */
enum hart_state { HART_STARTED = 0, HART_STOPPED = 1, HART_START_PENDING = 2 };

/* main.c */
extern bool has_sstc; /* stimecmp takes the place of the machine timer */
void firmware_main(uint64_t hartid, uint64_t fdt);
/* Wait until somebody starts this hart, and go there. */
void hart_wait(void) __attribute__((noreturn));
/* trap.c: every trap to M-mode. */
void firmware_trap(struct frame *frame);
/* sbi.c: a call from S-mode; a0 and a1 are set. */
void sbi_call(struct frame *frame);
/* Serve what other harts ask of this one. */
void hart_requests(void);
/* A line on the console, then the machine stops with an error. */
void firmware_panic(const char *why, uint64_t value) __attribute__((noreturn));

/* entry.S: to S-mode, with these in a0 and a1. */
void enter_supervisor(uint64_t a0, uint64_t a1, uint64_t pc) __attribute__((noreturn));
void trap_entry(void);
