/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine for the tests: processes with executors of their own in one host thread, and a kernel
 * that does what the light system calls do. It does not preempt. */
#pragma once
#include "../../../libs/ipc/internal.h"

#define PROCESSES  3
#define CHANNELS   4
#define COROUTINES 128

struct process {
    struct executor executor;
    struct executor_line line __attribute__((aligned(64)));
    uint64_t wake_words[64];
    struct co_slot rows[COROUTINES];
    struct wake_slot slots[CHANNELS];
    struct ipc_process ipc;
    struct startup *startup;
    bool idle;        /* gave up the CPU and owes nothing */
    bool dead;        /* its endpoints answer E_PEER_DEAD */
    bool stopped;     /* it does not run, and nobody is told */
    unsigned pending; /* best priority of its wakes */
    uint64_t event;
    uint64_t word[6];
    uint64_t header;
    uint64_t entries; /* times that it was entered */
    char log[256];    /* the last line that it logged */
    unsigned lines;   /* and how many it has */
};

struct counters {
    unsigned doorbells, yields, delivered, refused;
    unsigned last_priority; /* of the last doorbell */
};

extern struct process processes[PROCESSES];
extern struct counters counters;
/* Refuse this many `deliver` calls of every 256, at random. */
extern unsigned refuse_rate;
/* Called before each system call, if set: for hostile peers. */
extern void (*on_system_call)(void);
/* The last line that anybody logged. */
extern char last_log[256];

void machine_reset(void);
/* Join two processes; the end with side 0 is the client's. Call before machine_start. */
void machine_channel(unsigned client, unsigned server, unsigned depth, unsigned region_bytes,
                     unsigned ceiling);
void machine_start(void);
/* Run until nobody has anything to do. */
void machine_run(void);
void machine_stop(void);
/* The process that runs ends what it does, here and now. */
void machine_leave(void) __attribute__((noreturn));
/* The process that runs, or ran last. */
unsigned machine_current(void);

/* Look at a process as if it ran: for spawns, and to look into its ends. */
void machine_as(unsigned process);
struct ipc_end *machine_end(unsigned process, unsigned i);
/* Set the wake bit of a channel, as a doorbell does. */
void machine_wake(struct process *process, unsigned slot, unsigned priority);
/* A doorbell: who was idle is told by the event, as by the kernel; every third time by the bit. */
void machine_ring(struct process *process, unsigned slot, unsigned priority);

uint64_t random_next(void);
void random_seed(const char *test);
