/* SPDX-License-Identifier: BSD-2-Clause */
/* The heap under the C library's malloc: all mapped by root at the start, behind the program's data,
 * and handed out from below. */
#include <errno.h>
#include <unistd.h>
#include <sys/startup.h>

extern char __heap_base[]; /* program.ld */
static uint64_t used;

void *sbrk(ptrdiff_t bytes)
{
    uint64_t wanted = used + (uint64_t)bytes; /* a negative number gives back */
    void *before = __heap_base + used;

    if (bytes < 0 ? wanted > used : wanted < used || wanted > startup()->heap_bytes) {
        errno = ENOMEM;
        return (void *)-1;
    }
    used = wanted;
    return before;
}
