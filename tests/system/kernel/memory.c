/* SPDX-License-Identifier: BSD-2-Clause */
/* Mappings: the shared page, and what children see of the suite. */
#include <string.h>
#include "suite.h"

#define PAGE 4096ull

static uint32_t shared_frame;

_Static_assert(sizeof(struct shared) <= PAGE, "one page");

static const struct bundle_entry *own_image(void)
{
    const struct bundle_header *bundle = (const struct bundle_header *)ROOT_BUNDLE_BASE;
    const struct bundle_entry *entry = (const struct bundle_entry *)(bundle + 1);

    while (strcmp(entry->name, "root") != 0)
        entry++; /* the kernel has found it too */
    return entry;
}

void memory_open(void)
{
    shared_frame = make_from(lasting, OBJECT_FRAME, 12);
    CHECK_OK(sys_frame_map(shared_frame, ROOT_PROCESS, (uint64_t)SHARED, READ | WRITE));
}

void map_tables(uint32_t process, uint64_t vaddr)
{
    long error;

    while ((error = sys_page_table_map(make(OBJECT_PAGE_TABLE, 0), process, vaddr)) == E_OK)
        ;
    CHECK_EQ(error, E_MAPPED);
}

void map(uint32_t frame, uint32_t process, uint64_t vaddr, unsigned rights)
{
    long error;

    while ((error = sys_frame_map(frame, process, vaddr, rights)) == E_NO_TABLE)
        CHECK_OK(sys_page_table_map(make(OBJECT_PAGE_TABLE, 0), process, vaddr));
    CHECK_OK(error);
}

static void map_segment(uint32_t process, const struct bundle_segment *segment)
{
    const struct boot_info *info = (const struct boot_info *)ROOT_BOOT_INFO_BASE;
    uint32_t page = info->bundle_first + (uint32_t)(segment->offset / PAGE);

    for (uint64_t at = 0; at < segment->bytes_memory; at += PAGE)
        map(copy(page++, READ | EXECUTE), process, segment->vaddr + at, (unsigned)segment->rights);
}

void map_image(uint32_t process)
{
    const struct bundle_entry *image = own_image();

    for (unsigned i = 0; i < image->segment_count; i++) {
        if (!(image->segments[i].rights & WRITE))
            map_segment(process, &image->segments[i]);
    }
    map(copy(shared_frame, READ | WRITE), process, (uint64_t)SHARED, READ | WRITE);
}
