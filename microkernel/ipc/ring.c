/* SPDX-License-Identifier: BSD-2-Clause */
/* A doorbell and the CPU with it, the quick way (deliver.h). */
#include "deliver.h"

void light_ring(uint64_t priority, uint64_t invoked)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current;
    const struct endpoint *endpoint;
    struct task *task = glance(hart, self, invoked, priority, &endpoint);

    if (!task) {
        hart->event = 0;
        return;
    }
    hart->event = EVENT_WAKE;
    process_set_slot(task, endpoint->slot);
    deliver_perform(hart, self, task, priority, (unsigned)priority);
}
