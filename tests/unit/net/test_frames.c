/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames and buffers, and the checksum. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "fake_ipc.h"
#include "fake_wire.h"
#include "frames.h"
#include <string.h>

#define BUFFERS 4

static struct ipc_end *end;

static int setup(void **state)
{
    (void)state;
    end = fake_end_new();
    for (unsigned i = 0; i < FAKE_REGION_BYTES; i++)
        end->region[i] = (uint8_t)(i * 7 + i / 256);
    frames_init(end, NETDEV_BUFFER_BYTES, BUFFERS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_end_free(end);
    return 0;
}

/* Whether the pbuf holds the frame as it lay in the buffer. */
static void assert_frame(const struct pbuf *pbuf, uint64_t offset, unsigned bytes)
{
    uint8_t copy[FRAME_BYTES_MAX];

    assert_int_equal(pbuf->tot_len, bytes);
    assert_int_equal(pbuf_copy_partial(pbuf, copy, (u16_t)bytes, 0), bytes);
    assert_memory_equal(copy, end->region + offset + NETDEV_HEADROOM, bytes);
}

static void test_frames_of_each_length_arrive_whole(void **state)
{
    struct frame_buffer *lent = frames_spare();

    (void)state;
    for (unsigned bytes = 14; bytes <= FRAME_BYTES_MAX; bytes++) {
        uint64_t offset = lent->offset;
        struct pbuf *pbuf = frame_receive(&lent, bytes);
        assert_non_null(pbuf);
        assert_frame(pbuf, offset, bytes);
        pbuf_free(pbuf);
        assert_int_equal(frames_held, 0);
    }
}

/* Held frames never take the last buffer: the rest are copied. */
static void test_a_buffer_stays_lent_whatever_is_held(void **state)
{
    struct frame_buffer *lent = frames_spare();
    struct pbuf *held[BUFFERS * 2];

    (void)state;
    for (unsigned i = 0; i < BUFFERS * 2; i++) {
        uint64_t offset = lent->offset;
        held[i] = frame_receive(&lent, 1000);
        assert_non_null(held[i]);
        assert_non_null(lent);
        assert_frame(held[i], offset, 1000);
        assert_int_equal(frames_held, i < BUFFERS - 1 ? i + 1 : BUFFERS - 1);
    }
    for (unsigned i = 0; i < BUFFERS * 2; i++)
        pbuf_free(held[i]);
    assert_int_equal(frames_held, 0);
    for (unsigned i = 0; i < BUFFERS - 1; i++)
        assert_non_null(frames_spare());
    assert_null(frames_spare());
}

/* The driver cannot change what the stack has seen of a frame's headers. */
static void test_headers_are_copied_once(void **state)
{
    struct frame_buffer *lent = frames_spare();
    uint64_t offset = lent->offset;
    uint8_t before[134];
    struct pbuf *pbuf = frame_receive(&lent, 1000);

    (void)state;
    pbuf_copy_partial(pbuf, before, sizeof before, 0);
    memset(end->region + offset, 0xff, NETDEV_BUFFER_BYTES);
    assert_true(pbuf->len >= sizeof before);
    assert_memory_equal(pbuf->payload, before, sizeof before);
    assert_int_equal(((uintptr_t)pbuf->payload + 14) % 8, 0);
    pbuf_free(pbuf);
}

/* RFC 1071, two bytes at a time. */
static uint16_t plain_checksum(const uint8_t *data, int bytes)
{
    uint32_t sum = 0;

    for (int i = 0; i < bytes; i++)
        sum += i % 2 == 0 ? data[i] : (uint32_t)data[i] << 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static void test_the_checksum_is_that_of_the_rfc(void **state)
{
    uint8_t data[1600];

    (void)state;
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)wire_random();
    for (int start = 0; start < 9; start++)
        for (int bytes = 0; bytes < 1580; bytes += bytes < 80 ? 1 : 37)
            assert_int_equal(net_checksum(data + start, bytes),
                             plain_checksum(data + start, bytes));
    memset(data, 0xff, sizeof data);
    assert_int_equal(net_checksum(data, 1500), plain_checksum(data, 1500));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_frames_of_each_length_arrive_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_buffer_stays_lent_whatever_is_held, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headers_are_copied_once, setup, teardown),
        cmocka_unit_test(test_the_checksum_is_that_of_the_rfc),
    };

    wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
