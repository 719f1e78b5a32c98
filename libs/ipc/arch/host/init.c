/* SPDX-License-Identifier: BSD-2-Clause */
/* On the host a test opens its processes by ipc_open. */
#include "../../internal.h"

_Thread_local struct ipc_host ipc_host;
