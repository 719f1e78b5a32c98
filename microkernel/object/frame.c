/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames: memory that can be mapped, each capability at one place. */
#include <kernel/arch.h>
#include <kernel/smp.h>
#include <kernel/syscall.h>
#include <kernel/vspace.h>

long sys_frame_map(struct process *caller, struct slot *cap, uint64_t *args)
{
    vaddr_t vaddr = {args[1]};
    unsigned rights = args[2] & (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE);
    struct slot *process;
    struct vspace *vspace;
    uint64_t *entry;
    enum error error;

    TRY(cap_argument(caller, args, 0, 1u << OBJECT_PROCESS, RIGHT_WRITE, &process));
    if (rights & ~cap->rights)
        return needs(rights & ~cap->rights, E_NO_RIGHT);
    if (cap_data(cap) && mapping_entry(cap, &vspace))
        return E_MAPPED;
    vspace = process_vspace(cap_object(process));
    error = vspace_find(vspace, vaddr, cap->size_bits, rights, &entry);
    if (error != E_OK)
        return blame(error == E_NO_RIGHT ? 3 : 2, error);
    vspace_set(vspace, entry, (paddr_t){cap->word}, rights);
    /* What was written to it as data shall be seen as instructions. */
    if (rights & RIGHT_EXECUTE)
        hart_run(~0ull, arch_instruction_fence, 0);
    mapping_set(cap, vspace, vaddr);
    return E_OK;
}

long sys_frame_unmap(struct process *caller, struct slot *cap, uint64_t *args)
{
    return mapping_remove(cap) ? E_OK : E_NOT_MAPPED;
}

long sys_frame_info(struct process *caller, struct slot *cap, uint64_t *args)
{
    args[1] = cap->word;
    args[2] = cap->size_bits;
    return E_OK;
}
