/* SPDX-License-Identifier: BSD-2-Clause */
/* A new connection from a port whose last one is still in TIME-WAIT here (RFC 9293, 3.10.7.4; RFC
 * 1122, 4.2.2.13).
 *
 * lwIP answers such a SYN with the old connection's acknowledgement. The peer then resets what it
 * has forgotten and repeats its SYN only after its timeout, seconds later. As most stacks do, a SYN
 * whose sequence number is beyond all that the old connection received ends TIME-WAIT at once, so
 * that the listener gets it. Our own numbers go on beyond the old ones too: they follow the clock
 * (net_initial_sequence). */
#include <stdbool.h>
#include <lwip/ip4.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/tcp.h>
#include "hooks.h"

/* Whether the segment comes from the far end of this connection, to its near end. */
static bool belongs(const struct tcp_pcb *pcb, const struct ip_hdr *ip, const struct tcp_hdr *tcp)
{
    return pcb->remote_port == lwip_ntohs(tcp->src) && pcb->local_port == lwip_ntohs(tcp->dest) &&
           ip4_addr_get_u32(ip_2_ip4(&pcb->remote_ip)) == ip->src.addr &&
           ip4_addr_get_u32(ip_2_ip4(&pcb->local_ip)) == ip->dest.addr;
}

int net_reopen(struct pbuf *p, struct netif *netif)
{
    const struct ip_hdr *ip = p->payload;
    const struct tcp_hdr *tcp;
    unsigned header;

    (void)netif;
    if (p->len < IP_HLEN || IPH_PROTO(ip) != IP_PROTO_TCP)
        return 0;
    header = IPH_HL_BYTES(ip);
    tcp = (const struct tcp_hdr *)((const uint8_t *)p->payload + header);
    if (header < IP_HLEN || p->len < header + TCP_HLEN || (IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK)) ||
        (TCPH_FLAGS(tcp) & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN)
        return 0;
    for (struct tcp_pcb *pcb = tcp_tw_pcbs; pcb; pcb = pcb->next) {
        if (belongs(pcb, ip, tcp) && TCP_SEQ_GT(lwip_ntohl(tcp->seqno), pcb->rcv_nxt)) {
            tcp_abandon(pcb, 0);
            break;
        }
    }
    return 0;
}
