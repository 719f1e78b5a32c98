/* SPDX-License-Identifier: BSD-2-Clause */
/* The mode `memory` of the plugin: feeds what the guest does to the model and the profile.
 *
 * QEMU shows no registers, but it shows where the guest's code lies in its own memory, and so where
 * all of the guest's RAM is. The address space comes from there: the kernel writes satp with a word
 * that it has just loaded, and the plugin reads that word. The guest's page tables are walked as
 * the core would. Which program runs in a space is told by what its code hashes to.
 *
 * For a machine of one hart. The model has no ASIDs, so the kernel must not use any (asid=off).
 * What ran before the first satp word was seen is not known to the model.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "qemu_api.h"

enum memory_place { MEMORY_USER, MEMORY_KERNEL, MEMORY_FIRMWARE };

/* Read the layout; rows are written to `out` as they come. ram_bytes: from 0x80000000 on. */
bool memory_open(const char *layout_path, uint64_t ram_bytes, FILE *out);
/* An instruction of a block that QEMU is translating. */
void memory_translated(struct qemu_plugin_insn *instruction, enum memory_place place);
/* QEMU ends: write what remains. False: the guest was not understood; the reason is written. */
bool memory_close(void);
