/* SPDX-License-Identifier: BSD-2-Clause */
/* Mapping and unmapping one page of 4 KiB, in this process, whose page tables exist. */
#include <sys/startup.h>
#include <sys/syscall.h>
#include "bench.h"
#include "objects.h"

#define SAMPLES   31
#define PAGE_BITS 12
#define WHERE     0x3f800000ull /* nothing else is there */
#define RIGHTS    (RIGHT_READ | RIGHT_WRITE)

/* Value: 0, or the first error of many calls. map: or else unmap; the other is done in between. */
static long measure(uint32_t frame, bool map)
{
    uint32_t process = startup()->process;
    long error = E_OK;

    for (unsigned i = 0; error == E_OK && i < SAMPLES; i++) {
        long mapped, unmapped;
        struct stamp a = stamp_start(), b, c, d;

        mapped = sys_frame_map(frame, process, WHERE, RIGHTS);
        b = stamp_stop();
        if (map)
            table_add(a, b);
        *(volatile uint64_t *)WHERE = i; /* so that its translation is in the TLB */
        c = stamp_start();
        unmapped = sys_frame_unmap(frame);
        d = stamp_stop();
        if (!map)
            table_add(c, d);
        error = mapped ? mapped : unmapped;
    }
    return error;
}

long bench_pages(void)
{
    uint32_t frame;
    long error = objects_make(OBJECT_FRAME, PAGE_BITS, &frame);

    /* Once, with the tables that it needs. */
    if (error == E_OK)
        error = objects_map(frame, startup()->process, WHERE, RIGHTS);
    if (error == E_OK)
        error = sys_frame_unmap(frame);
    if (error == E_OK)
        error = measure(frame, true);
    if (error)
        return error;
    table_report("page_map", 1);
    error = measure(frame, false);
    if (error == E_OK)
        table_report("page_unmap", 1);
    return error;
}
