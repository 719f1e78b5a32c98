/* SPDX-License-Identifier: BSD-2-Clause */
/* One answer: find the file, then send head and file. The file goes from the region of fs to the
 * region of net in pieces of a slot, with one copy; the head stands before the first piece. */
#include "web.h"
#include <string.h>

#define INDEX "index.html"

/* ---------------------------------------------------------------- finding the file */

/* The status for an error of fs. */
static unsigned status_of(long error)
{
    switch (error) {
    case E_NOT_FOUND:
    case E_NOT_DIRECTORY:
    case E_NAME_TOO_LONG:
    case E_LOOP:
        return 404;
    case E_PEER_DEAD:
    case E_NO_DEVICE:
    case E_UNSUPPORTED:
    case E_TOO_MANY:
        return 503;
    default:
        return 500;
    }
}

/* Await the opening of the request's path, with the index's name behind it if wanted. */
static enum co_state open_path(struct co *co, struct connection *c, bool index)
{
    uint64_t bytes = c->request.path_bytes;
    char *to = ipc_bytes(c->web->fs, web_slot(c), c->web->slot_bytes);

    memcpy(to, c->request.path, bytes);
    if (index) {
        memcpy(to + bytes, INDEX, sizeof INDEX - 1);
        bytes += sizeof INDEX - 1;
    }
    return fs_open(co, c->web->fs, &c->message, web_slot(c), bytes);
}

/* A file was opened, or not: note it. True: it is a directory, which has been noted too. */
static bool note_file(struct connection *c, long n)
{
    c->page.status = n < 0 ? status_of(n) : 200;
    if (n < 0)
        return false;
    c->file = (uint64_t)n;
    c->page.bytes = c->message.word[1];
    return (c->message.word[2] & FS_MODE_TYPE) == FS_MODE_DIRECTORY;
}

static enum co_state close_file(struct co *co, struct connection *c)
{
    uint64_t file = c->file;

    c->file = 0;
    return fs_close(co, c->web->fs, &c->message, file);
}

static bool ends_with_slash(const struct connection *c)
{
    return c->request.path[c->request.path_bytes - 1] == '/';
}

/* Send the client to the same address with a slash behind it. */
static void redirect(struct connection *c)
{
    const char *target = c->request.target;
    uint32_t bytes = c->request.target_bytes;

    while (bytes > 1 && target[1] == '/') { /* `//name` would be another host */
        target++;
        bytes--;
    }
    c->page.status = 301;
    c->page.location = target;
    c->page.location_bytes = bytes;
}

/* Open the file that the request names. Sets page.status, and with 200 file and page.bytes. */
CO_BODY static enum co_state locate_body(struct co *co)
{
    struct connection *c = co_frame(struct web_step, co)->connection;
    long n;

    co_begin(co);
    co_await(n, open_path(co, c, false));
    c->page.type = page_type(c->request.path);
    if (!note_file(c, n))
        co_return(0);
    co_await(n, close_file(co, c));
    if (!ends_with_slash(c)) {
        redirect(c);
        co_return(0);
    }
    co_await(n, open_path(co, c, true));
    c->page.type = page_type(INDEX);
    if (!note_file(c, n))
        co_return(0);
    co_await(n, close_file(co, c));
    c->page.status = 404; /* a directory of that name */
    co_return(0);
}

static enum co_state locate(struct co *co, struct connection *c)
{
    c->page = (struct page){.status = c->request.status};
    if (c->request.status != 0) {
        co->value = 0;
        return CO_DONE;
    }
    c->locate.connection = c;
    return co_call(co, &c->locate.co, locate_body);
}

/* ---------------------------------------------------------------- sending */

/* Write the head, and behind it the page of an error, into the slot at net. */
static void write_head(struct connection *c)
{
    char *to = ipc_bytes(c->web->net, web_slot(c), c->web->slot_bytes);
    char body[512];
    size_t bytes = 0;

    c->page.keep_alive = c->request.keep_alive;
    if (c->page.status != 200) {
        bytes = page_error(body, c->page.status);
        c->page.bytes = bytes;
        c->page.type = "text/html; charset=utf-8";
    }
    c->filled = page_head(to, &c->page);
    if (c->request.head)
        return;
    memcpy(to + c->filled, body, bytes);
    c->filled += bytes;
}

/* Bytes of the file that fit behind what the slot at net holds; 0: the file is done with. */
static uint64_t next_piece(const struct connection *c)
{
    uint64_t room = c->web->slot_bytes - c->filled;
    uint64_t left = c->page.bytes - c->sent;

    if (c->file == 0 || c->request.head)
        return 0;
    return left < room ? left : room;
}

/* n bytes of the file have arrived in the slot at fs: copy them. E_IO: it is shorter than fs had
 * said. */
static long take_piece(struct connection *c, long n)
{
    uint8_t *from = ipc_bytes(c->web->fs, web_slot(c), c->web->slot_bytes);
    uint8_t *to = ipc_bytes(c->web->net, web_slot(c), c->web->slot_bytes);

    if (n <= 0)
        return n < 0 ? n : E_IO;
    if ((uint64_t)n > next_piece(c)) /* fs says that it wrote more than was asked for */
        return E_PROTOCOL;
    memcpy(to + c->filled, from, (uint64_t)n);
    c->filled += (uint64_t)n;
    c->sent += (uint64_t)n;
    return 0;
}

static enum co_state read_piece(struct co *co, struct connection *c)
{
    return fs_read(co, c->web->fs, &c->message, c->file, c->sent, web_slot(c), next_piece(c));
}

static enum co_state send_slot(struct co *co, struct connection *c)
{
    return socket_send(co, c->web->net, &c->message, c->socket, web_slot(c), c->filled);
}

/* Await the sending of the answer, of which the head is written. */
CO_BODY static enum co_state answer_body(struct co *co)
{
    struct connection *c = co_frame(struct web_step, co)->connection;
    long n;

    co_begin(co);
    co_await(n, locate(co, c));
    write_head(c);
    c->sent = 0;
    do {
        if (next_piece(c) > 0) {
            co_await(n, read_piece(co, c));
            n = take_piece(c, n);
            if (n < 0) /* too late for another status: the length tells the client */
                break;
        }
        co_await(n, send_slot(co, c));
        c->filled = 0;
    } while (n >= 0 && next_piece(c) > 0);
    c->page.status = n < 0 ? 0 : c->page.status; /* kept over the closing of the file */
    if (c->file != 0)
        co_await(n, close_file(co, c));
    co_return(c->page.status == 0 ? E_CLOSED : 0);
}

enum co_state web_answer(struct co *co, struct connection *connection)
{
    connection->answer.connection = connection;
    connection->file = 0;
    return co_call(co, &connection->answer.co, answer_body);
}
