/* SPDX-License-Identifier: BSD-2-Clause */
/* Offsets for the assembly, taken from the C structs: compiled to text and read by
 * asm_offsets.py; never linked. */
#include <kernel/sched.h>

#define OFFSET(name, type, field)                                                                  \
    __asm__ volatile("\n@" #name " %0" ::"i"(__builtin_offsetof(struct type, field)))

void asm_offsets(void);
void asm_offsets(void)
{
    OFFSET(HART_SCRATCH, hart, scratch);
    OFFSET(HART_USER_SP, hart, user_sp);
    OFFSET(HART_USER_GP, hart, user_gp);
    OFFSET(HART_USER_TP, hart, user_tp);
    OFFSET(HART_USER_PC, hart, user_pc);
    OFFSET(HART_ID, hart, hartid);
    OFFSET(HART_STACK_TOP, hart, stack_top);
    OFFSET(HART_LINE, hart, line);
    OFFSET(HART_CURRENT, hart, current);
    OFFSET(HART_WORDS, hart, words);
    OFFSET(HART_HEADER, hart, header);
    OFFSET(HART_INVOKED, hart, invoked);
    OFFSET(HART_EVENT, hart, event);
    OFFSET(HART_SENDER, hart, sender);
    __asm__ volatile("\n@HART_BYTES %0" ::"i"(sizeof(struct hart)));
    OFFSET(TASK_LINE, task, line);
    OFFSET(TASK_LINE_VADDR, task, line_vaddr);
    OFFSET(TASK_CONTEXT, task, context);
}
