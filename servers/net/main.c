/* SPDX-License-Identifier: BSD-2-Clause */
/* The network server's first coroutine: starts the rest, then drives lwIP's timers. */
#include "client.h"
#include "frames.h"
#include "lease.h"
#include "link.h"
#include "serve.h"
#include <lwip/init.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/stats.h>
#include <lwip/timeouts.h>
#include <sys/program.h>

/* lwIP starts its TCP timer when a connection needs it and then expects the first tick this soon;
 * nobody tells this coroutine, so it sleeps no longer. */
#define TICK_MAX_MS TCP_TMR_INTERVAL

struct net {
    struct co co;
    struct ipc_message message;
};

static uint64_t gauge_pbufs; /* of lwIP's pool, and buffers of the driver that are held */
static uint64_t gauge_tcp;   /* connections, those in TIME-WAIT included */

static void update_gauges(void)
{
    gauge_pbufs = lwip_stats.memp[MEMP_PBUF_POOL]->used + frames_held;
    gauge_tcp = lwip_stats.memp[MEMP_TCP_PCB]->used;
}

static void register_gauges(void)
{
    stats_gauge("pbufs", &gauge_pbufs);
    stats_gauge("tcp", &gauge_tcp);
    stats_gauge("sockets", &client_socket_count);
    stats_gauge("rxlost", &link_received_dropped);
    stats_gauge("txwaits", &link_send_waits);
}

/* Run what is due. Value: microseconds until the next. */
static uint64_t run_timers(void)
{
    uint32_t sleep_ms;

    sys_check_timeouts();
    update_gauges();
    sleep_ms = sys_timeouts_sleeptime();
    return 1000 * (uint64_t)LWIP_MIN(sleep_ms, TICK_MAX_MS);
}

static CO_BODY enum co_state net_body(struct co *co)
{
    struct net *net = co_frame(struct net, co);
    intptr_t n;

    co_begin(co);
    lwip_init();
    register_gauges();
    co_await(n, link_start(co, &net->message));
    if (n >= 0)
        n = link_open(&net->message);
    if (n < 0)
        die("no network device: %s", error_text(n));
    /* Now the senders run and become idle: a first request for a lease that finds none is lost,
     * and is repeated after 2 s. */
    co_await(n, co_yield(co));
    n = lease_start();
    if (n < 0)
        die("no lease can be asked for: %s", error_text(n));
    n = serve_start();
    if (n < 0)
        die("clients: %s", error_text(n));
    for (;;)
        co_await(n, sleep_us(co, run_timers()));
}

PROGRAM(struct net, net_body);
