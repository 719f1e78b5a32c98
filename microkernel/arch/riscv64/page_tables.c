/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own translations, built before translation is on: everything here runs at physical
 * addresses, so only pc-relative references are allowed.
 * Source: RISC-V Privileged 1.12 §4.4 (Sv39). */
#include <kernel/memory.h>
#include <arch/cpu.h>

#define PTE_V 0x01
#define PTE_R 0x02
#define PTE_W 0x04
#define PTE_X 0x08
#define PTE_G 0x20
#define PTE_A 0x40
#define PTE_D 0x80

#define MEGA_BYTES (2ull << 20)
#define GIGA_BITS  30

extern char kernel_text_begin[], kernel_data_begin[], kernel_end[];
uint64_t boot_page_tables(void);

/* The upper half of every address space is a copy of this root's (vspace_init). */
uint64_t kernel_root_table[512] __attribute__((aligned(4096)));
static uint64_t image_table[512] __attribute__((aligned(4096)));

static void map_image(const char *begin, const char *end, uint64_t flags)
{
    uint64_t first = (uint64_t)begin & ~(MEGA_BYTES - 1);

    for (uint64_t paddr = first; paddr < (uint64_t)end; paddr += MEGA_BYTES)
        image_table[paddr / MEGA_BYTES % 512] =
            paddr >> 2 | flags | PTE_V | PTE_R | PTE_G | PTE_A | PTE_D;
}

/* Value: satp. */
uint64_t boot_page_tables(void)
{
    /* 64 GiB of physical addresses in 1 GiB pages at the start of the upper half. */
    for (uint64_t i = 0; i < 64; i++)
        kernel_root_table[256 + i] =
            i << (GIGA_BITS - 2) | PTE_V | PTE_R | PTE_W | PTE_G | PTE_A | PTE_D;
    kernel_root_table[510] = (uint64_t)image_table >> 2 | PTE_V | PTE_G;
    map_image(kernel_text_begin, kernel_data_begin, PTE_X);
    map_image(kernel_data_begin, kernel_end, PTE_W);
    return SATP_SV39 | (uint64_t)kernel_root_table >> PAGE_BITS;
}
