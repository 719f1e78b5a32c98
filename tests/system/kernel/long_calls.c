/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "long_calls.h"

#define BATCH 250u

struct child child;
uint32_t part, holder;
uint32_t space;

void fill_part(uint32_t untyped, uint32_t count)
{
    for (uint32_t i = 0; i < count; i += BATCH)
        CHECK_OK(sys_untyped_retype(untyped, OBJECT_ENDPOINT, 0, holder, 1 + i, BATCH));
}

void calls_prepare(void)
{
    child_make(&child, 0);
    space = child_give(&child, ROOT_CNODE, ALL);
    part = make(OBJECT_UNTYPED, PART_BITS);
    holder = make(OBJECT_CNODE, HOLDER_BITS);
    child_start(&child, child_invoker, 0, WORSE);
    run_children();
}

struct request *request(void)
{
    return &SHARED->request[0];
}

bool call_begins(unsigned number, uint32_t cptr, const uint64_t x[5], unsigned us)
{
    *request() = (struct request){.invoked = SYS_INVOKED_(number, cptr), .wanted = 1};
    memcpy(request()->x, x, 5 * sizeof *x);
    CHECK_OK(sys_doorbell(child.bell, WORSE));
    suite_sleep(ticks_ms(1) * us / 1000);
    return !request()->wanted && !request()->done;
}

long part_info(void)
{
    struct sys_untyped_info info;

    return sys_untyped_info(part, &info);
}

unsigned pause_us(unsigned tries)
{
    return 37u << (tries + 3) % 12;
}

void revoke_begins(void)
{
    for (unsigned tries = 0; tries < 40; tries++) {
        fill_part(part, 6000);
        if (call_begins(SYS_CNODE_REVOKE, space, (uint64_t[5]){part}, pause_us(tries)) &&
            part_info() == E_REVOKING)
            return;
        run_children();
    }
    CHECK(!"a revocation that can be interrupted");
}

long call_ends(void)
{
    run_children();
    CHECK_EQ(request()->done, 1);
    return (long)request()->x[0];
}

uint32_t thread_revokes(void)
{
    uint32_t thread;

    child_make(&child, 0);
    space = child_give(&child, ROOT_CNODE, ALL);
    part = make(OBJECT_UNTYPED, PART_BITS);
    holder = make(OBJECT_CNODE, HOLDER_BITS);
    thread = thread_make(&child, 1, WORSE);
    for (unsigned tries = 0; tries < 40; tries++) {
        fill_part(part, 6000);
        SHARED->request[1] =
            (struct request){.invoked = SYS_INVOKED_(SYS_CNODE_REVOKE, space), .wanted = 1};
        SHARED->request[1].x[0] = part;
        CHECK_OK(sys_doorbell(child.bells[1], WORSE));
        suite_sleep(ticks_ms(1) * pause_us(tries) / 1000);
        if (part_info() == E_REVOKING)
            return thread;
        run_children();
    }
    CHECK(!"a revocation that can be interrupted");
    return 0;
}
