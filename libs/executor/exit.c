/* SPDX-License-Identifier: BSD-2-Clause */
/* How coroutines end: exit, join, cancel. */
#include "home.h"

void exit_root(struct executor *executor, struct co *root)
{
    struct co_slot *slot = executor_row_of(executor, root);
    void (*release)(struct co *) = slot->release;
    struct co *joiner = slot->joiners;
    struct co_group *group = executor_group(executor);
    uint32_t index = root->index;
    intptr_t value = root->value;

    root->status = CO_EXITED;
    slot->cid ^= 1 << CO_SLOT_SHIFT; /* now stale, and found by none */
    slot->leaf = NULL;
    slot->joiners = NULL;
    if (!group) {
        slot->next_free = executor->first_free + 1ull;
        executor->first_free = root->index >> CO_SLOT_SHIFT;
    }
    executor->live--;
    executor->no_heat -= (root->flags & CO_FLAG_CANCELLED) != 0;
    while (joiner) {
        struct co *next = joiner->next;

        co_complete(joiner, value);
        joiner = next;
    }
    if (release)
        release(root); /* the frame may be gone from here on */
    if (group)
        group_exit(executor, index >> CO_SLOT_SHIFT, value); /* others hear of it now */
}

/* The link that points to co (or to the end) in a list of joiners. */
static struct co **find_joiner(struct co_slot *slot, const struct co *co)
{
    struct co **link = &slot->joiners;

    while (*link && *link != co)
        link = &(*link)->next;
    return link;
}

/* While a join is pending, value holds the row of the other coroutine. */
static void join_cancel(struct co *co)
{
    struct co **link = find_joiner((struct co_slot *)co->value, co);

    if (*link)
        *link = co->next;
}

enum co_state co_join(struct co *co, cid_t other)
{
    struct executor *executor = executor_self();
    struct co_slot *slot = find_slot(executor, other);

    if (refuse_if_cancelled(co))
        return CO_DONE;
    if (executor_group(executor) && (!slot || slot->leaf->flags & CO_FLAG_MOVABLE))
        return group_join(executor, co, other);
    if (!slot) {
        co->value = E_STALE;
        return CO_DONE;
    }
    co->value = (intptr_t)slot;
    co->cancel = join_cancel;
    co->next = NULL;
    *find_joiner(slot, NULL) = co;
    return CO_PENDING;
}

void add_cancel(struct executor *executor, struct co *leaf)
{
    executor_cool(executor);
    if (leaf->cancels++ == 0) {
        leaf->flags |= CO_FLAG_CANCELLED;
        executor->no_heat++;
    }
}

void remove_cancel(struct executor *executor, struct co *leaf)
{
    if (--leaf->cancels == 0) {
        leaf->flags &= (uint8_t)~CO_FLAG_CANCELLED;
        executor->no_heat--;
    }
}

void cancel_pending(struct executor *executor, struct co *leaf)
{
    void (*cancel)(struct co *) = leaf->cancel;

    if (leaf->status != CO_PARKED) {
        if (!cancel)
            return;
        leaf->cancel = NULL;
        cancel(leaf);
        if (leaf->cancel || co_status(leaf) == CO_READY)
            return; /* it will be completed by its own means, or was */
    }
    leaf->value = E_CANCELLED;
    make_ready(executor, leaf);
}

enum error co_cancel(cid_t cid)
{
    struct executor *executor = executor_self();
    struct co_slot *slot = find_slot(executor, cid);

    if (!slot)
        return executor_group(executor) ? group_post(executor, cid, HOME_CANCEL, 0) : E_STALE;
    if (!(slot->leaf->flags & CO_FLAG_KILLED)) {
        slot->leaf->flags |= CO_FLAG_KILLED;
        add_cancel(executor, slot->leaf);
    }
    if (co_status(slot->leaf) == CO_BLOCKED)
        cancel_pending(executor, slot->leaf);
    return E_OK;
}
