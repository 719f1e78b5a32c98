/* SPDX-License-Identifier: BSD-2-Clause */
/* Offsets for the assembly, taken from the C structs: compiled to text and read by
 * asm_offsets.py; never linked. */
#include <kernel/sched.h>

#define VALUE(name, value)        __asm__ volatile("\n@" #name " %0" ::"i"(value))
#define OFFSET(name, type, field) VALUE(name, __builtin_offsetof(struct type, field))

void asm_offsets(void);
void asm_offsets(void)
{
    OFFSET(HART_SCRATCH, hart, scratch);
    OFFSET(HART_ID, hart, hartid);
    OFFSET(HART_STACK_TOP, hart, stack_top);
    OFFSET(HART_LINE, hart, kernel_line);
    OFFSET(HART_CURRENT, hart, current);
    OFFSET(HART_EVENT, hart, event);
    OFFSET(HART_SENDER, hart, sender);
    VALUE(HART_BYTES, sizeof(struct hart));
    VALUE(ENTER_RETURN, ENTER_RETURN);
    VALUE(ENTER_STAYS, ENTER_STAYS);
    OFFSET(TASK_LINE, task, line);
    OFFSET(TASK_LINE_VADDR, task, line_vaddr);
    OFFSET(TASK_CONTEXT, task, context);
}
