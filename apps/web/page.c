/* SPDX-License-Identifier: BSD-2-Clause */
#include "page.h"
#include <stdio.h>
#include <string.h>

static const struct {
    unsigned status;
    const char *reason;
    const char *meaning;
} statuses[] = {
    {200, "OK", ""},
    {301, "Moved Permanently", "This is a folder; its address ends with a slash."},
    {400, "Bad Request", "This is no request that HTTP allows."},
    {404, "Not Found", "There is no such file on the disk."},
    {405, "Method Not Allowed", "Files can be read only: GET and HEAD."},
    {414, "URI Too Long", "The address is too long."},
    {431, "Request Header Fields Too Large", "The request's headers are too long."},
    {500, "Internal Server Error", "The file could not be read from the disk."},
    {501, "Not Implemented", "This method is not known here."},
    {503, "Service Unavailable", "There is no filesystem to read from at the moment."},
    {505, "HTTP Version Not Supported", "This server speaks HTTP/1.0 and HTTP/1.1."},
};

static const struct {
    const char *suffix;
    const char *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".htm", "text/html; charset=utf-8"},
    {".txt", "text/plain; charset=utf-8"},
    {".md", "text/plain; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".xml", "application/xml"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".pdf", "application/pdf"},
    {".wasm", "application/wasm"},
};

static unsigned row_of(unsigned status)
{
    unsigned i = 0;

    while (i < sizeof statuses / sizeof *statuses && statuses[i].status != status)
        i++;
    return i < sizeof statuses / sizeof *statuses ? i : row_of(500);
}

size_t page_head(char *to, const struct page *page)
{
    size_t at = (size_t)snprintf(to, PAGE_HEAD_MAX,
                                 "HTTP/1.1 %u %s\r\n"
                                 "Server: Heddle\r\n"
                                 "Content-Type: %s\r\n"
                                 "Content-Length: %llu\r\n"
                                 "Connection: %s\r\n",
                                 page->status, statuses[row_of(page->status)].reason, page->type,
                                 (unsigned long long)page->bytes,
                                 page->keep_alive ? "keep-alive" : "close");

    if (page->status == 405)
        at += (size_t)snprintf(to + at, PAGE_HEAD_MAX - at, "Allow: GET, HEAD\r\n");
    if (page->location)
        at += (size_t)snprintf(to + at, PAGE_HEAD_MAX - at, "Location: %.*s/\r\n",
                               (int)page->location_bytes, page->location);
    return at + (size_t)snprintf(to + at, PAGE_HEAD_MAX - at, "\r\n");
}

size_t page_error(char *to, unsigned status)
{
    unsigned row = row_of(status);

    return (size_t)snprintf(to, PAGE_HEAD_MAX,
                            "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
                            "<title>%u %s</title>\n<h1>%u %s</h1>\n<p>%s</p>\n</html>\n",
                            status, statuses[row].reason, status, statuses[row].reason,
                            statuses[row].meaning);
}

static bool ends_with(const char *path, size_t bytes, const char *suffix)
{
    size_t length = strlen(suffix);

    if (bytes < length)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = path[bytes - length + i];

        if ((c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c) != suffix[i])
            return false;
    }
    return true;
}

const char *page_type(const char *path)
{
    size_t bytes = strlen(path);

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (ends_with(path, bytes, types[i].suffix))
            return types[i].type;
    return "application/octet-stream";
}
