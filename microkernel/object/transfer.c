/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities that travel with the words of a call, a send or an answer.
 *
 * Sender and receiver are named by plain numbers, which are looked up at the moment of transfer: so
 * nothing has to be kept up to date while one of them waits. */
#include <kernel/cnode.h>
#include <kernel/process.h>
#include <kernel/rendezvous.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

#define CAPABILITY 7 /* the argument that is to blame: a6 */

/* The slot that a thread has armed, if it can take a capability now; or NULL. */
static struct slot *armed_slot(struct task *task)
{
    const struct thread *thread = thread_of(task);
    struct slot *cnode, *slot;

    if (thread->to_index == 0 ||
        cap_lookup(task->process, thread->to_cnode, 1u << OBJECT_CNODE, RIGHT_WRITE, &cnode) !=
            E_OK ||
        cnode_slot(cnode, thread->to_index, &slot) != E_OK || !cap_is_empty(slot))
        return NULL;
    return slot;
}

enum error transfer_check(struct process *from, uint64_t cptr)
{
    struct slot *source;

    if (cptr == 0)
        return E_OK;
    return blame(CAPABILITY, cap_lookup(from, cptr, CAP_ANY, RIGHT_GRANT, &source));
}

enum error transfer(struct process *from, uint64_t cptr, struct task *to)
{
    struct slot *source, *slot;

    if (cptr == 0)
        return E_OK;
    TRY(blame(CAPABILITY, cap_lookup(from, cptr, CAP_ANY, 0, &source)));
    slot = armed_slot(to);
    if (!slot)
        return blame(CAPABILITY, needs(0, E_NO_SLOT));
    TRY(blame(CAPABILITY, cap_copy(slot, source, RIGHT_ALL)));
    thread_of(to)->to_index = 0;
    return E_OK;
}

long sys_receive_slot(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = hart_self()->current;
    uint64_t index = args[0];
    struct slot *slot;

    if (!task || !task->is_thread) /* NULL: submitted */
        return E_STATE;
    TRY(index ? blame(1, cnode_slot(cap, index, &slot)) : E_OK);
    /* The address by which it is invoked, in a7. */
    thread_of(task)->to_cnode = (uint32_t)(task->context.x[17] >> 8);
    thread_of(task)->to_index = (uint32_t)index;
    return E_OK;
}
