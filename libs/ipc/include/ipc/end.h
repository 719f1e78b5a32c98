/* SPDX-License-Identifier: BSD-2-Clause */
/* One end of a channel. It belongs to the library; programs see it only because the short ways
 * (fast.h) are inlined into bodies.
 *
 * An end belongs to one executor and is touched only between or within its coroutines, so nothing
 * here is atomic but the accesses to the channel's memory.
 *
 * Request ids are index + k * depth: the index is that of the client's request, of the server's
 * row, and of the message in the channel; k counts its uses.
 */
#pragma once
#include <ipc/channel.h>

struct ipc_end;

/* A request of the client: one line of its table. Not in flight: `co` is NULL. Cancelled, and the
 * reply is still to come: `co` is &ipc_nobody. */
struct ipc_request {
    struct co *co; /* who awaits the reply */
    union {
        uint64_t *words;          /* in flight: where those of the reply go; then: where they are */
        struct ipc_request *next; /* free */
    };
    uint64_t *place; /* the words of its message in the channel */
    struct ipc_end *end;
    union {
        uint64_t header; /* of the last call */
        struct {
            uint32_t id;
            uint16_t label;
            uint8_t priority;
            uint8_t flags;
        };
    };
    uint32_t step; /* depth: from one id of this request to the next */
    bool is_taken; /* by ipc_request_take: not free after the reply, and its words stay there */
} __attribute__((aligned(64)));
extern struct co ipc_nobody;

/* The client's division of the region. */
struct ipc_buffers {
    struct co_list waiters;
    uint32_t *next; /* the free list; IPC_BUFFER_TAKEN: not in it */
    uint32_t first;
    uint32_t count;
    uint32_t bytes;
};

struct ipc_end {
    /* The line of calls in registers: one touches no other. */
    uint64_t mask; /* depth - 1 */
    union {
        struct ipc_request *free; /* client: NULL: none, or dead */
        uint64_t
            *open; /* server: for each index the header of the call; not open: its complement */
    };
    union {
        struct ipc_request *requests; /* client */
        struct co *receiver;          /* server: blocked in ipc_receive; value is its message */
    };
    uint64_t deliver; /* a7 of the system call that carries a message in registers */
    /* The condition of a coroutine whose message needs no look at the doorbell: one is put off for
     * its priority, and nothing is unusual about it or the end. IPC_NEVER: of none. */
    int32_t usual;
    uint8_t ceiling;
    bool dead;
    bool is_server;
    /* Server: at least 0 while the receiver works at this priority on a call that came in
     * registers, and the wait word has said *asleep* all the time (see receive.c). */
    int8_t quiet;
    bool refused;   /* client: the kernel would not take the last call in registers */
    uint8_t last;   /* priority of the last message put since the last flush */
    uint64_t wait;  /* the last value of this end's own wait word */
    uint64_t limit; /* what may be taken without a further look ends here */

    /* The line of the rings. */
    struct ipc_channel *channel;
    uint64_t *out;             /* the ring that this end fills */
    uint64_t *in;              /* the ring that it empties */
    struct ipc_message *lines; /* the messages */
    uint64_t tail;             /* of the ring that this end fills */
    uint64_t head;             /* of the ring that it empties */
    uint64_t flushed;          /* tail at the last flush */
    uint64_t rung_wait;        /* the peer's wait word for which a doorbell was rung */
    uint8_t rung_priority;     /* and the priority at which it was */
    uint8_t deferred;          /* best priority of a doorbell put off, else PRIORITY_NONE */
    uint8_t previous;          /* priority of the last message put */
    uint8_t mixed_best;        /* server: of those before mixed_until the best priority */
    uint32_t endpoint;

    uint64_t own[8]; /* client: words of a call in registers, and of its reply */

    struct ipc_end *next_deferred;
    struct ipc_process *process;
    cid_t owner;          /* server: who received last */
    uint64_t seen;        /* server: the tail when it last looked */
    uint64_t mixed_until; /* server: up to here a better call may stand behind a worse one */
    /* Server: what came in registers while nobody received, first come first. As many as there can
     * be requests; the index is as of a ring. */
    struct ipc_message *kept;
    uint32_t kept_first, kept_count;
    struct co_list waiters; /* client: calls that wait for a free request */
    /* Messages that were dropped: replies to no request of ours, and calls in registers beyond the
     * requests that there can be. */
    uint32_t odd;
    const struct startup_channel *description;
    struct ipc_buffers buffers;
    struct ipc_message sink; /* client: where the replies to cancelled calls go */
} __attribute__((aligned(64)));

#define IPC_NEVER (-1)

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

/* Put a header into the ring. The words of its message are written. The peer sees it when the
 * doorbell that is put off for it is looked at (ipc_show), and so with all others of the batch. */
static inline void ipc_put(struct ipc_end *end, uint64_t header)
{
    uint64_t tail = end->tail, *slot = &end->out[tail & end->mask];

    end->tail = tail + 1;
    *slot = header;
}

/* The request of this id goes with co: the end of it may come from now on. */
void ipc_call_cancel(struct co *co);
static inline void ipc_launch(struct ipc_request *request, struct co *co)
{
    request->id += request->step;
    request->priority = (uint8_t)co->condition;
    request->co = co;
    co->value = (intptr_t)request;
    co->cancel = ipc_call_cancel;
}
