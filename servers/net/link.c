/* SPDX-License-Identifier: BSD-2-Clause */
/* lwIP's network interface, over the netdev protocol.
 *
 * Receiving: each receiver coroutine keeps one buffer lent to the driver and feeds the frame that
 * comes in it to the stack, which runs to its end (up to clients' answers) before the next.
 * Sending: the stack hands over a frame, an idle sender coroutine takes a copy and sees it off.
 * When all senders are busy the stack is told so (ERR_MEM): TCP keeps its segments and the resumer
 * coroutine lets the refused connections go on in turn when senders are idle again; other frames
 * are lost, as on a wire. While somebody is waiting for that, TCP's other frames are refused too:
 * else the connections that are being acknowledged take every sender, and the rest starve.
 */
#include "link.h"
#include "frames.h"
#include "random.h"
#include <lwip/etharp.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/dhcp.h>
#include <lwip/prot/icmp.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/tcp.h>
#include <lwip/prot/udp.h>
#include <stddef.h>
#include <netif/ethernet.h>
#include <protocol/netdev.h>
#include <sys/program.h>
#include <string.h>

#define WORKERS_MAX    128   /* receivers at most, senders at most */
#define RETRY_DELAY_US 10000 /* after an error of the device */

/* So many senders are idle before refused connections go on: a batch costs less than one by one. */
#define RESUME_AT(senders) (((senders) + 3) / 4)

struct receiver {
    struct co co;
    struct ipc_message message;
    struct frame_buffer *buffer;
};

struct sender {
    struct co co;
    struct ipc_message message;
    uint64_t buffer; /* its buffer in the region */
    uint64_t offset; /* of the frame's headroom in it */
    unsigned bytes;  /* of the frame */
    struct sender *next;
};

struct resumer {
    struct co co;
};

/* lwIP overlays these on frames, and they are not packed (port/arch/cc.h). */
_Static_assert(sizeof(struct eth_hdr) == 14 && sizeof(struct etharp_hdr) == 28, "no holes");
_Static_assert(sizeof(struct ip_hdr) == 20 && sizeof(struct tcp_hdr) == 20, "no holes");
_Static_assert(sizeof(struct udp_hdr) == 8 && sizeof(struct icmp_echo_hdr) == 8, "no holes");
_Static_assert(offsetof(struct dhcp_msg, options) == 240, "no holes");

uint64_t link_received_dropped;
uint64_t link_send_waits;

static struct ipc_end *device;
static struct netif interface;
static struct receiver receivers[WORKERS_MAX];
static struct sender senders[WORKERS_MAX];
static struct sender *idle_senders;
static struct resumer resumer;
static struct co_event sender_idle;
static unsigned sender_count, idle_count;
static bool refused;            /* connections wait for the resumer */
static bool resuming;           /* it is at work */
static struct tcp_pcb *resumed; /* whom it served last; may be gone, so it is only compared */

/* ---------------------------------------------------------------- receiving */

/* Feed one frame to the stack. Value: the buffer to lend next. */
static struct frame_buffer *receive_frame(struct frame_buffer *buffer, uint64_t bytes)
{
    struct pbuf *pbuf = NULL;

    random_stir(time_now());
    if (bytes >= SIZEOF_ETH_HDR && bytes <= FRAME_BYTES_MAX)
        pbuf = frame_receive(&buffer, (unsigned)bytes);
    if (pbuf == NULL)
        link_received_dropped++;
    else if (interface.input(pbuf, &interface) != ERR_OK)
        pbuf_free(pbuf);
    return buffer;
}

static CO_BODY enum co_state receiver_body(struct co *co)
{
    struct receiver *r = co_frame(struct receiver, co);
    int64_t n;

    co_begin(co);
    for (;;) {
        co_await(n, netdev_receive(co, device, &r->message, r->buffer->offset, FRAME_BUFFER_BYTES));
        if (n >= 0) {
            r->buffer = receive_frame(r->buffer, (uint64_t)n);
            continue;
        }
        if (n == E_PEER_DEAD || n == E_CANCELLED)
            co_return(n);
        link_received_dropped++;
        co_await(n, sleep_us(co, RETRY_DELAY_US));
    }
}

/* ---------------------------------------------------------------- sending */

/* Await a frame to send. Completed by send_frame. */
static enum co_state next_frame(struct co *co)
{
    struct sender *s = co_frame(struct sender, co);

    co->cancel = NULL;
    s->next = idle_senders;
    idle_senders = s;
    idle_count++;
    if (refused && idle_count >= RESUME_AT(sender_count))
        co_event_set(&sender_idle);
    return CO_PENDING;
}

static CO_BODY enum co_state sender_body(struct co *co)
{
    struct sender *s = co_frame(struct sender, co);
    int64_t n;

    co_begin(co);
    for (;;) {
        co_await(n, next_frame(co));
        if (n < 0)
            co_return(n);
        co_await(n, netdev_send(co, device, &s->message, s->offset, s->bytes));
        if (n == E_PEER_DEAD || n == E_CANCELLED)
            co_return(n);
        /* Another error: the frame is lost, as on a wire. */
    }
}

static bool is_tcp(struct pbuf *pbuf)
{
    return pbuf_get_at(pbuf, SIZEOF_ETH_HDR + offsetof(struct ip_hdr, _proto)) == IP_PROTO_TCP &&
           pbuf_get_at(pbuf, offsetof(struct eth_hdr, type)) == ETHTYPE_IP >> 8 &&
           pbuf_get_at(pbuf, offsetof(struct eth_hdr, type) + 1) == (ETHTYPE_IP & 0xff);
}

/* Called by lwIP. The pbuf stays the caller's. */
static err_t send_frame(struct netif *netif, struct pbuf *pbuf)
{
    struct sender *s = idle_senders;
    void *frame;

    (void)netif;
    if (pbuf->tot_len > FRAME_BYTES_MAX)
        return ERR_BUF;
    if (s == NULL || (refused && !resuming && is_tcp(pbuf))) {
        refused = true;
        link_send_waits++;
        return ERR_MEM;
    }
    idle_senders = s->next;
    idle_count--;
    s->offset = s->buffer + ((uintptr_t)pbuf->payload & 7); /* aligned alike, it copies faster */
    frame = ipc_bytes(device, s->offset + NETDEV_HEADROOM, pbuf->tot_len);
    pbuf_copy_partial(pbuf, frame, pbuf->tot_len, 0);
    s->bytes = pbuf->tot_len;
    co_complete(&s->co, 0);
    return ERR_OK;
}

/* The connection after the one that was served last, or the first. */
static struct tcp_pcb *next_in_turn(void)
{
    struct tcp_pcb *pcb = tcp_active_pcbs;

    while (pcb != NULL && pcb != resumed)
        pcb = pcb->next;
    return pcb != NULL && pcb->next != NULL ? pcb->next : tcp_active_pcbs;
}

/* Let the connections that were refused go on, each once, while there are idle senders. */
static void resume(void)
{
    struct tcp_pcb *first = next_in_turn(), *pcb = first;

    refused = false;
    resuming = true;
    while (pcb != NULL && !refused) {
        if (pcb->flags & TF_NAGLEMEMERR) {
            (void)tcp_output(pcb); /* refused again: it stays marked */
            resumed = pcb;
        }
        pcb = pcb->next != NULL ? pcb->next : tcp_active_pcbs;
        if (pcb == first)
            break;
    }
    resuming = false;
}

/* Runs outside of the stack's own calls. */
static CO_BODY enum co_state resumer_body(struct co *co)
{
    intptr_t n;

    co_begin(co);
    for (;;) {
        co_await(n, co_event_wait(co, &sender_idle));
        if (n < 0)
            co_return(n);
        resume();
    }
}

/* ---------------------------------------------------------------- start */

/* Called by lwIP from netif_add. */
static err_t interface_init(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = send_frame;
    netif->mtu = FRAME_BYTES_MAX - SIZEOF_ETH_HDR;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    return ERR_OK;
}

/* The startup page's entry of the channel to the driver; NULL: none. */
static const struct startup_channel *device_channel(void)
{
    const struct startup *s = startup();

    for (unsigned i = 0; i < s->channel_count; i++)
        if (s->channels[i].side == 0 && strcmp(s->channels[i].protocol, "netdev") == 0)
            return &s->channels[i];
    return NULL;
}

/* Divide the region's buffers and the channel's depth between senders and receivers. */
static enum error start_workers(unsigned depth)
{
    unsigned priority = startup()->priority;
    unsigned buffers =
        (unsigned)LWIP_MIN(ipc_region_bytes(device) / NETDEV_BUFFER_BYTES, (uint64_t)FRAMES_MAX);
    unsigned workers = LWIP_MIN(LWIP_MIN(depth, buffers) / 2, WORKERS_MAX);
    bool started = true;

    if (workers == 0)
        return E_NO_MEMORY;
    sender_count = workers;
    frames_init(device, (uint64_t)workers * NETDEV_BUFFER_BYTES, buffers - workers);
    for (unsigned i = 0; i < workers; i++) {
        senders[i].buffer = (uint64_t)i * NETDEV_BUFFER_BYTES;
        started &= co_spawn(&senders[i].co, sender_body, priority, NULL).raw != 0;
        receivers[i].buffer = frames_spare();
        started &= co_spawn(&receivers[i].co, receiver_body, priority, NULL).raw != 0;
    }
    started &= co_spawn(&resumer.co, resumer_body, priority, NULL).raw != 0;
    return started ? E_OK : E_TOO_MANY;
}

static enum error make_interface(uint64_t mac)
{
    if (netif_add_noaddr(&interface, NULL, interface_init, ethernet_input) == NULL)
        return E_NO_MEMORY;
    interface.hwaddr_len = ETH_HWADDR_LEN;
    for (unsigned i = 0; i < ETH_HWADDR_LEN; i++)
        interface.hwaddr[i] = (uint8_t)(mac >> 8 * i);
    random_stir(mac);
    netif_set_default(&interface);
    netif_set_link_up(&interface);
    netif_set_up(&interface);
    return E_OK;
}

enum co_state link_start(struct co *co, struct ipc_message *message)
{
    const struct startup_channel *channel = device_channel();

    device = channel != NULL ? ipc_find(channel->name) : NULL;
    if (device == NULL) {
        co->value = E_NO_DEVICE;
        return CO_DONE;
    }
    return netdev_info(co, device, message);
}

enum error link_open(const struct ipc_message *message)
{
    enum error error = make_interface(message->word[1]);

    return error != E_OK ? error : start_workers(device_channel()->depth);
}
