/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver of a virtio block device: serves protocol/blk.h to all its clients.
 *
 * One coroutine for each client checks calls and hands them to the device, and waits when as many
 * requests are in flight as the queue holds. The first coroutine awaits interrupts and answers.
 */
#include <protocol/blk.h>
#include <sys/program.h>
#include "disk.h"
#include "request.h"

#define CLIENTS_MAX 16u

struct client {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message;
};

static struct client clients[CLIENTS_MAX];

/* ---------------------------------------------------------------- calls */

static void info(struct client *client)
{
    uint64_t region = ipc_region_bytes(client->end) / SECTOR_BYTES;
    uint64_t *word = client->message.word;

    word[0] = disk.dead == E_OK ? 0 : (uint64_t)(int64_t)E_NO_DEVICE;
    word[1] = disk.sectors;
    word[2] = disk_read_only();
    word[3] = region < TRANSFER_SECTORS ? region : TRANSFER_SECTORS;
}

/* Check the sectors and the place of the data of a read or write. */
static enum error check_transfer(const struct client *client)
{
    uint64_t sector = client->message.word[0];
    uint64_t count = client->message.word[1];
    uint64_t offset = client->message.word[2];

    if (ipc_region_paddr(client->end) == 0)
        return E_UNSUPPORTED; /* the system file gives the channel no DMA */
    if (count == 0 || count > TRANSFER_SECTORS)
        return E_BAD_ARGUMENT;
    if (sector > disk.sectors || count > disk.sectors - sector)
        return E_BAD_ARGUMENT;
    if (ipc_bytes(client->end, offset, count * SECTOR_BYTES) == NULL)
        return E_BAD_ARGUMENT;
    return E_OK;
}

/* What to do with the call. Value: > 0: the device is needed; else the result. */
static int decide(struct client *client)
{
    enum error error;

    switch (ipc_label(&client->message)) {
    case BLK_INFO:
        info(client);
        return (int)client->message.word[0];
    case BLK_READ:
    case BLK_WRITE:
        if (disk.dead != E_OK)
            return E_NO_DEVICE;
        if (ipc_label(&client->message) == BLK_WRITE && disk_read_only())
            return E_UNSUPPORTED;
        error = check_transfer(client);
        return error == E_OK ? 1 : (int)error;
    case BLK_FLUSH:
        if (disk.dead != E_OK)
            return E_NO_DEVICE;
        return disk_has_cache() ? 1 : 0;
    default:
        return E_BAD_ARGUMENT;
    }
}

/* Hand the call to the device; a request is free. */
static void submit(struct client *client)
{
    const struct ipc_message *message = &client->message;
    struct request *request = request_take(client->end, message);

    if (ipc_label(message) == BLK_FLUSH) {
        request->bytes = 0;
        disk_submit(request, REQUEST_FLUSH, 0, 0);
        return;
    }
    request->bytes = (uint32_t)(message->word[1] * SECTOR_BYTES);
    disk_submit(request, ipc_label(message) == BLK_READ ? REQUEST_IN : REQUEST_OUT,
                message->word[0], ipc_region_paddr(client->end) + message->word[2]);
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
        n = decide(client);
        if (n <= 0) {
            client->message.word[0] = (uint64_t)n;
            (void)ipc_reply(client->end, &client->message); /* the peer may be gone */
            continue;
        }
        co_await(n, co_semaphore_take(co, &disk.free));
        if (n < 0)
            co_return(n);
        submit(client);
    }
}

/* ---------------------------------------------------------------- the program */

static void serve_clients(void)
{
    struct ipc_end *end;

    for (unsigned i = 0; (end = ipc_server_end("blk", i)) != NULL; i++) {
        if (i == CLIENTS_MAX)
            die("more than %u clients", CLIENTS_MAX);
        clients[i].end = end;
        if (co_spawn(&clients[i].co, client_body, startup()->priority, NULL).raw == 0)
            die("too few coroutines for the clients");
    }
}

CO_BODY static enum co_state blk_main(struct co *co)
{
    long n;

    co_begin(co);
    disk_open();
    stats_gauge("inflight", &disk.in_flight);
    stats_gauge("resets", &disk.resets);
    serve_clients();
    while (disk.dead == E_OK) {
        co_await(n, irq_wait(co, &disk.irq));
        if (n < 0)
            co_return(n);
        (void)virtio_interrupt(&disk.virtio);
        (void)irq_ack(&disk.irq);
        disk_reap();
    }
    /* The clients' coroutines go on answering E_NO_DEVICE. */
    for (;;)
        co_await(n, co_park(co));
}

struct main_frame {
    struct co co;
};
PROGRAM(struct main_frame, blk_main);
