/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped memory: retype, and zeroing before it. See untyped.h. */
#include <string.h>
#include <kernel/cnode.h>
#include <kernel/job.h>
#include <kernel/object.h>
#include <kernel/smp.h>
#include <kernel/syscall.h>
#include <kernel/untyped.h>
#include <kernel/vspace.h>

#define OBJECTS_AT_ONCE 4  /* made in one part of a retype; of Processes: 1 */
#define COUNT_SMALL     64 /* slots looked at in the part that makes the first */

/* A request that passed all checks. */
struct retype {
    enum object_type type;
    unsigned size_bits;   /* of an Untyped or Frame, or the radix of a CNode */
    unsigned object_bits; /* log2 of the bytes of one object */
    uint64_t count;
    uint64_t now; /* how many of them in this part */
    struct slot *slots;
    uint64_t begin; /* of the first object and end of the last, from the Untyped's start */
    uint64_t end;
};

/* count empty slots from index. */
static enum error decode_slots(struct process *caller, const uint64_t *args, struct retype *retype)
{
    uint64_t index = args[3], count = args[4], slots, used = 0;
    struct slot *cnode;

    TRY(cap_argument(caller, args, 2, 1u << OBJECT_CNODE, RIGHT_WRITE, &cnode));
    slots = 1ull << cnode_radix(cnode);
    TRY(in_range(args, 4, 1, RETYPE_COUNT_MAX));
    TRY(in_range(args, 3, 1, slots - 1));
    TRY(in_range(args, 4, 1, slots - index));
    retype->count = count;
    retype->now = retype->type == OBJECT_PROCESS ? 1 : OBJECTS_AT_ONCE;
    if (retype->now > count)
        retype->now = count;
    retype->slots = (struct slot *)cap_object(cnode) + index;
    /* All of them have been looked at once: then the next ones will do. */
    if (job_resumed())
        count = retype->now;
    else if (count > COUNT_SMALL)
        retype->now = 1; /* without a job all are looked at in each part */
                         /* Quickly at all of them, and at each one only if there is something. */
#pragma GCC unroll 4
    for (uint64_t i = 0; i < count; i++)
        used |= *(const slot_word_t *)&retype->slots[i];
    for (uint64_t i = 0; used && i < count; i++)
        if (!cap_is_empty(&retype->slots[i]))
            return blame(4, needs(index + i, E_SLOT_FULL));
    return E_OK;
}

static enum error decode_type(const struct slot *cap, const uint64_t *args, struct retype *retype)
{
    /* Of a type that cannot be made, or of one whose size is wrong. */
    bool sized = args[0] == OBJECT_UNTYPED || args[0] == OBJECT_CNODE || args[0] == OBJECT_FRAME;

    TRY(blame(sized ? 2 : 1, object_size_bits(args[0], args[1], &retype->object_bits)));
    retype->type = (enum object_type)args[0];
    retype->size_bits = (unsigned)args[1];
    if (cap->device && retype->type != OBJECT_UNTYPED && retype->type != OBJECT_FRAME)
        return blame(1, E_BAD_ARGUMENT);
    return E_OK;
}

/* Where the objects go. Nothing can overflow: an object has at most 2^38 bytes, the count at most
 * 9 bits. Alignment within the Untyped is alignment in memory, for it is aligned to its own size.
 */
static enum error decode_place(const struct slot *cap, struct retype *retype)
{
    uint64_t size = 1ull << cap->size_bits, object = 1ull << retype->object_bits;
    uint64_t watermark = cap->child ? untyped_watermark(cap) : 0;

    retype->begin = (watermark + object - 1) & ~(object - 1);
    retype->end = retype->begin + (retype->count << retype->object_bits);
    if (retype->end > size)
        return needs(retype->end - size, E_NO_MEMORY);
    if (retype->type == OBJECT_PROCESS && vspace_available() < retype->count)
        return blame(ERROR_NO_ARGUMENT, E_NO_MEMORY);
    return E_OK;
}

/* Claim the memory up to the first object. False: nothing is left of before, and the next part can
 * begin at the start. */
static bool advance(struct slot *cap, uint64_t begin)
{
    if (!cap->child && untyped_watermark(cap) != 0) {
        /* Light system calls on other harts may look at what died there. */
        if (hart_quiesce())
            untyped_set(cap, 0, 0);
        return false;
    }
    untyped_set(cap, begin, untyped_cleared(cap));
    return true;
}

/* Zero up to untyped_clear_bytes of what lies between watermark and end. Value: true when all of it
 * is zero. */
static bool clear_step(struct slot *cap, uint64_t end)
{
    uint64_t watermark = untyped_watermark(cap), from = untyped_cleared(cap), to;
    uint64_t mask = untyped_clear_bytes(cap) - 1;

    if (from < watermark)
        from = watermark;
    if (from >= end)
        return true;
    to = (from | mask) + 1;
    if (to > end)
        to = end;
    memset(paddr_to_ptr((paddr_t){cap->word + from}), 0, to - from);
    untyped_set(cap, watermark, to & ~mask);
    /* Much is a part of its own, if it can be told that it was done. */
    return to == end && (to - from <= PAGE_BYTES || (to & mask));
}

static void make_object(struct slot *cap, struct slot *slot, const struct retype *retype,
                        paddr_t paddr)
{
    *slot = (struct slot){
        .type = retype->type, .rights = RIGHT_ALL, .word = (uintptr_t)paddr_to_ptr(paddr)};
    switch (retype->type) {
    case OBJECT_UNTYPED:
    case OBJECT_FRAME:
        slot->device = cap->device;
        slot->size_bits = retype->size_bits;
        slot->word = paddr.raw;
        break;
    case OBJECT_CNODE:
        slot->size_bits = retype->size_bits;
        cnode_init(paddr_to_ptr(paddr), retype->size_bits);
        break;
    default:
        if (object_ops[retype->type].counted)
            object_init(retype->type, paddr_to_ptr(paddr));
        cap_tag(slot);
    }
    tree_insert(cap, slot);
}

long sys_untyped_retype(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct retype retype;
    uint64_t end;

    TRY(decode_type(cap, args, &retype));
    TRY(decode_slots(caller, args, &retype));
    TRY(decode_place(cap, &retype));

    /* To have looked at so many slots is a part of its own. */
    if (retype.count > COUNT_SMALL && !job_resumed() && job_self())
        return KERNEL_RESTART;
    if (!advance(cap, retype.begin))
        return KERNEL_RESTART;
    end = retype.begin + (retype.now << retype.object_bits);
    if (!cap->device && !clear_step(cap, end))
        return KERNEL_RESTART;
    for (uint64_t i = 0; i < retype.now; i++) {
        uint64_t offset = retype.begin + (i << retype.object_bits);

        make_object(cap, &retype.slots[i], &retype, (paddr_t){cap->word + offset});
    }
    untyped_set(cap, end, untyped_cleared(cap));
    if (retype.now == retype.count)
        return E_OK;
    /* The rest is a retype of its own. Only somebody who uses the same slots or the same Untyped
     * meanwhile can make it fail; what has been made stays. */
    args[3] += retype.now;
    args[4] -= retype.now;
    return KERNEL_RESTART;
}

long sys_untyped_info(struct process *caller, struct slot *cap, uint64_t *args)
{
    args[1] = cap->word;
    args[2] = cap->size_bits;
    args[3] = cap->child ? untyped_watermark(cap) : 0;
    args[4] = cap->device;
    return E_OK;
}
