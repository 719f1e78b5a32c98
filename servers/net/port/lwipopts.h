/* SPDX-License-Identifier: BSD-2-Clause */
/* How lwIP is built here. Options that are not named keep the default of lwip/opt.h.
 *
 * One executor, no preemption between coroutines: lwIP runs without locks and without a thread of
 * its own (NO_SYS), and is driven by calls from link.c, main.c and the socket server.
 *
 * All memory is static and is taken from pools, so that nothing fragments and a full pool is an
 * error in one place: about 4 MiB. They carry 64 connections that all send at full speed
 * (64 x TCP_SND_BUF) and 256 that take turns; of received data that no client takes, 24 full
 * windows.
 */
#pragma once

#define LWIP_HOOK_FILENAME "hooks.h"

/* ---------------------------------------------------------------- system */
#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0
#define MEM_ALIGNMENT        8

/* ---------------------------------------------------------------- memory */
#define MEM_LIBC_MALLOC               0
#define MEMP_MEM_MALLOC               0
#define MEM_USE_POOLS                 1 /* mem_malloc takes from the pools of lwippools.h */
#define MEMP_USE_CUSTOM_POOLS         1
#define MEM_USE_POOLS_TRY_BIGGER_POOL 1
#define PBUF_POOL_SIZE                768
#define PBUF_POOL_BUFSIZE             1536 /* a whole frame in one pbuf */
#define MEMP_NUM_PBUF                 256
#define MEMP_NUM_TCP_PCB              512
#define MEMP_NUM_TCP_PCB_LISTEN       32
#define MEMP_NUM_TCP_SEG              2048
#define MEMP_NUM_UDP_PCB              16
#define MEMP_NUM_ARP_QUEUE            128
#define MEMP_NUM_SYS_TIMEOUT          16
#define PBUF_LINK_HLEN                14

/* ---------------------------------------------------------------- protocols */
#define LWIP_IPV4      1
#define LWIP_IPV6      0
#define LWIP_ARP       1
#define LWIP_ICMP      1
#define LWIP_UDP       1
#define LWIP_TCP       1
#define LWIP_DHCP      1
#define LWIP_DNS       0
#define LWIP_RAW       0
#define LWIP_IGMP      0
#define ARP_TABLE_SIZE 64
#define ARP_QUEUEING   1
/* Frames that wait for one neighbour's address: a burst of handshakes right after the start. */
#define ARP_QUEUE_LEN 64
/* The lease is taken as offered: probing it by ARP first (RFC 2131 4.4.1, a SHOULD) costs a
 * second of every start. */
#define DHCP_DOES_ARP_CHECK        0
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_NETIF_TX_SINGLE_PBUF  1
#define LWIP_SUPPORT_CUSTOM_PBUF   1 /* received frames stay in the driver's buffers */

/* ---------------------------------------------------------------- TCP */
#define TCP_MSS             1460
#define TCP_WND             (22 * TCP_MSS)
#define TCP_SND_BUF         (22 * TCP_MSS)
#define TCP_SND_QUEUELEN    (4 * TCP_SND_BUF / TCP_MSS)
#define TCP_SNDLOWAT        (TCP_SND_BUF / 2)
#define TCP_SNDQUEUELOWAT   (TCP_SND_QUEUELEN / 2)
#define TCP_LISTEN_BACKLOG  1
#define TCP_QUEUE_OOSEQ     1
#define TCP_OOSEQ_MAX_BYTES TCP_WND
#define TCP_OOSEQ_MAX_PBUFS 32
#define LWIP_TCP_KEEPALIVE  1
#define SO_REUSE            1 /* a restarted server may listen while old connections time out */
/* TIME-WAIT lasts 2 * MSL. RFC 9293 leaves the figure to engineering; segments of the networks
 * that this server is used on live for milliseconds, and a short wait keeps closed connections
 * from filling the pool. (lwIP reuses the oldest one in TIME-WAIT if the pool is full anyway.) */
#define TCP_MSL 1000UL

/* ---------------------------------------------------------------- checksums */
/* Frames carry no checksum from the device, so all are computed and checked here. Data to be sent
 * are summed while they are copied. */
#define CHECKSUM_GEN_IP            1
#define CHECKSUM_CHECK_IP          1
#define LWIP_CHECKSUM_ON_COPY      1
#define LWIP_CHKSUM                net_checksum
#define LWIP_CHKSUM_COPY_ALGORITHM 1

/* ---------------------------------------------------------------- statistics */
#define LWIP_STATS       1
#define LWIP_STATS_LARGE 0
#define MEMP_STATS       1
#define MEM_STATS        0
#define LINK_STATS       0
#define ETHARP_STATS     0
#define IP_STATS         0
#define IPFRAG_STATS     0
#define ICMP_STATS       0
#define UDP_STATS        0
#define TCP_STATS        0
#define SYS_STATS        0
