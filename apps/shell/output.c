/* SPDX-License-Identifier: BSD-2-Clause */
#include "shell.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint64_t output_room(const struct output *output)
{
    return output->size - output->used;
}

void output_raw(struct output *output, const char *bytes, size_t count)
{
    if (count > output_room(output)) /* nobody prints so much without a flush */
        count = output_room(output);
    if (count == 0)
        return;
    memcpy(output->bytes + output->used, bytes, count);
    output->used += count;
    output->in_line = bytes[count - 1] != '\n';
}

void output_text(struct output *output, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c == '\n')
            output_raw(output, "\r\n", 2);
        else if (c == '\r' && i + 1 < count && bytes[i + 1] == '\n')
            continue;
        else if ((c < ' ' && c != '\t') || c == 0x7f)
            output_raw(output, ".", 1);
        else
            output_raw(output, &bytes[i], 1);
    }
}

void output_print(struct output *output, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    int bytes;

    va_start(arguments, format);
    bytes = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (bytes > 0)
        output_text(output, text, bytes < (int)sizeof text ? (size_t)bytes : sizeof text - 1);
}

enum co_state output_flush(struct co *co, struct output *output)
{
    uint64_t bytes = output->used;

    output->used = 0;
    if (bytes == 0) {
        co->value = 0;
        return CO_DONE;
    }
    return console_write(co, output->console, &output->message, INPUT_BYTES, bytes);
}
