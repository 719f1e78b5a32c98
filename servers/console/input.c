/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

struct input input;

void input_interrupt(struct uart *uart)
{
    int byte;
    bool some = false;

    while ((byte = uart->ops->get(uart)) >= 0) {
        if (input.put - input.got == INPUT_BYTES) {
            input.lost++; /* the newest goes: what was typed first stays whole */
            continue;
        }
        input.ring[input.put++ % INPUT_BYTES] = (uint8_t)byte;
        some = true;
    }
    if (some)
        co_event_set(&input.arrived);
}

uint32_t input_take(uint8_t *to, uint64_t bytes)
{
    uint32_t n = input.put - input.got;

    if (n > bytes)
        n = (uint32_t)bytes;
    for (uint32_t i = 0; i < n; i++)
        to[i] = input.ring[input.got++ % INPUT_BYTES];
    return n;
}
