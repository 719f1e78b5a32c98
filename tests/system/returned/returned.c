/* SPDX-License-Identifier: BSD-2-Clause */
/* Dies after a while, or tells how much memory is free before and after the others have. */
#include <protocol/system.h>
#include <string.h>
#include <sys/program.h>

#define DEATH_US 50000
#define LATER_US 200000

struct returned {
    struct co co;
    struct ipc_end *system;
    struct ipc_message message;
    long free_bytes;
};

static CO_BODY enum co_state returned_body(struct co *co)
{
    struct returned *r = co_frame(struct returned, co);
    long n;

    co_begin(co);
    if (strcmp(startup()->arguments, "dies") == 0) {
        co_await(n, sleep_us(co, DEATH_US));
        die("as it was told");
    }
    r->system = ipc_find("system");
    for (;;) {
        co_await(n, ipc_call(co, r->system, &r->message, SYSTEM_MEMORY));
        if (n < 0)
            die("root does not say: %s", error_text(n));
        log_line("%lu KiB are free", (unsigned long)r->message.word[3] / 1024);
        co_await(n, sleep_us(co, LATER_US));
    }
}
PROGRAM(struct returned, returned_body);
