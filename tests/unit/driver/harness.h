/* SPDX-License-Identifier: BSD-2-Clause */
/* A driver's server on the host: the real executor and driver code; channels, interrupts and the
 * startup page by hand; the simulated device of sim.h below.
 *
 * sim_memory is divided: the first half is the driver's DMA memory, the second the client's region.
 */
#pragma once
#include <ipc/ipc.h>
#include <sys/program.h>
#include "sim.h"

#define REGION_AT    (SIM_MEMORY_BYTES / 2)
#define REGION_BYTES (SIM_MEMORY_BYTES / 2)

/* A new machine and process: the test has cleared the server's own variables. with_device false:
 * root gave it none. */
void harness_start(const char *compatible, bool with_device);

/* Channels of the server; the default is one. */
extern unsigned harness_ends;

/* Start the server's program (its PROGRAM) and let it run until it waits. */
void harness_boot(const struct program *program);

/* Send a call on channel 0, and let the server run. Value: the request's id. */
uint32_t harness_call(unsigned label, uint64_t w0, uint64_t w1, uint64_t w2);
uint32_t harness_call_on(unsigned end, unsigned label, uint64_t w0, uint64_t w1, uint64_t w2);

/* The answer to a request; NULL: none yet. Fails the test if it was answered twice. */
const struct ipc_message *harness_answer(uint32_t id);

/* The result in the answer; fails the test if there is none. */
int64_t harness_result(uint32_t id);

/* Deliver the interrupt if the device raises one (sim.interrupt_status, or forced), and run. */
void harness_interrupt(bool forced);

/* The region's bytes. */
uint8_t *harness_region(uint64_t offset);
