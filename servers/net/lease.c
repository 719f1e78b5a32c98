/* SPDX-License-Identifier: BSD-2-Clause */
/* The interface's address, by DHCP. */
#include "lease.h"
#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/netif.h>
#include <sys/program.h>

/* The address that was logged last. */
static u32_t logged;

/* Called by lwIP when the address, netmask or gateway have changed. */
static void on_status(struct netif *netif)
{
    u32_t address = ip4_addr_get_u32(netif_ip4_addr(netif));
    u32_t netmask = ip4_addr_get_u32(netif_ip4_netmask(netif));
    char text[IP4ADDR_STRLEN_MAX], gateway[IP4ADDR_STRLEN_MAX];
    int bits = 0;

    if (address == logged)
        return;
    logged = address;
    if (address == 0) {
        log_line("the lease has ended");
        return;
    }
    for (; netmask != 0; netmask &= netmask - 1)
        bits++;
    ip4addr_ntoa_r(netif_ip4_addr(netif), text, sizeof text);
    ip4addr_ntoa_r(netif_ip4_gw(netif), gateway, sizeof gateway);
    log_line("%s/%d gateway %s", text, bits, gateway);
    /* Learn where the gateway is before the first clients come: a burst of handshakes would have
     * to wait for it, and what does not fit into ARP's queue is lost for a second. If it fails,
     * ARP asks again when there is something to send. */
    (void)etharp_request(netif, netif_ip4_gw(netif));
}

enum error lease_start(void)
{
    netif_set_status_callback(netif_default, on_status);
    return dhcp_start(netif_default) == ERR_OK ? E_OK : E_NO_MEMORY;
}
