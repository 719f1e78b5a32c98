/* SPDX-License-Identifier: BSD-2-Clause */
/* The system call SYS_CHECK of kernel-check.elf. */
#include <kernel/arch.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include "system.h"

extern char kernel_text_begin[], kernel_end[];
extern uint64_t global_bitmap[];

static const struct {
    const char *name;
    check_pass_t run;
} passes[] = {
    {"derivation tree", check_tree},  {"references", check_references},
    {"CNodes", check_cnodes},         {"mappings", check_pages},
    {"ready queues", check_tasks},    {"processes", check_processes},
    {"rendezvous", check_rendezvous}, {"timers", check_timers},
    {"interrupts", check_irqs},
};

static struct check check;

/* Value: the capabilities there are, or -n: the n-th of the passes found something wrong, and has
 * said so on the console. */
long sys_check(void)
{
    check.image.begin = image_to_paddr(kernel_text_begin).raw;
    check.image.end = image_to_paddr(kernel_end).raw;
    check.open_page = image_to_paddr(global_bitmap).raw;
    check_begin(&check);
    for (unsigned i = 0; i < sizeof passes / sizeof passes[0]; i++) {
        const char *wrong = passes[i].run(&check);

        if (wrong) {
            kernel_print("kernel: invariant broken: %s: %s (%x)\n", passes[i].name, wrong,
                         (uint64_t)(uintptr_t)check.where);
            return -(long)(i + 1);
        }
    }
    return check.slot_count;
}
