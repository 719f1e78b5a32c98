/* SPDX-License-Identifier: BSD-2-Clause */
/* lwIP's network interface, over the netdev protocol. */
#pragma once
#include <ipc/ipc.h>

/* Gauges. */
extern uint64_t link_received_dropped; /* frames lost for want of memory, or malformed */
extern uint64_t link_send_waits;       /* frames put off because all send buffers were in use */

/* Ask the driver for its device. Value 0: go on with link_open; E_NO_DEVICE: the system file
 * gives no netdev channel; or the driver's error. Awaited once. */
enum co_state link_start(struct co *co, struct ipc_message *message);

/* Make the interface and start its coroutines. message: the driver's answer. E_NO_MEMORY: no
 * room in the channel's region; E_TOO_MANY: too few coroutines in the system file. */
enum error link_open(const struct ipc_message *message);
