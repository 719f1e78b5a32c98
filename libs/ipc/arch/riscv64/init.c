/* SPDX-License-Identifier: BSD-2-Clause */
/* A process on the machine: its startup page and its executor are where the ABI puts them. */
#include "../../internal.h"

struct ipc_process ipc_this_process;

enum error ipc_init(void)
{
    return ipc_open(&ipc_this_process, executor_self(), startup());
}
