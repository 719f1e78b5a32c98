/* SPDX-License-Identifier: BSD-2-Clause */
/* The server: taking calls from the ring.
 *
 * The wait word of a server's end is "awake at p" from the moment when a call from the ring reaches
 * the receiver until it finds the ring empty; p is the receiver's priority. It is corrected
 * whenever that changes, so that the client rings for a call that is better than what runs here.
 *
 * A call in registers leaves the word at "asleep", so that one call after the other touches no
 * shared memory (`quiet`). It costs no wake-up, because the client then rings for whatever it puts,
 * and the receiver may wait again without a look at the ring: what it has not been rung for will be
 * rung for. Only a doorbell meanwhile (raise_owner), or a look that finds calls, ends that.
 */
#include "server.h"

bool ipc_look(struct ipc_end *end)
{
    uint64_t tail = __atomic_load_n(&end->channel->calls.tail, __ATOMIC_ACQUIRE);
    uint64_t urgent = ipc_read(&end->channel->calls.urgent);
    uint64_t head = ipc_head(end), count = tail - head;

    if (count > (uint64_t)end->mask + 1) {
        ipc_end_broken(end, tail == IPC_TAIL_DEAD ? NULL : "more calls than the ring holds");
        return false;
    }
    end->seen = tail;
    ipc_fold(end);
    if (urgent - head - 1 < count)
        ipc_mix(end, urgent);
    if (count > IPC_SHARE)
        count = IPC_SHARE;
    if (count > 1 && ipc_is_mixed(end, head))
        count = 1;
    ipc_open_window(end, count);
    return true;
}

enum co_state ipc_adopt(struct co *co, struct ipc_end *end, struct ipc_message *message,
                        uint64_t position)
{
    unsigned priority = ipc_clamped(end, message->header);
    bool worse;

    message->header = ipc_clamped_header(message->header, priority);
    if (ipc_is_mixed(end, position) && end->mixed_best < priority)
        priority = end->mixed_best;
    worse = priority > co->priority;
    co->value = E_OK;
    if (priority == co->priority)
        return CO_DONE;
    ipc_level(end, co, priority);
    if (!worse)
        return CO_DONE;
    /* A call that relied on the better priority may have come meanwhile, without a doorbell. */
    ipc_fence();
    if (!ipc_look(end))
        co_return(E_PEER_DEAD);
    if (ipc_is_mixed(end, ipc_head(end)) && end->mixed_best < priority) {
        priority = end->mixed_best;
        ipc_level(end, co, priority);
    }
    if (executor_line()->bitmap & ((1ull << priority) - 1))
        return co_yield(co);
    return CO_DONE;
}

enum co_state ipc_refuse(struct co *co, struct ipc_end *end)
{
    ipc_end_broken(end, "a request id that is still open");
    co_return(E_PEER_DEAD);
}

void ipc_receive_cancel(struct co *co)
{
    struct ipc_process *process = ipc_process();

    for (uint32_t i = 0; i < process->end_count; i++) {
        struct ipc_end *end = &process->ends[i];

        if (end->is_server && end->receiver == co) {
            end->receiver = NULL;
            ipc_set_wait(end, &end->channel->call_reader, PRIORITY_COUNT - 1);
        }
    }
}

void ipc_disarm(struct co *co, struct ipc_end *end)
{
    end->receiver = NULL;
    co->cancel = NULL;
    ipc_set_wait(end, &end->channel->call_reader, co->priority);
}

/* Take the first message that came in registers while nobody received. */
static enum co_state take_kept(struct co *co, struct ipc_end *end, struct ipc_message *message)
{
    *message = end->kept[end->kept_first++ & end->mask];
    end->kept_count--;
    if (!ipc_admit(end, message->header))
        return ipc_refuse(co, end);
    return ipc_adopt(co, end, message, ipc_head(end));
}

enum co_state ipc_receive_more(struct co *co, struct ipc_end *end, struct ipc_message *message)
{
    const struct executor_line *line = executor_line();
    enum co_state state;

    if (end->dead)
        co_return(E_PEER_DEAD);
    if (end->receiver != NULL)
        co_return(E_STATE);
    if (co->flags & CO_FLAG_CANCELLED)
        co_return(E_CANCELLED);
    end->owner = co_cid(co);
    if (end->kept_count > 0)
        return take_kept(co, end, message);
    if (!ipc_look(end))
        co_return(E_PEER_DEAD);
    if (end->next == end->stop) {
        ipc_quick_end();
        if (ipc_arm(co, end, message))
            return CO_PENDING;
        ipc_disarm(co, end);
        if (!ipc_look(end))
            co_return(E_PEER_DEAD);
    } else if (end->quiet >= 0) {
        ipc_set_wait(end, &end->channel->call_reader, co->priority);
    }
    state = ipc_take(co, end, message);
    if (state == CO_DONE && !end->dead && ipc_is_mixed(end, ipc_head(end) - 1))
        state = ipc_adopt(co, end, message, ipc_head(end) - 1);
    /* A share is used up: let others of this priority have their turn. */
    if (state == CO_DONE && co->value == E_OK &&
        ((line->bitmap & ((2ull << co->priority) - 1)) || ipc_read(&line->wakes)))
        state = co_yield(co);
    return state;
}

enum co_state ipc_receive(struct co *co, struct ipc_end *end, struct ipc_message *message)
{
    if (end->next == end->stop)
        return ipc_receive_more(co, end, message);
    return ipc_take(co, end, message);
}
