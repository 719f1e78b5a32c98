/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot: from the device tree to the first process. Used once, before any user code runs. */
#pragma once
#include <stdbool.h>
#include <abi/abi.h>
#include <bundle/bundle.h>
#include <fdt/machine.h>
#include <kernel/memory.h>

/* What boot collects and hands from step to step. */
struct boot {
    struct fdt fdt;
    uint64_t hartid;
    struct machine_pieces free; /* RAM that nobody has */
    uint64_t memory_bytes;
    struct bundle bundle; /* behind the kernel image */
};

/* memory.c: find the RAM that is free. */
void boot_memory(struct boot *boot);
/* Zeroed memory for the first objects; align is a power of two. Panics if there is none. */
void *boot_allocate(struct boot *boot, uint64_t bytes, uint64_t align);

/* Untyped capabilities of the registers of devices and of the RAM that is left: into slots from
 * `next` on, noted in info. */
struct slot;
struct boot_untypeds {
    struct boot_info *info;
    struct slot *slots;
    uint32_t next;
};
void boot_untypeds(struct boot *boot, struct boot_untypeds *to);

/* harts.c: the harts that the device tree names and that can run the kernel, and the interrupt
 * controller. The boot hart is number 0; the others get a number and a stack, and are started when
 * all is ready for them. */
void boot_harts(struct boot *boot);
void boot_start_harts(void);
extern unsigned boot_hart_count;

/* root.c: build the first process from the bundle, and make it ready. */
void boot_root(struct boot *boot);
