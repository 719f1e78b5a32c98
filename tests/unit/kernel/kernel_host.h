/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the kernel share: an arena, a root capability space, and a caller. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <kernel/cnode.h>
#include <kernel/job.h>
#include <kernel/object.h>
#include <kernel/syscall.h>
#include <kernel/untyped.h>
#include <kernel/vspace.h>

/* The slot of a process that holds the root of its capability space. */
struct slot *host_cspace_root(struct process *process);

#define ROOT_RADIX        8
#define ROOT_SLOTS        (1u << ROOT_RADIX)
#define ROOT_SELF         1 /* the root CNode's own capability */
#define ROOT_UNTYPED      2 /* 16 MiB of the arena, dirty */
#define ROOT_DEVICE       3 /* 2 MiB of device registers */
#define ROOT_SELF_PROCESS 4
#define FIRST_FREE        5
#define UNTYPED_BITS      24
#define UNTYPED_PADDR     (ARENA_BASE + (16ull << 20))
#define DEVICE_PADDR      0x10000000ull
#define DEVICE_BITS       21
#define HOST_JOBS         8

struct process {
    struct object object;
    struct vspace vspace;
    struct slot cspace_root;
    struct cspace_cache cspace;
    struct kernel_job jobs[HOST_JOBS];
};

extern struct process *caller;
extern struct slot *root_slots;
/* Objects alive by type, TLB flushes so far, parts that were not the last. */
extern int alive[OBJECT_COUNT];
extern unsigned flushes, restarts;

/* Fresh arena, tree and caller; for cmocka's setup. The test before must have left an empty tree:
 * host_teardown deletes everything and checks that it all goes. */
int host_setup(void **state);
int host_teardown(void **state);

/* The slot of a root index. */
struct slot *at(uint32_t index);
/* Execute system calls by root indices until they no longer restart, as a job would. */
long do_retype(uint32_t untyped, uint64_t type, uint64_t size_bits, uint64_t cnode, uint64_t index,
               uint64_t count);
long do_call(long (*handler)(struct process *, struct slot *, uint64_t *), uint32_t cptr,
             uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
/* The job on whose behalf a part is executed; NULL: no frame is free. Frames, as a Process holds
 * them. */
extern struct kernel_job *job;
struct kernel_job *host_job(unsigned number);
void host_job_end(struct kernel_job *ended);
/* Execute the next part of a system call on behalf of `job`. */
long do_part(long (*handler)(struct process *, struct slot *, uint64_t *), uint32_t cptr,
             uint64_t *args);

/* Fails the test with the reason if an invariant is broken. */
void check_invariants(void);
/* Reap until nothing dies any more. */
void reap_all(void);

/* Seeded random numbers; the seed is printed once. */
void random_start(void);
uint32_t random_below(uint32_t limit);
unsigned random_rounds(unsigned normal);
