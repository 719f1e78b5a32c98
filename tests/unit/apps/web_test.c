/* SPDX-License-Identifier: BSD-2-Clause */
/* The web server's connections over fake channels. */
#include "fake_channels.h"
#include "seed.h"
#include <executor/executor.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct web web;

static void settle(void)
{
    do
        co_run(false);
    while (answer_one());
}

static void restart(void)
{
    static struct executor executor;
    static struct executor_line line;
    static struct co_slot slots[1024];

    memset(&executor, 0, sizeof executor);
    memset(&line, 0, sizeof line);
    memset(slots, 0, sizeof slots);
    executor_set_line(&line);
    executor_init(&executor, &line, slots, 1024);
    for (unsigned i = 0; i < CLIENTS; i++)
        free(clients[i].got);
    memset(clients, 0, sizeof clients);
    memset(&web, 0, sizeof web);
    pending_count = handles_open = 0;
    net.dead = fs.dead = false;
    assert_int_equal(web_init(&web, &net, &fs), E_OK);
    assert_int_equal(web.free_count.count, WEB_CONNECTIONS);
}

/* Let client i connect and send. */
static void connect_bytes(unsigned i, const char *sends, size_t bytes, size_t most, bool stays)
{
    clients[i] = (struct client){
        .sends = sends, .bytes = bytes, .most = most, .stays = stays, .got_most = 1 << 18};
    clients[i].got = calloc(1, clients[i].got_most);
    assert_true(web.free_count.count > 0);
    web.free_count.count--;
    assert_int_equal(web_start(&web, i, 20), E_OK);
}

static const char *exchange(const char *sends)
{
    restart();
    connect_bytes(1, sends, strlen(sends), 1 + seed_below(100), false);
    settle();
    assert_true(clients[1].closed);
    assert_int_equal(web.open, 0);
    assert_int_equal(handles_open, 0);
    assert_int_equal(web.free_count.count, WEB_CONNECTIONS);
    return clients[1].got;
}

static unsigned status_of(const char *got)
{
    return strncmp(got, "HTTP/1.1 ", 9) == 0 ? (unsigned)atoi(got + 9) : 0;
}

/* Check one answer with a file. Value: what comes behind it. */
static const char *check_file(const char *got, const char *path)
{
    const char *body = strstr(got, "\r\n\r\n");
    unsigned file = 0;

    while (strcmp(files[file].path, path) != 0)
        file++;
    assert_int_equal(status_of(got), 200);
    assert_non_null(body);
    assert_int_equal(atol(strstr(got, "Content-Length: ") + 16), files[file].size);
    body += 4;
    for (uint64_t i = 0; i < files[file].size; i++)
        assert_int_equal((uint8_t)body[i], file_byte(file, i));
    return body + files[file].size;
}

/* ---------------------------------------------------------------- tests */

#define GET(path)  "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"
#define LAST(path) "GET " path " HTTP/1.0\r\n\r\n"

static void test_files(void **state)
{
    (void)state;
    assert_string_equal(check_file(exchange(LAST("/")), "/index.html"), "");
    assert_string_equal(check_file(exchange(LAST("/index.html")), "/index.html"), "");
    assert_string_equal(check_file(exchange(LAST("/folder/")), "/folder/index.html"), "");
    assert_string_equal(check_file(exchange(LAST("/empty.txt")), "/empty.txt"), "");
    assert_string_equal(check_file(exchange(LAST("/big.bin")), "/big.bin"), "");
    assert_string_equal(check_file(exchange(LAST("/exact.bin")), "/exact.bin"), "");
}

static void test_errors(void **state)
{
    (void)state;
    assert_int_equal(status_of(exchange(LAST("/nothing"))), 404);
    assert_int_equal(status_of(exchange(LAST("/bare/"))), 404);
    assert_int_equal(status_of(exchange(LAST("/corrupt"))), 500);
    assert_int_equal(status_of(exchange(LAST("/gone"))), 503);
    assert_int_equal(status_of(exchange(LAST("/many"))), 503);
    assert_int_equal(status_of(exchange("POST / HTTP/1.0\r\n\r\n")), 405);
    assert_int_equal(status_of(exchange("rubbish\r\n")), 400);
    assert_int_equal(status_of(exchange("GET / HT")), 400); /* cut short */
    assert_int_equal(status_of(exchange("")), 0);           /* nothing asked */
    assert_int_equal(status_of(exchange(LAST("//folder"))), 404);
    assert_non_null(strstr(exchange(LAST("/folder?x")), "Location: /folder/\r\n"));
    assert_int_equal(status_of(clients[1].got), 301);
}

static void test_head(void **state)
{
    const char *got =
        exchange("HEAD /big.bin HTTP/1.1\r\nHost: x\r\n\r\nHEAD /no HTTP/1.0\r\n\r\n");
    const char *second = strstr(got, "\r\n\r\n") + 4;

    (void)state;
    assert_non_null(strstr(got, "Content-Length: 100000\r\n"));
    assert_int_equal(status_of(second), 404);
    assert_string_equal(strstr(second, "\r\n\r\n"), "\r\n\r\n");
}

/* Answers come in the order of the requests; a body is skipped; an error that is understood does
 * not end the connection. */
static void test_pipeline(void **state)
{
    const char *got =
        exchange(GET("/big.bin") "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n"
                                 "\r\n01234567890123456789" GET("/nothing") GET("/folder/")
                                     LAST("/index.html") GET("/never"));

    (void)state;
    got = check_file(got, "/big.bin");
    assert_int_equal(status_of(got), 405);
    got = strstr(got, "</html>\n") + 8;
    assert_int_equal(status_of(got), 404);
    got = strstr(got, "</html>\n") + 8;
    got = check_file(got, "/folder/index.html");
    assert_string_equal(check_file(got, "/index.html"), "");
}

/* A file that is not what fs had said: the connection ends before Content-Length bytes. */
static void test_broken_files(void **state)
{
    static const char *const requests[] = {GET("/short.bin"), GET("/broken.bin"), GET("/liar.bin")};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        const char *got = exchange(requests[i]);

        assert_int_equal(status_of(got), 200);
        assert_in_range(clients[1].got_bytes, 16000, 50000);
    }
}

static void test_peers_die(void **state)
{
    (void)state;
    restart();
    connect_bytes(1, GET("/big.bin"), strlen(GET("/big.bin")), 1000, false);
    fs.dead = true;
    settle();
    assert_int_equal(status_of(clients[1].got), 503);
    restart();
    connect_bytes(1, GET("/big.bin"), strlen(GET("/big.bin")), 1000, false);
    clients[1].resets = true;
    settle();
    assert_int_equal(web.open, 0);
    assert_int_equal(handles_open, 0);
    restart();
    connect_bytes(1, GET("/"), strlen(GET("/")), 1000, true);
    settle();
    assert_int_equal(web.open, 1);
    connect_bytes(2, GET("/"), strlen(GET("/")), 1000, true);
    net.dead = true;
    settle();
    assert_int_equal(web.open, 0);
    assert_int_equal(handles_open, 0);
}

/* All connections are taken by clients that stay: the idlest makes room. */
static void test_idlest(void **state)
{
    uint64_t victim;

    (void)state;
    restart();
    for (unsigned i = 0; i < WEB_CONNECTIONS; i++) {
        connect_bytes(i + 1, GET("/"), strlen(GET("/")), 1000, true);
        settle();
    }
    assert_int_equal(web.open, WEB_CONNECTIONS);
    assert_int_equal(web.free_count.count, 0);
    victim = web_idlest(&web);
    assert_int_equal(victim, 1);
    clients[victim].closed = true;
    settle();
    assert_int_equal(web.free_count.count, 1);
    connect_bytes(200, LAST("/big.bin"), strlen(LAST("/big.bin")), 1000, false);
    settle();
    check_file(clients[200].got, "/big.bin");
    for (unsigned i = 0; i < WEB_CONNECTIONS - 1; i++) {
        victim = web_idlest(&web);
        assert_int_equal(victim, i + 2);
        clients[victim].closed = true;
    }
    assert_int_equal(web_idlest(&web), 0);
    settle();
    assert_int_equal(web.open, 0);
}

/* Many at once, each with its own requests: nobody gets another's bytes. */
static void test_crowd(void **state)
{
    static const char *const requests[] = {GET("/big.bin") GET("/folder/") LAST("/big.bin"),
                                           GET("/exact.bin") LAST("/exact.bin"),
                                           GET("/empty.txt") GET("/index.html") LAST("/folder/")};
    static const char *const paths[][3] = {{"/big.bin", "/folder/index.html", "/big.bin"},
                                           {"/exact.bin", "/exact.bin", NULL},
                                           {"/empty.txt", "/index.html", "/folder/index.html"}};

    (void)state;
    restart();
    for (unsigned i = 0; i < WEB_CONNECTIONS; i++)
        connect_bytes(i, requests[i % 3], strlen(requests[i % 3]), 1 + seed_below(200), false);
    settle();
    for (unsigned i = 0; i < WEB_CONNECTIONS; i++) {
        const char *got = clients[i].got;

        for (unsigned k = 0; k < 3 && paths[i % 3][k]; k++)
            got = check_file(got, paths[i % 3][k]);
        assert_string_equal(got, "");
    }
    assert_int_equal(web.open, 0);
    assert_int_equal(handles_open, 0);
}

/* Byte soup on many connections. */
static void test_garbage(void **state)
{
    static const char soup[] = "GET /%.\r\n :HTTP/1.1bigbin\0\x7f\xff";
    static char bytes[64][20000];

    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        restart();
        for (unsigned i = 0; i < 64; i++) {
            size_t count = seed_below(seed_below(8) ? 300 : sizeof bytes[i]);

            for (size_t k = 0; k < count; k++)
                bytes[i][k] = i % 2 ? soup[seed_below(sizeof soup)] : (char)seed_below(256);
            if (i % 4 == 1 && count > 30)
                memcpy(bytes[i], LAST("/big.bin"), 14);
            connect_bytes(i, bytes[i], count, 1 + seed_below(3000), false);
        }
        settle();
        assert_int_equal(web.open, 0);
        assert_int_equal(handles_open, 0);
        assert_int_equal(web.free_count.count, WEB_CONNECTIONS);
    }
}

static int setup(void **state)
{
    (void)state;
    alarm(120);
    seed_start();
    net.region = malloc(REGION);
    fs.region = malloc(REGION);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CLIENTS; i++)
        free(clients[i].got);
    free(net.region);
    free(fs.region);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_head),         cmocka_unit_test(test_pipeline),
        cmocka_unit_test(test_broken_files), cmocka_unit_test(test_peers_die),
        cmocka_unit_test(test_idlest),       cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_garbage),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
