/* SPDX-License-Identifier: BSD-2-Clause */
/* Preloaded into QEMU: its user-mode network lets one connection wait in each forwarded port, so
 * that 64 clients who come at once wait seconds for the host's own repetitions, and not for the
 * guest. Here more of them may wait. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/socket.h>

#define WAITING_MIN 1024

int listen(int socket, int waiting)
{
    int (*next)(int, int) = (int (*)(int, int))dlsym(RTLD_NEXT, "listen");

    return next(socket, waiting < WAITING_MIN ? WAITING_MIN : waiting);
}
