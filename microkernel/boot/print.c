/* SPDX-License-Identifier: BSD-2-Clause */
/* Printing on the firmware's console, for boot and panic. */
#include <stdarg.h>
#include <kernel/arch.h>

static void put_string(const char *text)
{
    while (*text)
        sbi_console_put(*text++);
}

static void put_number(uint64_t value, unsigned base)
{
    char digits[20];
    int n = 0;

    do
        digits[n++] = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    while (n > 0)
        sbi_console_put(digits[--n]);
}

static void print(const char *format, va_list args)
{
    for (; *format; format++) {
        if (*format != '%' || !format[1]) {
            if (*format == '\n')
                sbi_console_put('\r');
            sbi_console_put(*format);
            continue;
        }
        switch (*++format) {
        case 's':
            put_string(va_arg(args, const char *));
            break;
        case 'x':
            put_string("0x");
            put_number(va_arg(args, uint64_t), 16);
            break;
        case 'u':
            put_number(va_arg(args, uint64_t), 10);
            break;
        default:
            sbi_console_put(*format);
        }
    }
}

void kernel_print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print(format, args);
    va_end(args);
}

void kernel_panic(const char *format, ...)
{
    va_list args;

    put_string("\r\nkernel: panic: ");
    va_start(args, format);
    print(format, args);
    va_end(args);
    put_string("\r\n");
    sbi_power(false);
    for (;;)
        ;
}
