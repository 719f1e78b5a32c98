/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync.h"

struct child pool;
uint32_t rendezvous, reply, r, p, threads[THREADS];

static uint64_t next_deadline[THREADS]; /* of the thread's next operation; 0: none */

void begin(unsigned count)
{
    child_make(&pool, 0);
    rendezvous = make(OBJECT_RENDEZVOUS, 0);
    reply = make(OBJECT_REPLY, 0);
    r = child_give(&pool, rendezvous, ALL);
    p = child_give(&pool, reply, ALL);
    for (unsigned n = 1; n <= count; n++)
        threads[n] = thread_make(&pool, n, WORSE);
    for (unsigned n = 0; n < THREADS; n++)
        next_deadline[n] = 0;
}

void begin_with(unsigned count, const unsigned *priorities)
{
    begin(0);
    for (unsigned n = 1; n <= count; n++)
        threads[n] = thread_make(&pool, n, priorities[n - 1]);
}

uint32_t another_reply(void)
{
    return child_give(&pool, make(OBJECT_REPLY, 0), ALL);
}

static void run(unsigned n, unsigned number, uint32_t cptr, uint64_t first, uint64_t a6)
{
    uint64_t words[SYS_RENDEZVOUS_WORDS];

    for (unsigned i = 0; i < SYS_RENDEZVOUS_WORDS; i++)
        words[i] = first + i;
    SHARED->deadline[n] = next_deadline[n];
    next_deadline[n] = 0;
    thread_message(&pool, n, number, cptr, words, a6);
}

void until(unsigned n, uint64_t tick)
{
    next_deadline[n] = tick;
}

void call(unsigned n, uint32_t cptr, uint64_t first)
{
    run(n, SYS_CALL, cptr, first, 0);
}

void call_cap(unsigned n, uint32_t cptr, uint64_t first, uint32_t capability)
{
    run(n, SYS_CALL_CAP, cptr, first, capability);
}

void send(unsigned n, uint32_t cptr, uint64_t first, uint32_t capability)
{
    run(n, SYS_SEND, cptr, first, capability);
}

void receive(unsigned n, uint32_t cptr, uint64_t with)
{
    run(n, SYS_RECEIVE, cptr, with, 0);
}

void reply_receive(unsigned n, uint32_t cptr, uint64_t with, uint64_t first)
{
    run(n, SYS_REPLY_RECEIVE, cptr, first, with);
}

void answer(unsigned n, uint32_t with, uint64_t first, uint32_t capability)
{
    run(n, SYS_REPLY, with, first, capability);
}

void wait_slot(unsigned n, uint64_t slot)
{
    run(n, SYS_THREAD_WAIT, 0, slot, 0);
}

void check_words_flags(unsigned n, uint64_t first, uint64_t badge, uint64_t flags)
{
    const struct request *request = &SHARED->request[n];

    CHECK(thread_done(n));
    for (unsigned i = 0; i < SYS_RENDEZVOUS_WORDS; i++)
        CHECK_EQ(request->x[i < 6 ? i : i + 2], first + i);
    CHECK_EQ(request->x[6], flags);
    CHECK_EQ(request->x[7], badge);
}

void check_got(unsigned n, uint64_t first, uint64_t badge)
{
    check_words_flags(n, first, badge, E_OK);
}

void check_error(unsigned n, long error)
{
    const struct request *request = &SHARED->request[n];

    CHECK(thread_done(n));
    CHECK_EQ(request->x[6], error);
    for (unsigned i = 0; i < 6; i++)
        CHECK(request->x[i] == 0 || i == 1 || i == 2); /* the details */
    for (unsigned i = 7; i < SYSCALL_MESSAGE_WORDS; i++)
        CHECK_EQ(request->x[i], 0);
}

void check_priority(unsigned n, unsigned effective, unsigned own)
{
    struct sys_thread_info info;

    CHECK_OK(sys_thread_info(threads[n], &info));
    CHECK_EQ(info.effective_priority, effective);
    CHECK_EQ(info.own_priority, own);
}
