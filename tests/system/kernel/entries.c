/* SPDX-License-Identifier: BSD-2-Clause */
#include "entries.h"

typedef void (*event_entry_t)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                              uint64_t);

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
    __atomic_fetch_add(&SHARED->entries, 1, __ATOMIC_RELAXED);
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
    /* In this order: a ring that comes later makes the yield return. */
    for (;; sys_yield()) {
        child_clear_wakes();
        if (request->wanted) {
            request->wanted = 0;
            syscall_arch(request->invoked, request->x);
            request->done++;
        }
    }
}

void child_spin(uint64_t word)
{
    for (;;)
        tally(word);
}

void child_touch_call_touch(uint64_t unused)
{
    struct request *request = &SHARED->request[0];

    (void)unused;
    SHARED->word[0] = *(volatile uint64_t *)SHARED->word[1];
    syscall_arch(request->invoked, request->x);
    request->done++;
    SHARED->word[2] = *(volatile uint64_t *)SHARED->word[1];
    child_wait(child_idle);
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
    SHARED->word[2] = *(volatile uint64_t *)&line()->wakes; /* in this order */
    child_wait(child_touch);
}

static void submitted_woken(uint64_t unused)
{
    const struct call_rings *rings = (const struct call_rings *)CALL_RINGS_BASE;

    (void)unused;
    line()->pc = (uint64_t)submitted_woken;
    line()->sp = STACK_END(0);
    for (;;) {
        child_clear_wakes();
        if (__atomic_load_n(&rings->completed, __ATOMIC_ACQUIRE) == 1) {
            SHARED->word[3] = rings->completions[0].result;
            SHARED->word[2] = 1;
        }
        sys_yield();
    }
}

void child_submit(uint64_t unused)
{
    struct call_rings *rings = (struct call_rings *)CALL_RINGS_BASE;

    (void)unused;
    rings->submissions[0].invoked = SHARED->word[0];
    rings->submissions[0].arguments[0] = SHARED->word[1];
    rings->submissions[0].arguments[1] = SHARED->word[5];
    __atomic_store_n(&rings->submitted, 1, __ATOMIC_RELEASE);
    sys_submit(100, WORSE);
    submitted_woken(0);
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

void child_load_registers(uint64_t n)
{
    registers_load(&SHARED->registers[n], EXECUTOR_BASE);
    SHARED->word[32 + n] = 1;
    child_wait(child_idle);
}

void child_read_for_ever(uint64_t unused)
{
    (void)unused;
    for (;;) {
        (void)*(volatile uint64_t *)SHARED->word[1];
        tally(2);
    }
}

void child_claims_all(uint64_t word)
{
    line()->bitmap = ~0ull;
    line()->running = 0;
    child_spin(word);
}

void child_flips(uint64_t word)
{
    for (uint64_t x = 88172645463325252ull;; x ^= x << 13, x ^= x >> 7, x ^= x << 17) {
        line()->bitmap = x;
        line()->running = x >> 20;
        line()->wakes = x & 1;
        tally(word);
        if ((x & 0xff00) == 0)
            sys_yield();
    }
}

/* Whether a wake has come: with the event, or as a bit. */
static bool take_wake(uint64_t event)
{
    return (__atomic_exchange_n(&line()->wakes, 0, __ATOMIC_ACQUIRE) != 0) |
           ((event & 0xff) == EVENT_RUNG);
}

static void spin_then_log_entered(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                  uint64_t a5, uint64_t a6, uint64_t event)
{
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6;
    while (SHARED->word[2] == 0)
        tally(1);
    line()->pc = (uint64_t)spin_then_log_entered;
    line()->sp = STACK_END(0);
    for (; !take_wake(event); event = EVENT_WAKE)
        sys_yield();
    log_number(7);
    child_wait(child_idle);
}

void child_spin_then_log(uint64_t unused)
{
    spin_then_log_entered(unused, 0, 0, 0, 0, 0, 0, EVENT_START);
}

/* Unlike child_wait it loses no wake that comes while it works. */
static void answer_entered(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                           uint64_t a5, uint64_t a6, uint64_t event)
{
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6;
    line()->pc = (uint64_t)answer_entered;
    line()->sp = STACK_END(0);
    for (;; event = EVENT_WAKE) {
        if (take_wake(event)) {
            tally(2);
            (void)sys_doorbell((uint32_t)SHARED->word[1], SUITE_PRIORITY);
        } else {
            sys_yield();
        }
    }
}

void child_answer(uint64_t unused)
{
    answer_entered(unused, 0, 0, 0, 0, 0, 0, EVENT_START);
}

void child_ring_for_ever(uint64_t cptr)
{
    long error;

    while ((error = sys_doorbell((uint32_t)cptr, PRIORITY_COUNT - 1)) == E_OK)
        tally(2);
    SHARED->word[3] = (uint64_t)error;
    SHARED->word[4] = 1;
    child_wait(child_idle);
}

static void line_1_entered(uint64_t argument, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                           uint64_t a5, uint64_t a6, uint64_t event)
{
    struct executor_line *own = line() + 1;

    (void)a1, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6;
    tally(1);
    if (event == EVENT_START)
        SHARED->word[2] = argument;
    SHARED->word[3] = registers_gp();
    SHARED->word[4] = event;
    own->pc = (uint64_t)line_1_entered;
    own->sp = STACK_END(1);
    own->running = PRIORITY_NONE;
    if (SHARED->word[5])
        __atomic_store_n(&own->wakes, 1, __ATOMIC_RELAXED);
    while (sys_yield() == E_OK) {
        tally(6);
        __atomic_store_n(&own->wakes, 0, __ATOMIC_RELAXED);
    }
}

void child_on_line_1(uint64_t argument)
{
    line_1_entered(argument, 0, 0, 0, 0, 0, 0, EVENT_START);
}

void registers_entered(const uint64_t *x)
{
    for (unsigned i = 0; i < 32; i++)
        SHARED->registers[0].x[i] = x[i];
    __atomic_fetch_add(&SHARED->entries, 1, __ATOMIC_RELAXED);
    if (x[REG_GP] != 0)
        child_wait(registers_entry);
    thread_rest();
}
