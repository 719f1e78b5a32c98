/* SPDX-License-Identifier: BSD-2-Clause */
#include "http.h"
#include <string.h>

/* ---------------------------------------------------------------- text */

struct text {
    const char *at;
    size_t bytes;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* The characters of a method or of a header's name (RFC 9110, 5.6.2). */
static bool is_token(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool equals(struct text text, const char *word)
{
    return text.bytes == strlen(word) && memcmp(text.at, word, text.bytes) == 0;
}

static bool equals_any_case(struct text text, const char *word)
{
    if (text.bytes != strlen(word))
        return false;
    for (size_t i = 0; i < text.bytes; i++)
        if (lower(text.at[i]) != word[i])
            return false;
    return true;
}

/* Cut off what stands before the first c. False if there is none. */
static bool cut(struct text *rest, char c, struct text *out)
{
    const char *found = memchr(rest->at, c, rest->bytes);

    if (!found)
        return false;
    out->at = rest->at;
    out->bytes = (size_t)(found - rest->at);
    rest->at = found + 1;
    rest->bytes -= out->bytes + 1;
    return true;
}

static struct text trim(struct text text)
{
    while (text.bytes > 0 && (*text.at == ' ' || *text.at == '\t')) {
        text.at++;
        text.bytes--;
    }
    while (text.bytes > 0 && (text.at[text.bytes - 1] == ' ' || text.at[text.bytes - 1] == '\t'))
        text.bytes--;
    return text;
}

enum line { LINE_WHOLE, LINE_PART, LINE_BAD };

/* Take the next line, without its end (CR LF or LF). Control characters are bad, even in a line
 * that has not ended yet: garbage is known as soon as it is seen. */
static enum line take_line(struct text *rest, struct text *line)
{
    for (size_t i = 0; i < rest->bytes; i++) {
        unsigned char c = (unsigned char)rest->at[i];

        if (c == '\n') {
            line->at = rest->at;
            line->bytes = i > 0 && rest->at[i - 1] == '\r' ? i - 1 : i;
            rest->at += i + 1;
            rest->bytes -= i + 1;
            return LINE_WHOLE;
        }
        if (c == '\r' && (i + 1 == rest->bytes || rest->at[i + 1] == '\n'))
            continue;
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return LINE_BAD;
    }
    return LINE_PART;
}

/* ---------------------------------------------------------------- the request line */

/* 405 for what HTTP knows and this server does not do, 501 for what HTTP does not know. */
static unsigned parse_method(struct text method, struct http_request *request)
{
    static const char *const others[] = {"POST",  "PUT",     "DELETE", "OPTIONS",
                                         "TRACE", "CONNECT", "PATCH"};

    request->head = equals(method, "HEAD");
    if (request->head || equals(method, "GET"))
        return 0;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (equals(method, others[i]))
            return 405;
    if (method.bytes == 0)
        return 400;
    for (size_t i = 0; i < method.bytes; i++)
        if (!is_token(method.at[i]))
            return 400;
    return 501;
}

static unsigned parse_version(struct text version, bool *is_11)
{
    if (version.bytes != 8 || memcmp(version.at, "HTTP/", 5) != 0 || !is_digit(version.at[5]) ||
        version.at[6] != '.' || !is_digit(version.at[7]))
        return 400;
    *is_11 = version.at[7] != '0';
    return version.at[5] == '1' ? 0 : 505;
}

static int hex(char c)
{
    if (is_digit(c))
        return c - '0';
    return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

/* Decode %xx into the path. */
static unsigned decode(struct text target, struct http_request *request)
{
    size_t out = 0;

    for (size_t i = 0; i < target.bytes; i++) {
        char c = target.at[i];

        if (c == '%') {
            int high = target.bytes - i > 2 ? hex(target.at[i + 1]) : -1;
            int low = target.bytes - i > 2 ? hex(target.at[i + 2]) : -1;

            if (high < 0 || low < 0 || high + low == 0)
                return 400;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (out == HTTP_PATH_MAX)
            return 414;
        request->path[out++] = c;
    }
    request->path[out] = 0;
    request->path_bytes = (uint32_t)out;
    return 0;
}

/* Some component of the path is `..`: what is above the root cannot be named, however written. */
static bool climbs(const struct http_request *request)
{
    struct text rest = {request->path, request->path_bytes};
    struct text part;

    while (cut(&rest, '/', &part))
        if (equals(part, ".."))
            return true;
    return equals(rest, "..");
}

/* From `http://host/path` to `/path`; from `/path?query` to `/path`. */
static struct text strip_target(struct text target)
{
    struct text part;

    if (target.bytes > 7 && equals_any_case((struct text){target.at, 7}, "http://")) {
        const char *slash = memchr(target.at + 7, '/', target.bytes - 7);

        if (!slash)
            return (struct text){"/", 1};
        target.bytes -= (size_t)(slash - target.at);
        target.at = slash;
    }
    part = target;
    if (cut(&part, '#', &target))
        part = target;
    return cut(&part, '?', &target) ? target : part;
}

static unsigned parse_target(struct text target, struct http_request *request)
{
    unsigned status;

    if (target.bytes > HTTP_TARGET_MAX)
        return 414;
    for (size_t i = 0; i < target.bytes; i++)
        if (target.at[i] <= ' ' || target.at[i] > '~')
            return 400;
    target = strip_target(target);
    if (target.bytes == 0 || target.at[0] != '/')
        return 400;
    request->target = target.at;
    request->target_bytes = (uint32_t)target.bytes;
    status = decode(target, request);
    return status == 0 && climbs(request) ? 400 : status;
}

/* Value: 0, or what is wrong so that the rest cannot be understood. A method that is not served is
 * noted in the request: the headers still tell where the next request begins. */
static unsigned parse_request_line(struct text line, struct http_request *request, bool *is_11)
{
    struct text method, target;
    unsigned status;

    if (!cut(&line, ' ', &method) || !cut(&line, ' ', &target))
        return 400;
    status = parse_version(line, is_11);
    if (status != 0)
        return status;
    request->status = parse_method(method, request);
    if (request->status == 400)
        return 400;
    if (request->status == 0)
        return parse_target(target, request);
    return 0;
}

/* ---------------------------------------------------------------- headers */

/* What the headers said. */
struct headers {
    bool host;
    bool close;
    bool keep_alive;
    bool length;
    bool encoding;
    bool expect;
    uint64_t body_bytes;
};

static bool parse_length(struct text value, struct headers *headers)
{
    uint64_t n = 0;

    if (value.bytes == 0 || value.bytes > 18)
        return false;
    for (size_t i = 0; i < value.bytes; i++) {
        if (!is_digit(value.at[i]))
            return false;
        n = n * 10 + (uint64_t)(value.at[i] - '0');
    }
    if (headers->length && headers->body_bytes != n)
        return false;
    headers->length = true;
    headers->body_bytes = n;
    return true;
}

static void parse_connection(struct text value, struct headers *headers)
{
    struct text option;
    bool more;

    do {
        more = cut(&value, ',', &option);
        option = trim(more ? option : value);
        headers->close |= equals_any_case(option, "close");
        headers->keep_alive |= equals_any_case(option, "keep-alive");
    } while (more);
}

static bool parse_header(struct text line, struct headers *headers)
{
    struct text name;

    if (!cut(&line, ':', &name) || name.bytes == 0)
        return false;
    for (size_t i = 0; i < name.bytes; i++)
        if (!is_token(name.at[i]))
            return false;
    line = trim(line);
    if (equals_any_case(name, "connection"))
        parse_connection(line, headers);
    else if (equals_any_case(name, "content-length"))
        return parse_length(line, headers);
    else if (equals_any_case(name, "transfer-encoding"))
        headers->encoding = true;
    else if (equals_any_case(name, "expect"))
        headers->expect = true;
    else if (equals_any_case(name, "host")) {
        if (headers->host)
            return false;
        headers->host = true;
    }
    return true;
}

/* All lines are in. Value: 0 or a status after which the connection must end. */
static unsigned finish(struct http_request *request, const struct headers *headers, bool is_11)
{
    if ((is_11 && !headers->host) || (headers->length && headers->encoding))
        return 400;
    request->body_bytes = headers->body_bytes;
    request->keep_alive = !headers->close && (is_11 || headers->keep_alive);
    /* Where the next request would begin cannot be known. */
    if (headers->encoding || headers->expect)
        request->keep_alive = false;
    return 0;
}

/* ---------------------------------------------------------------- the whole */

static size_t fail(struct http_request *request, unsigned status, size_t count)
{
    request->status = status;
    request->keep_alive = false;
    request->body_bytes = 0;
    return count;
}

/* A line is not whole, or bad. */
static size_t broken_line(enum line line, size_t count, struct http_request *request,
                          unsigned too_long)
{
    if (line == LINE_BAD)
        return fail(request, 400, count);
    return count >= HTTP_HEAD_MAX ? fail(request, too_long, count) : 0;
}

size_t http_parse(const char *bytes, size_t count, struct http_request *request)
{
    struct text rest = {bytes, count < HTTP_HEAD_MAX ? count : HTTP_HEAD_MAX};
    struct text line = {bytes, 0};
    struct headers headers = {0};
    enum line found;
    unsigned status;
    bool is_11 = false;

    memset(request, 0, offsetof(struct http_request, path));
    do /* empty lines before a request are passed over */
        found = take_line(&rest, &line);
    while (found == LINE_WHOLE && line.bytes == 0);
    if (found != LINE_WHOLE)
        return broken_line(found, count, request, 414);
    status = parse_request_line(line, request, &is_11);
    if (status != 0)
        return fail(request, status, count);
    while ((found = take_line(&rest, &line)) == LINE_WHOLE && line.bytes > 0)
        if (!parse_header(line, &headers))
            return fail(request, 400, count);
    if (found != LINE_WHOLE)
        return broken_line(found, count, request, 431);
    status = finish(request, &headers, is_11);
    if (status != 0)
        return fail(request, status, count);
    return (size_t)(rest.at - bytes);
}

void http_cut_short(struct http_request *request)
{
    memset(request, 0, offsetof(struct http_request, path));
    request->status = 400;
}
