/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections through the socket server, with lwIP itself as the far end. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "fake_ipc.h"
#include "fake_wire.h"
#include <lwip/inet_chksum.h>
#include <lwip/ip4.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/tcp.h>
#include <lwip/stats.h>
#include <protocol/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PORT         80
#define PORT_OF_PEER 40000

static struct client client;
static struct ipc_message m;
static uint64_t listener;
static unsigned pool_before;

static int64_t call(uint32_t id, unsigned label, uint64_t a, uint64_t b, uint64_t c)
{
    return fake_call(&client, id, label, a, b, c, &m);
}

/* The result that was sent for the id; it must have been. */
static int64_t answer(uint32_t id)
{
    const struct ipc_message *message = fake_answer(client.end, id);

    assert_non_null(message);
    return (int64_t)message->word[0];
}

static int setup(void **state)
{
    (void)state;
    wire_lose(0, 1);
    pool_before = lwip_stats.memp[MEMP_PBUF_POOL]->used;
    client_init(&client, fake_end_new());
    listener = (uint64_t)call(1, SOCKET_LISTEN, PORT, 16, 0);
    return 0;
}

/* Everything comes back: sockets, pcbs, pbufs. */
static int teardown(void **state)
{
    (void)state;
    wire_lose(0, 1);
    client_end(&client);
    wire_run(30000);
    assert_int_equal(client_socket_count, 0);
    assert_int_equal(lwip_stats.memp[MEMP_PBUF_POOL]->used, pool_before);
    assert_int_equal(lwip_stats.memp[MEMP_TCP_PCB]->used, 0);
    assert_int_equal(lwip_stats.memp[MEMP_TCP_SEG]->used, 0);
    fake_end_free(client.end);
    return 0;
}

/* A connected pair; value: the server's handle. */
static uint64_t connect_pair(struct peer *peer)
{
    int64_t handle;

    peer_connect(peer, PORT);
    wire_run(50);
    assert_true(peer->connected);
    handle = call(2, SOCKET_ACCEPT, listener, 0, 0);
    assert_true(handle > 0);
    assert_int_equal(m.word[1], 0x0a000001);
    assert_int_equal(m.word[2], peer->pcb->local_port);
    return (uint64_t)handle;
}

static void test_accept_may_come_first_or_last(void **state)
{
    struct peer a, b;

    (void)state;
    assert_int_equal(call(10, SOCKET_ACCEPT, listener, 0, 0), FAKE_WAITS);
    assert_int_equal(call(11, SOCKET_ACCEPT, listener, 0, 0), FAKE_WAITS);
    peer_connect(&a, PORT);
    wire_run(50);
    assert_true(answer(10) > 0);
    assert_null(fake_answer(client.end, 11));
    peer_connect(&b, PORT);
    wire_run(50);
    assert_true(answer(11) > 0);
    peer_free(&a);
    peer_free(&b);
}

static void test_data_come_in_order_before_and_after_the_call(void **state)
{
    struct peer peer;
    uint64_t handle = connect_pair(&peer);

    (void)state;
    assert_int_equal(call(3, SOCKET_RECEIVE, handle, 100, 3), FAKE_WAITS);
    peer_send(&peer, "abcdefgh", 8);
    wire_run(10);
    assert_int_equal(answer(3), 3);
    assert_memory_equal(client.end->region + 100, "abc\0", 4);
    assert_int_equal(call(4, SOCKET_RECEIVE, handle, 200, 4096), 5);
    assert_memory_equal(client.end->region + 200, "defgh", 5);
    peer_free(&peer);
}

static void test_ranges_outside_of_the_region_are_refused(void **state)
{
    struct peer peer;
    uint64_t handle = connect_pair(&peer);
    static const uint64_t bad[][2] = {{FAKE_REGION_BYTES, 1},
                                      {FAKE_REGION_BYTES - 10, 11},
                                      {0, FAKE_REGION_BYTES + 1},
                                      {1, UINT64_MAX},
                                      {UINT64_MAX, 2},
                                      {1ull << 63, 1ull << 63}};

    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(call(3, SOCKET_RECEIVE, handle, bad[i][0], bad[i][1]), E_BAD_ARGUMENT);
        assert_int_equal(call(3, SOCKET_SEND, handle, bad[i][0], bad[i][1]), E_BAD_ARGUMENT);
    }
    assert_int_equal(call(3, SOCKET_RECEIVE, handle, 0, 0), E_BAD_ARGUMENT);
    assert_int_equal(call(3, SOCKET_SEND, handle, 0, 0), 0);
    peer_free(&peer);
}

static void test_the_peer_s_end_reads_as_zero_and_sends_still_go(void **state)
{
    struct peer peer;
    uint64_t handle = connect_pair(&peer);

    (void)state;
    peer_send(&peer, "last", 4);
    peer_close(&peer);
    wire_run(50);
    assert_int_equal(call(3, SOCKET_RECEIVE, handle, 0, 100), 4);
    assert_int_equal(call(3, SOCKET_RECEIVE, handle, 0, 100), 0);
    assert_int_equal(call(3, SOCKET_SEND, handle, 0, 4), 4);
    wire_run(50);
    assert_int_equal(peer.count, 4);
    assert_int_equal(call(3, SOCKET_CLOSE, handle, 0, 0), 0);
    wire_run(50);
    assert_true(peer.end);
    assert_int_equal(peer.error, ERR_OK);
    peer_free(&peer);
}

static void test_a_reset_ends_what_waits(void **state)
{
    struct peer peer;
    uint64_t handle = connect_pair(&peer);

    (void)state;
    peer.stopped = true;
    assert_int_equal(call(3, SOCKET_RECEIVE, handle, 0, 100), FAKE_WAITS);
    assert_int_equal(call(4, SOCKET_SEND, handle, 0, FAKE_REGION_BYTES), FAKE_WAITS);
    wire_run(50);
    peer_reset(&peer);
    wire_run(50);
    assert_int_equal(answer(3), E_RESET);
    assert_int_equal(answer(4), E_RESET);
    assert_int_equal(call(3, SOCKET_RECEIVE, handle, 0, 100), E_RESET);
    assert_int_equal(call(3, SOCKET_SEND, handle, 0, 100), E_RESET);
    assert_int_equal(call(3, SOCKET_CLOSE, handle, 0, 0), 0);
    peer_free(&peer);
}

static void test_close_ends_what_waits(void **state)
{
    struct peer peer;
    uint64_t handle = connect_pair(&peer);

    (void)state;
    assert_int_equal(call(3, SOCKET_RECEIVE, handle, 0, 100), FAKE_WAITS);
    assert_int_equal(call(4, SOCKET_CLOSE, handle, 0, 0), 0);
    assert_int_equal(answer(3), E_CLOSED);
    assert_int_equal(call(5, SOCKET_RECEIVE, handle, 0, 100), E_BAD_HANDLE);
    wire_run(50);
    assert_true(peer.end);
    peer_free(&peer);
}

/* Data that nobody read must not turn the close into a reset. */
static void test_what_was_sent_survives_the_close(void **state)
{
    struct peer peer;
    uint64_t handle = connect_pair(&peer);

    (void)state;
    peer_send(&peer, "unread request", 14);
    wire_run(50);
    memset(client.end->region, 'x', 20000);
    assert_int_equal(call(3, SOCKET_SEND, handle, 0, 20000), 20000);
    assert_int_equal(call(4, SOCKET_CLOSE, handle, 0, 0), 0);
    wire_run(1000);
    assert_int_equal(peer.count, 20000);
    assert_true(peer.end);
    assert_int_equal(peer.error, ERR_OK);
    peer_free(&peer);
}

/* A SYN from PORT_OF_PEER to PORT, as a stranger's stack would send it. */
static void send_syn(uint32_t sequence)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, IP_HLEN + TCP_HLEN, PBUF_RAM);
    struct ip_hdr *ip = p->payload;
    struct tcp_hdr *tcp = (struct tcp_hdr *)(ip + 1);
    ip_addr_t address;

    IP4_ADDR(&address, 10, 0, 0, 1);
    memset(ip, 0, IP_HLEN + TCP_HLEN);
    IPH_VHL_SET(ip, 4, 5);
    IPH_LEN_SET(ip, lwip_htons(IP_HLEN + TCP_HLEN));
    IPH_TTL_SET(ip, 64);
    IPH_PROTO_SET(ip, IP_PROTO_TCP);
    ip->src.addr = ip->dest.addr = ip4_addr_get_u32(&address);
    IPH_CHKSUM_SET(ip, inet_chksum(ip, IP_HLEN));
    tcp->src = lwip_htons(PORT_OF_PEER);
    tcp->dest = lwip_htons(PORT);
    tcp->seqno = lwip_htonl(sequence);
    TCPH_HDRLEN_FLAGS_SET(tcp, 5, TCP_SYN);
    tcp->wnd = lwip_htons(1000);
    pbuf_remove_header(p, IP_HLEN);
    tcp->chksum = ip_chksum_pseudo(p, IP_PROTO_TCP, TCP_HLEN, &address, &address);
    pbuf_add_header_force(p, IP_HLEN);
    assert_int_equal(ip4_input(p, netif_default), ERR_OK);
}

/* The server closes first and so stands in TIME-WAIT; the peer connects anew from the same port. */
static void test_a_port_is_used_again_in_time_wait(void **state)
{
    struct peer first, second;
    const struct tcp_pcb *waiting;
    int64_t handle;

    (void)state;
    peer_connect_from(&first, PORT_OF_PEER, PORT);
    wire_run(50);
    handle = call(2, SOCKET_ACCEPT, listener, 0, 0);
    assert_true(handle > 0);
    assert_int_equal(call(3, SOCKET_CLOSE, (uint64_t)handle, 0, 0), 0);
    wire_run(20);
    peer_close(&first);
    wire_run(20);
    waiting = tcp_tw_pcbs;
    assert_non_null(waiting);
    assert_int_equal(waiting->remote_port, PORT_OF_PEER);

    send_syn(waiting->rcv_nxt); /* an old one does not end it, */
    assert_ptr_equal(tcp_tw_pcbs, waiting);
    wire_run(20);
    peer_connect_from(&second, PORT_OF_PEER, PORT); /* a new one does, before any timer */
    wire_run(20);
    assert_true(second.connected);
    assert_true(call(4, SOCKET_ACCEPT, listener, 0, 0) > 0);
    peer_free(&first);
    peer_free(&second);
}

/* A client that takes nothing closes the window; the peer can send no more than that. */
static void test_the_window_opens_only_as_data_are_taken(void **state)
{
    static uint8_t data[4 * TCP_WND];
    struct peer peer;
    uint64_t handle = connect_pair(&peer);
    uint32_t sent = 0, taken = 0;

    (void)state;
    for (uint32_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i / 3);
    for (unsigned i = 0; i < 50; i++) {
        sent += peer_send(&peer, data + sent, (uint32_t)sizeof data - sent);
        wire_run(20);
    }
    assert_true(sent <= TCP_WND + TCP_SND_BUF);
    while (taken < sizeof data) {
        int64_t n = call(3, SOCKET_RECEIVE, handle, 0, 5000);
        if (n == FAKE_WAITS) {
            sent += peer_send(&peer, data + sent, (uint32_t)sizeof data - sent);
            wire_run(1000);
            n = answer(3);
        }
        assert_true(n > 0);
        assert_memory_equal(client.end->region, data + taken, (size_t)n);
        taken += (uint32_t)n;
    }
    peer_free(&peer);
}

/* Single bytes in single segments must not pin a pbuf each. */
static void test_tiny_segments_are_merged(void **state)
{
    struct peer peer;
    uint64_t handle = connect_pair(&peer);

    (void)state;
    tcp_nagle_disable(peer.pcb);
    for (unsigned i = 0; i < 500; i++) {
        uint8_t byte = (uint8_t)i;
        assert_int_equal(peer_send(&peer, &byte, 1), 1);
        wire_run(10);
    }
    assert_true(pbuf_clen(client.sockets[handle & 0xff].received) < 40);
    assert_int_equal(call(3, SOCKET_RECEIVE, handle, 0, 4096), 500);
    for (unsigned i = 0; i < 500; i++)
        assert_int_equal(client.end->region[i], (uint8_t)i);
    peer_free(&peer);
}

static void test_the_backlog_holds_peers_off(void **state)
{
    struct peer peers[24];
    unsigned connected = 0;

    (void)state;
    for (unsigned i = 0; i < 24; i++)
        peer_connect(&peers[i], PORT);
    wire_run(8000); /* those held off have tried again meanwhile */
    for (unsigned i = 0; i < 24; i++)
        connected += peers[i].connected;
    assert_int_equal(connected, 16);
    for (unsigned i = 0; i < 24; i++) {
        if (call(100 + i, SOCKET_ACCEPT, listener, 0, 0) == FAKE_WAITS) {
            wire_run(20000);
            assert_true(answer(100 + i) > 0);
        }
    }
    for (unsigned i = 0; i < 24; i++)
        peer_free(&peers[i]);
}

static void test_a_peer_that_died_in_the_backlog_is_forgotten(void **state)
{
    struct peer a, b, c;

    (void)state;
    peer_connect(&a, PORT);
    peer_connect(&b, PORT);
    peer_connect(&c, PORT);
    wire_run(50);
    assert_int_equal(client_socket_count, 4);
    peer_reset(&b);
    wire_run(50);
    assert_int_equal(client_socket_count, 3);
    peer_reset(&c);
    wire_run(50);
    assert_true(call(2, SOCKET_ACCEPT, listener, 0, 0) > 0);
    assert_int_equal(m.word[2], a.pcb->local_port);
    assert_int_equal(call(3, SOCKET_ACCEPT, listener, 0, 0), FAKE_WAITS);
    peer_free(&a);
    peer_free(&b);
    peer_free(&c);
}

static void test_the_death_of_a_client_resets_its_peers(void **state)
{
    struct peer peer, waiting;
    uint64_t handle = connect_pair(&peer);

    (void)state;
    peer_connect(&waiting, PORT);
    wire_run(50);
    assert_int_equal(call(3, SOCKET_RECEIVE, handle, 0, 100), FAKE_WAITS);
    client.end->dead = true;
    client_end(&client);
    assert_int_equal(client_socket_count, 0);
    wire_run(50);
    assert_int_equal(peer.error, ERR_RST);
    assert_int_equal(waiting.error, ERR_RST);
    peer_free(&peer);
    peer_free(&waiting);
}

/* Many connections at once echo through a wire that loses packets. */
static void test_echo_over_a_lossy_wire(void **state)
{
    enum { PEERS = 12, BYTES = 100000, PIECE = 30000 };
    const char *given = getenv("HEDDLE_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    static uint8_t data[BYTES];
    static struct peer peers[PEERS];
    uint64_t handles[PEERS];
    uint32_t sent[PEERS] = {0};
    unsigned complete = 0;

    (void)state;
    printf("HEDDLE_SEED=%#llx replays this test\n", (unsigned long long)seed);
    for (unsigned i = 0; i < PEERS; i++)
        handles[i] = connect_pair(&peers[i]);
    wire_lose(50, seed);
    for (unsigned i = 0; i < BYTES; i++)
        data[i] = (uint8_t)wire_random();
    for (unsigned i = 0; i < PEERS; i++)
        assert_int_equal(call(i, SOCKET_RECEIVE, handles[i], i * PIECE, PIECE), FAKE_WAITS);
    /* Request i: peer i receives; request PEERS + i: it sends back. */
    for (unsigned round = 0; complete < PEERS && round < 60000; round++) {
        complete = 0;
        for (unsigned i = 0; i < PEERS; i++) {
            sent[i] += peer_send(&peers[i], data + sent[i], BYTES - sent[i]);
            complete += peers[i].count == BYTES;
        }
        while (client.end->answer_count > 0) {
            struct ipc_message a = client.end->answers[--client.end->answer_count];
            uint32_t id = ipc_request(&a), i = id % PEERS;
            int64_t n = (int64_t)a.word[0];
            assert_true(n > 0);
            for (;;) { /* until a call waits */
                bool back = id >= PEERS;
                id = back ? i : PEERS + i;
                n = call(id, back ? SOCKET_RECEIVE : SOCKET_SEND, handles[i], i * PIECE,
                         back ? PIECE : (uint64_t)n);
                if (n == FAKE_WAITS)
                    break;
                assert_true(n > 0);
            }
        }
        wire_run(10);
    }
    assert_int_equal(complete, PEERS);
    for (unsigned i = 0; i < PEERS; i++) {
        assert_memory_equal(peers[i].bytes, data, BYTES);
        peer_free(&peers[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_accept_may_come_first_or_last),
        TEST(test_data_come_in_order_before_and_after_the_call),
        TEST(test_ranges_outside_of_the_region_are_refused),
        TEST(test_the_peer_s_end_reads_as_zero_and_sends_still_go),
        TEST(test_a_reset_ends_what_waits),
        TEST(test_close_ends_what_waits),
        TEST(test_what_was_sent_survives_the_close),
        TEST(test_a_port_is_used_again_in_time_wait),
        TEST(test_the_window_opens_only_as_data_are_taken),
        TEST(test_tiny_segments_are_merged),
        TEST(test_the_backlog_holds_peers_off),
        TEST(test_a_peer_that_died_in_the_backlog_is_forgotten),
        TEST(test_the_death_of_a_client_resets_its_peers),
        TEST(test_echo_over_a_lossy_wire),
    };

    wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
