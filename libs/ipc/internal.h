/* SPDX-License-Identifier: BSD-2-Clause */
/* One end of a channel, and what its files share.
 *
 * An end belongs to one executor and is touched only between or within its coroutines, so nothing
 * here is atomic but the accesses to the channel's memory.
 *
 * Request ids are index + k * depth: the index is the row of the client's table (and of the
 * server's), k counts its uses. A row that is not in use holds the complement of its last id, which
 * no id of that row can equal: so one comparison answers "is this request open?".
 */
#pragma once
#include <executor/executor.h>
#include <ipc/arch.h>
#include <ipc/channel.h>
#include <sys/startup.h>

/* Calls that a receiver takes in a row before others of its priority get their turn. */
#define IPC_SHARE 16

/* ipc_end.quiet where it says nothing. */
#define IPC_LOUD (-1)

/* A row of the client's table. */
struct ipc_row {
    struct co *co; /* who awaits the reply; NULL if it was cancelled */
    struct ipc_message *message;
    struct ipc_row *next; /* free rows */
    uint32_t id;
};

/* The client's division of the region. */
struct ipc_buffers {
    struct co_list waiters;
    uint32_t *next; /* the free list; IPC_BUFFER_TAKEN: not in it */
    uint32_t first;
    uint32_t count;
    uint32_t bytes;
};

struct ipc_end {
    /* The line that every call touches; one in registers touches no other. */
    uint64_t mask; /* depth - 1 */
    union {
        struct ipc_row *free; /* client: NULL: none, or dead */
        uint64_t *open;       /* server: for each index the header of its reply, low half the id */
    };
    union {
        struct ipc_row *rows; /* client */
        struct co *receiver;  /* server: blocked in ipc_receive; its value is its message */
    };
    uint64_t deliver; /* a7 of the system call that carries a message in registers */
    uint8_t last;     /* priority of the last message put since the last flush */
    uint8_t ceiling;
    bool dead;
    bool is_server;
    /* Server: at least 0 while the receiver works at this priority on a call that came in
     * registers, and the wait word has said *asleep* all the time (see receive.c). */
    int8_t quiet;
    bool refused; /* client: the kernel would not take the last call in registers */
    struct ipc_channel *channel;
    uint64_t tail; /* of the ring that this end fills */
    uint64_t head; /* of the ring that it empties */

    /* The line of rings, waiting and waking. */
    struct ipc_message *replies; /* the second ring */
    uint64_t limit;     /* server: calls that may be taken without a further look end here */
    uint64_t wait;      /* the last value of this end's own wait word */
    uint64_t rung_wait; /* the peer's wait word for which a doorbell was rung */
    uint32_t endpoint;
    uint8_t rung_priority; /* and the priority at which it was */
    uint8_t deferred;      /* best priority of a doorbell put off, else PRIORITY_NONE */
    uint8_t previous;      /* priority of the last message put */
    struct ipc_end *next_deferred;
    struct ipc_process *process;
    cid_t owner;          /* server: who received last */
    uint64_t seen;        /* server: the tail when it last looked */
    uint64_t mixed_until; /* server: up to here a better call may stand behind a worse one */
    uint8_t mixed_best;   /* the best priority among those */
    uint32_t odd;         /* messages that were dropped: replies to no request of ours, and calls in
                             registers that came before the last one was taken */

    struct co_list waiters; /* client: calls that wait for a free row */
    const struct startup_channel *description;
    struct ipc_buffers buffers;
    /* Server: what came in registers while nobody received, first come first. As many as there can
     * be requests; the index is as of a ring. */
    struct ipc_message *kept;
    uint32_t kept_first, kept_count;
    struct ipc_message sink; /* client: where the replies to cancelled calls go */
} __attribute__((aligned(64)));

/* What a process has: its ends, by place in the startup page and by wake slot. */
struct ipc_process {
    struct executor *executor;
    struct ipc_end *ends;
    uint32_t end_count;
    struct ipc_end *first_deferred;
};

/* Open the channels of a startup page for an executor whose wake slots are set up. */
enum error ipc_open(struct ipc_process *process, struct executor *executor,
                    const struct startup *startup);
/* Free what ipc_open took (tests). */
void ipc_close(struct ipc_process *process);

/* ---------------------------------------------------------------- doorbell.c */

/* Put off the doorbell for a message of that priority, now in the ring. Needed only if the
 * priority differs from end->last. */
void ipc_defer(struct ipc_end *end, unsigned priority);
/* What a system call that names the peer's endpoint said: kills the end if the peer is gone. */
void ipc_rung(struct ipc_end *end, long error);
void ipc_flush(struct executor *executor);
void ipc_idle(struct executor *executor);

/* ---------------------------------------------------------------- call.c .. dead.c */

void ipc_client_wake(struct wake_slot *slot);
struct co *ipc_client_message(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                              uint64_t w5, uint64_t header, struct wake_slot *slot);
void ipc_server_wake(struct wake_slot *slot);
struct co *ipc_server_message(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                              uint64_t w5, uint64_t header, struct wake_slot *slot);
/* Send the calls that wait for a free row, as far as there are some. */
void ipc_call_waiters(struct ipc_end *end);
/* End all awaits of a buffer. */
void ipc_buffers_drop(struct ipc_end *end);
/* Kill the end because its peer broke the protocol, and say so; NULL: the peer was torn down. */
void ipc_end_broken(struct ipc_end *end, const char *what);
/* A message of the peer's is dropped, which does no harm: count it, and say so the first time. */
void ipc_end_odd(struct ipc_end *end, const char *what) __attribute__((cold));

/* ---------------------------------------------------------------- small things */

static inline struct ipc_end *ipc_end_of(struct wake_slot *slot)
{
    return slot->owner;
}

#define IPC_COLD __attribute__((noinline, cold))

static inline bool ipc_is_asleep(uint64_t wait)
{
    return (uint8_t)wait == IPC_ASLEEP;
}

static inline unsigned ipc_header_priority(uint64_t header)
{
    return (uint8_t)(header >> MESSAGE_PRIORITY_SHIFT);
}

/* A word in the peer's reach: read exactly once. */
static inline uint64_t ipc_read(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/* The store of a word that the peer reads. (gcc 12 makes an amoswap of a relaxed atomic store.) */
static inline void ipc_write(uint64_t *word, uint64_t value)
{
    executor_publish(word, value);
}

/* The same, and who sees it sees all that was stored before. */
static inline void ipc_publish(uint64_t *word, uint64_t value)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
    ipc_write(word, value);
}

/* Between a store that the peer must see and a load of what the peer stored meanwhile: one on each
 * side, or both could miss the other's store (the wake-up is lost). */
static inline void ipc_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Publish a new state of our own wait word: IPC_ASLEEP or a priority. */
static inline void ipc_set_wait(struct ipc_end *end, struct ipc_consumer *line, unsigned state)
{
    end->wait = ((end->wait | 0xff) + 1) | state;
    end->quiet = IPC_LOUD;
    ipc_write(&line->wait, end->wait);
}

/* Six words, each read once (either side may be in the peer's reach). Written out, because the
 * compiler would make a loop of it. */
static inline void ipc_copy_words(uint64_t *to, const uint64_t *from)
{
    uint64_t w0 = ipc_read(&from[0]), w1 = ipc_read(&from[1]), w2 = ipc_read(&from[2]);
    uint64_t w3 = ipc_read(&from[3]), w4 = ipc_read(&from[4]), w5 = ipc_read(&from[5]);

    to[0] = w0;
    to[1] = w1;
    to[2] = w2;
    to[3] = w3;
    to[4] = w4;
    to[5] = w5;
}
