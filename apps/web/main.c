/* SPDX-License-Identifier: BSD-2-Clause */
/* The web server: static files of the filesystem over HTTP, on port 80. */
#include "web.h"
#include <sys/program.h>

#define PORT    80
#define BACKLOG 128 /* handshakes of a burst; a SYN beyond it comes again after seconds */

struct web_main {
    struct co co;
    struct ipc_message message;
    uint64_t listener;
    uint64_t socket;
    uint64_t victim;
};

static struct web web;

/* Await the closing of the connection that has been idle longest, if none is free. */
static enum co_state make_room(struct co *co, struct web_main *m)
{
    m->victim = web.free_count.count == 0 ? web_idlest(&web) : 0;
    if (m->victim != 0)
        return socket_close(co, web.net, &m->message, m->victim);
    co->value = 0;
    return CO_DONE;
}

static void start(void)
{
    struct ipc_end *net = ipc_find("net"), *fs = ipc_find("fs");

    if (!net || !fs)
        die("needs the channels `net` and `fs`");
    if (web_init(&web, net, fs) != E_OK)
        die("the channels' regions are smaller than %u bytes", WEB_SLOT_MIN);
    stats_gauge("conns", &web.open);
    stats_gauge("served", &web.served);
}

CO_BODY static enum co_state main_body(struct co *co)
{
    struct web_main *m = co_frame(struct web_main, co);
    long n;

    co_begin(co);
    start();
    co_await(n, socket_listen(co, web.net, &m->message, PORT, BACKLOG));
    if (n < 0)
        die("cannot listen on port %d: %s", PORT, error_text(n));
    m->listener = (uint64_t)n;
    log_line("listening on port %d", PORT);
    for (;;) {
        co_await(n, socket_accept(co, web.net, &m->message, m->listener));
        if (n == E_PEER_DEAD)
            die("the network server is gone");
        if (n < 0)
            continue;
        m->socket = (uint64_t)n;
        co_await(n, make_room(co, m));
        co_await(n, co_semaphore_take(co, &web.free_count));
        if (web_start(&web, m->socket, co->priority) != E_OK)
            co_await(n, socket_close(co, web.net, &m->message, m->socket));
    }
}

PROGRAM(struct web_main, main_body);
