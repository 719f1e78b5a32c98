/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps in which root builds the system, in the order in which main.c takes them. */
#pragma once
#include <fdt/fdt.h>
#include <bundle/bundle.h>
#include "space.h"

/* ---------------------------------------------------------------- process.c */

/* What to do about an error, to be put behind its text. */
const char *process_advice(long error);
/* Root's own entry of the table. */
void process_adopt_root(void);
/* How many coroutines and how large a heap root needs, once it knows all processes. */
void process_measure_root(void);
/* Make the objects of a process: Process, CNode, executor page, timer; configured, so that wake
 * slots can be bound. capabilities: how many its CNode must hold beside those. */
void process_create(struct process *process, const struct system_process_row *row,
                    uint32_t capabilities);
/* Copy a capability of root's into the process's CNode. */
__attribute__((warn_unused_result)) long process_give(struct process *process, uint32_t from,
                                                      unsigned rights, uint32_t *index);
/* Make an object that wakes a new slot of the process, and bind it. payer: who holds it. */
__attribute__((warn_unused_result)) long process_make_wake(struct process *process,
                                                           struct holding *payer,
                                                           enum object_type type, unsigned ceiling,
                                                           uint32_t *object, uint32_t *slot);
/* Start it, once its address space is complete. */
void process_start(struct process *process);

/* ---------------------------------------------------------------- channel.c, device.c */

/* Make what the row in the table asks for. On error both ends are marked, with a line each. */
void channel_build(struct channel *channel);
/* Tell both ends that the channel is dead: every await on it ends with E_PEER_DEAD. */
void channel_kill(struct channel *channel);

/* Find the device in the machine and give it to its owner. */
void device_build(const struct fdt *fdt, struct device *device);

/* ---------------------------------------------------------------- image.c, startup.c */

/* Map image, vDSO, bitmap page, stack and heap. */
void image_build(const struct bundle *bundle, struct process *process);
/* The same for what root itself lacks after boot: a heap and the executor's tables. */
void image_build_root(void);

/* Write the startup block and map it read-only. */
void startup_build(struct process *process);
