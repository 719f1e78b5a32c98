/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables below the root. A table has one capability, is installed at one place, and is empty
 * when it is installed. */
#include <string.h>
#include <kernel/syscall.h>
#include <kernel/vspace.h>

bool page_table_unmap(struct slot *cap)
{
    bool mapped = mapping_remove(cap);

    /* Even if it had fallen out before (its space died, or the table above it was taken out):
     * entries of frames that are gone must not come back with it. */
    if (mapping_get(cap).id)
        memset(cap_object(cap), 0, PAGE_BYTES);
    cap_set_data(cap, 0);
    return mapped;
}

long sys_page_table_map(struct process *caller, struct slot *cap, uint64_t *args)
{
    vaddr_t vaddr = {args[1]};
    struct slot *process;
    struct vspace *vspace;
    uint64_t *entry;

    TRY(cap_argument(caller, args, 0, 1u << OBJECT_PROCESS, RIGHT_WRITE, &process));
    if (mapping_entry(cap, &vspace))
        return E_MAPPED;
    vspace = process_vspace(cap_object(process));
    TRY(blame(2, vspace_find_table(vspace, vaddr, &entry)));
    page_table_unmap(cap);
    vspace_set_table(vspace, entry, cap_object(cap));
    mapping_set(cap, vspace, vaddr);
    return E_OK;
}

long sys_page_table_unmap(struct process *caller, struct slot *cap, uint64_t *args)
{
    return page_table_unmap(cap) ? E_OK : E_NOT_MAPPED;
}
