/* SPDX-License-Identifier: BSD-2-Clause */
/* lwIP's clock and its way to give up, on this system. */
#include <arch/cc.h>
#include <lwip/sys.h>
#include <sys/program.h>

/* Milliseconds; wraps after 49 days, which lwIP allows for. */
u32_t sys_now(void)
{
    return (u32_t)(time_to_us(time_now()) / 1000);
}

void net_assert_failed(const char *message, const char *file, int line)
{
    die("lwIP: %s (%s:%d)", message, file, line);
}
