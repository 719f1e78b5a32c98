/* SPDX-License-Identifier: BSD-2-Clause */
/* Carry a message in registers from the current virtual CPU, which has nothing else to do, into an
 * idle one: the quick way, which decides at a glance.
 *
 * This file is compiled with a0..a5 reserved (-ffixed-a0 ...), so the six words pass through it
 * untouched on their way from the sender's registers to the receiver's. Therefore it has no result:
 * hart->event is the event for a7, or 0 if nothing has changed and deliver_slow must decide.
 *
 * IDLE means that the receiver waits and owes nothing: no wake of it is pending. The switching
 * coroutine keeps its priority, which is that of the caller and, mostly, of the message.
 */
#include <kernel/arch.h>
#include "deliver.h"

void light_deliver(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5,
                   uint64_t header, uint64_t invoked);

void light_deliver(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5,
                   uint64_t header, uint64_t invoked)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current;
    const struct cspace_cache *cspace = &self->process->cspace;
    uint64_t priority = header >> MESSAGE_PRIORITY_SHIFT & 0xff;
    uint32_t cptr = (uint32_t)(invoked >> 8);
    const struct endpoint *endpoint;

    (void)w0, (void)w1, (void)w2, (void)w3, (void)w4, (void)w5;
    hart->event = 0;
    if (__builtin_expect(cptr >= cspace->count, 0) ||
        __builtin_expect(!cap_permits(&cspace->slots[cptr], OBJECT_ENDPOINT, RIGHT_WRITE), 0))
        return;
    endpoint = cap_object(&cspace->slots[cptr]);
    if (__builtin_expect(priority < endpoint->ceiling, 0) ||
        __builtin_expect(priority != hart->switching.priority, 0) ||
        __builtin_expect(!endpoint->task || endpoint->task->hot.state != TASK_IDLE, 0) ||
        __builtin_expect(self->is_thread, 0) ||
        __builtin_expect((self->line->bitmap | self->line->wakes) != 0, 0) ||
        __builtin_expect(((*hart->runnable | hart->kernel_line.bitmap) &
                          ((1ull << priority) - 1)) != 0, 0))
        return;
    hart->event = (uint64_t)deliver_perform(hart, self, endpoint, priority);
}
