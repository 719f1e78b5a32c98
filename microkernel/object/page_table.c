/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables below the root. A table has one capability, is installed at one place, and is empty
 * when it is installed. */
#include <kernel/syscall.h>
#include <kernel/vspace.h>

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
    mapping_remove(cap);
    vspace_set_table(vspace, entry, cap_object(cap));
    mapping_set(cap, vspace, vaddr);
    return E_OK;
}

long sys_page_table_unmap(struct process *caller, struct slot *cap, uint64_t *args)
{
    return mapping_remove(cap) ? E_OK : E_NOT_MAPPED;
}
