/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls to the firmware (RISC-V SBI specification 1.0). Never on a hot path. */
#include <kernel/arch.h>

#define SBI_LEGACY_PUTCHAR 1          /* chapter 5.2 */
#define SBI_LEGACY_GETCHAR 2          /* chapter 5.3 */
#define SBI_TIME           0x54494d45 /* chapter 6 */
#define SBI_IPI            0x735049   /* chapter 7 */
#define SBI_HSM            0x48534d   /* chapter 9 */
#define SBI_RESET          0x53525354 /* chapter 10 */

static long sbi_call(uint64_t extension, uint64_t function, uint64_t arg0, uint64_t arg1,
                     uint64_t arg2)
{
    register uint64_t a0 __asm__("a0") = arg0;
    register uint64_t a1 __asm__("a1") = arg1;
    register uint64_t a2 __asm__("a2") = arg2;
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = extension;

    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (long)a0;
}

void sbi_console_put(char c)
{
    sbi_call(SBI_LEGACY_PUTCHAR, 0, (uint8_t)c, 0, 0);
}

long sbi_console_get(void)
{
    return (int)sbi_call(SBI_LEGACY_GETCHAR, 0, 0, 0, 0);
}

void sbi_timer_set(uint64_t deadline)
{
    sbi_call(SBI_TIME, 0, deadline, 0, 0);
}

void sbi_power(bool reset)
{
    sbi_call(SBI_RESET, 0, reset ? 1 : 0, 0, 0); /* 0 shutdown, 1 cold reboot */
}

void arch_interrupt_hart(uint64_t hartid)
{
    sbi_call(SBI_IPI, 0, 1, hartid, 0); /* mask, relative to a base */
}

bool arch_start_hart(uint64_t hartid, paddr_t hart)
{
    extern char start_hart[];

    return sbi_call(SBI_HSM, 0, hartid, image_to_paddr(start_hart).raw, hart.raw) == 0;
}
