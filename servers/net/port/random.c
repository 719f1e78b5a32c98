/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that a stranger on the network cannot guess easily.
 *
 * There is no entropy device yet: the state is stirred with the time of events that come from
 * outside (each received frame) at the resolution of the clock. That keeps off blind guesses of
 * ports and sequence numbers; it is no source for keys.
 */
#include "random.h"
#include "hooks.h"
#include <arch/cc.h>
#include <lwip/sys.h>

static uint64_t state = 0x9e3779b97f4a7c15u;
static uint64_t key;

/* A bijection that spreads each bit over all (the finalizer of MurmurHash3). */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdu;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53u;
    return x ^ x >> 33;
}

void random_stir(uint64_t value)
{
    state = mix(state ^ value);
}

uint32_t net_random(void)
{
    state += 0x9e3779b97f4a7c15u;
    return (uint32_t)(mix(state) >> 32);
}

u32_t net_initial_sequence(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote,
                           u16_t remote_port)
{
    uint64_t addresses, ports;

    while (key == 0)
        key = (uint64_t)net_random() << 32 | net_random();
    addresses = (uint64_t)ip_2_ip4(local)->addr << 32 | ip_2_ip4(remote)->addr;
    ports = (uint64_t)local_port << 16 | remote_port;
    /* The clock of RFC 6528 ticks every 4 us; milliseconds times 250 advance as fast. */
    return (u32_t)mix(mix(addresses ^ key) ^ ports ^ key >> 7) + sys_now() * 250u;
}
