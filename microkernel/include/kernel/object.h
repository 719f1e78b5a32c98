/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel objects: their common header, and what each type says about itself.
 *
 * An object lives in memory retyped from an Untyped, and is named by capabilities only. Objects
 * with a header count the capabilities that name them: when the last one is deleted the object is
 * destroyed, which means that nothing in the kernel refers to it any more. Its memory stays with
 * the Untyped until that has no children left (object/untyped.c).
 *
 * Without a header: Untyped and Frame (they are the memory itself), PageTable (its capability is
 * the only one) and CNode (slot 0 holds its header, see cnode.h).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/abi.h>
#include <kernel/memory.h>

/* The start of every Process, Thread, Endpoint, Rendezvous, Reply, Irq and Timer. */
struct object {
    uint32_t refs; /* capabilities that name it */
    uint8_t type;  /* enum object_type */
};

struct object_ops {
    uint8_t size_bits; /* log2 of its bytes, also its alignment; 0: given at retype */
    bool counted;      /* begins with struct object */
    uint8_t work;      /* of deleting a capability, see STEP_WORK; 0: 1 */
    /* Or NULL: from zeroed memory, header set; cannot fail. */
    void (*init)(void *object);
    /* Or NULL. While the last capability is still there: a bounded part of what has to be done
     * before destroy; true when nothing is left. */
    bool (*reap_step)(void *object);
    void (*destroy)(void *object); /* or NULL: the last capability is gone; cannot fail */
};

/* By enum object_type. A type that cannot be retyped has neither size nor init. */
extern const struct object_ops object_ops[OBJECT_COUNT];

/* log2 of the bytes of an object, for the size_bits given to untyped_retype. E_BAD_ARGUMENT: no
 * such type or size. */
CHECKED enum error object_size_bits(uint64_t type, uint64_t size_bits, unsigned *bits);

/* Set the header of a counted object with one capability, and call its init. */
void object_init(enum object_type type, void *object);

/* What the types supply; init gets zeroed memory. */
void process_init(void *object);
/* Stop every task of the process for good, and detach it from all queues. */
bool process_reap_step(void *object);
void process_destroy(void *object);
void virtual_cpu_init(void *object);
void virtual_cpu_destroy(void *object);
void thread_init(void *object);
/* Stop a thread for good; whoever waits for its answers finds E_PEER_DEAD. */
bool thread_reap_step(void *object);
void thread_destroy(void *object);
void endpoint_unbind(void *object);
bool rendezvous_reap_step(void *object);
void reply_destroy(void *object);
void irq_destroy(void *object);
void timer_init(void *object);
void timer_destroy(void *object);
