/* SPDX-License-Identifier: BSD-2-Clause */
/* From the firmware to the first process. */
#include <arch/cpu.h>
#include <kernel/arch.h>
#include <kernel/boot.h>
#include <kernel/sched.h>
#include <kernel/timer.h>

void boot_main(uint64_t hartid, uint64_t fdt, uint64_t stack_top);

static void read_tree(struct boot *boot, uint64_t fdt)
{
    if (fdt_open(&boot->fdt, paddr_to_ptr((paddr_t){fdt}), 2 << 20) != 0)
        kernel_panic("no device tree at %x", fdt);
    timebase_hz = machine_timebase(&boot->fdt);
    if (timebase_hz == 0)
        kernel_panic("the device tree does not say /cpus/timebase-frequency");
}

/* How fast the cycle counter runs, measured over a fifth of a millisecond. */
static uint64_t measure_cycles(void)
{
    uint64_t start = arch_time(), cycles = arch_cycles(), ticks;

    do
        ticks = arch_time() - start;
    while (ticks < timebase_hz / 5000);
    return (arch_cycles() - cycles) * (timebase_hz / 1000) / ticks;
}

/* The median: an emulator may stop between the reading of the two counters. */
static void calibrate(void)
{
    uint64_t measured[5];

    for (unsigned i = 0; i < 5; i++) {
        uint64_t value = measure_cycles();
        unsigned k = i;

        for (; k > 0 && measured[k - 1] > value; k--)
            measured[k] = measured[k - 1];
        measured[k] = value;
    }
    cycles_per_ms = measured[2] ? measured[2] : 1;
}

/* Called by start.S with translation on. stack_top: in the direct map. */
void boot_main(uint64_t hartid, uint64_t fdt, uint64_t stack_top)
{
    static struct boot boot;
    struct hart *hart = hart_init(0, hartid, stack_top);
    uint32_t bytes;

    arch_hart_set(hart, &hart->kernel_line);
    boot.hartid = hartid;
    kernel_space = arch_space_current();
    read_tree(&boot, fdt);
    calibrate();
    arch_probe(!machine_argument(&boot.fdt, "asid=off", &bytes));
    kernel_print("\nHeddle on hart %u: time %u Hz, timer: %s, asid: ", hartid, timebase_hz,
                 arch_features.sstc ? "sstc" : "sbi");
    if (arch_features.asid_max)
        kernel_print("%u", (uint64_t)arch_features.asid_max);
    else
        kernel_print("off");
    kernel_print(", user interrupts: %s\n", arch_features.user_interrupts ? "N" : "upcall");
    sched_floor = machine_argument_number(&boot.fdt, "floor=");
    boot_memory(&boot);
    boot_harts(&boot);
    sched_init(hart);
    boot_root(&boot);
    arch_user_mode_setup();
    boot_start_harts();
    arch_kernel_loop();
}
