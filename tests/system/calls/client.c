/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of all kinds in random order: most in registers, one after the other, so that all else
 * comes while such calls are prepared for. Each answer is checked. */
#include "calls.h"

#define STEPS 4000
#define BURST 3

enum { FIRST, SECOND, LIAR, CHANNELS };
static const char *const names[CHANNELS] = {"first", "second", "liar"};

struct caller {
    struct co co;
    cid_t cid;
    struct ipc_request *request;
    uint64_t tag;
    unsigned left;
};

struct client {
    struct co co;
    struct ipc_end *end[CHANNELS];
    struct ipc_request *request[CHANNELS];
    struct ipc_message message;
    struct co_timeout timeout;
    struct caller caller[BURST];
    unsigned step, i, what;
    uint64_t tag, until;
};

static uint64_t state, count[10];
static unsigned wrong;

static unsigned random_below(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % n;
}

static void check(const struct ipc_request *request, long n, uint64_t tag)
{
    wrong += n != E_OK;
    for (unsigned i = 0; n == E_OK && i < 6; i++)
        wrong += ipc_reply_word(request, i) != tag + 2 * i + 1;
}

static void check_message(const struct ipc_message *message, long n, uint64_t tag)
{
    wrong += n != (long)(tag + 1);
    for (unsigned i = 0; i < 6; i++)
        wrong += message->word[i] != tag + 2 * i + 1;
}

/* What it says is its own affair, but it says it of this call. */
static void check_liar(const struct ipc_request *request, long n)
{
    wrong += n != E_OK || ipc_reply_word(request, 0) == FORGED;
}

#define await_six(n, request, tag)                                                                 \
    ipc_await_call_six(n, request, tag, (tag) + 1, (tag) + 2, (tag) + 3, (tag) + 4, (tag) + 5)

static CO_BODY enum co_state caller_body(struct co *co)
{
    struct caller *c = co_frame(struct caller, co);
    long n;

    co_begin(co);
    while (c->left > 0) {
        c->left--;
        c->tag += 100;
        await_six(n, c->request, c->tag);
        check(c->request, n, c->tag);
    }
    co_return(0);
}

static void start_burst(struct client *c, unsigned callers, unsigned calls)
{
    for (unsigned i = 0; i < callers; i++) {
        c->caller[i].left = calls;
        c->caller[i].cid = co_spawn(&c->caller[i].co, caller_body, c->co.priority, NULL);
        if (!c->caller[i].cid.raw)
            die("no room for a caller");
    }
}

static void open_channels(struct client *c)
{
    for (unsigned i = 0; i < CHANNELS; i++) {
        c->end[i] = ipc_find(names[i]);
        c->request[i] = c->end[i] ? ipc_request_take(c->end[i], CALLS_ADD) : NULL;
        if (!c->request[i])
            die("no channel %s", names[i]);
    }
    for (unsigned i = 0; i < BURST; i++) {
        c->caller[i].request = ipc_request_take(c->end[FIRST], CALLS_ADD);
        c->caller[i].tag = (uint64_t)(i + 1) << 40;
        if (!c->caller[i].request)
            die("no request for a burst");
    }
}

/* One of these for each step; most are calls of the first channel. */
enum {
    USUAL,
    OTHER,   /* by the other channel: what was prepared is so no more */
    TO_LIAR, /* which answers, but not only once */
    COPIED,  /* by ipc_call, with a request that may have been prepared */
    SLOW,    /* the answer comes after timers and lies */
    LATE,    /* the call is cancelled, its answer comes while others are in flight */
    RING,    /* several at once */
    NESTED,  /* in a co_run that does not wait */
    PAUSE,   /* gives up the CPU otherwise */
    PRIORITY
};

static unsigned choose(void)
{
    unsigned n = random_below(40);

    return n < 18 ? USUAL : n < 21 ? OTHER : n < 27 ? TO_LIAR : n < 30 ? COPIED : n - 30;
}

static CO_BODY enum co_state client_body(struct co *co)
{
    struct client *c = co_frame(struct client, co);
    long n;

    co_begin(co);
    open_channels(c);
    state = time_now() | 1;
    log_line("seed %" PRIu64, state);
    for (c->step = 0; c->step < STEPS; c->step++) {
        c->tag += 1000;
        c->what = choose();
        count[c->what]++;
        ipc_request_label(c->request[FIRST], c->what == SLOW   ? CALLS_SLOW
                                             : c->what == LATE ? CALLS_LATE
                                                               : CALLS_ADD);
        switch (c->what) {
        case OTHER:
            await_six(n, c->request[SECOND], c->tag);
            check(c->request[SECOND], n, c->tag);
            break;
        case TO_LIAR:
            ipc_request_label(c->request[LIAR], 1 + random_below(CALLS_SLOW));
            await_six(n, c->request[LIAR], c->tag);
            check_liar(c->request[LIAR], n);
            if (random_below(2) == 0)
                break;
            __attribute__((fallthrough)); /* it lies meanwhile */
        case PAUSE:
            c->until = time_now() + time_from_us(random_below(150));
            co_await(n, co_sleep_until(co, c->until));
            wrong += n != E_OK || time_now() < c->until;
            break;
        case COPIED:
            ipc_request_give(c->request[FIRST]);
            for (unsigned i = 0; i < 6; i++)
                c->message.word[i] = c->tag + i;
            co_await(n, ipc_call(co, c->end[FIRST], &c->message, CALLS_ADD));
            check_message(&c->message, n, c->tag);
            c->request[FIRST] = ipc_request_take(c->end[FIRST], CALLS_ADD);
            break;
        case LATE:
            for (unsigned i = 0; i < 6; i++)
                c->message.word[i] = c->tag + i;
            co_await_until(n, &c->timeout, time_now() + time_from_us(LATE_US / 5),
                           ipc_call(co, c->end[SECOND], &c->message, CALLS_LATE));
            wrong += n != E_TIMEOUT && n != (long)(c->tag + 1);
            break;
        case RING:
            start_burst(c, BURST, 1 + random_below(4));
            for (c->i = 0; c->i < BURST; c->i++)
                co_await(n, co_join(co, c->caller[c->i].cid));
            break;
        case NESTED:
            start_burst(c, 1, 1 + random_below(2));
            co_run(false);
            co_await(n, co_join(co, c->caller[0].cid));
            break;
        case PRIORITY:
            co_change_priority(co, 16 + random_below(3));
            break;
        default: /* USUAL, SLOW */
            await_six(n, c->request[FIRST], c->tag);
            check(c->request[FIRST], n, c->tag);
        }
    }
    for (unsigned i = 0; i < sizeof count / sizeof *count; i++)
        wrong += count[i] == 0;
    log_line("%u steps, %u wrong", c->step, wrong);
    for (;;)
        co_await(n, sleep_us(co, 1000000));
    co_return(n);
}
PROGRAM(struct client, client_body);
