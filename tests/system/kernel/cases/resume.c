/* SPDX-License-Identifier: BSD-2-Clause */
/* What a supervisor does with those that stand at a fault: look, change, resume. */
#include "faults.h"
#include "suite.h"

static struct child child;

static uint64_t pattern(unsigned i)
{
    return 0x0102030405060708ull * i;
}

/* All registers hold patterns when it loads from WINDOW, where nothing is. */
static void load_at_window(struct registers *r)
{
    for (unsigned i = 1; i < 32; i++)
        r->x[i] = pattern(i);
    r->x[REG_T5] = WINDOW;
}

static void start_loading(void)
{
    child_make(&child, 0);
    load_at_window(&SHARED->registers[0]);
    child_start(&child, child_load_registers, 0, WORSE);
    run_through_faults();
    CHECK_EQ(child_fault(&child).address, WINDOW);
}

static uint32_t start_loading_thread(unsigned n)
{
    load_at_window(&SHARED->registers[n]);
    return thread_start_at(&child, n, thread_load_registers, n, WORSE);
}

/* A page at WINDOW that begins with the word. */
static void map_word(uint64_t word)
{
    uint32_t frame = make(OBJECT_FRAME, 12);

    map(copy(frame, ALL), ROOT_PROCESS, WINDOW + (1 << 20), READ | WRITE);
    *(volatile uint64_t *)(WINDOW + (1 << 20)) = word;
    map(frame, child.process, WINDOW, READ);
}

static void read_all(uint32_t task, uint64_t value[35])
{
    for (unsigned i = 0; i < 35; i += 5)
        CHECK_OK(sys_registers_read(task, i, value + i));
}

/* Go on behind the instruction that faulted. */
static void skip(uint32_t task)
{
    struct fault_record fault;

    CHECK_OK(sys_fault_read(task, &fault));
    register_set(task, 0, fault.pc + FAULT_BYTES);
    CHECK_OK(sys_fault_resume(task));
    run_through_faults();
}

static void check_all_read(uint32_t task)
{
    uint64_t value[35];

    read_all(task, value);
    CHECK_EQ(value[0], (uint64_t)registers_load_pc);
    for (unsigned i = 1; i < 32; i++) {
        if (i != REG_SP)
            CHECK_EQ(value[i], i == REG_T5 ? WINDOW : pattern(i));
    }
    for (unsigned i = 32; i < 35; i++)
        CHECK_EQ(value[i], 0);
}

/* It came back with all registers as they were, but for what it loaded. */
static void check_unchanged(unsigned n, uint64_t loaded)
{
    CHECK_EQ(SHARED->word[32 + n], 1);
    CHECK_EQ(SHARED->registers[n].x[REG_SP], 0);
    for (unsigned i = 1; i < 30; i++) {
        if (i != REG_SP)
            CHECK_EQ(SHARED->registers[n].x[i], pattern(i));
    }
    CHECK_EQ(SHARED->registers[n].x[REG_T6], loaded);
}

CASE(resume, all_registers_are_read)
{
    start_loading();
    check_all_read(child.process);
}

CASE(resume, all_registers_of_a_thread_are_read)
{
    uint32_t thread;

    child_make(&child, 0);
    thread = start_loading_thread(2);
    run_through_faults();
    check_all_read(thread);
}

CASE(resume, after_the_page_is_mapped)
{
    start_loading();
    map_word(4711);
    CHECK_OK(sys_fault_resume(child.process));
    run_through_faults();
    check_unchanged(0, 4711);
    CHECK_EQ(child_state(&child), PROCESS_IDLE);
}

CASE(resume, thread_after_the_page_is_mapped)
{
    uint32_t thread;

    child_make(&child, 0);
    thread = start_loading_thread(2);
    run_through_faults();
    map_word(4712);
    CHECK_OK(sys_fault_resume(thread));
    run_through_faults();
    check_unchanged(2, 4712);
}

CASE(resume, all_registers_are_written)
{
    uint64_t value[35], sp;

    start_loading();
    read_all(child.process, value);
    sp = value[REG_SP];
    for (unsigned i = 1; i < 32; i++)
        value[i] = ~pattern(i);
    value[0] += FAULT_BYTES;
    value[REG_SP] = sp;
    for (unsigned i = 0; i < 30; i += 5)
        CHECK_OK(sys_registers_write(child.process, i, 5, value + i));
    CHECK_OK(sys_registers_write(child.process, 30, 2, value + 30));
    CHECK_OK(sys_fault_resume(child.process));
    run_through_faults();
    CHECK_EQ(SHARED->word[32], 1);
    CHECK_EQ(SHARED->registers[0].x[REG_SP], 0);
    for (unsigned i = 1; i < 32; i++)
        CHECK(i == REG_SP || SHARED->registers[0].x[i] == ~pattern(i));
}

CASE(resume, only_the_counted_registers_are_written)
{
    uint64_t value[35];

    start_loading();
    CHECK_OK(sys_registers_write(child.process, 8, 2, (uint64_t[5]){1, 2, 3, 4, 5}));
    read_all(child.process, value);
    CHECK_EQ(value[7], pattern(7));
    CHECK_EQ(value[8], 1);
    CHECK_EQ(value[9], 2);
    CHECK_EQ(value[10], pattern(10));
}

CASE(resume, register_numbers_are_checked)
{
    uint64_t value[5] = {0};

    start_loading();
    CHECK_EQ(sys_registers_read(child.process, 32, value), E_BAD_ARGUMENT);
    CHECK_EQ(sys_registers_read(child.process, ~0u, value), E_BAD_ARGUMENT);
    CHECK_EQ(sys_registers_write(child.process, 32, 1, value), E_BAD_ARGUMENT);
    CHECK_EQ(sys_registers_write(child.process, 0, 0, value), E_BAD_ARGUMENT);
    CHECK_EQ(sys_registers_write(child.process, 0, 6, value), E_BAD_ARGUMENT);
    CHECK_EQ(sys_registers_write(child.process, 0, ~0u, value), E_BAD_ARGUMENT);
    CHECK_EQ(sys_registers_write(child.process, 28, 5, value), E_BAD_ARGUMENT);
    check_all_read(child.process);
}

CASE(resume, behind_an_illegal_instruction)
{
    child_run(&child, fault_illegal, 0);
    skip(child.process);
    CHECK_EQ(child_state(&child), PROCESS_IDLE);
}

CASE(resume, behind_a_breakpoint)
{
    child_run(&child, fault_break, 0);
    skip(child.process);
    CHECK_EQ(child_state(&child), PROCESS_IDLE);
}

CASE(resume, behind_a_misaligned_access)
{
    child_run(&child, fault_atomic, (uint64_t)SHARED + 4);
    skip(child.process);
    CHECK_EQ(child_state(&child), PROCESS_IDLE);
}

/* To 0x3ffffffffe and the like no page belongs: the next fault is there. */
CASE(resume, anywhere)
{
    static const uint64_t addresses[] = {0, USER_TOP, 1ull << 63, ~1ull, 0xffffffc080200000};

    child_run(&child, fault_break, 0);
    for (unsigned i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        register_set(child.process, 0, addresses[i]);
        CHECK_OK(sys_fault_resume(child.process));
        run_through_faults();
        CHECK_EQ(child_fault(&child).cause, CAUSE_FETCH);
    }
}

CASE(resume, without_a_change_it_faults_again)
{
    struct fault_record first, second;

    child_run(&child, fault_load, WINDOW);
    first = child_fault(&child);
    wakes_clear();
    CHECK_OK(sys_fault_resume(child.process));
    CHECK_EQ(child_state(&child), PROCESS_READY);
    run_through_faults();
    CHECK(wake_taken(FAULT_SLOT));
    second = child_fault(&child);
    CHECK_EQ(second.cause, first.cause);
    CHECK_EQ(second.address, first.address);
    CHECK_EQ(second.pc, first.pc);
}

CASE(resume, unknown_call_is_emulated)
{
    uint64_t value[5];

    child_run(&child, child_invoker, 0);
    child_call(&child, 254, 77, 11, 12, 13, 14, 15);
    CHECK_EQ(child_fault(&child).cause, CAUSE_CALL);
    CHECK_EQ(child_fault(&child).address, SYS_INVOKED_(254, 77));
    CHECK_OK(sys_registers_read(child.process, REG_A0, value));
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQ(value[i], 11 + i);
    CHECK_OK(sys_registers_write(child.process, REG_A0, 2, (uint64_t[5]){100, 101}));
    skip(child.process);
    CHECK_EQ(SHARED->request[0].done, 1);
    CHECK_EQ(SHARED->request[0].x[0], 100);
    CHECK_EQ(SHARED->request[0].x[1], 101);
    CHECK_EQ(SHARED->request[0].x[2], 13);
}

CASE(resume, unknown_call_becomes_another)
{
    child_run(&child, child_invoker, 0);
    child_call(&child, 254, 0, 11, 12, 13, 14, 15);
    register_set(child.process, REG_A7, SYS_NULL);
    CHECK_OK(sys_fault_resume(child.process));
    run_through_faults();
    CHECK_EQ(SHARED->request[0].done, 1);
    CHECK_EQ(SHARED->request[0].x[0], E_OK);
    CHECK_EQ(SHARED->request[0].x[1], 0);
}

CASE(resume, unknown_call_of_a_thread)
{
    uint32_t thread;

    child_make(&child, 0);
    thread = thread_make(&child, 1, WORSE);
    thread_call(&child, 1, 254, 3, NULL, 0);
    CHECK(!thread_done(1));
    skip(thread);
    CHECK(thread_done(1));
}

CASE(resume, wakes_come_meanwhile)
{
    child_make(&child, 0);
    SHARED->word[1] = WINDOW;
    child_start(&child, child_touch, 0, WORSE);
    run_through_faults();
    child_ring(&child);
    CHECK_EQ(child_state(&child), PROCESS_FAULTED);
    map_word(3);
    CHECK_OK(sys_fault_resume(child.process));
    run_through_faults();
    CHECK_EQ(SHARED->word[0], 3);
    CHECK_EQ(SHARED->word[2], 1ull << BELL_SLOT / 64);
    CHECK_EQ(child_state(&child), PROCESS_IDLE);
}

CASE(resume, message_is_not_delivered_meanwhile)
{
    uint64_t words[6] = {0};

    child_run(&child, fault_break, 0);
    suite_line()->running = PRIORITY_NONE;
    CHECK_EQ(sys_deliver(child.bell, words, (uint64_t)WORSE << MESSAGE_PRIORITY_SHIFT), E_AGAIN);
    suite_priority(SUITE_PRIORITY);
}

CASE(resume, better_one_runs_at_once)
{
    child_make(&child, 0);
    child_start(&child, fault_break, 0, BETTER);
    register_set(child.process, 0, child_fault(&child).pc + FAULT_BYTES);
    CHECK_OK(sys_fault_resume(child.process));
    CHECK_EQ(child_state(&child), PROCESS_IDLE);
}

CASE(resume, refuses_who_has_not_faulted)
{
    uint32_t thread = make(OBJECT_THREAD, 0);

    CHECK_EQ(sys_fault_resume(ROOT_PROCESS), E_STATE);
    CHECK_EQ(sys_fault_resume(thread), E_STATE);
    child_make(&child, 0);
    CHECK_EQ(sys_fault_resume(child.process), E_STATE);
    child_start(&child, child_idle, 0, WORSE);
    CHECK_EQ(sys_fault_resume(child.process), E_STATE);
    run_through_faults();
    CHECK_EQ(sys_fault_resume(child.process), E_STATE);
    CHECK_OK(sys_process_stop(child.process));
    CHECK_EQ(sys_fault_resume(child.process), E_STATE);
}

CASE(resume, rights)
{
    struct fault_record fault;
    uint64_t value[5] = {0};
    uint32_t reader, writer;

    start_loading();
    reader = copy(child.process, READ);
    writer = copy(child.process, WRITE);
    CHECK_OK(sys_fault_read(reader, &fault));
    CHECK_OK(sys_fault_next(reader, &fault, value));
    CHECK_OK(sys_registers_read(reader, 0, value));
    CHECK_EQ(sys_registers_write(reader, 0, 1, value), E_NO_RIGHT);
    CHECK_EQ(sys_fault_resume(reader), E_NO_RIGHT);
    CHECK_EQ(sys_fault_restart(reader, 0, 0, 0), E_NO_RIGHT);
    CHECK_EQ(sys_thread_suspend(reader), E_NO_RIGHT);
    CHECK_EQ(sys_thread_resume(reader), E_NO_RIGHT);
    CHECK_EQ(sys_fault_read(writer, &fault), E_NO_RIGHT);
    CHECK_EQ(sys_fault_next(writer, &fault, value), E_NO_RIGHT);
    CHECK_EQ(sys_registers_read(writer, 0, value), E_NO_RIGHT);
    CHECK_OK(sys_fault_resume(writer));
}

CASE(resume, registers_only_of_who_stands)
{
    uint64_t value[5] = {0};

    CHECK_EQ(sys_registers_read(ROOT_PROCESS, 0, value), E_STATE);
    CHECK_EQ(sys_registers_write(ROOT_PROCESS, 8, 1, value), E_STATE);
    CHECK_EQ(sys_registers_read(make(OBJECT_THREAD, 0), 0, value), E_STATE);
    child_make(&child, 0);
    CHECK_EQ(sys_registers_read(child.process, 0, value), E_STATE);
    child_start(&child, child_idle, 0, WORSE);
    CHECK_EQ(sys_registers_read(child.process, 0, value), E_STATE);
    run_through_faults();
    CHECK_EQ(sys_registers_write(child.process, 0, 1, value), E_STATE);
    CHECK_OK(sys_process_stop(child.process));
    CHECK_EQ(sys_registers_read(child.process, 0, value), E_STATE);
}

/* Before it starts a thread may get more than the arguments of thread_configure. */
CASE(resume, registers_of_a_thread_that_has_not_started)
{
    uint32_t thread = make(OBJECT_THREAD, 0);
    uint64_t value[5];

    child_make(&child, 0);
    CHECK_OK(sys_thread_configure(thread, child.process, 1, STACKS + 4096, 3, 4, WORSE));
    CHECK_OK(sys_registers_read(thread, 0, value));
    CHECK_EQ(value[0], 1);
    CHECK_EQ(value[REG_SP], STACKS + 4096);
    CHECK_EQ(value[REG_TP], 3);
    register_set(thread, 0, (uint64_t)registers_entry);
    register_set(thread, REG_T6, 31);
    CHECK_OK(sys_thread_start(thread));
    run_through_faults();
    CHECK_EQ(SHARED->entries, 1);
    CHECK_EQ(SHARED->registers[0].x[REG_A0], 4);
    CHECK_EQ(SHARED->registers[0].x[REG_T6], 31);
}
