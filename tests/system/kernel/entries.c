/* SPDX-License-Identifier: BSD-2-Clause */
#include "entries.h"

typedef void (*event_entry_t)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                              uint64_t);

static struct executor_line *line(void)
{
    return (struct executor_line *)EXECUTOR_BASE;
}

void child_clear_wakes(void)
{
    uint64_t *words = (uint64_t *)(EXECUTOR_BASE + EXECUTOR_WAKE_WORDS);
    uint64_t summary = __atomic_exchange_n(&line()->wakes, 0, __ATOMIC_ACQUIRE);

    for (unsigned i = 0; i < 64; i++) {
        if (summary >> i & 1)
            __atomic_store_n(&words[i], 0, __ATOMIC_RELAXED);
    }
}

void child_wait(void (*entry)(uint64_t))
{
    line()->pc = (uint64_t)entry;
    line()->sp = STACK_END(0);
    for (;;) {
        child_clear_wakes();
        sys_yield();
    }
}

static void idle_entered(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                         uint64_t w5, uint64_t header, uint64_t event)
{
    const uint64_t x[8] = {w0, w1, w2, w3, w4, w5, header, event};

    for (unsigned i = 0; i < 8; i++)
        SHARED->event[i] = x[i];
    SHARED->entries++;
    child_wait((void (*)(uint64_t))(void (*)(void))idle_entered);
}

void child_idle(uint64_t unused)
{
    (void)unused;
    child_wait((void (*)(uint64_t))(void (*)(void))idle_entered);
}

void child_invoker(uint64_t unused)
{
    struct request *request = &SHARED->request[0];

    (void)unused;
    line()->pc = (uint64_t)child_invoker;
    line()->sp = STACK_END(0);
    child_clear_wakes();
    if (request->wanted) {
        request->wanted = 0;
        syscall_arch(request->invoked, request->x);
        request->done++;
    }
    child_wait(child_invoker);
}

void child_spin(uint64_t word)
{
    for (;;)
        SHARED->word[word]++;
}

static void log_number(uint64_t number)
{
    SHARED->log[SHARED->logged++ % 64] = number;
}

/* The number is kept where nobody else writes: in the private part of the executor page. */
static void log_entered(uint64_t unused)
{
    (void)unused;
    log_number(*(uint64_t *)(EXECUTOR_BASE + EXECUTOR_PRIVATE));
    child_wait(log_entered);
}

void child_log(uint64_t number)
{
    *(uint64_t *)(EXECUTOR_BASE + EXECUTOR_PRIVATE) = number;
    log_number(number);
    child_wait(log_entered);
}

void child_touch(uint64_t unused)
{
    (void)unused;
    SHARED->word[0] = *(volatile uint64_t *)SHARED->word[1];
    child_wait(child_touch);
}

void child_ecall(uint64_t n)
{
    registers_ecall(&SHARED->registers[n], EXECUTOR_BASE);
    SHARED->word[32 + n] = 1;
    child_wait(child_idle);
}

void child_spin_registers(uint64_t n)
{
    registers_spin(&SHARED->registers[n], EXECUTOR_BASE);
    SHARED->word[32 + n] = 1;
    child_wait(child_idle);
}

static void __attribute__((noreturn)) thread_rest(void)
{
    for (;;)
        sys_thread_wait(WAKE_SLOTS - 1);
}

void thread_ecall(uint64_t n)
{
    registers_ecall(&SHARED->registers[n], 0);
    SHARED->word[32 + n] = 1;
    thread_rest();
}

void thread_spin_registers(uint64_t n)
{
    registers_spin(&SHARED->registers[n], 0);
    SHARED->word[32 + n] = 1;
    thread_rest();
}

void thread_log(uint64_t n)
{
    for (unsigned i = 0; i < 3; i++) {
        log_number(n);
        sys_thread_yield();
    }
    thread_rest();
}

void thread_invoker(uint64_t n)
{
    struct request *request = &SHARED->request[n];

    for (;;) {
        sys_thread_wait((uint32_t)n);
        if (request->wanted) {
            request->wanted = 0;
            syscall_arch(request->invoked, request->x);
            request->done++;
        }
    }
}

void registers_entered(const uint64_t *x)
{
    for (unsigned i = 0; i < 32; i++)
        SHARED->registers[0].x[i] = x[i];
    SHARED->entries++;
    if (x[REG_GP] != 0)
        child_wait(registers_entry);
    thread_rest();
}
