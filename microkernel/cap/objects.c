/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of object types. */
#include <kernel/cnode.h>
#include <kernel/object.h>
#include <kernel/untyped.h>

/* step: reap_step of what ends in steps (object.h). */
#define COUNTED(bits, name, units, step)                                                           \
    {                                                                                              \
        .size_bits = bits, .counted = true, .work = units, .init = name##_init, .reap_step = step, \
        .destroy = name##_destroy                                                                  \
    }

const struct object_ops object_ops[OBJECT_COUNT] = {
    [OBJECT_PROCESS] = COUNTED(14, process, STEP_WORK, process_reap_step),
    [OBJECT_VIRTUAL_CPU] = COUNTED(10, virtual_cpu, 2, NULL),
    [OBJECT_THREAD] = COUNTED(10, thread, STEP_WORK, thread_reap_step),
    [OBJECT_PAGE_TABLE] = {.size_bits = 12, .work = 4},
    [OBJECT_FRAME] = {.work = 3},
    [OBJECT_ENDPOINT] = COUNTED(7, endpoint, 1, NULL),
    [OBJECT_RENDEZVOUS] = COUNTED(7, rendezvous, 4, rendezvous_reap_step),
    [OBJECT_REPLY] = COUNTED(7, reply, 2, NULL),
    [OBJECT_IRQ] = COUNTED(7, irq, 1, NULL),
    [OBJECT_TIMER] = COUNTED(7, timer, 2, NULL),
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
    object_ops[type].init(object);
}
