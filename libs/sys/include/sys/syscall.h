/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls, one function each. microkernel/abi/abi.toml says what each does and which
 * errors it has; the reference manual is generated from it.
 *
 * The first argument is the address of the invoked capability, where the call has one. The value
 * is E_OK (or for a few: positive) or a negative enum error. Calls with further results store them
 * through a struct, which is zeroed on error. Which argument was wrong and what was needed is kept:
 * sys/detail.h.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <abi/abi.h>
#include <sys/syscall_arch.h>

#define SYS_INVOKED_(number, cap) ((uint64_t)(number) | (uint64_t)(cap) << 8)

/* Move the details of an error of this call out of x, for sys_error_detail. */
void sys_error_note(uint64_t invoked, uint64_t x[8]);

#define SYS_CHECKED __attribute__((warn_unused_result)) static inline

/* The calls whose errors have details go through these. */
static inline long sys_noting_(uint64_t invoked, uint64_t x[8])
{
    syscall_arch(invoked, x);
    if ((long)x[0] < 0)
        sys_error_note(invoked, x);
    return (long)x[0];
}
static inline long sys_invoke_(uint64_t invoked, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3,
                               uint64_t w4, uint64_t w5, uint64_t w6)
{
    uint64_t x[8] = {w0, w1, w2, w3, w4, w5, w6, 0};

    return sys_noting_(invoked, x);
}

/* ---------------------------------------------------------------- scheduling and messages */

static inline long sys_null(void)
{
    return syscall_arch_short(SYS_NULL, 0);
}
static inline long sys_yield(void)
{
    return syscall_arch_short(SYS_YIELD, 0);
}
static inline long sys_doorbell(uint32_t endpoint, unsigned priority)
{
    return syscall_arch_short(SYS_INVOKED_(SYS_DOORBELL, endpoint), priority);
}
static inline long sys_doorbell_yield(uint32_t endpoint, unsigned priority)
{
    return syscall_arch_short(SYS_INVOKED_(SYS_DOORBELL_YIELD, endpoint), priority);
}
static inline long sys_deliver(uint32_t endpoint, const uint64_t word[6], uint64_t header)
{
    return syscall_arch_long(SYS_INVOKED_(SYS_DELIVER, endpoint), word[0], word[1], word[2],
                             word[3], word[4], word[5], header);
}

/* How the handler is entered: USER_INTERRUPT_UPCALL or USER_INTERRUPT_N. (upcall_return is for the
 * handler's assembly.) */
SYS_CHECKED long sys_user_interrupt(uint64_t pc, uint64_t sp)
{
    return syscall_arch_long(SYS_USER_INTERRUPT, pc, sp, 0, 0, 0, 0, 0);
}

/* Have what stands in the submission ring (struct call_rings) executed. */
static inline long sys_submit(uint32_t slot, unsigned priority)
{
    return syscall_arch_long(SYS_SUBMIT, slot, priority, 0, 0, 0, 0, 0);
}

/* ---------------------------------------------------------------- firmware */

/* count bytes, packed into the words. */
static inline long sys_debug_put(uint32_t debug_put, uint64_t count, const uint64_t word[6])
{
    return syscall_arch_long(SYS_INVOKED_(SYS_DEBUG_PUT, debug_put), count, word[0], word[1],
                             word[2], word[3], word[4], word[5]);
}
/* Value: the byte. */
static inline long sys_debug_get(uint32_t debug_put)
{
    return syscall_arch_short(SYS_INVOKED_(SYS_DEBUG_GET, debug_put), 0);
}
static inline long sys_power(uint32_t power, unsigned operation)
{
    return sys_invoke_(SYS_INVOKED_(SYS_POWER, power), operation, 0, 0, 0, 0, 0, 0);
}

/* ---------------------------------------------------------------- memory and capabilities */

SYS_CHECKED long sys_untyped_retype(uint32_t untyped, enum object_type type, unsigned size_bits,
                                    uint32_t cnode, uint32_t index, uint32_t count)
{
    return sys_invoke_(SYS_INVOKED_(SYS_UNTYPED_RETYPE, untyped), type, size_bits, cnode, index,
                       count, 0, 0);
}
SYS_CHECKED long sys_cnode_copy(uint32_t cnode, uint32_t index, uint32_t from_cnode,
                                uint32_t from_index, unsigned rights)
{
    return sys_invoke_(SYS_INVOKED_(SYS_CNODE_COPY, cnode), index, from_cnode, from_index, rights,
                       0, 0, 0);
}
SYS_CHECKED long sys_cnode_mint(uint32_t cnode, uint32_t index, uint32_t from_cnode,
                                uint32_t from_index, unsigned rights, uint64_t badge)
{
    return sys_invoke_(SYS_INVOKED_(SYS_CNODE_MINT, cnode), index, from_cnode, from_index, rights,
                       badge, 0, 0);
}
SYS_CHECKED long sys_cnode_move(uint32_t cnode, uint32_t index, uint32_t from_cnode,
                                uint32_t from_index)
{
    return sys_invoke_(SYS_INVOKED_(SYS_CNODE_MOVE, cnode), index, from_cnode, from_index, 0, 0, 0,
                       0);
}
SYS_CHECKED long sys_cnode_delete(uint32_t cnode, uint32_t index)
{
    return sys_invoke_(SYS_INVOKED_(SYS_CNODE_DELETE, cnode), index, 0, 0, 0, 0, 0, 0);
}
SYS_CHECKED long sys_cnode_revoke(uint32_t cnode, uint32_t index)
{
    return sys_invoke_(SYS_INVOKED_(SYS_CNODE_REVOKE, cnode), index, 0, 0, 0, 0, 0, 0);
}

struct sys_untyped_info {
    uint64_t paddr, size_bits, bytes_used, device;
};
SYS_CHECKED long sys_untyped_info(uint32_t untyped, struct sys_untyped_info *info)
{
    uint64_t x[8] = {0};
    long error = sys_noting_(SYS_INVOKED_(SYS_UNTYPED_INFO, untyped), x);

    *info = (struct sys_untyped_info){x[1], x[2], x[3], x[4]};
    return error;
}

/* ---------------------------------------------------------------- address spaces */

SYS_CHECKED long sys_page_table_map(uint32_t page_table, uint32_t process, uint64_t vaddr)
{
    return sys_invoke_(SYS_INVOKED_(SYS_PAGE_TABLE_MAP, page_table), process, vaddr, 0, 0, 0, 0, 0);
}
SYS_CHECKED long sys_page_table_unmap(uint32_t page_table)
{
    return sys_invoke_(SYS_INVOKED_(SYS_PAGE_TABLE_UNMAP, page_table), 0, 0, 0, 0, 0, 0, 0);
}
SYS_CHECKED long sys_frame_map(uint32_t frame, uint32_t process, uint64_t vaddr, unsigned rights)
{
    return sys_invoke_(SYS_INVOKED_(SYS_FRAME_MAP, frame), process, vaddr, rights, 0, 0, 0, 0);
}
SYS_CHECKED long sys_frame_unmap(uint32_t frame)
{
    return sys_invoke_(SYS_INVOKED_(SYS_FRAME_UNMAP, frame), 0, 0, 0, 0, 0, 0, 0);
}

struct sys_frame_info {
    uint64_t paddr, size_bits;
};
SYS_CHECKED long sys_frame_info(uint32_t frame, struct sys_frame_info *info)
{
    uint64_t x[8] = {0};
    long error = sys_noting_(SYS_INVOKED_(SYS_FRAME_INFO, frame), x);

    *info = (struct sys_frame_info){x[1], x[2]};
    return error;
}

/* ---------------------------------------------------------------- processes */

SYS_CHECKED long sys_process_configure(uint32_t process, uint32_t cnode, uint64_t badge,
                                       unsigned ceiling, uint32_t fault_endpoint)
{
    return sys_invoke_(SYS_INVOKED_(SYS_PROCESS_CONFIGURE, process), cnode, badge, ceiling,
                       fault_endpoint, 0, 0, 0);
}
SYS_CHECKED long sys_process_map_executor(uint32_t process, uint64_t vaddr)
{
    return sys_invoke_(SYS_INVOKED_(SYS_PROCESS_MAP_EXECUTOR, process), vaddr, 0, 0, 0, 0, 0, 0);
}
SYS_CHECKED long sys_process_bind(uint32_t process, uint32_t object, uint32_t slot,
                                  unsigned ceiling)
{
    return sys_invoke_(SYS_INVOKED_(SYS_PROCESS_BIND, process), object, slot, ceiling, 0, 0, 0, 0);
}
SYS_CHECKED long sys_process_start(uint32_t process, uint64_t pc, uint64_t sp, uint64_t argument,
                                   unsigned priority)
{
    return sys_invoke_(SYS_INVOKED_(SYS_PROCESS_START, process), pc, sp, argument, priority, 0, 0,
                       0);
}
SYS_CHECKED long sys_process_budget(uint32_t process, uint64_t budget, uint64_t period)
{
    return sys_invoke_(SYS_INVOKED_(SYS_PROCESS_BUDGET, process), budget, period, 0, 0, 0, 0, 0);
}
SYS_CHECKED long sys_process_harts(uint32_t process, uint64_t mask)
{
    return sys_invoke_(SYS_INVOKED_(SYS_PROCESS_HARTS, process), mask, 0, 0, 0, 0, 0, 0);
}
SYS_CHECKED long sys_process_stop(uint32_t process)
{
    return sys_invoke_(SYS_INVOKED_(SYS_PROCESS_STOP, process), 0, 0, 0, 0, 0, 0, 0);
}

struct sys_process_info {
    uint64_t state, priority, ticks, switches;
    uint64_t number; /* by which traces know it */
};
SYS_CHECKED long sys_process_info(uint32_t process, struct sys_process_info *info)
{
    uint64_t x[8] = {0};
    long error = sys_noting_(SYS_INVOKED_(SYS_PROCESS_INFO, process), x);

    *info = (struct sys_process_info){x[1], x[2], x[3], x[4], x[5]};
    return error;
}

/* ---------------------------------------------------------------- faults */

/* task: a Thread, a VirtualCpu, or a Process for its virtual CPU 0. */

/* The next one of the process that stands at a fault. ra is not told: fault->ra is 0. */
SYS_CHECKED long sys_fault_next(uint32_t process, struct fault_record *fault, uint64_t *number)
{
    uint64_t x[8] = {0};
    long error = sys_noting_(SYS_INVOKED_(SYS_FAULT_NEXT, process), x);

    *fault = (struct fault_record){x[1], x[2], x[3], x[4], 0};
    *number = x[5];
    return error;
}
SYS_CHECKED long sys_fault_read(uint32_t task, struct fault_record *fault)
{
    uint64_t x[8] = {0};
    long error = sys_noting_(SYS_INVOKED_(SYS_FAULT_READ, task), x);

    *fault = (struct fault_record){x[1], x[2], x[3], x[4], x[5]};
    return error;
}
SYS_CHECKED long sys_fault_resume(uint32_t task)
{
    return sys_invoke_(SYS_INVOKED_(SYS_FAULT_RESUME, task), 0, 0, 0, 0, 0, 0, 0);
}
/* The same, and wait for the slot that faults set. It tells a fault as sys_fault_next does; but if
 * fault->cause is 0 the slot was set otherwise, or before: then sys_fault_next tells which. */
SYS_CHECKED long sys_fault_resume_wait(uint32_t task, uint32_t slot, struct fault_record *fault,
                                       uint64_t *number)
{
    uint64_t x[8] = {slot, 1};
    long error = sys_noting_(SYS_INVOKED_(SYS_FAULT_RESUME, task), x);

    *fault = (struct fault_record){x[1], x[2], x[3], x[4], 0};
    *number = x[5];
    return error;
}
SYS_CHECKED long sys_fault_restart(uint32_t task, uint64_t pc, uint64_t sp, uint64_t argument)
{
    return sys_invoke_(SYS_INVOKED_(SYS_FAULT_RESTART, task), pc, sp, argument, 0, 0, 0, 0);
}
/* Five registers from number first on; 0 is pc. */
SYS_CHECKED long sys_registers_read(uint32_t task, unsigned first, uint64_t value[5])
{
    uint64_t x[8] = {first};
    long error = sys_noting_(SYS_INVOKED_(SYS_REGISTERS_READ, task), x);

    for (unsigned i = 0; i < 5; i++)
        value[i] = x[1 + i];
    return error;
}
/* The first `count` words of value. */
SYS_CHECKED long sys_registers_write(uint32_t task, unsigned first, unsigned count,
                                     const uint64_t value[5])
{
    return sys_invoke_(SYS_INVOKED_(SYS_REGISTERS_WRITE, task), first, count, value[0], value[1],
                       value[2], value[3], value[4]);
}
SYS_CHECKED long sys_thread_suspend(uint32_t task)
{
    return sys_invoke_(SYS_INVOKED_(SYS_THREAD_SUSPEND, task), 0, 0, 0, 0, 0, 0, 0);
}
SYS_CHECKED long sys_thread_resume(uint32_t task)
{
    return sys_invoke_(SYS_INVOKED_(SYS_THREAD_RESUME, task), 0, 0, 0, 0, 0, 0, 0);
}
SYS_CHECKED long sys_thread_stop(uint32_t thread)
{
    return sys_invoke_(SYS_INVOKED_(SYS_THREAD_STOP, thread), 0, 0, 0, 0, 0, 0, 0);
}

/* ---------------------------------------------------------------- interrupts and time */

SYS_CHECKED long sys_irq_get(uint32_t irq_control, uint32_t irq_object, uint32_t line)
{
    return sys_invoke_(SYS_INVOKED_(SYS_IRQ_GET, irq_control), irq_object, line, 0, 0, 0, 0, 0);
}
SYS_CHECKED long sys_irq_ack(uint32_t irq)
{
    return sys_invoke_(SYS_INVOKED_(SYS_IRQ_ACK, irq), 0, 0, 0, 0, 0, 0, 0);
}
SYS_CHECKED long sys_timer_set(uint32_t timer, uint64_t deadline, unsigned priority)
{
    return sys_invoke_(SYS_INVOKED_(SYS_TIMER_SET, timer), deadline, priority, 0, 0, 0, 0, 0);
}

/* ---------------------------------------------------------------- threads */

SYS_CHECKED long sys_thread_configure(uint32_t thread, uint32_t process, uint64_t pc, uint64_t sp,
                                      uint64_t tp, uint64_t argument, unsigned priority)
{
    return sys_invoke_(SYS_INVOKED_(SYS_THREAD_CONFIGURE, thread), process, pc, sp, tp, argument,
                       priority, 0);
}
SYS_CHECKED long sys_virtual_cpu_configure(uint32_t cpu, uint32_t process, uint64_t line)
{
    return sys_invoke_(SYS_INVOKED_(SYS_VIRTUAL_CPU_CONFIGURE, cpu), process, line, 0, 0, 0, 0, 0);
}
SYS_CHECKED long sys_virtual_cpu_start(uint32_t cpu, uint64_t pc, uint64_t sp, uint64_t argument,
                                       uint64_t priority)
{
    return sys_invoke_(SYS_INVOKED_(SYS_VIRTUAL_CPU_START, cpu), pc, sp, argument, priority, 0, 0,
                       0);
}
/* Set a bit of `wakes` in its executor line first: if it is about to yield it then does not. */
SYS_CHECKED long sys_virtual_cpu_wake(uint32_t cpu, uint64_t priority)
{
    return sys_invoke_(SYS_INVOKED_(SYS_VIRTUAL_CPU_WAKE, cpu), priority, 0, 0, 0, 0, 0, 0);
}
SYS_CHECKED long sys_thread_start(uint32_t thread)
{
    return sys_invoke_(SYS_INVOKED_(SYS_THREAD_START, thread), 0, 0, 0, 0, 0, 0, 0);
}
/* priority: its own; what callers lend stays. */
SYS_CHECKED long sys_thread_priority(uint32_t thread, unsigned priority)
{
    return syscall_arch_short(SYS_INVOKED_(SYS_THREAD_PRIORITY, thread), priority);
}
struct sys_thread_info {
    uint64_t state, effective_priority, own_priority, number, hart;
};
SYS_CHECKED long sys_thread_info(uint32_t thread, struct sys_thread_info *info)
{
    uint64_t x[8] = {0};

    syscall_arch(SYS_INVOKED_(SYS_THREAD_INFO, thread), x);
    *info = (struct sys_thread_info){x[1], x[2], x[3], x[4], x[5]};
    return (long)x[0];
}
/* No operation of the calling thread blocks beyond this tick of rdtime (E_TIMEOUT), until this is
 * called again; ~0: no limit. */
static inline long sys_thread_deadline(uint64_t ticks)
{
    return syscall_arch_short(SYS_THREAD_DEADLINE, ticks);
}
static inline long sys_thread_yield(void)
{
    return syscall_arch_short(SYS_THREAD_YIELD, 0);
}
static inline long sys_thread_wait(uint32_t slot)
{
    return syscall_arch_short(SYS_THREAD_WAIT, slot);
}

/* What a rendezvous carries: ten words, and for a receiver the badge of the caller's capability.
 * Value of the calls: negative: an error, the words are zero; else IPC_CAPABILITY if a capability
 * came, and for a receiver IPC_ONE_WAY if it was sent and nobody waits for an answer. */
#define SYS_RENDEZVOUS_WORDS 10
struct sys_rendezvous {
    uint64_t word[SYS_RENDEZVOUS_WORDS];
    uint64_t badge;
};
static inline __attribute__((always_inline)) long
sys_rendezvous_(uint64_t invoked, struct sys_rendezvous *words, uint64_t reply)
{
    const uint64_t *w = words->word;
    uint64_t x[SYSCALL_MESSAGE_WORDS] = {w[0],  w[1], w[2], w[3], w[4], w[5],
                                         reply, 0,    w[6], w[7], w[8], w[9]};

    syscall_arch_message(invoked, x);
    *words = (struct sys_rendezvous){{x[0], x[1], x[2], x[3], x[4], x[5], x[8], x[9], x[10], x[11]},
                                     x[7]};
    return (long)x[6];
}
SYS_CHECKED long sys_call(uint32_t rendezvous, struct sys_rendezvous *words)
{
    return sys_rendezvous_(SYS_INVOKED_(SYS_CALL, rendezvous), words, 0);
}
SYS_CHECKED long sys_receive(uint32_t rendezvous, uint32_t reply, struct sys_rendezvous *words)
{
    *words = (struct sys_rendezvous){{reply}, 0};
    return sys_rendezvous_(SYS_INVOKED_(SYS_RECEIVE, rendezvous), words, 0);
}
SYS_CHECKED long sys_reply_receive(uint32_t rendezvous, uint32_t reply,
                                   struct sys_rendezvous *words)
{
    return sys_rendezvous_(SYS_INVOKED_(SYS_REPLY_RECEIVE, rendezvous), words, reply);
}
/* The same with a copy of a capability (RIGHT_GRANT), into the slot that the receiver has armed. */
SYS_CHECKED long sys_call_cap(uint32_t rendezvous, struct sys_rendezvous *words,
                              uint32_t capability)
{
    return sys_rendezvous_(SYS_INVOKED_(SYS_CALL_CAP, rendezvous), words, capability);
}
/* Blocks until a receiver has the words; capability: 0, or as above. */
SYS_CHECKED long sys_send(uint32_t rendezvous, const uint64_t w[SYS_RENDEZVOUS_WORDS], uint32_t capability)
{
    struct sys_rendezvous words = {{w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9]}, 0};

    return sys_rendezvous_(SYS_INVOKED_(SYS_SEND, rendezvous), &words, capability);
}
/* Answer without receiving; capability: 0, or as above. */
SYS_CHECKED long sys_reply(uint32_t reply, const uint64_t w[SYS_RENDEZVOUS_WORDS], uint32_t capability)
{
    uint64_t x[SYSCALL_MESSAGE_WORDS] = {w[0],       w[1], w[2], w[3], w[4], w[5],
                                         capability, 0,    w[6], w[7], w[8], w[9]};

    syscall_arch_message(SYS_INVOKED_(SYS_REPLY, reply), x);
    return (long)x[0];
}
/* Where the next capability that comes goes; index 0: none is taken. */
SYS_CHECKED long sys_receive_slot(uint32_t cnode, uint32_t index)
{
    return syscall_arch_short(SYS_INVOKED_(SYS_RECEIVE_SLOT, cnode), index);
}

/* ---------------------------------------------------------------- tracing */

SYS_CHECKED long sys_trace_control(uint32_t trace, bool on)
{
    return sys_invoke_(SYS_INVOKED_(SYS_TRACE_CONTROL, trace), on, 0, 0, 0, 0, 0, 0);
}
