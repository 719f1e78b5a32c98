/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities for what the firmware does: print and power. */
#include <kernel/arch.h>
#include <kernel/syscall.h>

long sys_debug_put(struct process *caller, struct slot *cap, uint64_t *args)
{
    TRY(in_range(args, 0, 1, DEBUG_PUT_BYTES));
    for (uint64_t i = 0; i < args[0]; i++)
        sbi_console_put((char)(args[1 + i / 8] >> 8 * (i % 8)));
    return E_OK;
}

long sys_debug_get(struct process *caller, struct slot *cap, uint64_t *args)
{
    long byte = sbi_console_get();

    return byte < 0 ? E_AGAIN : byte;
}

long sys_power(struct process *caller, struct slot *cap, uint64_t *args)
{
    TRY(in_range(args, 0, 0, POWER_RESET));
    sbi_power(args[0] == POWER_RESET);
    return E_UNSUPPORTED; /* the firmware did not */
}
