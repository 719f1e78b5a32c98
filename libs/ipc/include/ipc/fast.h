/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls without copies: the short ways of clients that keep a request, and of servers that answer
 * one call after the other. What they cannot do they leave to functions of the library; which
 * calls go in registers, and when doorbells are rung, is as everywhere.
 *
 * Words go from the caller's registers into the message in the channel, and are read there by whom
 * they are for: each *once*, because the peer may change them at any time. So keep the value of
 * ipc_reply_word and ipc_job_word, and check that, not the word again. They are good until the next
 * await.
 */
#pragma once
#include <ipc/end.h>

/* ---------------------------------------------------------------- the client */

/* Keep a request of this end for calls of one coroutine at a time; NULL: all are in use, or the end
 * is dead. ipc_call has as many less. */
struct ipc_request *ipc_request_take(struct ipc_end *end, unsigned label);
/* Give it back. It must not be in flight, unless it was cancelled. */
void ipc_request_give(struct ipc_request *request);

/* The label of the further calls. */
static inline void ipc_request_label(struct ipc_request *request, unsigned label)
{
    request->label = (uint16_t)label;
}

/* The i-th word of the reply. */
static inline uint64_t ipc_reply_word(const struct ipc_request *request, unsigned i)
{
    return ipc_read(&request->words[i]);
}

/* All but by the ring; the arguments stand where the kernel wants the words. These never return
 * CO_DONE. */
enum co_state ipc_send(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5,
                       struct co *co, struct ipc_request *request);
enum co_state ipc_send_slow(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                            uint64_t w5, struct co *co, struct ipc_request *request);

static inline bool ipc_send_is_usual(const struct co *co, const struct ipc_request *request)
{
    return __builtin_expect(co->condition == request->end->usual, 1) &&
           __builtin_expect(request->co == NULL, 1);
}

static inline enum co_state ipc_send_put(struct co *co, struct ipc_request *request)
{
    ipc_launch(request, co);
    ipc_put(request->end, request->header);
    return CO_PENDING;
}

static inline enum co_state ipc_send_six(struct co *co, struct ipc_request *request, uint64_t w0,
                                         uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                                         uint64_t w5)
{
    uint64_t *word = request->place;

    if (!ipc_send_is_usual(co, request))
        return ipc_send(w0, w1, w2, w3, w4, w5, co, request);
    word[0] = w0;
    word[1] = w1;
    word[2] = w2;
    word[3] = w3;
    word[4] = w4;
    word[5] = w5;
    return ipc_send_put(co, request);
}

static inline enum co_state ipc_send_two(struct co *co, struct ipc_request *request, uint64_t w0,
                                         uint64_t w1)
{
    uint64_t *word = request->place;

    if (!ipc_send_is_usual(co, request))
        return ipc_send(w0, w1, 0, 0, 0, 0, co, request);
    word[0] = w0;
    word[1] = w1;
    return ipc_send_put(co, request);
}

/* Call with six words and await the reply: for co_await, in a body. dst: 0, E_PEER_DEAD,
 * E_CANCELLED; E_STATE: the request is in flight already, or a call that was cancelled has not been
 * answered so far. */
#define ipc_await_call_six(dst, request, w0, w1, w2, w3, w4, w5)                                   \
    co_await_tail(dst, ipc_send_six(co, request, w0, w1, w2, w3, w4, w5))
/* The same with two words; what the server finds in the others is not defined. */
#define ipc_await_call_two(dst, request, w0, w1)                                                   \
    co_await_tail(dst, ipc_send_two(co, request, w0, w1))
/* The same, where it is the only await of a body that begins with co_begin_only. */
#define ipc_await_only_call_six(dst, request, w0, w1, w2, w3, w4, w5)                              \
    co_await_only(dst, ipc_send_six(co, request, w0, w1, w2, w3, w4, w5))
#define ipc_await_only_call_two(dst, request, w0, w1)                                              \
    co_await_only(dst, ipc_send_two(co, request, w0, w1))

/* ---------------------------------------------------------------- the server */

/* The call that a coroutine works on; in its frame. */
struct ipc_job {
    struct ipc_end *end;
    uint64_t *words; /* NULL: no call */
    union {
        struct ipc_message message;
        struct { /* its header */
            uint32_t id;
            uint16_t label;
            uint16_t level; /* priority and flags */
        };
    };
    /* The words are in the channel, the call is not in the table of open requests, and this is the
     * condition of a coroutine of its priority. Else IPC_NEVER. */
    int32_t usual;
};

static inline void ipc_job_init(struct ipc_job *job, struct ipc_end *end)
{
    job->end = end;
    job->words = NULL;
    job->message.header = ~0ull;
    job->usual = IPC_NEVER;
}

static inline unsigned ipc_job_label(const struct ipc_job *job)
{
    return job->label;
}

/* The i-th word of the call. */
static inline uint64_t ipc_job_word(const struct ipc_job *job, unsigned i)
{
    return ipc_read(&job->words[i]);
}

/* Await the first call, or the next one after a job that is not answered: for co_await, in a body.
 * dst as the value of ipc_receive. */
#define ipc_await_job(dst, job) co_await_tail(dst, ipc_job_next(co, job))

/* These never return CO_DONE. */
enum co_state ipc_job_next(struct co *co, struct ipc_job *job);
/* The same after the answer to a struct ipc_call that has an end. */
enum co_state ipc_job_next_usual(struct co *co, struct ipc_job *job);
enum co_state ipc_answer(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                         uint64_t w5, struct co *co, struct ipc_job *job);
enum co_state ipc_answer_slow(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                              uint64_t w5, struct co *co, struct ipc_job *job);

/* The answer needs nothing but to be put. */
static inline bool ipc_answer_is_usual(const struct co *co, const struct ipc_job *job)
{
    return __builtin_expect(co->condition == job->end->usual, 1) &&
           __builtin_expect(co->condition == job->usual, 1);
}

/* Take the next call if it is in sight and of the priority of co; its words stay where they are. */
static inline bool ipc_take_in_place(struct ipc_end *end, int32_t usual, uint64_t *header_out,
                                     uint64_t **words_out)
{
    const uint64_t *next = end->next;
    uint64_t header;

    if (__builtin_expect(next == end->stop, 0))
        return false;
    header = ipc_read(next);
    /* The priority, and no flag, of one that runs and has none. */
    if (__builtin_expect(header >> MESSAGE_PRIORITY_SHIFT != (uint64_t)usual, 0))
        return false;
    end->next = next + 1;
    *header_out = header;
    *words_out = end->words[header & end->mask];
    return true;
}

static inline bool ipc_job_take(const struct co *co, struct ipc_end *end, struct ipc_job *job)
{
    return ipc_take_in_place(end, co->condition, &job->message.header, &job->words);
}

/* Put an answer: its words, and the header of the call. */
static inline void ipc_answer_words(struct ipc_end *end, uint64_t *word, uint64_t header,
                                    unsigned words, uint64_t w0, uint64_t w1, uint64_t w2,
                                    uint64_t w3, uint64_t w4, uint64_t w5)
{
    word[0] = w0;
    word[1] = w1;
    if (words == 6) {
        word[2] = w2;
        word[3] = w3;
        word[4] = w4;
        word[5] = w5;
    }
    ipc_put(end, header);
}

/* Put the answer, and take the next call. False: not taken, because there is none, or it is one
 * that ipc_job_next should take. */
static inline bool ipc_answer_put(const struct co *co, struct ipc_job *job, unsigned words,
                                  uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                                  uint64_t w5)
{
    ipc_answer_words(job->end, job->words, job->message.header, words, w0, w1, w2, w3, w4, w5);
    return ipc_job_take(co, job->end, job);
}

#define IPC_AWAIT_ANSWER_(dst, job_, n, words, w0, w1, w2, w3, w4, w5)                             \
    do {                                                                                           \
        if (!ipc_answer_is_usual(co, job_)) {                                                      \
            co->resume = (uintptr_t) && CO_LABEL_(n);                                              \
            return ipc_answer(w0, w1, w2, w3, w4, w5, co, job_);                                   \
        }                                                                                          \
        if (!ipc_answer_put(co, job_, words, w0, w1, w2, w3, w4, w5)) {                            \
            co->resume = (uintptr_t) && CO_LABEL_(n);                                              \
            return ipc_job_next(co, job_);                                                         \
        }                                                                                          \
        (dst) = E_OK;                                                                              \
        if (0) {                                                                                   \
            CO_LABEL_(n) : (dst) = (__typeof__(dst))co->value;                                     \
        }                                                                                          \
    } while (0)

/* Answer the job with six words, and await the next call: for co_await, in a body. dst as the value
 * of ipc_receive; the answer has no error: who is gone needs none. */
#define ipc_await_answer_six(dst, job, w0, w1, w2, w3, w4, w5)                                     \
    IPC_AWAIT_ANSWER_(dst, job, __COUNTER__, 6, w0, w1, w2, w3, w4, w5)
/* The same with two words; what the client finds in the others is not defined. */
#define ipc_await_answer_two(dst, job, w0, w1)                                                     \
    IPC_AWAIT_ANSWER_(dst, job, __COUNTER__, 2, w0, w1, 0, 0, 0, 0)

/* ---------------------------------------------------------------- the server, at a stretch
 *
 * A body that answers each call before it awaits anything else may keep where it is in a local, and
 * looks only after an await whether all is as usual: not from one call of a batch to the next.
 *
 *     struct ipc_call call;
 *     ...
 *     ipc_await_job_in(n, job, call);
 *     while (n == 0)
 *         ipc_await_answer_two_in(n, job, call, ipc_call_word(&call, 0) + 1, 0);
 *
 * Between the call and its answer the body awaits nothing, begins no loop (co_run), does not change
 * its priority or cancel itself, and does not touch the end. The label is that of the job. */
struct ipc_call {
    uint64_t *words;
    struct ipc_end *end; /* the answer needs nothing but to be put; NULL: it may need more */
    uint64_t header;     /* if there is an end */
    int32_t usual;       /* that of the job, and then of the coroutine */
};

/* The call of a job, after an await. */
static inline struct ipc_call ipc_call_of(const struct co *co, const struct ipc_job *job)
{
    struct ipc_call call;

    call.words = job->words;
    call.end = NULL;
    call.usual = job->usual;
    /* (The first comparison is for calls in registers, which need no other.) */
    if (job->usual >= 0 && job->usual == co->condition && job->end->usual == job->usual) {
        call.end = job->end;
        call.header = job->message.header;
    }
    return call;
}

/* The i-th word of the call. */
static inline uint64_t ipc_call_word(const struct ipc_call *call, unsigned i)
{
    return ipc_read(&call->words[i]);
}

/* The next one, as ipc_job_take. */
static inline bool ipc_call_take(struct ipc_job *job, struct ipc_call *call)
{
    if (!ipc_take_in_place(call->end, call->usual, &call->header, &call->words))
        return false;
    job->message.header = call->header;
    return true;
}

#define IPC_AWAIT_CALL_(dst, op, job_, call, n)                                                    \
    do {                                                                                           \
        co->resume = (uintptr_t) && CO_LABEL_(n);                                                  \
        return (op);                                                                               \
        CO_LABEL_(n) : (dst) = (__typeof__(dst))co->value;                                         \
        (call) = ipc_call_of(co, job_);                                                            \
    } while (0)

/* (Neither way is rare: calls in registers are never usual.) */
#define IPC_AWAIT_CALL_ANSWER_(dst, job_, call, n, count, w0, w1, w2, w3, w4, w5)                  \
    do {                                                                                           \
        if (__builtin_expect_with_probability((call).end == NULL, 0, 0.5)) {                       \
            co->resume = (uintptr_t) && CO_LABEL_(n);                                              \
            return ipc_answer(w0, w1, w2, w3, w4, w5, co, job_);                                   \
        }                                                                                          \
        ipc_answer_words((call).end, (call).words, (call).header, count, w0, w1, w2, w3, w4, w5);  \
        if (!ipc_call_take(job_, &(call))) {                                                       \
            co->resume = (uintptr_t) && CO_LABEL_(n);                                              \
            return ipc_job_next_usual(co, job_);                                                   \
        }                                                                                          \
        (dst) = E_OK;                                                                              \
        if (0) {                                                                                   \
            CO_LABEL_(n) : (dst) = (__typeof__(dst))co->value;                                     \
            (call) = ipc_call_of(co, job_);                                                        \
        }                                                                                          \
    } while (0)

/* As ipc_await_job, ipc_await_answer_six and ipc_await_answer_two. */
#define ipc_await_job_in(dst, job, call)                                                           \
    IPC_AWAIT_CALL_(dst, ipc_job_next(co, job), job, call, __COUNTER__)
#define ipc_await_answer_six_in(dst, job, call, w0, w1, w2, w3, w4, w5)                            \
    IPC_AWAIT_CALL_ANSWER_(dst, job, call, __COUNTER__, 6, w0, w1, w2, w3, w4, w5)
#define ipc_await_answer_two_in(dst, job, call, w0, w1)                                            \
    IPC_AWAIT_CALL_ANSWER_(dst, job, call, __COUNTER__, 2, w0, w1, 0, 0, 0, 0)
