/* SPDX-License-Identifier: BSD-2-Clause */
/* servers/console over each kind of UART. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "harness.h"
#include "uart_sim.h"
/* The program itself, so that a test can start it afresh. */
#include "../../../servers/console/main.c"

/* There is no firmware here: every case has a UART that main.c knows. */
const struct uart_ops uart_firmware;
uint64_t time_now(void)
{
    return 0;
}

static const char *const compatible[] = {"ns16550a", "snps,dw-apb-uart", "sifive,uart0",
                                         "xlnx,xps-uartlite-1.00.a"};

static void start(enum uart_kind kind)
{
    uart_sim_start(kind);
    memset(&uart, 0, sizeof uart);
    memset(&irq, 0, sizeof irq);
    memset(&input, 0, sizeof input);
    memset(&output, 0, sizeof output);
    memset(clients, 0, sizeof clients);
    memset(&program_frame, 0, sizeof program_frame);
    harness_start(compatible[kind], true);
    harness_ends = 2;
    harness_boot(&program);
    assert_int_equal(dead, E_OK);
}

/* Interrupts as long as the line is up; it must come down. */
static void interrupts(void)
{
    for (unsigned i = 0; uart_sim_interrupts(); i++) {
        assert_true(i < 10);
        harness_interrupt(true);
        if (uart_sim.fifo > 0)
            return; /* the writer went on; time passes */
    }
}

static void settle(void)
{
    do {
        uart_sim_drain();
        interrupts();
    } while (uart_sim.fifo > 0);
}

static void type(const char *text)
{
    uart_sim_type(text, (unsigned)strlen(text));
    interrupts();
}

static void check_read(uint32_t id, uint64_t offset, const char *text)
{
    assert_int_equal(harness_result(id), strlen(text));
    assert_memory_equal(harness_region(offset), text, strlen(text));
}

static void test_write(enum uart_kind kind)
{
    char expected[2000];
    uint32_t first, second, third;

    start(kind);
    for (unsigned i = 0; i < 1000; i++) {
        harness_region(0)[i] = (uint8_t)('a' + i % 26);
        harness_region(1000)[i] = (uint8_t)('0' + i % 10);
    }
    memcpy(expected, harness_region(0), 2000);
    /* Two clients: whole writes, in the order in which they came. */
    first = harness_call_on(0, CONSOLE_WRITE, 0, 1000, 0);
    second = harness_call_on(1, CONSOLE_WRITE, 1000, 1000, 0);
    third = harness_call_on(0, CONSOLE_WRITE, 0, 1, 0);
    assert_null(harness_answer(first));
    settle();
    assert_int_equal(harness_result(first), 1000);
    assert_int_equal(harness_result(second), 1000);
    assert_int_equal(harness_result(third), 1);
    assert_int_equal(uart_sim.sent_bytes, 2001);
    assert_memory_equal(uart_sim.sent, expected, 2000);
    interrupts(); /* quiet now */
}

static void test_read(enum uart_kind kind)
{
    uint32_t id, other, again;

    start(kind);
    id = harness_call(CONSOLE_READ, 10, 100, 0);
    assert_null(harness_answer(id));
    type("hello");
    check_read(id, 10, "hello");

    type("early"); /* before anybody reads */
    type(" bird");
    check_read(harness_call(CONSOLE_READ, 0, 3, 0), 0, "ear");
    check_read(harness_call(CONSOLE_READ, 0, 100, 0), 0, "ly bird");

    /* One read at a time for each client; they take turns. */
    id = harness_call_on(0, CONSOLE_READ, 0, 100, 0);
    again = harness_call_on(0, CONSOLE_READ, 0, 100, 0);
    assert_int_equal(harness_result(again), E_IN_USE);
    other = harness_call_on(1, CONSOLE_READ, 200, 100, 0);
    type("a");
    check_read(id, 0, "a");
    assert_null(harness_answer(other));
    type("b");
    check_read(other, 200, "b");

    /* A client writes while its read waits. */
    id = harness_call(CONSOLE_READ, 0, 100, 0);
    memcpy(harness_region(500), "prompt", 6);
    other = harness_call(CONSOLE_WRITE, 500, 6, 0);
    settle();
    assert_int_equal(harness_result(other), 6);
    assert_null(harness_answer(id));
    type("x");
    check_read(id, 0, "x");
}

static void test_overflow(enum uart_kind kind)
{
    static char text[INPUT_BYTES + 476];
    uint64_t got = 0;

    start(kind);
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = (char)('A' + i % 57);
    uart_sim_type(text, sizeof text);
    interrupts();
    assert_int_equal(input.lost, sizeof text - INPUT_BYTES);
    while (got < INPUT_BYTES)
        got += (uint64_t)harness_result(harness_call(CONSOLE_READ, got, 300, 0));
    assert_int_equal(got, INPUT_BYTES);
    assert_memory_equal(harness_region(0), text, INPUT_BYTES);
}

static void test_each_kind(void **state)
{
    (void)state;
    for (enum uart_kind kind = UART_16550; kind <= UART_LITE; kind++) {
        test_write(kind);
        test_read(kind);
        test_overflow(kind);
    }
}

static void test_typed_during_boot(void **state)
{
    (void)state;
    for (enum uart_kind kind = UART_16550; kind <= UART_LITE; kind++) {
        start(kind);
        /* Again, with bytes there before the program starts, and their edge gone. */
        uart_sim_type("boot", 4);
        uart_sim.edge = false;
        memset(&input, 0, sizeof input);
        memset(clients, 0, sizeof clients);
        memset(&program_frame, 0, sizeof program_frame);
        harness_start(compatible[kind], true);
        harness_boot(&program);
        interrupts();
        check_read(harness_call(CONSOLE_READ, 0, 100, 0), 0, "boot");
    }
}

static void test_bad_arguments(void **state)
{
    static const uint64_t calls[][2] = {
        {0, 0}, {REGION_BYTES, 1}, {REGION_BYTES - 1, 2}, {UINT64_MAX, 2}, {0, UINT64_MAX}};

    (void)state;
    start(UART_16550);
    for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++)
        for (unsigned label = CONSOLE_WRITE; label <= CONSOLE_READ; label++)
            assert_int_equal(harness_result(harness_call(label, calls[i][0], calls[i][1], 0)),
                             E_BAD_ARGUMENT);
    assert_int_equal(harness_result(harness_call(77, 0, 1, 0)), E_BAD_ARGUMENT);
}

static void test_no_device(void **state)
{
    (void)state;
    start(UART_16550);
    memset(clients, 0, sizeof clients);
    memset(&program_frame, 0, sizeof program_frame);
    harness_start("unknown", true);
    harness_boot(&program);
    assert_int_equal(harness_result(harness_call(CONSOLE_READ, 0, 1, 0)), E_NO_DEVICE);
    assert_int_equal(harness_result(harness_call(CONSOLE_WRITE, 0, 1, 0)), E_NO_DEVICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind),
        cmocka_unit_test(test_typed_during_boot),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_no_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
