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

/* Harts that have stopped for the walk; the last one walks, the others wait inside the kernel. */
static struct {
    uint32_t arrived, expected;
    bool done;
    long result;
} meeting;

static long walk(void)
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

static void meet(uint64_t unused)
{
    (void)unused;
    if (__atomic_add_fetch(&meeting.arrived, 1, __ATOMIC_ACQ_REL) == meeting.expected) {
        meeting.result = walk();
        __atomic_store_n(&meeting.done, true, __ATOMIC_RELEASE);
    }
    while (!__atomic_load_n(&meeting.done, __ATOMIC_ACQUIRE))
        arch_spin();
}

/* Value: the capabilities there are, or -n: the n-th of the passes found something wrong, and has
 * said so on the console. The caller holds the kernel lock. */
long sys_check(void)
{
    uint64_t others = harts_online & ~(1ull << hart_self()->number);

    if (!others)
        return walk();
    meeting.arrived = meeting.expected = 0;
    meeting.done = false;
    for (uint64_t rest = others; rest; rest &= rest - 1)
        meeting.expected++;
    hart_call(others, meet, 0);
    return meeting.result;
}
