/* SPDX-License-Identifier: BSD-2-Clause */
/* ps, mem, uptime, reboot, poweroff, trace: what root tells and does. */
#include "shell.h"
#include <string.h>
#include <sys/program.h>

static enum co_state ask(struct co *co, struct command *command, unsigned label)
{
    if (!command->shell->system) {
        co->value = E_NO_DEVICE;
        return CO_DONE;
    }
    return ipc_call(co, command->shell->system, &command->message, label);
}

/* Await a table in the region. */
static enum co_state ask_table(struct co *co, struct command *command, unsigned label)
{
    command->message.word[0] = 0;
    command->message.word[1] =
        command->shell->system ? ipc_region_bytes(command->shell->system) : 0;
    return ask(co, command, label);
}

/* Row i of a table of root's; NULL if root claims more rows than the region holds. */
static const void *row(const struct command *command, uint64_t i, uint64_t bytes)
{
    if (i > ipc_region_bytes(command->shell->system) / bytes)
        return NULL;
    return ipc_bytes(command->shell->system, i * bytes, bytes);
}

static const char *state_name(uint64_t state)
{
    switch (state) {
    case PROCESS_NEW:
        return "new";
    case PROCESS_IDLE:
        return "idle";
    case PROCESS_READY:
        return "ready";
    case PROCESS_RUNNING:
        return "running";
    case PROCESS_FAULTED:
        return "faulted";
    case PROCESS_STOPPED:
        return "stopped";
    case PROCESS_SUSPENDED:
        return "suspended";
    default:
        return "?";
    }
}

/* ---------------------------------------------------------------- ps */

static void print_process(struct output *output, const struct system_process *process)
{
    output_print(output, "%-12.32s %-8s ", process->name, state_name(process->state));
    if (process->priority < PRIORITY_COUNT)
        output_print(output, "%4llu", (unsigned long long)process->priority);
    else
        output_print(output, "%4s", "-");
    output_print(output, " %10llu %10llu %9llu %5llu\n",
                 (unsigned long long)time_to_us(process->ticks) / 1000,
                 (unsigned long long)process->switches, (unsigned long long)process->frames * 4,
                 (unsigned long long)process->capabilities);
}

enum co_state command_ps(struct co *co)
{
    struct command *command = co_frame(struct command, co);
    long n;

    co_begin(co);
    co_await(n, ask_table(co, command, SYSTEM_PROCESSES));
    if (n < 0) {
        command_error(command, NULL, n);
        co_return(0);
    }
    output_print(command->output, "%-12s %-8s %4s %10s %10s %9s %5s\n", "process", "state", "prio",
                 "cpu ms", "switches", "KiB", "caps");
    for (long i = 0; i < n; i++) {
        const struct system_process *process = row(command, (uint64_t)i, sizeof *process);

        if (!process || output_room(command->output) < OUTPUT_ROOM)
            break;
        print_process(command->output, process);
    }
    co_return(0);
}

/* ---------------------------------------------------------------- mem */

static void print_memory(struct command *command)
{
    static const char *const names[] = {"RAM", "kernel", "free", "processes"};

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        output_print(command->output, "%-12s %10llu KiB\n", names[i],
                     (unsigned long long)command->message.word[1 + i] / 1024);
}

static void print_holdings(struct command *command, long count)
{
    output_print(command->output, "\n%-12s %10s %6s\n", "process", "frames", "caps");
    for (long i = 0; i < count; i++) {
        const struct system_process *process = row(command, (uint64_t)i, sizeof *process);

        if (!process || output_room(command->output) < OUTPUT_ROOM)
            break;
        output_print(command->output, "%-12.32s %10llu %6llu\n", process->name,
                     (unsigned long long)process->frames,
                     (unsigned long long)process->capabilities);
    }
}

static void print_gauges(struct command *command, long count)
{
    output_print(command->output, "\n%-12s %-8s %10s\n", "process", "counts", "");
    for (long i = 0; i < count; i++) {
        const struct system_gauge *gauge = row(command, (uint64_t)i, sizeof *gauge);

        if (!gauge || output_room(command->output) < OUTPUT_ROOM)
            break;
        output_print(command->output, "%-12.32s %-8.8s %10llu\n", gauge->process, gauge->name,
                     (unsigned long long)gauge->value);
    }
}

enum co_state command_mem(struct co *co)
{
    struct command *command = co_frame(struct command, co);
    long n;

    co_begin(co);
    co_await(n, ask(co, command, SYSTEM_MEMORY));
    if (n >= 0) {
        print_memory(command);
        co_await(n, ask_table(co, command, SYSTEM_PROCESSES));
    }
    if (n >= 0) {
        print_holdings(command, n);
        co_await(n, output_flush(co, command->output));
    }
    if (n >= 0)
        co_await(n, ask_table(co, command, SYSTEM_GAUGES));
    if (n >= 0)
        print_gauges(command, n);
    else
        command_error(command, NULL, n);
    co_return(0);
}

/* ---------------------------------------------------------------- the rest */

enum co_state command_uptime(struct co *co)
{
    struct command *command = co_frame(struct command, co);
    uint64_t ms = time_to_us(time_now()) / 1000;
    uint64_t seconds = ms / 1000;

    output_print(command->output, "%llu:%02u:%02u.%03u since the start\n",
                 (unsigned long long)(seconds / 3600), (unsigned)(seconds / 60 % 60),
                 (unsigned)(seconds % 60), (unsigned)(ms % 1000));
    co_return(0);
}

/* Root does not answer if it succeeds. */
static enum co_state power(struct co *co, struct command *command, uint64_t operation)
{
    command->message.word[0] = operation;
    return ask(co, command, SYSTEM_POWER);
}

enum co_state command_reboot(struct co *co)
{
    struct command *command = co_frame(struct command, co);
    long n;

    co_begin(co);
    co_await(n, power(co, command, POWER_RESET));
    command_error(command, NULL, n);
    co_return(0);
}

enum co_state command_poweroff(struct co *co)
{
    struct command *command = co_frame(struct command, co);
    long n;

    co_begin(co);
    co_await(n, power(co, command, POWER_OFF));
    command_error(command, NULL, n);
    co_return(0);
}

/* ---------------------------------------------------------------- trace */

/* What tools/trace needs to know besides the records. */
static void print_trace_names(struct command *command, long count)
{
    output_print(command->output, "trace clock %llu\n", (unsigned long long)startup()->timebase_hz);
    for (long i = 0; i < count; i++) {
        const struct system_process *process = row(command, (uint64_t)i, sizeof *process);

        if (!process || output_room(command->output) < OUTPUT_ROOM)
            break;
        if (process->number)
            output_print(command->output, "trace name %llu %.32s\n",
                         (unsigned long long)process->number, process->name);
    }
}

static void print_trace_record(struct command *command, uint64_t i)
{
    const struct trace_record *record = row(command, i, sizeof *record);
    uint64_t words[4];

    if (!record)
        return;
    memcpy(words, record, sizeof words);
    output_print(command->output, "trace record %d %llu %016llx %016llx %016llx %016llx\n",
                 command->i, (unsigned long long)(command->at + i), (unsigned long long)words[0],
                 (unsigned long long)words[1], (unsigned long long)words[2],
                 (unsigned long long)words[3]);
}

/* Await records of hart command->i, from number command->at on. */
static enum co_state ask_records(struct co *co, struct command *command)
{
    command->message.word[2] = (uint64_t)command->i;
    command->message.word[3] = command->at;
    return ask_table(co, command, SYSTEM_TRACE_READ);
}

static enum co_state command_trace_dump(struct co *co)
{
    struct command *command = co_frame(struct command_step, co)->command;
    long n;

    co_begin(co);
    co_await(n, ask_table(co, command, SYSTEM_PROCESSES));
    if (n >= 0)
        print_trace_names(command, n);
    for (command->i = 0; n >= 0; command->i++) {
        command->at = 0;
        for (;;) {
            co_await(n, ask_records(co, command));
            if (n <= 0)
                break;
            command->rows = (uint64_t)n;
            command->at = command->message.word[1];
            for (command->column = 0; command->column < command->rows; command->column++) {
                if (output_room(command->output) < OUTPUT_ROOM)
                    co_await(n, output_flush(co, command->output));
                print_trace_record(command, command->column);
            }
            command->at += command->rows;
        }
    }
    if (n != E_NOT_FOUND) /* all harts were asked */
        command_error(command, NULL, n);
    co_return(0);
}

/* trace on, trace off, trace dump (which switches it off first). */
enum co_state command_trace(struct co *co)
{
    struct command *command = co_frame(struct command, co);
    const char *what = command->word[1];
    long n;

    co_begin(co);
    if (strcmp(what, "on") != 0 && strcmp(what, "off") != 0 && strcmp(what, "dump") != 0) {
        command_error(command, what, E_BAD_ARGUMENT);
        co_return(0);
    }
    command->message.word[0] = strcmp(command->word[1], "on") == 0;
    co_await(n, ask(co, command, SYSTEM_TRACE));
    if (n == E_OK && command->word[1][0] == 'd') {
        command->step.command = command;
        co_await(n, co_call(co, &command->step.co, command_trace_dump));
    }
    if (n != E_OK)
        command_error(command, NULL, n);
    co_return(0);
}
