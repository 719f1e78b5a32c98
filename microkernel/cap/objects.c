/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of object types. */
#include <kernel/cnode.h>
#include <kernel/object.h>
#include <kernel/untyped.h>

/* begin, step, end: init, reap_step, destroy (object.h). */
#define COUNTED(bits, units, begin, step, end)                                                     \
    {                                                                                              \
        bits, true, units, begin, step, end                                                        \
    }

const struct object_ops object_ops[OBJECT_COUNT] = {
    [OBJECT_PROCESS] = COUNTED(14, STEP_WORK, process_init, process_reap_step, process_destroy),
    [OBJECT_VIRTUAL_CPU] = COUNTED(10, 2, virtual_cpu_init, NULL, virtual_cpu_destroy),
    [OBJECT_THREAD] = COUNTED(10, STEP_WORK, thread_init, thread_reap_step, thread_destroy),
    [OBJECT_PAGE_TABLE] = {.size_bits = 12, .work = 4},
    [OBJECT_FRAME] = {.work = 3},
    [OBJECT_ENDPOINT] = COUNTED(7, 1, NULL, NULL, endpoint_unbind),
    [OBJECT_RENDEZVOUS] = COUNTED(7, 4, NULL, rendezvous_reap_step, NULL),
    [OBJECT_REPLY] = COUNTED(7, 2, NULL, NULL, reply_destroy),
    [OBJECT_IRQ] = COUNTED(7, 1, NULL, NULL, irq_destroy),
    [OBJECT_TIMER] = COUNTED(7, 2, timer_init, NULL, timer_destroy),
};

enum error object_size_bits(uint64_t type, uint64_t size_bits, unsigned *bits)
{
    switch (type) {
    case OBJECT_UNTYPED:
        *bits = (unsigned)size_bits;
        return size_bits >= UNTYPED_SIZE_BITS_MIN && size_bits <= UNTYPED_SIZE_BITS_MAX
                   ? E_OK
                   : E_BAD_ARGUMENT;
    case OBJECT_CNODE:
        *bits = (unsigned)size_bits + CNODE_SLOT_BITS;
        return size_bits >= 1 && size_bits <= CNODE_RADIX_MAX ? E_OK : E_BAD_ARGUMENT;
    case OBJECT_FRAME:
        *bits = (unsigned)size_bits;
        return size_bits == 12 || size_bits == 21 || size_bits == 30 ? E_OK : E_BAD_ARGUMENT;
    default:
        if (type >= OBJECT_COUNT || object_ops[type].size_bits == 0)
            return E_BAD_ARGUMENT;
        *bits = object_ops[type].size_bits;
        return E_OK;
    }
}

void object_init(enum object_type type, void *object)
{
    struct object *header = object;

    header->refs = 1;
    header->type = (uint8_t)type;
    if (object_ops[type].init)
        object_ops[type].init(object);
}
