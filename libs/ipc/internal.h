/* SPDX-License-Identifier: BSD-2-Clause */
/* What the library's files share. An end stands in <ipc/end.h>.
 *
 * A row of the server's table that is not open holds the complement of the last header, whose low
 * bits no header of that row can equal: so one comparison answers "is this request open?".
 */
#pragma once
#include <executor/executor.h>
#include <ipc/arch.h>
#include <ipc/fast.h>
#include <sys/startup.h>

/* Calls that a receiver takes in a row before others of its priority get their turn. */
#define IPC_SHARE 16

/* ipc_end.quiet where it says nothing. */
#define IPC_LOUD (-1)

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
 * priority differs from end->last. Messages of its priority are then usual. */
void ipc_defer(struct ipc_end *end, unsigned priority);
/* What a system call that names the peer's endpoint said: kills the end if the peer is gone. */
void ipc_rung(struct ipc_end *end, long error);
void ipc_flush(struct executor *executor);
void ipc_idle(struct executor *executor);

/* ---------------------------------------------------------------- call.c .. dead.c */

void ipc_client_wake(struct wake_slot *slot);
struct co *ipc_client_rung(struct wake_slot *slot);
struct co *ipc_server_rung(struct wake_slot *slot);
/* Take the replies that ipc_client_rung has seen and not come to. */
void ipc_take_rest(struct ipc_end *end);
struct co *ipc_client_message(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                              uint64_t w5, uint64_t header, struct wake_slot *slot);
void ipc_server_wake(struct wake_slot *slot);
struct co *ipc_server_message(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                              uint64_t w5, uint64_t header, struct wake_slot *slot);
/* The kernel would not take what the quick way has sent (arch/riscv64): see to it otherwise, and go
 * on with the loop. The quick way is ended afterwards. */
void ipc_send_refused(long error);
void ipc_answer_refused(long error);
void ipc_call_cancel(struct co *co);
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

/* Between a store that the peer must see and a load of what the peer stored meanwhile: one on each
 * side, or both could miss the other's store (the wake-up is lost). */
static inline void ipc_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Publish a new state of our own wait word: IPC_ASLEEP or a priority. The quick way is not prepared
 * for a job of this end, or has been ended by the kernel's entry. */
static inline void ipc_put_wait(struct ipc_end *end, struct ipc_consumer *line, unsigned state)
{
    end->wait = ((end->wait | 0xff) + 1) | state;
    end->quiet = IPC_LOUD;
    ipc_write(&line->wait, end->wait);
}

static inline void ipc_set_wait(struct ipc_end *end, struct ipc_consumer *line, unsigned state)
{
    ipc_quick_end();
    ipc_put_wait(end, line, state);
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

/* What was put into the overhang moves to the ring's start. Whoever may put more than `depth`
 * headers before the next ipc_show calls it in time: depth of them have room behind it. */
void ipc_fold_slow(struct ipc_end *end) IPC_COLD;
static inline void ipc_fold(struct ipc_end *end)
{
    if (__builtin_expect(end->put >= end->out_end, 0))
        ipc_fold_slow(end);
}

/* What was put is in the peer's sight. Value: the tail. */
static inline uint64_t ipc_show(struct ipc_end *end)
{
    uint64_t tail;

    ipc_fold(end);
    tail = ipc_tail(end);
    ipc_publish(end->tail_word, tail);
    return tail;
}

/* The header at a position from head on; it is in the ring. */
static inline uint64_t ipc_peek(const struct ipc_end *end, uint64_t position)
{
    return ipc_read(&end->in[position & end->mask]);
}

/* At the ring's end go on at its start. */
static inline void ipc_turn(struct ipc_end *end)
{
    if (__builtin_expect(end->next == end->in_end, 0)) {
        end->next = end->in;
        end->take_bias += (uintptr_t)end->in_end - (uintptr_t)end->in;
    }
}

/* Let the window be the next `count` headers, which are in the ring, or as many as come before its
 * end. */
static inline void ipc_open_window(struct ipc_end *end, uint64_t count)
{
    const uint64_t *stop;

    ipc_turn(end);
    stop = end->next + count;
    end->stop = stop < end->in_end ? stop : end->in_end;
}

/* ipc_defer for messages that will be put: the virtual CPU was idle, so mostly nothing else is put
 * off. This priority is the one that runs. False: something is; then
 * ipc_defer. The kernel's entry has ended the quick way. */
static inline bool ipc_put_off(struct ipc_end *end, unsigned priority)
{
    struct executor *executor = executor_self();

    if (__builtin_expect(executor->deferred != PRIORITY_NONE, 0))
        return false;
    end->previous = end->last = end->deferred = executor->deferred = (uint8_t)priority;
    end->usual = (int32_t)priority;
    ipc_process()->first_deferred = end;
    return true;
}

/* Whether the loop would find nothing to do but to ring for this end and to idle, now that the
 * current coroutine of this priority has suspended. */
static inline bool ipc_may_rest(const struct ipc_end *end, unsigned priority)
{
    const struct executor *executor = executor_self();
    const struct executor_line *line = executor_line();

    return (line->bitmap | __atomic_load_n(&line->wakes, __ATOMIC_RELAXED)) == 0 &&
           executor->next == EXECUTOR_OPEN(priority) &&
           executor->deferred_waiting == (priority | 1 << 8) &&
           ipc_process()->first_deferred == end && end->next_deferred == NULL &&
           executor->group == NULL;
}

/* Whether the peer would not see a message of this priority soon enough by itself. */
static inline bool ipc_must_ring(struct ipc_end *end, uint64_t priority)
{
    uint64_t wait = ipc_read(end->peer_wait), level = wait & 0xff;

    if (__builtin_expect(level != IPC_ASLEEP, 0) && priority >= level)
        return false;
    if (wait == end->rung_wait && priority >= end->rung_priority)
        return false;
    end->rung_wait = wait;
    end->rung_priority = (uint8_t)priority;
    return true;
}

/* Nothing is put off for this end any more. Value: whether its doorbell is needed, at the best
 * priority that was. Stand behind a full fence. */
static inline bool ipc_settle(struct ipc_end *end, uint64_t tail, uint64_t priority)
{
    end->last = end->deferred = PRIORITY_NONE;
    end->usual = IPC_NEVER;
    if (end->dead || tail == end->flushed || !ipc_must_ring(end, priority))
        return false;
    end->flushed = tail;
    return true;
}

/* Give up the CPU, with the doorbell of this end, where ipc_may_rest, and behind a full fence since
 * what is before this tail was shown. May return; then call ipc_rested with the value and return to
 * the loop. */
static inline long ipc_rest(struct ipc_end *end, uint64_t tail, unsigned priority)
{
    ipc_process()->first_deferred = NULL;
    executor_self()->deferred = PRIORITY_NONE;
    executor_leave();
    if (ipc_settle(end, tail, priority))
        return ipc_sys_doorbell_yield(end->endpoint, priority);
    (void)ipc_sys_yield();
    return E_OK;
}
void ipc_rested(struct ipc_end *end, long error) IPC_COLD;
