/* SPDX-License-Identifier: BSD-2-Clause */
/* Root: the first process. Builds the others from the system file, starts and supervises them. */
#include <stdarg.h>
#include <stdio.h>
#include <program/process.h>
#include <sys/log.h>
#include <sys/syscall.h>
#include "build.h"
#include "supervise.h"
#include "system_file.h"

#define SUPERVISOR_DEPTH 4 /* root asks one question at a time */

void fatal(const char *format, ...)
{
    char text[160];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_line("%s; switching off", text);
    sys_power(ROOT_POWER, POWER_OFF);
    die("the firmware does not switch off");
}

/* ---------------------------------------------------------------- reading */

static void open_bundle(struct bundle *bundle, struct system_file *file)
{
    const char *problem =
        bundle_open(bundle, (const void *)ROOT_BUNDLE_BASE, boot_info()->bundle_bytes);
    const struct bundle_entry *entry = problem ? NULL : bundle_find(bundle, "system.bin");
    const void *data = entry ? bundle_file(bundle, entry) : NULL;

    if (problem)
        fatal("the boot bundle is damaged: %s", problem);
    if (!data)
        fatal("the boot bundle has no file \"system.bin\": make the image with tools/lib/image.py");
    problem = system_file_open(file, data, entry->bytes);
    if (problem)
        fatal("the compiled system file is damaged: %s", problem);
}

static void open_fdt(struct fdt *fdt)
{
    int error = fdt_open(fdt, (const void *)ROOT_FDT_BASE, boot_info()->fdt_bytes);

    if (error)
        fatal("the device tree is damaged (error %d)", error);
}

/* ---------------------------------------------------------------- the tables */

static struct process *process_at(uint32_t index)
{
    return index == SYSTEM_ROOT ? root_process() : &processes[1 + index];
}

/* How many capabilities a process needs for channels and devices. */
static uint32_t count_capabilities(const struct system_file *file, uint32_t index)
{
    uint32_t count = 1; /* the supervisor's channel */

    /* A rendezvous needs two. */
    for (uint32_t i = 0; i < file->header->channel_count; i++)
        count += 2 * (file->channels[i].client == index || file->channels[i].server == index);
    for (uint32_t i = 0; i < file->header->device_count; i++)
        count += file->devices[i].process == index;
    return count;
}

static void create_processes(const struct system_file *file)
{
    for (uint32_t i = 0; i < file->header->process_count; i++)
        process_create(&processes[process_count++], &file->processes[i],
                       count_capabilities(file, i));
}

static void list_supervisor_channel(struct process *process)
{
    channels[channel_count++] = (struct channel){
        .end = {root_process(), process},
        .name = {process->name, "supervisor"},
        .protocol = "stats",
        .depth = SUPERVISOR_DEPTH,
        .ceiling = {process->ceiling, process->ceiling},
    };
}

static void list_channel(const struct system_channel_row *row)
{
    channels[channel_count++] = (struct channel){
        .end = {process_at(row->client), process_at(row->server)},
        .name = {row->name_client, row->name_server},
        .protocol = row->protocol,
        .depth = row->depth,
        .flags = row->flags,
        .ceiling = {row->ceiling_client, row->ceiling_server},
        .region_bytes = row->region_bytes,
    };
}

/* The supervisor's channels come first: of root's channels they have the process's name. */
static void list_channels(const struct system_file *file)
{
    for (uint32_t i = 1; i < process_count; i++) {
        if (!processes[i].thread) /* a thread process has no coroutine that could answer */
            list_supervisor_channel(&processes[i]);
    }
    for (uint32_t i = 0; i < file->header->channel_count; i++)
        list_channel(&file->channels[i]);
}

static void list_devices(const struct system_file *file)
{
    for (uint32_t i = 0; i < file->header->device_count; i++)
        devices[device_count++] = (struct device){
            .row = &file->devices[i],
            .owner = process_at(file->devices[i].process),
        };
}

/* ---------------------------------------------------------------- building and starting */

static void build_processes(const struct bundle *bundle)
{
    for (uint32_t i = 1; i < process_count; i++) {
        if (processes[i].stage == STAGE_BUILDING)
            image_build(bundle, &processes[i]);
    }
    for (uint32_t i = 1; i < process_count; i++) {
        if (processes[i].stage == STAGE_BUILDING)
            startup_build(&processes[i]);
    }
}

/* Their peers are told, and others have their memory. */
static void clear_failed(void)
{
    for (uint32_t i = 0; i < channel_count; i++) {
        if (channels[i].end[0]->stage == STAGE_FAILED || channels[i].end[1]->stage == STAGE_FAILED)
            channel_kill(&channels[i]);
    }
    for (uint32_t i = 1; i < process_count; i++) {
        if (processes[i].stage == STAGE_FAILED)
            memory_return(&processes[i].holding);
    }
}

/* Whether all servers of the process run, or never will. */
static bool servers_run(const struct process *process)
{
    for (uint32_t i = 0; i < channel_count; i++) {
        const struct process *server = channels[i].end[1];

        if (channels[i].end[0] == process && server != root_process() &&
            server->stage == STAGE_BUILDING)
            return false;
    }
    return true;
}

/* Servers before their clients; where they wait for each other in a circle, in the file's order. */
static struct process *next_to_start(void)
{
    struct process *any = NULL;

    for (uint32_t i = 1; i < process_count; i++) {
        if (processes[i].stage != STAGE_BUILDING)
            continue;
        if (servers_run(&processes[i]))
            return &processes[i];
        if (!any)
            any = &processes[i];
    }
    return any;
}

static uint32_t start_processes(void)
{
    struct process *process;
    uint32_t started = 0;

    while ((process = next_to_start()) != NULL) {
        process_start(process);
        started += process->stage == STAGE_STARTED;
    }
    return started;
}

static void build_system(void)
{
    static struct bundle bundle;
    static struct system_file file;
    static struct fdt fdt;

    open_bundle(&bundle, &file);
    open_fdt(&fdt);
    memory_open(boot_info());
    process_adopt_root();
    create_processes(&file);
    list_channels(&file);
    list_devices(&file);
    for (uint32_t i = 0; i < device_count; i++)
        device_build(&fdt, &devices[i]);
    for (uint32_t i = 0; i < channel_count; i++)
        channel_build(&channels[i]);
    /* Root first: it must be able to say what went wrong with the others, and to supervise. */
    image_build_root();
    startup_build(root_process());
    if (root_process()->stage == STAGE_FAILED)
        fatal("root cannot go on");
    build_processes(&bundle);
    clear_failed();
}

void process_main(uint64_t argument)
{
    (void)argument;
    log_open("root", ROOT_DEBUG_PUT);
    build_system();
    process_run();
}

/* ---------------------------------------------------------------- running */

/* The others start only now, so that whatever they do finds root's coroutines in place. */
static void start_system(void)
{
    uint32_t started = start_processes();

    if (started == 0)
        fatal("no process could be started");
    gauges_start();
    system_server_start();
    log_line("%u processes started", started + 1); /* root is one of them */
}

struct root {
    struct co co;
};

static CO_BODY enum co_state root_body(struct co *co)
{
    long error;

    co_begin(co);
    start_system();
    co_await(error, co_call(co, &supervisor.co, supervisor_body));
    co_return(error);
}
PROGRAM(struct root, root_body);
