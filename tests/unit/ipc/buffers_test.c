/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffers, bounds of the region, finding ends, descriptions that are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "programs.h"

static void start(void)
{
    machine_reset();
    machine_channel(0, 1, 4, 8192, 0);
    machine_channel(1, 2, 4, 0, 0);
    machine_start();
    machine_as(0);
}

static void test_bytes(void **state)
{
    struct ipc_end *end;
    char *region;

    (void)state;
    start();
    end = machine_end(0, 0);
    region = ipc_bytes(end, 0, 8192);
    assert_non_null(region);
    assert_ptr_equal(ipc_bytes(end, 8191, 1), region + 8191);
    assert_ptr_equal(ipc_bytes(end, 8192, 0), region + 8192);
    assert_null(ipc_bytes(end, 8192, 1));
    assert_null(ipc_bytes(end, 0, 8193));
    assert_null(ipc_bytes(end, ~0ull, 2));
    assert_null(ipc_bytes(end, 2, ~0ull));
    assert_int_equal(ipc_region_bytes(end), 8192);
    machine_stop();
}

struct taker {
    struct co co;
    long value;
};
static struct taker takers[6];

static CO_BODY enum co_state taker_body(struct co *co)
{
    struct taker *t = co_frame(struct taker, co);

    co_begin(co);
    co_await(t->value, ipc_buffer_take(co, machine_end(0, 0)));
    co_return(0);
}

static void test_buffers(void **state)
{
    struct ipc_end *end;
    cid_t cid = {0};

    (void)state;
    start();
    end = machine_end(0, 0);
    assert_int_equal(ipc_buffers_init(end, 0), E_BAD_ARGUMENT);
    assert_int_equal(ipc_buffers_init(end, 8193), E_BAD_ARGUMENT);
    assert_int_equal(ipc_buffers_init(machine_end(1, 0), 64), E_BAD_ARGUMENT);
    assert_int_equal(ipc_buffers_init(end, 3000), E_OK); /* two of them */
    assert_int_equal(ipc_buffers_init(end, 3000), E_IN_USE);
    for (unsigned i = 0; i < 6; i++) {
        takers[i].value = -1000;
        cid = co_spawn(&takers[i].co, taker_body, 10, NULL);
    }
    machine_run();
    assert_int_equal(takers[0].value, 0);
    assert_int_equal(takers[1].value, 3000);
    assert_int_equal(takers[2].value, -1000);
    machine_as(0);
    assert_int_equal(co_cancel(cid), E_OK);
    ipc_buffer_give(end, 3000);
    machine_run();
    assert_int_equal(takers[2].value, 3000);
    assert_int_equal(takers[5].value, E_CANCELLED);
    machine_as(0);
    ipc_buffer_give(end, 0);
    machine_run();
    assert_int_equal(takers[3].value, 0);
    machine_as(0);
    ipc_end_kill(end);
    machine_run();
    assert_int_equal(takers[4].value, E_PEER_DEAD);
    machine_stop();
}

/* What was not taken cannot be given. */
static void test_wrong_gives(void **state)
{
    static const uint64_t wrong[] = {0, 4096, 1, 8192, ~0ull};
    struct ipc_end *end;

    (void)state;
    start();
    end = machine_end(0, 0);
    ipc_buffer_give(end, 0);
    assert_true(last_log[0] != 0);
    assert_int_equal(ipc_buffers_init(end, 4096), E_OK);
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        last_log[0] = 0;
        ipc_buffer_give(end, wrong[i]);
        assert_true(last_log[0] != 0);
    }
    machine_stop();
}

static void test_find(void **state)
{
    (void)state;
    start();
    machine_as(1);
    assert_ptr_equal(ipc_find("channel-0"), machine_end(1, 0));
    assert_ptr_equal(ipc_find("channel-1"), machine_end(1, 1));
    assert_null(ipc_find("channel-2"));
    assert_ptr_equal(ipc_server_end("test", 0), machine_end(1, 0));
    assert_null(ipc_server_end("test", 1)); /* the other one is a client's */
    assert_null(ipc_server_end("none", 0));
    machine_stop();
}

static void test_refused(void **state)
{
    struct startup_channel good, *c;
    struct ipc_process process;
    unsigned i;

    (void)state;
    start();
    c = &processes[0].startup->channels[0];
    good = *c;
    for (i = 0; i < 8; i++) {
        *c = good;
        switch (i) {
        case 0:
            c->depth = 2;
            break;
        case 1:
            c->depth = 2048;
            break;
        case 2:
            c->depth = 12;
            break;
        case 3:
            c->side = 2;
            break;
        case 4:
            c->base = 0;
            break;
        case 5:
            c->base += 8;
            break;
        case 6:
            c->ceiling = 64;
            break;
        default:
            c->slot = CHANNELS;
            break;
        }
        assert_int_equal(ipc_open(&process, &processes[0].executor, processes[0].startup),
                         E_BAD_ARGUMENT);
        ipc_close(&process);
    }
    *c = good;
    machine_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),       cmocka_unit_test(test_buffers),
        cmocka_unit_test(test_wrong_gives), cmocka_unit_test(test_find),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
