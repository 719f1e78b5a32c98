/* SPDX-License-Identifier: BSD-2-Clause */
/* One end of a channel. It belongs to the library; programs see it only because the short ways
 * (fast.h) are inlined into bodies.
 *
 * An end belongs to one executor and is touched only between or within its coroutines, so nothing
 * here is atomic but the accesses to the channel's memory.
 *
 * Request ids are index + k * IPC_ID_STEP: the index is that of the client's request, of the
 * server's row, and of the message in the channel; k counts its uses.
 */
#pragma once
#include <ipc/channel.h>

struct ipc_end;

#define IPC_ID_STEP 1024u /* the largest depth of a channel */

/* A request of the client: one line of its table. Not in flight: `co` is NULL. Cancelled, and the
 * reply is still to come: `co` is &ipc_nobody. `flags` are not sent: IPC_COPIED, so that no header
 * of the ring is that of a request which is not kept. */
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
    bool is_taken; /* by ipc_request_take: not free after the reply, and its words stay there */
} __attribute__((aligned(64)));
extern struct co ipc_nobody;
#define IPC_COPIED 1

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
    uint32_t mask; /* depth - 1 */
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
    bool refused;          /* client: the kernel would not take the last call in registers */
    uint8_t previous;      /* priority of the last message put */
    uint8_t last;          /* priority of the last message put since the last flush */
    uint8_t deferred;      /* best priority of a doorbell put off, else PRIORITY_NONE */
    uint8_t rung_priority; /* that of the last doorbell */
    uint8_t mixed_best;    /* server: of those before mixed_until the best priority */
    uint64_t wait;         /* the last value of this end's own wait word */
    struct ipc_channel *channel;

    /* The line of the rings. What is taken without a further look is a *window*: it ends before the
     * ring does. Positions count headers since the beginning; a bias makes one of an address. */
    uint64_t *put;               /* where the next header goes */
    const uint64_t *next;        /* the next header to take */
    const uint64_t *stop;        /* the window ends here */
    uint64_t (*words)[8];        /* of the messages */
    uint64_t *tail_word;         /* the tail of the ring that this end fills */
    void (*cancel)(struct co *); /* client: takes a call back */
    uint64_t put_bias, take_bias;

    uint64_t *out, *out_end; /* the ring that this end fills */
    uint64_t *in, *in_end;   /* the ring that it empties */
    uint64_t seen;           /* the tail when it last looked */
    uint64_t flushed;        /* its own tail at the last flush */
    uint64_t rung_wait;      /* the peer's wait word for which a doorbell was rung */
    const uint64_t *peer_wait;

    struct ipc_end *next_deferred; /* in no list: NULL */
    struct co_list waiters; /* client: calls that wait for a free request */
    cid_t owner;            /* server: who received last */
    uint64_t mixed_until;   /* server: up to here a better call may stand behind a worse one */
    /* Server: what came in registers while nobody received, first come first. As many as there can
     * be requests; the index is as of a ring. */
    struct ipc_message *kept;
    uint32_t kept_first, kept_count;
    struct ipc_process *process;
    uint32_t endpoint;
    /* Messages that were dropped: replies to no request of ours, and calls in registers beyond the
     * requests that there can be. */
    uint32_t odd;

    uint64_t own[8]; /* client: words of a call in registers, and of its reply */

    const struct startup_channel *description;
    struct ipc_buffers buffers;
    struct ipc_message sink; /* client: where the replies to cancelled calls go */
} __attribute__((aligned(64)));

#define IPC_NEVER (-1)

/* A word in the peer's reach: read exactly once. */
static inline uint64_t ipc_read(const uint64_t *word)
{
    return executor_peek(word);
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

/* Positions in the rings: of the next header that this end takes, and of the next one it puts. */
static inline uint64_t ipc_head(const struct ipc_end *end)
{
    return ((uintptr_t)end->next + end->take_bias) / sizeof(uint64_t);
}
static inline uint64_t ipc_tail(const struct ipc_end *end)
{
    return ((uintptr_t)end->put + end->put_bias) / sizeof(uint64_t);
}

/* Put a header into the ring. The words of its message are written. The peer sees it when the
 * doorbell that is put off for it is looked at (ipc_show), and so with all others of the batch.
 * Whoever puts without limit calls ipc_fold from time to time. */
static inline void ipc_put(struct ipc_end *end, uint64_t header)
{
    uint64_t *put = end->put;

    *put = header;
    end->put = put + 1;
}

/* The request of this id goes with co: the end of it may come from now on. */
static inline void ipc_launch(struct ipc_request *request, struct co *co)
{
    request->id += IPC_ID_STEP;
    request->priority = (uint8_t)co->condition;
    request->co = co;
    co->value = E_OK; /* of the await, unless something else comes of it */
    co->cancel = request->end->cancel;
}
