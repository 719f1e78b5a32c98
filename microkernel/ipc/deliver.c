/* SPDX-License-Identifier: BSD-2-Clause */
/* A message in registers, the quick way (deliver.h).
 *
 * This file is compiled with a0..a7 reserved (-ffixed-a0 ...), so words and header pass from the
 * sender's registers to the receiver's untouched, and nothing is lost if it is refused.
 */
#include "deliver.h"

void light_deliver(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5,
                   uint64_t header, uint64_t invoked)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current;
    uint64_t priority = header >> MESSAGE_PRIORITY_SHIFT & 0xff;
    const struct endpoint *endpoint;
    struct task *task = glance(hart, self, invoked, priority, &endpoint);

    if (!task) {
        hart->event = 0;
        return;
    }
    hart->event = endpoint->event;
    self->hot_word = hart->idle;
    switch_over(hart, self, task, ENTER_EVENT, priority);
}
