/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot: from the device tree to the first process. Used once, before any user code runs. */
#pragma once
#include <stdbool.h>
#include <abi/abi.h>
#include <fdt/fdt.h>
#include <kernel/memory.h>

/* A range of physical addresses, [begin, end). */
struct range {
    uint64_t begin;
    uint64_t end;
};

/* What boot collects and hands from step to step. */
struct boot {
    struct fdt fdt;
    uint64_t hartid;
    struct range free[32]; /* RAM that nobody has */
    unsigned free_count;
    uint64_t memory_bytes;
    struct range bundle;  /* behind the kernel image */
    const char *bootargs; /* "" if there are none */
    uint32_t bootargs_bytes;
};

/* memory.c: find the RAM that is free. */
void boot_memory(struct boot *boot);
/* Zeroed memory for the first objects; align is a power of two. Panics if there is none. */
void *boot_allocate(struct boot *boot, uint64_t bytes, uint64_t align);

/* harts.c: the harts that the device tree names and that can run the kernel. The boot hart is
 * number 0; the others get a number and a stack, and are started when all is ready for them. */
void boot_harts(struct boot *boot);
void boot_start_harts(void);
extern unsigned boot_hart_count;

/* devices.c: the interrupt controller, and untyped capabilities for device registers. */
void boot_interrupts(struct boot *boot);
struct slot;
/* Fill slots from *next with untypeds and note them in info. */
void boot_device_untyped(struct boot *boot, struct boot_info *info, struct slot *slots,
                         uint32_t *next);
void boot_memory_untyped(struct boot *boot, struct boot_info *info, struct slot *slots,
                         uint32_t *next);
/* Cut a range into naturally aligned powers of two, one untyped each. */
void boot_untyped_range(struct boot_info *info, struct slot *slots, uint32_t *next,
                        struct range range, bool device);

/* root.c: build the first process from the bundle, and make it ready. */
void boot_root(struct boot *boot);
/* Whether a word stands in the boot arguments. */
bool boot_argument(const struct boot *boot, const char *word);
/* The number behind name, which ends in '='; 0 if there is none. */
uint32_t boot_argument_number(const struct boot *boot, const char *name);
