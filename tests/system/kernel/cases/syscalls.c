/* SPDX-License-Identifier: BSD-2-Clause */
/* What every system call refuses in the same way. */
#include "faults.h"
#include "suite.h"

static const struct {
    unsigned number;
    enum object_type type;
} calls[] = {
    {SYS_DOORBELL, OBJECT_ENDPOINT},
    {SYS_DOORBELL_YIELD, OBJECT_ENDPOINT},
    {SYS_DELIVER, OBJECT_ENDPOINT},
    {SYS_DEBUG_PUT, OBJECT_DEBUG_PUT},
    {SYS_DEBUG_GET, OBJECT_DEBUG_PUT},
    {SYS_POWER, OBJECT_POWER},
    {SYS_UNTYPED_RETYPE, OBJECT_UNTYPED},
    {SYS_CNODE_COPY, OBJECT_CNODE},
    {SYS_CNODE_MINT, OBJECT_CNODE},
    {SYS_CNODE_MOVE, OBJECT_CNODE},
    {SYS_CNODE_DELETE, OBJECT_CNODE},
    {SYS_CNODE_REVOKE, OBJECT_CNODE},
    {SYS_UNTYPED_INFO, OBJECT_UNTYPED},
    {SYS_PAGE_TABLE_MAP, OBJECT_PAGE_TABLE},
    {SYS_PAGE_TABLE_UNMAP, OBJECT_PAGE_TABLE},
    {SYS_FRAME_MAP, OBJECT_FRAME},
    {SYS_FRAME_UNMAP, OBJECT_FRAME},
    {SYS_FRAME_INFO, OBJECT_FRAME},
    {SYS_PROCESS_CONFIGURE, OBJECT_PROCESS},
    {SYS_PROCESS_MAP_EXECUTOR, OBJECT_PROCESS},
    {SYS_PROCESS_BIND, OBJECT_PROCESS},
    {SYS_PROCESS_START, OBJECT_PROCESS},
    {SYS_PROCESS_STOP, OBJECT_PROCESS},
    {SYS_PROCESS_INFO, OBJECT_PROCESS},
    {SYS_FAULT_NEXT, OBJECT_PROCESS},
    {SYS_THREAD_STOP, OBJECT_THREAD},
    {SYS_IRQ_GET, OBJECT_IRQ_CONTROL},
    {SYS_IRQ_ACK, OBJECT_IRQ},
    {SYS_TIMER_SET, OBJECT_TIMER},
    {SYS_THREAD_CONFIGURE, OBJECT_THREAD},
    {SYS_THREAD_START, OBJECT_THREAD},
    /* and Process, VirtualCpu: */
    {SYS_FAULT_READ, OBJECT_THREAD},
    {SYS_FAULT_RESUME, OBJECT_THREAD},
    {SYS_FAULT_RESTART, OBJECT_THREAD},
    {SYS_REGISTERS_READ, OBJECT_THREAD},
    {SYS_REGISTERS_WRITE, OBJECT_THREAD},
    {SYS_THREAD_SUSPEND, OBJECT_THREAD},
    {SYS_THREAD_RESUME, OBJECT_THREAD},
};
#define CALLS     (sizeof calls / sizeof calls[0])
#define TASK_CALL (CALLS - 7) /* the first of those */

static long invoke(unsigned number, uint32_t cptr)
{
    return syscall_arch_long(SYS_INVOKED_(number, cptr), 0, 0, 0, 0, 0, 0, 0);
}

CASE(syscalls, unknown_numbers)
{
    static struct child child;
    struct fault_record fault;
    uint64_t pc;

    child_run(&child, child_invoker, 0);
    for (unsigned number = SYS_COUNT; number < SYS_CHECK; number++) {
        child_call(&child, number, 0x123, 0, 0, 0, 0, 0);
        CHECK_OK(sys_fault_read(child.process, &fault));
        CHECK_EQ(fault.cause, CAUSE_CALL);
        CHECK_EQ(fault.address, SYS_INVOKED_(number, 0x123));
        pc = fault.pc + 4;
        CHECK_OK(sys_registers_write(child.process, 0, 1, (uint64_t[5]){pc}));
        CHECK_OK(sys_fault_resume(child.process));
        run_through_faults();
        CHECK_EQ(SHARED->request[0].done, 1);
    }
}

CASE(syscalls, bits_above_the_address_are_no_number)
{
    CHECK_EQ(syscall_arch_short(SYS_NULL | 1ull << 63, 0), E_OK);
}

CASE(syscalls, empty_slot)
{
    uint32_t slot = slots_take(1);

    for (unsigned i = 0; i < CALLS; i++)
        CHECK_EQ(invoke(calls[i].number, slot) * 100 - calls[i].number,
                 E_BAD_CAP * 100 - (long)calls[i].number);
}

CASE(syscalls, slot_zero_and_beyond_the_end)
{
    static const uint32_t addresses[] = {0, 1u << ROOT_CNODE_BITS, 1u << 31, ~0u};

    for (unsigned i = 0; i < CALLS; i++) {
        for (unsigned k = 0; k < 4; k++)
            CHECK_EQ(invoke(calls[i].number, addresses[k]), E_BAD_CAP);
    }
}

CASE(syscalls, wrong_type)
{
    static const enum object_type types[] = {OBJECT_UNTYPED,  OBJECT_CNODE,      OBJECT_PROCESS,
                                             OBJECT_THREAD,   OBJECT_PAGE_TABLE, OBJECT_FRAME,
                                             OBJECT_ENDPOINT, OBJECT_RENDEZVOUS, OBJECT_REPLY,
                                             OBJECT_IRQ,      OBJECT_TIMER};

    for (unsigned k = 0; k < sizeof types / sizeof types[0]; k++) {
        uint32_t cptr = make(types[k], types[k] == OBJECT_CNODE ? 4 : 12);

        for (unsigned i = 0; i < CALLS; i++) {
            if (calls[i].type != types[k] &&
                (i < TASK_CALL || (types[k] != OBJECT_PROCESS && types[k] != OBJECT_VIRTUAL_CPU)))
                CHECK_EQ(invoke(calls[i].number, cptr), E_BAD_TYPE);
        }
    }
}

CASE(syscalls, wrong_type_of_the_boot_capabilities)
{
    static const uint32_t caps[] = {ROOT_IRQ_CONTROL, ROOT_DEBUG_PUT, ROOT_POWER};
    static const enum object_type types[] = {OBJECT_IRQ_CONTROL, OBJECT_DEBUG_PUT, OBJECT_POWER};

    for (unsigned k = 0; k < 3; k++) {
        for (unsigned i = 0; i < CALLS; i++) {
            if (calls[i].type != types[k])
                CHECK_EQ(invoke(calls[i].number, caps[k]), E_BAD_TYPE);
        }
    }
}

CASE(syscalls, debug_put_count)
{
    uint64_t words[6] = {0};

    CHECK_EQ(sys_debug_put(ROOT_DEBUG_PUT, 0, words), E_BAD_ARGUMENT);
    CHECK_EQ(sys_debug_put(ROOT_DEBUG_PUT, DEBUG_PUT_BYTES + 1, words), E_BAD_ARGUMENT);
    CHECK_EQ(sys_debug_put(ROOT_DEBUG_PUT, ~0ull, words), E_BAD_ARGUMENT);
}

CASE(syscalls, debug_get_without_a_key)
{
    CHECK_EQ(sys_debug_get(ROOT_DEBUG_PUT), E_AGAIN);
    CHECK_EQ(sys_debug_get(ROOT_POWER), E_BAD_TYPE);
    CHECK_EQ(sys_debug_get(0), E_BAD_CAP);
}

CASE(syscalls, power_operation)
{
    CHECK_EQ(sys_power(ROOT_POWER, POWER_RESET + 1), E_BAD_ARGUMENT);
    CHECK_EQ(sys_power(ROOT_POWER, ~0u), E_BAD_ARGUMENT);
}

CASE(syscalls, null_from_a_process_without_anything)
{
    static struct child child;

    child_run(&child, child_invoker, 0);
    CHECK_OK(child_call(&child, SYS_NULL, 0, 1, 2, 3, 4, 5));
    for (unsigned i = 0; i < CALLS; i++)
        CHECK_EQ(child_call(&child, calls[i].number, 1, 0, 0, 0, 0, 0), E_BAD_CAP);
}
