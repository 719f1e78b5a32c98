/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions that lwIP calls where its defaults do not serve. */
#pragma once
#include <lwip/ip_addr.h>

/* The initial sequence number of a connection (RFC 6528): time, plus a keyed hash of its ends. */
#define LWIP_HOOK_TCP_ISN net_initial_sequence
u32_t net_initial_sequence(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote,
                           u16_t remote_port);

/* Every packet before it is looked at: a SYN may end the TIME-WAIT of its port's last connection
 * (reopen.c). Value: 0, the packet goes on. */
#define LWIP_HOOK_IP4_INPUT net_reopen
struct pbuf;
struct netif;
int net_reopen(struct pbuf *p, struct netif *netif);
