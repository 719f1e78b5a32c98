/* SPDX-License-Identifier: BSD-2-Clause */
/* The trace rings. Each case looks at what the suite's hart wrote since tracing was switched on;
 * what is expected must stand there in this order, whatever the timer put in between. */
#include "faults.h"
#include "suite.h"

#define RING     ((const volatile struct trace_header *)WINDOW)
#define RECORDS  ((const volatile struct trace_record *)(WINDOW + sizeof(struct trace_header)))
#define ANY      UINT64_MAX
#define MAPPINGS (WINDOW + 0x10000)

static struct child child;
static uint64_t next; /* the record to be looked at */
static uint64_t suite_task;

static const struct boot_info *info(void)
{
    return (const struct boot_info *)ROOT_BOOT_INFO_BASE;
}

/* How records name a task of the process. */
static uint64_t task_of(uint32_t process, unsigned thread)
{
    struct sys_process_info process_info;

    CHECK_OK(sys_process_info(process, &process_info));
    return process_info.number << 8 | thread;
}

static void map_ring(unsigned hart, uint32_t process, uint64_t vaddr)
{
    uint32_t frame = info()->trace_first + hart * (TRACE_BYTES / 4096);

    for (uint64_t at = 0; at < TRACE_BYTES; at += 4096)
        map(copy(frame++, READ), process, vaddr + at, READ);
}

static void begin(void)
{
    map_ring(0, ROOT_PROCESS, WINDOW);
    suite_task = task_of(ROOT_PROCESS, 0);
    CHECK_OK(sys_trace_control(ROOT_TRACE, true));
    next = RING->head;
}

static bool matches(const volatile struct trace_record *record, unsigned event, uint64_t task,
                    uint64_t detail, uint64_t value)
{
    return record->event == event && (task == ANY || record->task == task) &&
           (detail == ANY || record->detail == detail) && (value == ANY || record->value == value);
}

/* The next record of this kind. */
static const volatile struct trace_record *find(unsigned event, uint64_t task, uint64_t detail,
                                                uint64_t value)
{
    while (next < RING->head) {
        const volatile struct trace_record *record = &RECORDS[next++ % TRACE_RECORDS];

        if (matches(record, event, task, detail, value))
            return record;
    }
    return NULL;
}

#define EXPECT(event, task, detail, value) CHECK(find(event, task, detail, value) != NULL)

/* Any hart may serve a timer, and records the wake in its own ring. */
static void expect_timer_wake(void)
{
    if (info()->trace_rings == 1)
        EXPECT(TRACE_WAKE, suite_task, ANY, ANY);
}

CASE(trace, off_until_asked)
{
    begin();
    CHECK_OK(sys_trace_control(ROOT_TRACE, false));
    next = RING->head;
    child_run(&child, child_idle, 0);
    child_ring(&child);
    CHECK_OK(sys_null());
    CHECK_EQ(RING->head, next);
    CHECK_OK(sys_trace_control(ROOT_TRACE, true));
    CHECK_OK(sys_null());
    CHECK(RING->head > next);
}

CASE(trace, control_refuses)
{
    CHECK_EQ(syscall_arch_short(SYS_INVOKED_(SYS_TRACE_CONTROL, ROOT_TRACE), 2), E_BAD_ARGUMENT);
    CHECK_EQ(sys_trace_control(ROOT_POWER, true), E_BAD_TYPE);
    CHECK_EQ(sys_trace_control(slots_take(1), true), E_BAD_CAP);
}

CASE(trace, headers)
{
    CHECK(info()->trace_rings >= 1 && info()->trace_rings <= 8);
    for (unsigned hart = 0; hart < info()->trace_rings; hart++) {
        const volatile struct trace_header *header =
            (const volatile struct trace_header *)(WINDOW + hart * 4096);

        map(copy(info()->trace_first + hart * (TRACE_BYTES / 4096), READ), ROOT_PROCESS,
            (uint64_t)header, READ);
        CHECK_EQ(header->magic, TRACE_MAGIC);
        CHECK_EQ(header->hart, hart);
        CHECK_EQ(header->timebase_hz, info()->timebase_hz);
    }
}

CASE(trace, all_harts)
{
    for (unsigned hart = 0; hart < info()->trace_rings; hart++) {
        const volatile struct trace_header *header =
            (const volatile struct trace_header *)(MAPPINGS + hart * 4096);
        uint64_t head;

        map(copy(info()->trace_first + hart * (TRACE_BYTES / 4096), READ), ROOT_PROCESS,
            (uint64_t)header, READ);
        CHECK_OK(sys_trace_control(ROOT_TRACE, false));
        head = header->head;
        CHECK_OK(sys_trace_control(ROOT_TRACE, true));
        CHECK(header->head > head);
    }
}

CASE(trace, read_only)
{
    CHECK_EQ(
        sys_frame_map(copy(info()->trace_first, ALL), ROOT_PROCESS, (uint64_t)SHARED, READ | WRITE),
        E_NO_RIGHT);
    child_make(&child, 0);
    map(copy(info()->trace_first, READ), child.process, WINDOW, READ);
    child_start(&child, fault_store, WINDOW + 8, WORSE);
    run_children();
    CHECK_EQ(child_fault(&child).cause, CAUSE_STORE);
}

CASE(trace, system_calls)
{
    uint32_t empty = slots_take(2);

    begin();
    CHECK_OK(sys_null());
    CHECK_EQ(sys_doorbell(empty, 0), E_BAD_CAP);
    CHECK_EQ(sys_frame_unmap(empty + 1), E_BAD_CAP);
    EXPECT(TRACE_SYSTEM_CALL, suite_task, SYS_NULL, 0);
    EXPECT(TRACE_SYSTEM_CALL, suite_task, SYS_DOORBELL, empty);
    EXPECT(TRACE_SYSTEM_CALL, suite_task, SYS_FRAME_UNMAP, empty + 1);
}

CASE(trace, doorbell_wakes_a_better_one)
{
    uint64_t task;

    child_run(&child, child_idle, 0);
    task = task_of(child.process, 0);
    begin();
    CHECK_OK(sys_doorbell(child.bell, BETTER));
    CHECK_EQ(SHARED->entries, 1);
    EXPECT(TRACE_SYSTEM_CALL, suite_task, SYS_DOORBELL, child.bell);
    EXPECT(TRACE_DOORBELL, task, BELL_SLOT, BETTER);
    EXPECT(TRACE_SWITCH, task, BETTER, suite_task);
    EXPECT(TRACE_SYSTEM_CALL, task, SYS_YIELD, 0);
    EXPECT(TRACE_SWITCH, suite_task, SUITE_PRIORITY, task);
}

CASE(trace, doorbell_yield)
{
    struct registers r = {0};
    uint64_t task;
    uint32_t cptr;

    child_make(&child, 0);
    cptr = child_give(&child, suite_endpoint(65, 0), WRITE);
    child_start(&child, child_invoker, 0, WORSE);
    run_children();
    task = task_of(child.process, 0);
    SHARED->request[0] = (struct request){
        .invoked = SYS_INVOKED_(SYS_DOORBELL, cptr), .x = {SUITE_PRIORITY}, .wanted = 1};
    r.x[REG_A7] = SYS_INVOKED_(SYS_DOORBELL_YIELD, child.bell);
    r.x[REG_A0] = SUITE_PRIORITY;
    begin();
    registers_ecall(&r, EXECUTOR_BASE);
    EXPECT(TRACE_SYSTEM_CALL, suite_task, SYS_DOORBELL_YIELD, child.bell);
    EXPECT(TRACE_DOORBELL, task, BELL_SLOT, SUITE_PRIORITY);
    EXPECT(TRACE_SWITCH, task, SUITE_PRIORITY, suite_task);
    EXPECT(TRACE_DOORBELL, suite_task, 65, SUITE_PRIORITY);
    EXPECT(TRACE_SWITCH, suite_task, ANY, task);
}

/* Somebody who rings the suite when nobody better runs. */
static void start_ringer(unsigned slot)
{
    static struct child ringer;

    child_make(&ringer, 0);
    SHARED->registers[3].x[REG_A7] =
        SYS_INVOKED_(SYS_DOORBELL, child_give(&ringer, suite_endpoint(slot, 0), WRITE));
    SHARED->registers[3].x[REG_A0] = SUITE_PRIORITY;
    child_start(&ringer, child_ecall, 3, PRIORITY_COUNT - 2);
}

CASE(trace, deliver_carries_the_request)
{
    uint64_t header = (uint64_t)SUITE_PRIORITY << MESSAGE_PRIORITY_SHIFT |
                      0x77ull << MESSAGE_LABEL_SHIFT | 0x12345678;
    struct registers r = {0};
    uint64_t task;

    child_run(&child, child_idle, 0);
    start_ringer(66);
    task = task_of(child.process, 0);
    r.x[16] = header;
    r.x[REG_A7] = SYS_INVOKED_(SYS_DELIVER, child.bell);
    begin();
    registers_ecall(&r, EXECUTOR_BASE);
    CHECK_EQ(SHARED->entries, 1);
    EXPECT(TRACE_SYSTEM_CALL, suite_task, SYS_DELIVER, child.bell);
    EXPECT(TRACE_DELIVER, task, BELL_SLOT, header);
    EXPECT(TRACE_SWITCH, task, SUITE_PRIORITY, suite_task);
    EXPECT(TRACE_SYSTEM_CALL, task, SYS_YIELD, 0);
    EXPECT(TRACE_DOORBELL, suite_task, 66, SUITE_PRIORITY);
    EXPECT(TRACE_SWITCH, suite_task, SUITE_PRIORITY, ANY);
}

CASE(trace, idle_until_the_timer)
{
    begin();
    for (uint64_t ms = 1; ms < 2000 && !find(TRACE_IDLE, 0, 0, 0); ms *= 2) {
        next = RING->head;
        suite_sleep(ticks_ms(ms));
    }
    EXPECT(TRACE_INTERRUPT, 0, 0, ANY);
    expect_timer_wake();
    EXPECT(TRACE_SWITCH, suite_task, ANY, 0);
}

CASE(trace, preemption)
{
    struct registers r = {.x = {[REG_A7] = SYS_YIELD}};
    uint64_t task;

    child_make(&child, 0);
    child_start(&child, child_spin, 0, WORSE);
    task = task_of(child.process, 0);
    begin();
    suite_yield_for_timer(&r);
    EXPECT(TRACE_SYSTEM_CALL, suite_task, SYS_YIELD, 0);
    EXPECT(TRACE_SWITCH, task, WORSE, suite_task);
    EXPECT(TRACE_INTERRUPT, task, 0, ANY);
    expect_timer_wake();
    EXPECT(TRACE_SWITCH, suite_task, SUITE_PRIORITY, task);
}

CASE(trace, fault)
{
    uint64_t task;

    child_make(&child, 0);
    child_start(&child, fault_store, WINDOW + 32, WORSE);
    task = task_of(child.process, 0);
    begin();
    run_children();
    EXPECT(TRACE_SWITCH, task, WORSE, suite_task);
    EXPECT(TRACE_FAULT, task, CAUSE_STORE, WINDOW + 32);
    EXPECT(TRACE_WAKE, suite_task, FAULT_SLOT, SUITE_PRIORITY);
    EXPECT(TRACE_SWITCH, suite_task, ANY, ANY);
}

CASE(trace, threads_by_number)
{
    child_make(&child, 0);
    begin();
    for (unsigned n = 1; n <= 2; n++)
        thread_start_at(&child, n, thread_log, n, WORSE);
    run_children();
    EXPECT(TRACE_SWITCH, task_of(child.process, 1), WORSE, suite_task);
    EXPECT(TRACE_SYSTEM_CALL, task_of(child.process, 1), SYS_THREAD_YIELD, 0);
    EXPECT(TRACE_SWITCH, task_of(child.process, 2), WORSE, task_of(child.process, 1));
}

CASE(trace, stamps_grow_and_time_is_told)
{
    uint64_t cycles = 0, instructions = 0, times = 0, time = ticks_now();

    begin();
    for (unsigned i = 0; i < 2 * TRACE_TIME_EVERY; i++)
        CHECK_OK(sys_null());
    CHECK(RING->head - next >= 2 * TRACE_TIME_EVERY);
    for (uint64_t end = RING->head; next < end; next++) {
        const volatile struct trace_record *record = &RECORDS[next % TRACE_RECORDS];

        CHECK(record->cycles > cycles && record->instructions > instructions);
        cycles = record->cycles;
        instructions = record->instructions;
        if (record->event == TRACE_TIME) {
            CHECK(record->value >= time && record->value <= ticks_now());
            time = record->value;
            times++;
        }
    }
    CHECK(times >= 2);
}

CASE(trace, overwrites_the_oldest)
{
    uint32_t empty = slots_take(1);
    uint64_t head;

    begin();
    head = RING->head;
    for (unsigned i = 0; i < 2 * TRACE_RECORDS; i++)
        CHECK_OK(sys_null());
    CHECK_EQ(sys_doorbell(empty, 0), E_BAD_CAP);
    /* So many were written; the last of them are there. */
    CHECK(RING->head >= head + 2 * TRACE_RECORDS + 1);
    next = RING->head - TRACE_RECORDS;
    for (unsigned i = 0; i < TRACE_RECORDS / 2; i++)
        EXPECT(TRACE_SYSTEM_CALL, suite_task, SYS_NULL, 0);
    EXPECT(TRACE_SYSTEM_CALL, suite_task, SYS_DOORBELL, empty);
    CHECK(find(TRACE_SYSTEM_CALL, suite_task, SYS_NULL, ANY) == NULL);
}
