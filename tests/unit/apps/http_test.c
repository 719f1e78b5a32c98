/* SPDX-License-Identifier: BSD-2-Clause */
/* The parser by the letter of HTTP, in every way of cutting a request into pieces, and on garbage.
 */
#include "page.h"
#include "seed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct http_request request;

/* Parse bytes that end where memory does, so that the sanitizer sees a read behind them. */
static size_t parse(const char *bytes, size_t count)
{
    char *copy = malloc(count ? count : 1);
    size_t n;

    memcpy(copy, bytes, count);
    n = http_parse(copy, count, &request);
    if (request.target)
        request.target = NULL; /* it pointed into the copy */
    free(copy);
    return n;
}

/* A whole request, which must need all its bytes. Value: its status. */
static unsigned status(const char *text)
{
    size_t count = strlen(text);
    unsigned found;

    assert_int_equal(parse(text, count), count);
    found = request.status;
    if (found != 0 && !request.keep_alive) /* garbage may be known sooner */
        return found;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(parse(text, i), 0);
    assert_int_equal(parse(text, count), count);
    return found;
}

#define H11 " HTTP/1.1\r\nHost: x\r\n"

static void test_good(void **state)
{
    (void)state;
    assert_int_equal(status("GET /" H11 "\r\n"), 0);
    assert_string_equal(request.path, "/");
    assert_true(request.keep_alive && !request.head);
    assert_int_equal(status("HEAD /a/b.txt HTTP/1.0\r\n\r\n"), 0);
    assert_string_equal(request.path, "/a/b.txt");
    assert_true(request.head && !request.keep_alive);
    assert_int_equal(status("\r\n\r\nGET /a%20b%C3%BC+%26?x=%zz#f" H11 "\r\n"), 0);
    assert_string_equal(request.path, "/a b\xc3\xbc+&");
    assert_int_equal(status("GET http://host:80/abs?q HTTP/1.1\nHost: x\n\n"), 0);
    assert_string_equal(request.path, "/abs");
    assert_int_equal(status("GET http://host" H11 "\r\n"), 0);
    assert_string_equal(request.path, "/");
    assert_int_equal(status("GET /two..dots/..a/a../... "
                            "HTTP/1.1\r\nhost:\r\n\r\n"),
                     0);
}

static void test_connection(void **state)
{
    (void)state;
    assert_int_equal(status("GET /" H11 "Connection: close\r\n\r\n"), 0);
    assert_false(request.keep_alive);
    assert_int_equal(status("GET /" H11 "connection:\tfoo , CLOSE\r\n\r\n"), 0);
    assert_false(request.keep_alive);
    assert_int_equal(status("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), 0);
    assert_true(request.keep_alive);
    assert_int_equal(status("GET /" H11 "Connection: closed\r\n\r\n"), 0);
    assert_true(request.keep_alive);
    assert_int_equal(status("GET /" H11 "Content-Length: 123\r\n\r\n"), 0);
    assert_int_equal(request.body_bytes, 123);
    assert_int_equal(status("GET /" H11 "Transfer-Encoding: chunked\r\n\r\n"), 0);
    assert_false(request.keep_alive);
}

static void test_methods(void **state)
{
    (void)state;
    assert_int_equal(status("POST /" H11 "Content-Length: 5\r\n\r\n"), 405);
    assert_true(request.keep_alive);
    assert_int_equal(request.body_bytes, 5);
    assert_int_equal(status("DELETE / HTTP/1.0\r\n\r\n"), 405);
    assert_int_equal(status("OPTIONS *" H11 "\r\n"), 405);
    assert_int_equal(status("BREW /pot" H11 "\r\n"), 501);
    assert_int_equal(status("get /" H11 "\r\n"), 501);
    assert_int_equal(status("G(T /" H11 "\r\n"), 400);
}

static void test_bad(void **state)
{
    static const char *const bad[] = {
        "GET\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/1\r\n\r\n",
        "GET / HTTP/1.1x\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", /* no Host */
        "GET a" H11 "\r\n",
        "GET *" H11 "\r\n",
        "GET ?" H11 "\r\n",
        "GET /%" H11 "\r\n",
        "GET /%2" H11 "\r\n",
        "GET /%zz" H11 "\r\n",
        "GET /%00" H11 "\r\n",
        "GET /\xc3\xbc" H11 "\r\n",
        "GET /.." H11 "\r\n",
        "GET /../x" H11 "\r\n",
        "GET /a/%2e%2E/b" H11 "\r\n",
        "GET /a%2F..%2fb" H11 "\r\n",
        "GET http://x/../y" H11 "\r\n",
        "GET /" H11 "Host: y\r\n\r\n",
        "GET /" H11 "no colon\r\n\r\n",
        "GET /" H11 ": x\r\n\r\n",
        "GET /" H11 "a b: x\r\n\r\n",
        "GET /" H11 " folded: x\r\n\r\n",
        "GET /" H11 "Content-Length: -1\r\n\r\n",
        "GET /" H11 "Content-Length: 1 2\r\n\r\n",
        "GET /" H11 "Content-Length: 99999999999999999999\r\n\r\n",
        "GET /" H11 "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET /" H11 "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (status(bad[i]) != 400 || request.keep_alive)
            fail_msg("status %u, not 400, for %s", request.status, bad[i]);
    }
    assert_int_equal(status("GET / HTTP/2.0\r\n\r\n"), 505);
}

/* A control character is known before the line has ended. */
static void test_early(void **state)
{
    (void)state;
    assert_int_equal(parse("\x16\x03\x01", 3), 3);
    assert_int_equal(request.status, 400);
    assert_int_equal(parse("GE\0", 3), 3);
    assert_int_equal(request.status, 400);
    assert_int_equal(parse("GET / HTTP/1.1\r\nX: a\rb", 22), 22);
    assert_int_equal(request.status, 400);
    http_cut_short(&request);
    assert_int_equal(request.status, 400);
    assert_false(request.keep_alive);
}

static void test_limits(void **state)
{
    static char text[4 * HTTP_HEAD_MAX];
    size_t at;

    (void)state;
    memset(text, 'a', sizeof text);
    memcpy(text, "GET /", 5);
    assert_int_equal(parse(text, HTTP_HEAD_MAX - 1), 0);
    assert_int_equal(parse(text, HTTP_HEAD_MAX), HTTP_HEAD_MAX);
    assert_int_equal(request.status, 414);
    strcpy(text + 5 + HTTP_PATH_MAX - 1, H11 "\r\n");
    assert_int_equal(status(text), 0);
    assert_int_equal(request.path_bytes, HTTP_PATH_MAX);
    memset(text, 'a', sizeof text);
    memcpy(text, "GET /", 5);
    strcpy(text + 5 + HTTP_PATH_MAX, H11 "\r\n");
    assert_int_equal(status(text), 414);
    at = (size_t)sprintf(text, "GET /" H11);
    while (at < sizeof text - 10)
        at += (size_t)sprintf(text + at, "X-Y: z\r\n");
    assert_int_equal(parse(text, HTTP_HEAD_MAX), HTTP_HEAD_MAX);
    assert_int_equal(request.status, 431);
}

/* Requests sent ahead: each takes its own bytes. */
static void test_pipeline(void **state)
{
    static const char text[] = "GET /1" H11 "\r\nGET /2" H11 "\r\nGET /3 HTT";
    size_t at = http_parse(text, sizeof text - 1, &request);

    (void)state;
    assert_string_equal(request.path, "/1");
    assert_memory_equal(request.target, "/1", request.target_bytes);
    at += http_parse(text + at, sizeof text - 1 - at, &request);
    assert_string_equal(request.path, "/2");
    assert_int_equal(http_parse(text + at, sizeof text - 1 - at, &request), 0);
}

/* Mutated requests, byte soup: no crash, and the answer is one that can be sent. */
static void test_garbage(void **state)
{
    static const char seed_text[] = "GET /a%20b/../c?d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                    "Content-Length: 12\r\nTransfer-Encoding: x\r\n\r\n";
    static const char soup[] = "GET /%.\r\n :HTTP/1.1abc\0\x7f\xff,;?#";
    char text[600];

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        size_t count = sizeof seed_text - 1, n;

        memcpy(text, seed_text, count);
        if (i % 2)
            for (count = seed_below(sizeof text), n = 0; n < count; n++)
                text[n] = soup[seed_below(sizeof soup)];
        else
            for (n = seed_below(6); n > 0; n--)
                text[seed_below((uint32_t)count)] = (char)seed_below(256);
        n = parse(text, count);
        assert_true(n <= count);
        if (n == 0)
            continue;
        if (request.status == 0) {
            assert_true(request.path_bytes > 0 && request.path[0] == '/');
            assert_int_equal(strlen(request.path), request.path_bytes);
            assert_null(strstr(request.path, "/../"));
        }
    }
}

static void test_pages(void **state)
{
    static char text[PAGE_HEAD_MAX];
    static char target[HTTP_TARGET_MAX];
    struct page page = {
        .status = 200, .bytes = 42, .type = page_type("/x.HTML"), .keep_alive = true};

    (void)state;
    text[page_head(text, &page)] = 0;
    assert_string_equal(text, "HTTP/1.1 200 OK\r\nServer: Heddle\r\n"
                              "Content-Type: text/html; charset=utf-8\r\n"
                              "Content-Length: 42\r\nConnection: keep-alive\r\n\r\n");
    page.status = 405;
    page.keep_alive = false;
    text[page_head(text, &page)] = 0;
    assert_non_null(strstr(text, "Allow: GET, HEAD\r\n"));
    assert_non_null(strstr(text, "Connection: close\r\n"));
    memset(target, 'a', sizeof target);
    page = (struct page){.status = 301,
                         .type = "text/html; charset=utf-8",
                         .location = target,
                         .location_bytes = sizeof target};
    assert_true(page_head(text, &page) < PAGE_HEAD_MAX);
    assert_non_null(strstr(text, "a/\r\n\r\n"));
    assert_non_null(strstr((page_error(text, 404), text), "404 Not Found"));
    assert_string_equal(page_type("/a"), "application/octet-stream");
    assert_string_equal(page_type("/a.tar.svg"), "image/svg+xml");
    assert_string_equal(page_type("l"), "application/octet-stream");
}

static int setup(void **state)
{
    (void)state;
    seed_start();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),     cmocka_unit_test(test_connection),
        cmocka_unit_test(test_methods),  cmocka_unit_test(test_bad),
        cmocka_unit_test(test_early),    cmocka_unit_test(test_limits),
        cmocka_unit_test(test_pipeline), cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_pages),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
