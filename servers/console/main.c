/* SPDX-License-Identifier: BSD-2-Clause */
/* The console: a UART, shared by the clients of protocol/console.h.
 *
 * Each client has two coroutines: one receives its calls and does its writes, in order; the other
 * does its reads, one at a time, so that a client can write while its read waits for a key. The
 * first coroutine awaits interrupts.
 */
#include <driver/device.h>
#include <protocol/console.h>
#include <sys/program.h>
#include "console.h"

#define CLIENTS_MAX 16u

struct reader {
    struct co co;
    struct client *client;
    struct ipc_message message; /* the read that it does */
    struct co_event asked;
    bool busy;
};

struct client {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message;
    struct output_write write;
    struct reader reader;
};

static struct client clients[CLIENTS_MAX];
static struct uart uart;
static struct irq irq;
static bool polled;     /* the firmware's console takes the place of the UART */
static enum error dead; /* E_OK, or why there is neither */

#define POLLS_PER_SECOND 50 /* of the firmware's console: a key waits for 20 ms at most */

static void answer(struct client *client, struct ipc_message *message, int64_t result)
{
    message->word[0] = (uint64_t)result;
    (void)ipc_reply(client->end, message); /* the peer may be gone */
}

/* The bytes that a call names, E_BAD_ARGUMENT if they are none or not in the region. */
static enum error check_bytes(const struct client *client)
{
    const uint64_t *word = client->message.word;

    if (word[1] == 0 || ipc_bytes(client->end, word[0], word[1]) == NULL)
        return E_BAD_ARGUMENT;
    return E_OK;
}

/* ---------------------------------------------------------------- reads */

static void start_read(struct client *client)
{
    struct reader *reader = &client->reader;

    if (reader->busy) {
        answer(client, &client->message, E_IN_USE);
        return;
    }
    reader->busy = true;
    reader->message = client->message;
    co_event_set(&reader->asked);
}

/* Copy input to where the read wants it. Value: bytes, 0: none is there. */
static uint32_t do_read(struct reader *reader)
{
    uint64_t bytes = reader->message.word[1];

    return input_take(ipc_bytes(reader->client->end, reader->message.word[0], bytes), bytes);
}

CO_BODY static enum co_state reader_body(struct co *co)
{
    struct reader *reader = co_frame(struct reader, co);
    long n;

    co_begin(co);
    for (;;) {
        co_await(n, co_event_wait(co, &reader->asked));
        if (n < 0)
            co_return(n);
        co_await(n, co_mutex_lock(co, &input.reader));
        if (n < 0)
            co_return(n);
        while ((n = do_read(reader)) == 0) {
            co_await(n, co_event_wait(co, &input.arrived));
            if (n < 0)
                break;
        }
        co_mutex_unlock(&input.reader);
        reader->busy = false;
        answer(reader->client, &reader->message, n);
    }
}

/* ---------------------------------------------------------------- calls */

/* What to do with a call. Value: > 0: it is a write to be done; else it has been dealt with. */
static int decide(struct client *client)
{
    unsigned label = ipc_label(&client->message);
    enum error error = dead;

    if (error == E_OK)
        error =
            label == CONSOLE_WRITE || label == CONSOLE_READ ? check_bytes(client) : E_BAD_ARGUMENT;
    if (error != E_OK) {
        answer(client, &client->message, error);
        return 0;
    }
    if (label == CONSOLE_READ) {
        start_read(client);
        return 0;
    }
    client->write.from = ipc_bytes(client->end, client->message.word[0], client->message.word[1]);
    client->write.bytes = client->message.word[1];
    client->write.done = 0;
    return 1;
}

CO_BODY static enum co_state client_body(struct co *co)
{
    struct client *client = co_frame(struct client, co);
    long n;

    co_begin(co);
    for (;;) {
        co_await(n, ipc_receive(co, client->end, &client->message));
        if (n < 0)
            co_return(n);
        if (decide(client) <= 0)
            continue;
        co_await(n, co_mutex_lock(co, &output.writer));
        if (n < 0)
            co_return(n);
        co_await(n, co_call(co, &client->write.co, output_body));
        co_mutex_unlock(&output.writer);
        answer(client, &client->message, n);
    }
}

/* ---------------------------------------------------------------- the program */

static const struct startup_device *find_uart(void)
{
    static const struct uart_ops *const kinds[] = {&uart_ns16550a, &uart_dw_apb, &uart_sifive,
                                                   &uart_xilinx_lite};
    const struct startup_device *device;

    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        device = device_compatible(kinds[i]->compatible, 0);
        if (device != NULL) {
            uart.ops = kinds[i];
            uart.base = (uintptr_t)device->base;
            return device;
        }
    }
    return NULL;
}

/* In place of a UART. */
static enum error open_firmware(const char *why)
{
    if (startup()->debug_put == 0)
        return E_NO_DEVICE; /* who may not print cannot say why: the clients get the error */
    log_line("%s: the firmware's console serves, polled", why);
    uart.ops = &uart_firmware;
    polled = true;
    return E_OK;
}

static enum error open_uart(void)
{
    const struct startup_device *device = find_uart();

    output.uart = &uart;
    if (device == NULL)
        return open_firmware("no UART of a kind that I know");
    if (irq_init(&irq, device) != E_OK)
        return open_firmware("the UART has no interrupt");
    uart.ops->init(&uart);
    input_interrupt(&uart); /* what was typed during the boot */
    return E_OK;
}

static void serve_clients(void)
{
    struct ipc_end *end;
    unsigned priority = startup()->priority;

    for (unsigned i = 0; (end = ipc_server_end("console", i)) != NULL; i++) {
        if (i == CLIENTS_MAX)
            die("more than %u clients", CLIENTS_MAX);
        clients[i].end = end;
        clients[i].reader.client = &clients[i];
        if (co_spawn(&clients[i].co, client_body, priority, NULL).raw == 0 ||
            co_spawn(&clients[i].reader.co, reader_body, priority, NULL).raw == 0)
            die("too few coroutines for the clients");
    }
}

CO_BODY static enum co_state console_main(struct co *co)
{
    long n;

    co_begin(co);
    dead = open_uart();
    stats_gauge("lost", &input.lost);
    serve_clients();
    while (polled) {
        input_interrupt(&uart);
        co_await(n, co_sleep_until(co, time_now() + startup()->timebase_hz / POLLS_PER_SECOND));
        if (n < 0)
            co_return(n);
    }
    while (dead == E_OK) {
        co_await(n, irq_wait(co, &irq));
        if (n < 0)
            co_return(n);
        /* Taking the input acknowledges the device; a byte that comes after irq_ack interrupts. */
        input_interrupt(&uart);
        (void)irq_ack(&irq);
        input_interrupt(&uart);
        output_interrupt();
    }
    /* The clients' coroutines go on answering E_NO_DEVICE. */
    for (;;)
        co_await(n, co_park(co));
}

struct main_frame {
    struct co co;
};
PROGRAM(struct main_frame, console_main);
