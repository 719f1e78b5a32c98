/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors name what was wrong: which argument, and what it should have been. */
#include <string.h>
#include <sys/detail.h>
#include "suite.h"

static struct child child;

/* The last call that failed did so with these details. */
static void check_detail(long error, unsigned argument, uint64_t needed)
{
    const struct sys_error_detail *detail = sys_error_detail();

    CHECK_EQ(detail->error, error);
    CHECK_EQ(detail->argument, argument);
    CHECK_EQ(detail->needed, needed);
}

#define CHECK_DETAIL(call, error, argument, needed)                                                \
    do {                                                                                           \
        CHECK_EQ(call, error);                                                                     \
        check_detail(error, argument, needed);                                                     \
    } while (0)

#define TYPE(name) (1ull << OBJECT_##name)

static void check_sentence(const char *wanted)
{
    char text[SYS_SENTENCE_BYTES];

    CHECK_EQ(strcmp(sys_error_sentence(sys_error_detail(), text, sizeof text), wanted), 0);
}

CASE(errors, invoked_capability)
{
    struct sys_untyped_info info;

    CHECK_DETAIL(sys_untyped_info(slots_take(1), &info), E_BAD_CAP, 0, 0);
    CHECK_DETAIL(sys_untyped_info(ROOT_PROCESS, &info), E_BAD_TYPE, 0, TYPE(UNTYPED));
    check_sentence("untyped_info: the invoked UNTYPED: needs UNTYPED");
    CHECK_EQ(info.paddr | info.size_bits, 0);
}

CASE(errors, invoked_task)
{
    struct fault_record fault;

    CHECK_DETAIL(sys_fault_read(ROOT_CNODE, &fault), E_BAD_TYPE, 0,
                 TYPE(PROCESS) | TYPE(THREAD) | TYPE(VIRTUAL_CPU));
    CHECK_DETAIL(sys_fault_read(ROOT_PROCESS, &fault), E_STATE, 0, 0);
}

CASE(errors, rights_that_are_missing)
{
    child_make(&child, 0);
    CHECK_DETAIL(sys_process_stop(copy(child.process, READ)), E_NO_RIGHT, 0, WRITE);
    check_sentence("process_stop: the invoked PROCESS: needs RIGHT_WRITE");
    CHECK_DETAIL(sys_frame_map(copy(make(OBJECT_FRAME, 12), READ), child.process, WINDOW,
                               READ | WRITE | EXECUTE),
                 E_NO_RIGHT, 0, WRITE | EXECUTE);
}

CASE(errors, bind)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0);

    child_make(&child, 0);
    CHECK_DETAIL(sys_process_bind(child.process, slots_take(1), 1, 0), E_BAD_CAP, 1, 0);
    CHECK_DETAIL(sys_process_bind(child.process, child.cnode, 1, 0), E_BAD_TYPE, 1,
                 TYPE(ENDPOINT) | TYPE(IRQ) | TYPE(TIMER));
    check_sentence("process_bind: argument object: needs ENDPOINT or IRQ or TIMER");
    CHECK_DETAIL(sys_process_bind(child.process, copy(endpoint, WRITE), 1, 0), E_NO_RIGHT, 1,
                 GRANT);
    check_sentence("process_bind: argument object: needs RIGHT_GRANT");
    CHECK_DETAIL(sys_process_bind(child.process, endpoint, WAKE_SLOTS, 0), E_BAD_ARGUMENT, 2,
                 WAKE_SLOTS - 1);
    check_sentence("process_bind: argument slot: an argument is out of range: at most 4095");
    CHECK_DETAIL(sys_process_bind(child.process, endpoint, 1, 64), E_BAD_ARGUMENT, 3, 63);
    CHECK_DETAIL(sys_process_bind(child.process, child.bell, 1, 0), E_IN_USE, 1, 0);
}

CASE(errors, retype)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 13), slot = slots_take(1), cnode;

    cnode = make(OBJECT_CNODE, 4);
    CHECK_DETAIL(sys_untyped_retype(untyped, OBJECT_POWER, 0, ROOT_CNODE, slot, 1), E_BAD_ARGUMENT,
                 1, 0);
    CHECK_DETAIL(sys_untyped_retype(untyped, OBJECT_FRAME, 13, ROOT_CNODE, slot, 1), E_BAD_ARGUMENT,
                 2, 0);
    CHECK_DETAIL(sys_untyped_retype(untyped, OBJECT_FRAME, 12, untyped, slot, 1), E_BAD_TYPE, 3,
                 TYPE(CNODE));
    CHECK_DETAIL(sys_untyped_retype(untyped, OBJECT_FRAME, 12, cnode, 16, 1), E_BAD_ARGUMENT, 4,
                 15);
    CHECK_DETAIL(sys_untyped_retype(untyped, OBJECT_FRAME, 12, cnode, 14, 3), E_BAD_ARGUMENT, 5, 2);
    CHECK_DETAIL(
        sys_untyped_retype(untyped, OBJECT_FRAME, 12, ROOT_CNODE, slot, RETYPE_COUNT_MAX + 1),
        E_BAD_ARGUMENT, 5, RETYPE_COUNT_MAX);
    CHECK_DETAIL(sys_untyped_retype(untyped, OBJECT_ENDPOINT, 0, ROOT_CNODE, slot - 1, 2),
                 E_SLOT_FULL, 4, slot - 1);
    CHECK_DETAIL(sys_untyped_retype(untyped, OBJECT_FRAME, 12, cnode, 1, 3), E_NO_MEMORY, 0, 4096);
    check_sentence("untyped_retype: the invoked UNTYPED: the untyped memory, heap or pool is used "
                   "up: 4096 bytes are missing");
}

CASE(errors, copy_mint_move)
{
    uint32_t cnode = make(OBJECT_CNODE, 4), endpoint = make(OBJECT_ENDPOINT, 0);
    uint32_t other = slots_take(1);

    CHECK_DETAIL(sys_cnode_copy(copy(cnode, READ), 1, ROOT_CNODE, endpoint, ALL), E_NO_RIGHT, 0,
                 WRITE);
    CHECK_DETAIL(sys_cnode_copy(cnode, 16, ROOT_CNODE, endpoint, ALL), E_BAD_ARGUMENT, 1, 15);
    CHECK_DETAIL(sys_cnode_copy(cnode, 1, endpoint, 1, ALL), E_BAD_TYPE, 2, TYPE(CNODE));
    CHECK_DETAIL(sys_cnode_copy(cnode, 1, copy(cnode, WRITE), 1, ALL), E_NO_RIGHT, 2, READ);
    CHECK_DETAIL(sys_cnode_copy(cnode, 1, cnode, 99, ALL), E_BAD_ARGUMENT, 3, 15);
    CHECK_DETAIL(sys_cnode_copy(cnode, 1, ROOT_CNODE, other, ALL), E_BAD_CAP, 3, 0);
    CHECK_DETAIL(sys_cnode_copy(ROOT_CNODE, endpoint, ROOT_CNODE, cnode, ALL), E_SLOT_FULL, 1, 0);
    CHECK_DETAIL(sys_cnode_copy(cnode, 1, ROOT_CNODE, copy(endpoint, WRITE), ALL), E_NO_RIGHT, 3,
                 GRANT);
    check_sentence("cnode_copy: argument from_index: needs RIGHT_GRANT");
    CHECK_DETAIL(sys_cnode_mint(cnode, 1, ROOT_CNODE, endpoint, ALL, 1ull << 60), E_BAD_ARGUMENT, 5,
                 (1ull << 60) - 1);
    CHECK_DETAIL(sys_cnode_mint(cnode, 1, ROOT_CNODE, cnode, ALL, 63), E_BAD_ARGUMENT, 5, 0);
    CHECK_DETAIL(sys_cnode_mint(cnode, 1, ROOT_CNODE, make(OBJECT_FRAME, 12), ALL, 1), E_BAD_TYPE,
                 3, TYPE(CNODE) | TYPE(ENDPOINT) | TYPE(RENDEZVOUS));
    CHECK_DETAIL(sys_cnode_move(cnode, 1, ROOT_CNODE, other), E_BAD_CAP, 3, 0);
    CHECK_DETAIL(sys_cnode_move(ROOT_CNODE, endpoint, ROOT_CNODE, cnode), E_SLOT_FULL, 1, 0);
}

CASE(errors, delete_and_revoke)
{
    uint32_t cnode = make(OBJECT_CNODE, 4);

    CHECK_DETAIL(sys_cnode_delete(cnode, 0), E_BAD_ARGUMENT, 1, 15);
    CHECK_DETAIL(sys_cnode_revoke(cnode, 3), E_BAD_CAP, 1, 0);
    CHECK_DETAIL(sys_cnode_revoke(copy(cnode, READ), 3), E_NO_RIGHT, 0, WRITE);
}

CASE(errors, map)
{
    uint32_t frame = make(OBJECT_FRAME, 21), page = make(OBJECT_FRAME, 12);
    uint32_t table = make(OBJECT_PAGE_TABLE, 0);

    child_make(&child, 0);
    CHECK_DETAIL(sys_frame_map(frame, ROOT_CNODE, WINDOW, READ), E_BAD_TYPE, 1, TYPE(PROCESS));
    CHECK_DETAIL(sys_frame_map(frame, child.process, USER_TOP, READ), E_BAD_ARGUMENT, 2,
                 USER_TOP - 1);
    CHECK_DETAIL(sys_frame_map(frame, child.process, WINDOW + 4096, READ), E_ALIGNMENT, 2, 1 << 21);
    check_sentence("frame_map: argument vaddr: an address or a length is not aligned: needs a "
                   "multiple of 2097152");
    CHECK_DETAIL(sys_frame_map(page, child.process, WINDOW, WRITE | EXECUTE), E_NO_RIGHT, 3, 0);
    CHECK_DETAIL(sys_frame_map(page, child.process, WINDOW, 0), E_NO_RIGHT, 3, READ);
    CHECK_DETAIL(sys_frame_map(page, child.process, WINDOW, READ), E_NO_TABLE, 2, 0);
    CHECK_DETAIL(sys_page_table_map(table, child.process, USER_TOP), E_BAD_ARGUMENT, 2,
                 USER_TOP - 1);
    CHECK_DETAIL(sys_page_table_map(table, copy(child.process, READ), WINDOW), E_NO_RIGHT, 1,
                 WRITE);
    map(page, child.process, WINDOW, READ);
    CHECK_DETAIL(sys_frame_map(page, child.process, WINDOW + 4096, READ), E_MAPPED, 0, 0);
    CHECK_DETAIL(sys_frame_map(make(OBJECT_FRAME, 12), child.process, WINDOW, READ), E_MAPPED, 2,
                 0);
    CHECK_DETAIL(sys_frame_unmap(frame), E_NOT_MAPPED, 0, 0);
}

CASE(errors, processes)
{
    uint32_t process = make(OBJECT_PROCESS, 0), endpoint = make(OBJECT_ENDPOINT, 0);
    uint32_t cnode = make(OBJECT_CNODE, 4);

    CHECK_DETAIL(sys_process_configure(process, endpoint, 28, 0, 0), E_BAD_TYPE, 1, TYPE(CNODE));
    CHECK_DETAIL(sys_process_configure(process, cnode, 63, 0, 0), E_BAD_ARGUMENT, 2, 0);
    CHECK_DETAIL(sys_process_configure(process, cnode, 28, 64, 0), E_BAD_ARGUMENT, 3, 63);
    CHECK_DETAIL(sys_process_configure(process, cnode, 28, 0, copy(endpoint, READ | GRANT)),
                 E_NO_RIGHT, 4, WRITE);
    CHECK_DETAIL(sys_process_configure(process, cnode, 28, 0, copy(endpoint, WRITE)), E_NO_RIGHT, 4,
                 GRANT);
    check_sentence("process_configure: argument fault_endpoint: needs RIGHT_GRANT");
    CHECK_DETAIL(sys_process_configure(process, copy(cnode, ALL & ~GRANT), 28, 0, 0), E_NO_RIGHT, 1,
                 GRANT);
    CHECK_DETAIL(sys_process_map_executor(process, EXECUTOR_BASE), E_NO_TABLE, 1, 0);
    CHECK_DETAIL(sys_process_map_executor(process, 1), E_ALIGNMENT, 1, 4096);
    CHECK_DETAIL(sys_process_start(process, 0, 0, 0, 64), E_BAD_ARGUMENT, 4, 63);
    CHECK_DETAIL(sys_process_start(process, 0, 0, 0, 1), E_STATE, 0, 0);
}

CASE(errors, threads)
{
    uint32_t thread = make(OBJECT_THREAD, 0), process = make(OBJECT_PROCESS, 0);

    child_make(&child, 0);
    CHECK_DETAIL(sys_thread_configure(thread, thread, 0, 0, 0, 0, 1), E_BAD_TYPE, 1, TYPE(PROCESS));
    CHECK_DETAIL(sys_thread_configure(thread, process, 0, 0, 0, 0, 64), E_BAD_ARGUMENT, 6, 63);
    CHECK_DETAIL(sys_thread_configure(thread, process, 0, 0, 0, 0, 1), E_STATE, 1, 0);
    CHECK_OK(sys_thread_configure(thread, child.process, 0, 0, 0, 0, WORSE));
    CHECK_DETAIL(sys_thread_configure(thread, child.process, 0, 0, 0, 0, 1), E_IN_USE, 0, 0);
}

CASE(errors, virtual_cpus)
{
    uint32_t cpu = make(OBJECT_VIRTUAL_CPU, 0);

    child_make(&child, 0);
    CHECK_DETAIL(sys_virtual_cpu_configure(cpu, cpu, 1), E_BAD_TYPE, 1, TYPE(PROCESS));
    CHECK_DETAIL(sys_virtual_cpu_configure(cpu, child.process, EXECUTOR_LINES), E_BAD_ARGUMENT, 2,
                 EXECUTOR_LINES - 1);
    CHECK_DETAIL(sys_virtual_cpu_configure(cpu, make(OBJECT_PROCESS, 0), 1), E_STATE, 1, 0);
}

CASE(errors, registers_and_faults)
{
    uint64_t value[5] = {0};

    child_make(&child, 0);
    CHECK_DETAIL(sys_registers_read(child.process, 32, value), E_BAD_ARGUMENT, 1, 31);
    CHECK_DETAIL(sys_registers_write(child.process, 32, 1, value), E_BAD_ARGUMENT, 1, 31);
    CHECK_DETAIL(sys_registers_write(child.process, 1, 6, value), E_BAD_ARGUMENT, 2, 5);
    CHECK_DETAIL(sys_registers_write(child.process, 30, 3, value), E_BAD_ARGUMENT, 2, 2);
    CHECK_DETAIL(sys_fault_resume(child.process), E_STATE, 0, 0);
}

CASE(errors, devices)
{
    uint32_t irq = make(OBJECT_IRQ, 0);

    CHECK_DETAIL(sys_irq_get(ROOT_IRQ_CONTROL, ROOT_CNODE, 1), E_BAD_TYPE, 1, TYPE(IRQ));
    CHECK_EQ(sys_irq_get(ROOT_IRQ_CONTROL, irq, 0), E_BAD_ARGUMENT);
    CHECK_EQ(sys_error_detail()->argument, 2);
    CHECK(sys_error_detail()->needed > 0);
    CHECK_DETAIL(sys_irq_ack(irq), E_STATE, 0, 0);
    CHECK_DETAIL(sys_timer_set(make(OBJECT_TIMER, 0), 0, 64), E_BAD_ARGUMENT, 2, 63);
    CHECK_DETAIL(sys_power(ROOT_POWER, 77), E_BAD_ARGUMENT, 1, POWER_RESET);
}

/* In the registers themselves, of calls that carry messages and of those without a capability. */
CASE(errors, blocking_calls)
{
    uint64_t words[6] = {WAKE_SLOTS};
    uint32_t rendezvous, reader;

    child_make(&child, 0);
    rendezvous = make(OBJECT_RENDEZVOUS, 0);
    reader = child_give(&child, rendezvous, READ);
    thread_make(&child, 1, WORSE);
    thread_call(&child, 1, SYS_THREAD_WAIT, 0, words, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_BAD_ARGUMENT);
    CHECK_EQ(SHARED->request[1].x[1], 1);
    CHECK_EQ(SHARED->request[1].x[2], WAKE_SLOTS - 1);
    thread_call(&child, 1, SYS_CALL, reader, words, 0);
    CHECK_EQ(SHARED->request[1].x[6], E_NO_RIGHT);
    CHECK_EQ(SHARED->request[1].x[1], 0);
    CHECK_EQ(SHARED->request[1].x[2], WRITE);
    words[0] = reader;
    thread_call(&child, 1, SYS_RECEIVE, reader, words, 0);
    CHECK_EQ(SHARED->request[1].x[6], E_BAD_TYPE);
    CHECK_EQ(SHARED->request[1].x[1], 1);
    CHECK_EQ(SHARED->request[1].x[2], TYPE(REPLY));
    thread_call(&child, 1, SYS_REPLY_RECEIVE, reader, words, 60);
    CHECK_EQ(SHARED->request[1].x[6], E_BAD_CAP);
    CHECK_EQ(SHARED->request[1].x[1], 7);
}

CASE(errors, calls_that_are_for_others)
{
    uint64_t x[8] = {0};

    syscall_arch(SYS_THREAD_YIELD, x);
    CHECK_EQ(x[0], E_STATE);
    CHECK_EQ(x[1], ERROR_NO_ARGUMENT);
    CHECK_EQ(x[2], 0);
    syscall_arch(SYS_INVOKED_(SYS_CALL, ROOT_CNODE), x);
    CHECK_EQ(x[6], E_STATE);
    CHECK_EQ(x[1], ERROR_NO_ARGUMENT);
}

/* Details of one caller are not those of the next. */
CASE(errors, nothing_is_left_over)
{
    uint64_t x[8] = {0};

    CHECK_EQ(sys_frame_map(make(OBJECT_FRAME, 21), ROOT_PROCESS, WINDOW + 4096, READ), E_ALIGNMENT);
    child_run(&child, child_invoker, 0);
    CHECK_EQ(child_call(&child, SYS_UNTYPED_INFO, 60, 0, 0, 0, 0, 0), E_BAD_CAP);
    CHECK_EQ(SHARED->request[0].x[1], 0);
    CHECK_EQ(SHARED->request[0].x[2], 0);
    CHECK_EQ(sys_timer_set(make(OBJECT_TIMER, 0), 0, 64), E_BAD_ARGUMENT);
    syscall_arch(SYS_INVOKED_(SYS_DOORBELL, slots_take(1)), x);
    CHECK_EQ(x[0], E_BAD_CAP);
    CHECK_EQ(x[1] | x[2], 0);
    syscall_arch(SYS_INVOKED_(SYS_DELIVER, ROOT_CNODE), x);
    CHECK_EQ(x[0], E_BAD_TYPE);
    CHECK_EQ(x[1] | x[2], 0);
}
