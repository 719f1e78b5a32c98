/* SPDX-License-Identifier: BSD-2-Clause */
/* CNodes: their life, and the system calls on them. See cnode.h for slot 0. */
#include <string.h>
#include <kernel/cnode.h>
#include <kernel/job.h>
#include <kernel/syscall.h>

#define REAP_VISITS 24 /* slots looked at are a unit of work */
#define CURSOR_BITS 21
#define CURSOR_MASK ((1ull << CURSOR_BITS) - 1)

static struct slot *dying; /* the list's first; links are packed slots, 0: none */

enum error cnode_slot(const struct slot *cap, uint64_t index, struct slot **out)
{
    if (index == 0 || index >= 1ull << cnode_radix(cap))
        return needs((1ull << cnode_radix(cap)) - 1, E_BAD_ARGUMENT);
    *out = (struct slot *)cap_object(cap) + index;
    return E_OK;
}

/* ---- life ---- */

void cnode_init(struct slot *slots, unsigned radix)
{
    slots[0] = (struct slot){.type = SLOT_CNODE_HEADER, .size_bits = radix, .word = CNODE_CAP};
}

void cnode_reference(struct slot *slots)
{
    slots[0].word += CNODE_CAP;
}

struct slot *cnode_dying(void)
{
    return dying;
}

static void set_previous(struct slot *header, uint64_t link)
{
    cap_set_data(header, (cap_data(header) & CURSOR_MASK) | link << CURSOR_BITS);
}

static void set_cursor(struct slot *header, uint64_t cursor)
{
    cap_set_data(header, (cap_data(header) & ~CURSOR_MASK) | cursor);
}

static void dying_push(struct slot *header)
{
    header->word = dying ? slot_pack(dying) << 1 : 0;
    if (dying)
        set_previous(dying, slot_pack(header));
    dying = header;
}

static void dying_remove(struct slot *header)
{
    uint64_t previous = cap_data(header) >> CURSOR_BITS;

    if (previous)
        slot_unpack(previous)->word = header->word;
    else
        dying = header->word ? slot_unpack(header->word >> 1) : NULL;
    if (header->word)
        set_previous(slot_unpack(header->word >> 1), previous);
}

bool cnode_release(struct slot *cap)
{
    struct slot *header = cap_object(cap);

    header->word -= CNODE_CAP;
    if (header->word > 0)
        return false;
    tree_move(header, cap);
    header->type = SLOT_CNODE_DYING;
    header->revoking = 0;
    header->watched = 0;
    cap_set_data(header, (1ull << header->size_bits) - 1);
    dying_push(header);
    return true;
}

bool cnode_reap_step(struct slot *header)
{
    uint64_t cursor = cap_data(header) & CURSOR_MASK;
    unsigned visits = 0;

    /* A deletion may put another CNode before this one in the list. */
    for (; cursor > 0; cursor--) {
        struct slot *slot = &header[cursor];
        unsigned cost = cap_is_empty(slot) ? 1 : REAP_VISITS * cap_work(slot);

        if (visits + cost > REAP_VISITS * STEP_WORK)
            break;
        if (!cap_is_empty(slot)) {
            if (!cap_reap_object(slot))
                break;
            cap_delete(slot);
        }
        visits += cost;
    }
    set_cursor(header, cursor);
    if (cursor > 0)
        return false;
    dying_remove(header);
    tree_remove(header);
    memset(header, 0, sizeof *header);
    return true;
}

/* ---- system calls ---- */

/* Slot args[0] of the invoked CNode, which is about to be changed. */
static enum error decode_slot(const struct slot *cap, uint64_t index, struct slot **slot)
{
    if (!(cap->rights & RIGHT_WRITE))
        return needs(RIGHT_WRITE, E_NO_RIGHT);
    return blame(1, cnode_slot(cap, index, slot));
}

/* Slots args[0] of the invoked CNode and args[2] of the CNode args[1]. */
static enum error decode_pair(struct process *caller, const struct slot *cap, const uint64_t *args,
                              unsigned from_right, struct slot **to, struct slot **from)
{
    struct slot *from_cap;

    TRY(decode_slot(cap, args[0], to));
    TRY(cap_argument(caller, args, 1, 1u << OBJECT_CNODE, from_right, &from_cap));
    return blame(3, cnode_slot(from_cap, args[2], from));
}

long sys_cnode_copy(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct slot *to, *from;

    TRY(decode_pair(caller, cap, args, RIGHT_READ, &to, &from));
    return cap_copy(to, from, args[3]);
}

long sys_cnode_mint(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct slot *to, *from;

    TRY(decode_pair(caller, cap, args, RIGHT_READ, &to, &from));
    return cap_mint(to, from, args[3], args[4]);
}

long sys_cnode_move(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct slot *to, *from;

    TRY(decode_pair(caller, cap, args, RIGHT_WRITE, &to, &from));
    return cap_move(to, from);
}

/* What dies of this is reaped before the call ends. A job remembers that the deletion has happened;
 * without one what is left is reaped by whoever comes next, so that a restart can never delete what
 * somebody has put into the slot since: so who has none reaps what died earlier first. */
long sys_cnode_delete(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct slot *slot, *before;
    struct kernel_job *job;

    if (!cap) /* the slot is empty already */
        return cap_reap_step() ? E_OK : KERNEL_RESTART;
    TRY(decode_slot(cap, args[0], &slot));
    before = cnode_dying();
    if (before && !job_self()) {
        cap_reap_step();
        return KERNEL_RESTART;
    }
    if (!cap_reap_object(slot))
        return KERNEL_RESTART;
    cap_delete(slot);
    if (cnode_dying() == before || !(job = job_self()))
        return E_OK;
    job->detached = true;
    return KERNEL_RESTART;
}

long sys_cnode_revoke(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct slot *slot;
    struct kernel_job *job;

    if (!cap) {
        /* It is the cursor that counts, whatever is in the slot now. */
        slot = cursor_place(&job_self()->cursor);
        if (!slot)
            return E_CANCELLED;
        return cap_revoke_step(slot) ? E_OK : KERNEL_RESTART;
    }
    TRY(decode_slot(cap, args[0], &slot));
    if (cap_is_empty(slot))
        return blame(1, E_BAD_CAP);
    if (cap_revoke_step(slot))
        return E_OK;
    job = job_self();
    if (job && !cap_is_empty(slot))
        job->detached = cursor_open(&job->cursor, slot);
    return KERNEL_RESTART;
}
