/* SPDX-License-Identifier: BSD-2-Clause */
/* Lives on, whatever the others do, and says so. */
#include <inttypes.h>
#include <sys/program.h>
#include "hostile.h"

#define SECRET 0x5ec2e7

struct witness {
    struct co co;
    uint64_t beat;
};

static CO_BODY enum co_state witness_body(struct co *co)
{
    struct witness *w = co_frame(struct witness, co);
    long n;

    co_begin(co);
    /* Its heap is there from the start, and malloc is not used. */
    *(volatile uint64_t *)SECRET_ADDRESS = SECRET;
    for (;;) {
        co_await(n, sleep_us(co, 100000));
        if (*(volatile uint64_t *)SECRET_ADDRESS != SECRET)
            die("the secret was changed");
        log_line("beat %" PRIu64, ++w->beat);
    }
    co_return(n);
}
PROGRAM(struct witness, witness_body);
