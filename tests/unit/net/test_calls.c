/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket server's calls: handles, quotas, arguments that no honest client would send. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "fake_ipc.h"
#include "fake_wire.h"
#include <protocol/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct client client, other;
static struct ipc_message m;

static int64_t call(unsigned label, uint64_t a, uint64_t b, uint64_t c)
{
    return fake_call(&client, 1, label, a, b, c, &m);
}

static int setup(void **state)
{
    (void)state;
    client_init(&client, fake_end_new());
    client_init(&other, fake_end_new());
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_end(&client);
    client_end(&other);
    assert_int_equal(client_socket_count, 0);
    fake_end_free(client.end);
    fake_end_free(other.end);
    wire_run(10000);
    return 0;
}

static void test_listen_checks_its_arguments(void **state)
{
    (void)state;
    assert_int_equal(call(SOCKET_LISTEN, 0, 1, 0), E_BAD_ARGUMENT);
    assert_int_equal(call(SOCKET_LISTEN, 65536, 1, 0), E_BAD_ARGUMENT);
    assert_int_equal(call(SOCKET_LISTEN, UINT64_MAX, 1, 0), E_BAD_ARGUMENT);
    assert_true(call(SOCKET_LISTEN, 80, UINT64_MAX, 0) > 0);
    assert_true(call(SOCKET_LISTEN, 81, 0, 0) > 0);
}

static void test_a_port_has_one_listener(void **state)
{
    int64_t handle = call(SOCKET_LISTEN, 80, 8, 0);

    (void)state;
    assert_true(handle > 0);
    assert_int_equal(call(SOCKET_LISTEN, 80, 8, 0), E_EXISTS);
    assert_int_equal(fake_call(&other, 1, SOCKET_LISTEN, 80, 8, 0, &m), E_EXISTS);
    assert_int_equal(client_socket_count, 1);
    assert_int_equal(call(SOCKET_CLOSE, (uint64_t)handle, 0, 0), 0);
    assert_true(fake_call(&other, 1, SOCKET_LISTEN, 80, 8, 0, &m) > 0);
}

static void test_handles_are_the_client_s_own(void **state)
{
    int64_t handle = call(SOCKET_LISTEN, 80, 8, 0);

    (void)state;
    assert_int_equal(fake_call(&other, 1, SOCKET_ACCEPT, (uint64_t)handle, 0, 0, &m), E_BAD_HANDLE);
    assert_int_equal(fake_call(&other, 1, SOCKET_CLOSE, (uint64_t)handle, 0, 0, &m), E_BAD_HANDLE);
}

static void test_closed_handles_stay_closed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t handle = (uint64_t)call(SOCKET_LISTEN, 80, 8, 0);
        assert_int_equal(call(SOCKET_CLOSE, handle, 0, 0), 0);
        assert_int_equal(call(SOCKET_CLOSE, handle, 0, 0), E_BAD_HANDLE);
        assert_int_equal(call(SOCKET_ACCEPT, handle, 0, 0), E_BAD_HANDLE);
    }
}

/* The slot is used again, the name is not. */
static void test_a_stale_handle_does_not_name_the_next_socket(void **state)
{
    uint64_t first = (uint64_t)call(SOCKET_LISTEN, 80, 8, 0);
    uint64_t second;

    (void)state;
    assert_int_equal(call(SOCKET_CLOSE, first, 0, 0), 0);
    second = (uint64_t)call(SOCKET_LISTEN, 80, 8, 0);
    assert_int_equal(first & 0xffff, second & 0xffff);
    assert_int_equal(call(SOCKET_CLOSE, first, 0, 0), E_BAD_HANDLE);
    assert_int_equal(call(SOCKET_ACCEPT, first, 0, 0), E_BAD_HANDLE);
    assert_int_equal(call(SOCKET_CLOSE, second, 0, 0), 0);
}

/* A connection has no handle before it is accepted, even for a client that guesses it. */
static void test_handles_of_the_backlog_cannot_be_guessed(void **state)
{
    struct peer peer;

    (void)state;
    call(SOCKET_LISTEN, 80, 8, 0);
    peer_connect(&peer, 80);
    wire_run(50);
    assert_int_equal(client_socket_count, 2);
    for (uint64_t generation = 0; generation < 4; generation++)
        for (uint64_t index = 0; index < 300; index++)
            assert_int_equal(call(SOCKET_RECEIVE, generation << 16 | index, 0, 10), E_BAD_HANDLE);
    peer_free(&peer);
}

static void test_a_listener_is_no_stream(void **state)
{
    uint64_t handle = (uint64_t)call(SOCKET_LISTEN, 80, 8, 0);

    (void)state;
    assert_int_equal(call(SOCKET_RECEIVE, handle, 0, 10), E_BAD_HANDLE);
    assert_int_equal(call(SOCKET_SEND, handle, 0, 10), E_BAD_HANDLE);
}

static void test_waiting_accepts_have_a_quota_and_end_with_the_listener(void **state)
{
    uint64_t handle = (uint64_t)call(SOCKET_LISTEN, 80, 8, 0);

    (void)state;
    for (uint32_t i = 0; i < CLIENT_REQUESTS; i++)
        assert_int_equal(fake_call(&client, i, SOCKET_ACCEPT, handle, 0, 0, &m), FAKE_WAITS);
    assert_int_equal(call(SOCKET_ACCEPT, handle, 0, 0), E_TOO_MANY);
    assert_int_equal(call(SOCKET_CLOSE, handle, 0, 0), 0);
    for (uint32_t i = 0; i < CLIENT_REQUESTS; i++)
        assert_int_equal((int64_t)fake_answer(client.end, i)->word[0], E_CLOSED);
    assert_int_equal(client.end->answer_count, 0);
}

static void test_info_tells_the_address(void **state)
{
    (void)state;
    assert_int_equal(call(SOCKET_INFO, 0, 0, 0), 0);
    assert_int_equal(m.word[1], 0x0a000001);
    assert_int_equal(m.word[2], 0xffffff00);
    assert_int_equal(m.word[3], 0x0a000002);
}

static void test_unknown_labels_are_refused(void **state)
{
    (void)state;
    assert_int_equal(call(0, 0, 0, 0), E_UNSUPPORTED);
    assert_int_equal(call(SOCKET_INFO + 1, 0, 0, 0), E_UNSUPPORTED);
    assert_int_equal(call(0xffff, 0, 0, 0), E_UNSUPPORTED);
}

/* Random calls with random words, near the edges and the live handles, while peers come and go:
 * nothing may leak or crash. */
static void test_random_calls_do_no_harm(void **state)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     80,
                                     65535,
                                     65536,
                                     FAKE_REGION_BYTES - 1,
                                     FAKE_REGION_BYTES,
                                     FAKE_REGION_BYTES + 1,
                                     1ull << 32,
                                     INT64_MAX,
                                     1ull << 63,
                                     UINT64_MAX - 1,
                                     UINT64_MAX};
    const char *given = getenv("HEDDLE_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    uint64_t handles[16] = {0};
    struct peer peers[16] = {0};

    (void)state;
    printf("HEDDLE_SEED=%#llx replays this test\n", (unsigned long long)seed);
    wire_lose(0, seed);
    handles[0] = (uint64_t)call(SOCKET_LISTEN, 80, 4, 0);
    for (unsigned i = 0; i < 50000; i++) {
        uint64_t words[3];
        unsigned which = wire_random() % 16;
        int64_t result;
        for (unsigned w = 0; w < 3; w++) {
            uint64_t kind = wire_random() % 4;
            words[w] = kind == 0   ? edges[wire_random() % (sizeof edges / sizeof edges[0])]
                       : kind == 1 ? wire_random() % 5000
                       : kind == 2 ? handles[wire_random() % 16]
                                   : wire_random() >> wire_random() % 64;
        }
        result = fake_call(&client, i, wire_random() % 8, words[0], words[1], words[2], &m);
        if (result > UINT16_MAX)
            handles[which] = (uint64_t)result;
        while (client.end->answer_count > 0) {
            int64_t answer = (int64_t)client.end->answers[--client.end->answer_count].word[0];
            if (answer > UINT16_MAX)
                handles[wire_random() % 16] = (uint64_t)answer;
        }
        if (i % 64 == 0) {
            if (peers[which].pcb == NULL && peers[which].bytes == NULL)
                peer_connect(&peers[which], 80);
            else if (wire_random() % 4 == 0)
                peer_free(&peers[which]);
            else
                peer_send(&peers[which], client.end->region, wire_random() % 3000);
        }
        if (i % 16 == 0)
            wire_run(10);
    }
    for (unsigned i = 0; i < 16; i++)
        peer_free(&peers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_listen_checks_its_arguments, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_port_has_one_listener, setup, teardown),
        cmocka_unit_test_setup_teardown(test_handles_are_the_client_s_own, setup, teardown),
        cmocka_unit_test_setup_teardown(test_closed_handles_stay_closed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_stale_handle_does_not_name_the_next_socket, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_handles_of_the_backlog_cannot_be_guessed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_listener_is_no_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waiting_accepts_have_a_quota_and_end_with_the_listener,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_info_tells_the_address, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_labels_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_calls_do_no_harm, setup, teardown),
    };

    wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
