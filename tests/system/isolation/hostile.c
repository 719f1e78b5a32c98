/* SPDX-License-Identifier: BSD-2-Clause */
/* One attack, named by the process's argument. */
#include <stdint.h>
#include <string.h>
#include <sys/program.h>
#include <sys/syscall.h>
#include "hostile.h"

#define KERNEL_ADDRESS  0xffffffff80200000ull /* its first instruction */
#define DIRECT_MAP      0xffffffc080200000ull /* the same through its window on all memory */
#define FOREIGN_ADDRESS SECRET_ADDRESS        /* the witness's heap; this process's is shorter */
#define SOON_TICKS      100000

struct hostile {
    struct co co;
    unsigned tries;
    unsigned through;
};

static uint64_t data_word = 0x0000000000008067; /* the instruction ret, if data could be executed */

static volatile uint64_t target; /* so that the compiler does not judge the address */

static void read_at(uint64_t address)
{
    target = address;
    (void)*(volatile uint64_t *)target;
}

static void write_at(uint64_t address)
{
    target = address;
    *(volatile uint64_t *)target = 1;
}

static void overflow_stack(unsigned depth)
{
    volatile char page[1024];

    page[0] = (char)depth;
    if (depth < 1u << 20)
        overflow_stack(depth + 1);
    page[1] = page[0];
}

static void fill_executor_page(uint64_t pattern)
{
    volatile uint64_t *page = (volatile uint64_t *)EXECUTOR_BASE;

    for (unsigned i = 0; i < 4096 / 8; i++)
        page[i] = pattern;
}

/* Any value into every word of the executor page; then system calls, a timer and a yield. What it
 * spoils is its own: the kernel may return here or enter at any address in user space. */
static void spoil_executor_page(uint64_t pattern)
{
    fill_executor_page(pattern);
    for (unsigned i = 0; i < 1000; i++)
        sys_null();
    /* Not before: its wake would be among what is overwritten. */
    if (sys_timer_set(startup()->timer, time_now() + SOON_TICKS, startup()->ceiling) != E_OK)
        return;
    sys_yield();
    read_at(0x10); /* without an executor there is no other way to end */
}

/* All priorities ready, for ever: it may take no more than its ceiling allows. */
static void __attribute__((noreturn)) claim_priority(void)
{
    log_line("claims every priority");
    for (;;) {
        fill_executor_page(~0ull);
        sys_null();
    }
}

static bool is(const char *name)
{
    return strcmp(startup()->arguments, name) == 0;
}

/* The attacks that must end in a fault; returns if there is none of that name. */
static void attack_memory(void)
{
    if (is("read-kernel"))
        read_at(KERNEL_ADDRESS);
    else if (is("read-kernel-window"))
        read_at(DIRECT_MAP);
    else if (is("write-kernel"))
        write_at(KERNEL_ADDRESS);
    else if (is("read-foreign"))
        read_at(FOREIGN_ADDRESS);
    else if (is("read-unmapped"))
        read_at(0x8);
    else if (is("execute-data"))
        ((void (*)(void)) & data_word)();
    else if (is("write-code"))
        write_at((uint64_t)&read_at);
    else if (is("write-vdso"))
        write_at(VDSO_BASE);
    else if (is("write-bitmap"))
        write_at(GLOBAL_BITMAP_BASE);
    else if (is("write-startup"))
        write_at(STARTUP_BASE);
    else if (is("stack-guard"))
        overflow_stack(0);
    else if (is("numbers"))
        syscall_arch_short(SYS_INVOKED_(254, startup()->timer), 0);
    else if (is("executor-page-ones"))
        spoil_executor_page(~0ull);
    else if (is("executor-page-kernel"))
        spoil_executor_page(KERNEL_ADDRESS);
    else if (is("executor-page-zero"))
        spoil_executor_page(0);
    else
        return;
    log_line("survived");
}

static CO_BODY enum co_state hostile_body(struct co *co)
{
    struct hostile *h = co_frame(struct hostile, co);
    long n;

    co_begin(co);
    /* Let the witness start first. */
    co_await(n, sleep_us(co, 50000));
    if (is("claim-priority"))
        claim_priority();
    attack_memory();
    if (is("capabilities"))
        h->through = attack_capabilities(&h->tries);
    else if (is("wakes"))
        h->through = attack_wakes(&h->tries);
    else if (is("types"))
        h->through = attack_types(&h->tries);
    if (h->tries > 0)
        log_line("%u of %u refused", h->tries - h->through, h->tries);
    for (;;)
        co_await(n, sleep_us(co, 1000000));
}
PROGRAM(struct hostile, hostile_body);
