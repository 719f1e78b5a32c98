/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls that may take long or block: one handler each.
 *
 * A handler decodes (checks everything, changes nothing) and then performs (cannot fail). cap is
 * the invoked capability, of the type that the table in trap/syscall.c demands. args holds a0..a6;
 * a handler with further results stores them in args[1..5].
 */
#pragma once
#include <kernel/cap.h>

struct process;
typedef long (*syscall_handler_t)(struct process *caller, struct slot *cap, uint64_t *args);

/* Linked into kernel-check.elf only (check/). */
long sys_check(void) __attribute__((weak));
long sys_doorbell(struct process *, struct slot *, uint64_t *);
long sys_doorbell_yield(struct process *, struct slot *, uint64_t *);
long sys_deliver(struct process *, struct slot *, uint64_t *);
long sys_debug_put(struct process *, struct slot *, uint64_t *);
long sys_debug_get(struct process *, struct slot *, uint64_t *);
long sys_power(struct process *, struct slot *, uint64_t *);
long sys_untyped_retype(struct process *, struct slot *, uint64_t *);
long sys_untyped_info(struct process *, struct slot *, uint64_t *);
long sys_cnode_copy(struct process *, struct slot *, uint64_t *);
long sys_cnode_mint(struct process *, struct slot *, uint64_t *);
long sys_cnode_move(struct process *, struct slot *, uint64_t *);
long sys_cnode_delete(struct process *, struct slot *, uint64_t *);
long sys_cnode_revoke(struct process *, struct slot *, uint64_t *);
long sys_page_table_map(struct process *, struct slot *, uint64_t *);
long sys_page_table_unmap(struct process *, struct slot *, uint64_t *);
long sys_frame_map(struct process *, struct slot *, uint64_t *);
long sys_frame_unmap(struct process *, struct slot *, uint64_t *);
long sys_frame_info(struct process *, struct slot *, uint64_t *);
long sys_process_configure(struct process *, struct slot *, uint64_t *);
long sys_process_map_executor(struct process *, struct slot *, uint64_t *);
long sys_process_bind(struct process *, struct slot *, uint64_t *);
long sys_process_start(struct process *, struct slot *, uint64_t *);
long sys_process_budget(struct process *, struct slot *, uint64_t *);
long sys_process_harts(struct process *, struct slot *, uint64_t *);
long sys_process_stop(struct process *, struct slot *, uint64_t *);
long sys_process_info(struct process *, struct slot *, uint64_t *);
long sys_fault_read(struct process *, struct slot *, uint64_t *);
long sys_fault_next(struct process *, struct slot *, uint64_t *);
long sys_fault_resume(struct process *, struct slot *, uint64_t *);
long sys_fault_restart(struct process *, struct slot *, uint64_t *);
long sys_registers_read(struct process *, struct slot *, uint64_t *);
long sys_registers_write(struct process *, struct slot *, uint64_t *);
long sys_thread_suspend(struct process *, struct slot *, uint64_t *);
long sys_thread_resume(struct process *, struct slot *, uint64_t *);
long sys_thread_stop(struct process *, struct slot *, uint64_t *);
long sys_irq_get(struct process *, struct slot *, uint64_t *);
long sys_irq_ack(struct process *, struct slot *, uint64_t *);
long sys_timer_set(struct process *, struct slot *, uint64_t *);
long sys_virtual_cpu_configure(struct process *, struct slot *, uint64_t *);
long sys_virtual_cpu_start(struct process *, struct slot *, uint64_t *);
long sys_virtual_cpu_wake(struct process *, struct slot *, uint64_t *);
long sys_thread_configure(struct process *, struct slot *, uint64_t *);
long sys_thread_start(struct process *, struct slot *, uint64_t *);
long sys_call(struct process *, struct slot *, uint64_t *);
long sys_call_cap(struct process *, struct slot *, uint64_t *);
long sys_send(struct process *, struct slot *, uint64_t *);
long sys_reply(struct process *, struct slot *, uint64_t *);
long sys_receive_slot(struct process *, struct slot *, uint64_t *);
long sys_receive(struct process *, struct slot *, uint64_t *);
long sys_reply_receive(struct process *, struct slot *, uint64_t *);
long sys_thread_yield(struct process *, struct slot *, uint64_t *);
long sys_submit(struct process *, struct slot *, uint64_t *);
long sys_thread_wait(struct process *, struct slot *, uint64_t *);
long sys_thread_deadline(struct process *, struct slot *, uint64_t *);
long sys_thread_priority(struct process *, struct slot *, uint64_t *);
long sys_thread_info(struct process *, struct slot *, uint64_t *);
long sys_user_interrupt(struct process *, struct slot *, uint64_t *);
long sys_upcall_return(struct process *, struct slot *, uint64_t *);
long sys_trace_control(struct process *, struct slot *, uint64_t *);
