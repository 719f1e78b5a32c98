/* SPDX-License-Identifier: BSD-2-Clause */
/* A process that computes for ever, at a better priority than the one that tells how much it got.
 */
#include <protocol/system.h>
#include <string.h>
#include <sys/program.h>

#define WINDOW_US 500000

struct watch {
    struct co co;
    struct ipc_end *system;
    struct ipc_message message;
    unsigned window;
    uint64_t began;
};

static __attribute__((noreturn)) void compute(void)
{
    for (;;)
        __asm__ volatile("");
}

/* Say what each process has had of the time since the start. */
static void tell(const struct watch *w, long rows)
{
    for (long i = 0; i < rows; i++) {
        const struct system_process *process =
            ipc_bytes(w->system, (uint64_t)i * sizeof *process, sizeof *process);

        if (process && process->state == PROCESS_RUNNING)
            log_line("%.32s runs", process->name);
        if (process && process->ticks)
            log_line("%.32s had %lu us of %lu", process->name,
                     (unsigned long)time_to_us(process->ticks),
                     (unsigned long)time_to_us(w->began));
    }
}

static CO_BODY enum co_state watch_body(struct co *co)
{
    struct watch *w = co_frame(struct watch, co);
    long n;

    co_begin(co);
    if (strcmp(startup()->arguments, "compute") == 0)
        compute();
    w->system = ipc_find("system");
    co_await(n, sleep_us(co, WINDOW_US));
    w->began = time_now();
    w->message = (struct ipc_message){.word = {0, ipc_region_bytes(w->system)}};
    co_await(n, ipc_call(co, w->system, &w->message, SYSTEM_PROCESSES));
    tell(w, n);
    log_line("told");
    co_return(0);
}
PROGRAM(struct watch, watch_body);
