/* SPDX-License-Identifier: BSD-2-Clause */
/* The interface over a fake driver: frames in, frames out, a driver that is slow or lies. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "fake_ipc.h"
#include "frames.h"
#include "link.h"
#include <executor/executor.h>
#include <lwip/init.h>
#include <lwip/inet_chksum.h>
#include <lwip/stats.h>
#include <lwip/sys.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <sys/program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define DEPTH 16

/* The driver: calls that it has not answered. */
struct pending {
    struct co *co;
    struct ipc_message *message;
};
static struct pending receives[DEPTH], sends[DEPTH];
static unsigned receive_count, send_count;

static struct ipc_end *end;
static uint32_t now_ms;

static struct executor executor;
static struct executor_line line;
static struct co_slot slots[64];

/* ---------------------------------------------------------------- what link.c calls */

uint32_t sys_now(void)
{
    return now_ms;
}

uint64_t time_now(void)
{
    return now_ms;
}

enum co_state sleep_us(struct co *co, uint64_t us)
{
    (void)us;
    co->value = 0;
    return CO_DONE;
}

void log_line(const char *format, ...)
{
    (void)format;
}

const char *error_text(long error)
{
    (void)error;
    return "error";
}

void net_assert_failed(const char *message, const char *file, int line)
{
    fprintf(stderr, "lwIP: %s (%s:%d)\n", message, file, line);
    abort();
}

struct ipc_end *ipc_find(const char *name)
{
    return strcmp(name, "wire") == 0 ? end : NULL;
}

uint64_t ipc_region_bytes(const struct ipc_end *e)
{
    (void)e;
    return 2 * DEPTH * NETDEV_BUFFER_BYTES;
}

enum co_state ipc_call(struct co *co, struct ipc_end *e, struct ipc_message *message,
                       unsigned label)
{
    (void)e;
    if (label == NETDEV_INFO) {
        message->word[1] = 0x060504030202;
        co->value = 0;
        return CO_DONE;
    }
    if (label == NETDEV_RECEIVE)
        receives[receive_count++] = (struct pending){co, message};
    else
        sends[send_count++] = (struct pending){co, message};
    return CO_PENDING;
}

/* ---------------------------------------------------------------- the driver's side */

/* Answer the oldest receive with a frame. */
static void driver_receives(const void *frame, unsigned bytes, int64_t result)
{
    struct pending p = receives[0];

    assert_true(receive_count > 0);
    memmove(receives, receives + 1, --receive_count * sizeof receives[0]);
    memcpy(end->region + p.message->word[0] + NETDEV_HEADROOM, frame, bytes);
    co_complete(p.co, result);
    co_run(false);
}

/* Answer the oldest send; value: its frame in the region. */
static const uint8_t *driver_sends(int64_t result)
{
    struct pending p = sends[0];
    const uint8_t *frame = end->region + p.message->word[0] + NETDEV_HEADROOM;

    assert_true(send_count > 0);
    memmove(sends, sends + 1, --send_count * sizeof sends[0]);
    co_complete(p.co, result);
    co_run(false);
    return frame;
}

/* A broadcast ARP request for 10.0.0.1 by 10.0.0.9. */
static const uint8_t arp_request[42] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0,  0, 0, 0, 9, 8, 6, 0, 1, 8, 0,  6, 4, 0,
    1,    0x52, 0,    0,    0,    0,    9,    10, 0, 0, 9, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1};

/* An ICMP echo request of the length of the whole frame. */
static unsigned ping(uint8_t *frame, unsigned bytes)
{
    static const uint8_t head[34] = {2, 2, 3, 4, 5, 6,  0x52, 0, 0, 0,  0, 9, 8, 0,  0x45, 0, 0,
                                     0, 0, 1, 0, 0, 64, 1,    0, 0, 10, 0, 0, 9, 10, 0,    0, 1};
    uint16_t sum;

    for (unsigned i = 0; i < bytes; i++)
        frame[i] = (uint8_t)i;
    memcpy(frame, head, sizeof head);
    frame[16] = (uint8_t)((bytes - 14) >> 8);
    frame[17] = (uint8_t)(bytes - 14);
    sum = inet_chksum(frame + 14, 20);
    memcpy(frame + 24, &sum, 2);
    memcpy(frame + 34, (uint8_t[]){8, 0, 0, 0}, 4);
    sum = inet_chksum(frame + 34, (uint16_t)(bytes - 34));
    memcpy(frame + 36, &sum, 2);
    return bytes;
}

/* ---------------------------------------------------------------- tests */

static void test_as_many_buffers_are_lent_as_the_depth_allows(void **state)
{
    (void)state;
    assert_int_equal(receive_count, DEPTH / 2);
    for (unsigned i = 0; i < receive_count; i++) {
        assert_true(receives[i].message->word[0] >= DEPTH / 2 * NETDEV_BUFFER_BYTES);
        assert_int_equal(receives[i].message->word[1], FRAME_BUFFER_BYTES);
    }
}

static void test_arp_is_answered(void **state)
{
    const uint8_t *answer;

    (void)state;
    driver_receives(arp_request, sizeof arp_request, sizeof arp_request);
    assert_int_equal(receive_count, DEPTH / 2);
    assert_int_equal(send_count, 1);
    answer = driver_sends(42);
    assert_memory_equal(answer, "\x52\0\0\0\0\x09\x02\x02\x03\x04\x05\x06\x08\x06", 14);
    assert_int_equal(answer[21], 2);
}

static void test_pings_of_each_length_come_back(void **state)
{
    uint8_t frame[FRAME_BYTES_MAX];

    (void)state;
    for (unsigned bytes = 42; bytes <= sizeof frame; bytes += 23) {
        const uint8_t *answer;
        ping(frame, bytes);
        driver_receives(frame, bytes, bytes);
        assert_int_equal(send_count, 1);
        assert_int_equal(sends[0].message->word[1], bytes);
        answer = driver_sends(bytes);
        assert_int_equal(answer[34], 0);
        assert_memory_equal(answer + 42, frame + 42, bytes - 42);
        assert_int_equal(frames_held, 0);
    }
}

/* Lengths that no frame has, errors, garbage: counted or dropped, and the buffer is lent again. */
static void test_a_driver_that_lies_is_survived(void **state)
{
    static const int64_t results[] = {0, 1, 13, 1515, 2048, 1 << 20, INT64_MAX, E_IO};
    uint8_t garbage[FRAME_BYTES_MAX];
    uint64_t dropped = link_received_dropped;

    (void)state;
    for (unsigned i = 0; i < sizeof results / sizeof results[0]; i++)
        driver_receives("", 0, results[i]);
    assert_int_equal(link_received_dropped, dropped + sizeof results / sizeof results[0]);
    srand(1);
    for (unsigned i = 0; i < 20000; i++) {
        unsigned bytes = 14 + (unsigned)rand() % (sizeof garbage - 13);
        ping(garbage, bytes < 42 ? 42 : bytes);
        for (unsigned k = 0; k < 1 + i % 8; k++)
            garbage[12 + (unsigned)rand() % 50] = (uint8_t)rand();
        driver_receives(garbage, bytes, bytes);
        while (send_count > 0)
            driver_sends(E_IO);
        if (i % 100 == 0) {
            now_ms += 1000;
            sys_check_timeouts();
            co_run(false);
        }
    }
    now_ms += 60000; /* fragments that waited for the rest */
    sys_check_timeouts();
    assert_int_equal(receive_count, DEPTH / 2);
    assert_int_equal(frames_held, 0);
    test_arp_is_answered(state);
}

/* With a driver that sends nothing, frames are refused, and TCP goes on when one has left. */
static void test_tcp_goes_on_when_the_driver_does(void **state)
{
    struct tcp_pcb *pcbs[2 * DEPTH];
    uint64_t waits = link_send_waits;
    unsigned seen = 0;
    ip_addr_t peer;

    (void)state;
    IP4_ADDR(&peer, 10, 0, 0, 9); /* known by its ARP request */
    for (unsigned i = 0; i < 2 * DEPTH; i++) {
        pcbs[i] = tcp_new();
        assert_int_equal(tcp_connect(pcbs[i], &peer, 80, NULL), ERR_OK);
    }
    co_run(false);
    assert_int_equal(send_count, DEPTH / 2);
    assert_true(link_send_waits > waits);
    while (send_count > 0) {
        assert_int_equal(driver_sends(54)[47] & 0x3f, 2); /* SYN */
        seen++;
    }
    assert_int_equal(seen, 2 * DEPTH); /* without any timer */
    for (unsigned i = 0; i < 2 * DEPTH; i++)
        tcp_abort(pcbs[i]);
    co_run(false);
    while (send_count > 0)
        driver_sends(54);
}

static void test_a_dead_driver_ends_its_coroutines(void **state)
{
    (void)state;
    while (receive_count > 0)
        driver_receives("", 0, E_PEER_DEAD);
    assert_int_equal(receive_count, 0);
}

/* ---------------------------------------------------------------- start */

static int start(void **state)
{
    static struct co co;
    struct ipc_message message = {0};
    struct startup *s = mmap((void *)STARTUP_BASE, 4096, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    ip4_addr_t address, netmask, gateway;

    (void)state;
    assert_ptr_equal(s, (void *)STARTUP_BASE);
    s->channel_count = 1;
    s->channels[0] = (struct startup_channel){.name = "wire", .protocol = "netdev", .depth = DEPTH};
    executor_set_line(&line);
    executor_init(&executor, &line, slots, sizeof slots / sizeof slots[0]);
    end = fake_end_new();
    lwip_init();
    assert_int_equal(link_start(&co, &message), CO_DONE);
    assert_int_equal(co.value, 0);
    assert_int_equal(link_open(&message), E_OK);
    IP4_ADDR(&address, 10, 0, 0, 1);
    IP4_ADDR(&netmask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 10, 0, 0, 2);
    netif_set_addr(netif_default, &address, &netmask, &gateway);
    co_run(false);
    while (send_count > 0) /* the announcement of the address */
        driver_sends(42);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fake_end_free(end);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_many_buffers_are_lent_as_the_depth_allows),
        cmocka_unit_test(test_arp_is_answered),
        cmocka_unit_test(test_pings_of_each_length_come_back),
        cmocka_unit_test(test_a_driver_that_lies_is_survived),
        cmocka_unit_test(test_tcp_goes_on_when_the_driver_does),
        cmocka_unit_test(test_a_dead_driver_ends_its_coroutines),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
