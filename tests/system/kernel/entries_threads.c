/* SPDX-License-Identifier: BSD-2-Clause */
/* What threads of children run. */
#include "entries.h"

void thread_rest(void)
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

void thread_ecall_late(uint64_t n)
{
    uint64_t rendezvous = SHARED->word[3];

    sys_thread_deadline(1);
    SHARED->registers[n].x[REG_A7] = SYS_INVOKED_(SYS_CALL, rendezvous);
    registers_ecall(&SHARED->registers[n], 0);
    sys_thread_deadline(~0ull);
    SHARED->word[32 + n] = 1;
    thread_rest();
}

void thread_spin_registers(uint64_t n)
{
    registers_spin(&SHARED->registers[n], 0);
    SHARED->word[32 + n] = 1;
    thread_rest();
}

void thread_load_registers(uint64_t n)
{
    registers_load(&SHARED->registers[n], 0);
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
            uint64_t deadline = SHARED->deadline[n];

            request->wanted = 0;
            if (deadline)
                sys_thread_deadline(deadline);
            syscall_arch_message(request->invoked, request->x);
            if (deadline)
                sys_thread_deadline(~0ull);
            SHARED->deadline[n] = 0;
            request->done++;
        }
    }
}

void thread_await(uint64_t slot_and_number)
{
    if (sys_thread_wait((uint32_t)slot_and_number & 0xffff) == E_OK)
        log_number(slot_and_number >> 16);
    thread_rest();
}

void thread_offer(uint64_t capability)
{
    uint64_t x[8] = {1, 2, 3, 4, 5, 6, capability};

    syscall_arch(SYS_INVOKED_(SYS_CALL_CAP, (uint32_t)SHARED->word[3]), x);
    tally((16 - (long)x[6]) & 63);
    thread_rest();
}

void thread_call_late(uint64_t tick)
{
    uint64_t x[8] = {0};

    sys_thread_deadline(tick);
    syscall_arch(SYS_INVOKED_(SYS_CALL, (uint32_t)SHARED->word[3]), x);
    tally(4);
    sys_thread_deadline(~0ull);
    thread_rest();
}

void thread_serve(uint64_t unused)
{
    uint64_t x[8] = {SHARED->word[2]};
    uint32_t rendezvous = (uint32_t)SHARED->word[1], reply = (uint32_t)SHARED->word[2];

    (void)unused;
    syscall_arch(SYS_INVOKED_(SYS_RECEIVE, rendezvous), x);
    for (;;) {
        for (unsigned i = 0; i < 6; i++)
            x[i]++;
        x[6] = reply;
        syscall_arch(SYS_INVOKED_(SYS_REPLY_RECEIVE, rendezvous), x);
    }
}

void thread_receive_then_spin(uint64_t word)
{
    uint64_t x[8] = {SHARED->word[2]};

    syscall_arch(SYS_INVOKED_(SYS_RECEIVE, (uint32_t)SHARED->word[1]), x);
    child_spin(word);
}

void thread_call_often(uint64_t times)
{
    uint32_t rendezvous = (uint32_t)SHARED->word[3];

    for (uint64_t i = 0; i < times; i++) {
        uint64_t x[8] = {i, i + 1, i + 2, i + 3, i + 4, i + 5};

        syscall_arch(SYS_INVOKED_(SYS_CALL, rendezvous), x);
        for (unsigned k = 0; k < 6; k++)
            SHARED->word[5] += x[k] != i + k + 1;
        tally(4);
    }
    thread_rest();
}
