/* SPDX-License-Identifier: BSD-2-Clause */
#include "objects.h"
#include <sys/startup.h>
#include <sys/syscall.h>

long objects_make(enum object_type type, unsigned size_bits, uint32_t *slot)
{
    const struct startup *s = startup();
    static uint32_t used;

    if (s->untyped == 0 || used == s->empty_count)
        return E_NO_MEMORY;
    *slot = s->empty_first + used++;
    return sys_untyped_retype(s->untyped, type, size_bits, s->cnode, *slot, 1);
}

long objects_map(uint32_t frame, uint32_t process, uint64_t vaddr, unsigned rights)
{
    long error;

    while ((error = sys_frame_map(frame, process, vaddr, rights)) == E_NO_TABLE) {
        uint32_t table;

        error = objects_make(OBJECT_PAGE_TABLE, 0, &table);
        if (error == E_OK)
            error = sys_page_table_map(table, process, vaddr);
        if (error)
            return error;
    }
    return error;
}
