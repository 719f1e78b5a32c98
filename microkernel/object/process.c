/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes: set up once, started, stopped for good. */
#include <kernel/arch.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>

/* page: 16 KiB, zeroed. */
void process_init(void *object)
{
    struct process *process = object;
    struct task *cpu = &process->cpu;

    process->ceiling = PRIORITY_COUNT - 1;
    process->harts = UINT8_MAX;
    process->wake_words = (uint64_t *)((char *)process_line(process, 0) + EXECUTOR_WAKE_WORDS);
    cpu->process = process;
    cpu->line = process_line(process, 0);
    cpu->quick = cpu->line;
    cpu->base_priority = PRIORITY_NONE;
    cpu->line->running = PRIORITY_NONE;
    budget_init(&process->budget);
    task_init(cpu);
    vspace_init(&process->vspace, process_root_table(process));
    if (process->vspace.id <= arch_features.asid_max)
        process->vspace.asid = process->vspace.id;
    process->shares_asid = process->vspace.asid == 0;
    process->translation =
        arch_space_word(ptr_to_paddr(process_root_table(process)).raw, process->vspace.asid);
}

#define UNBIND_MOST 16 /* bindings in one step */

static void stop_cpus(struct process *process)
{
    if (process->cpu.hot.state != TASK_STOPPED)
        task_halt(&process->cpu, TASK_STOPPED);
    for (unsigned i = 0; i < EXECUTOR_LINES - 1; i++) {
        if (process->more_cpus[i] && process->more_cpus[i]->hot.state != TASK_STOPPED)
            task_halt(process->more_cpus[i], TASK_STOPPED);
    }
}

bool process_reap_step(void *object)
{
    struct process *process = object;
    struct task *thread;

    process->stopped = true;
    /* Whoever rings for it from now on hears that it is gone. */
    for (unsigned i = 0; process->bindings; i++) {
        if (i == UNBIND_MOST)
            return false;
        endpoint_unbind(process->bindings);
    }
    stop_cpus(process);
    thread = process->threads;
    /* The caller itself is the last: it has to come back. */
    if (thread && thread == job_caller() && thread->sibling)
        thread = thread->sibling;
    if (thread && thread_reap_step(thread_of(thread)))
        thread_leave(thread);
    if (process->threads)
        return false;
    job_end(&process->jobs[JOB_BATCH]); /* last: it may be what stops the others */
    return true;
}

void process_destroy(void *object)
{
    struct process *process = object;

    deadline_set(&process->budget.refill, DEADLINE_NEVER);
    for (unsigned i = 0; i < EXECUTOR_LINES - 1; i++) {
        if (process->more_cpus[i])
            process->more_cpus[i]->process = NULL;
    }
    sched_leave_space(process);
    cap_delete(&process->cspace_root);
    cap_delete(&process->fault_endpoint);
    vspace_destroy(&process->vspace);
}

enum error cap_lookup(const struct process *caller, uint64_t cptr, uint32_t types, unsigned rights,
                      struct slot **out)
{
    return cspace_find_cached(&caller->cspace, &caller->cspace_root, cptr, types, rights, out);
}

struct vspace *process_vspace(struct process *process)
{
    return &process->vspace;
}

void process_cspace_changed(struct slot *root)
{
    struct process *process =
        (struct process *)((char *)root - offsetof(struct process, cspace_root));

    /* The slots stay: another hart may look into them still, and they are not used again before it
     * has done so. */
    process->cspace.count = 0;
}

enum error process_set_cspace(struct process *process, struct slot *cnode, uint64_t guard)
{
    TRY(cap_mint(&process->cspace_root, cnode, RIGHT_ALL, guard));
    process->cspace_root.watched = 1;
    cspace_cache_update(&process->cspace, &process->cspace_root);
    return E_OK;
}

long sys_process_configure(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct process *process = cap_object(cap);
    struct slot *cnode, *fault;
    enum error error;

    TRY(cap_argument(caller, args, 0, 1u << OBJECT_CNODE, 0, &cnode));
    if (caller->budget.amount) /* a new one has none, and would spend in its place */
        return blame(ERROR_NO_ARGUMENT, E_NO_RIGHT);
    if (process->configured)
        return E_IN_USE;
    TRY(in_range(args, 2, 0, PRIORITY_COUNT - 1));
    if (args[3]) {
        TRY(cap_argument(caller, args, 3, 1u << OBJECT_ENDPOINT, RIGHT_WRITE, &fault));
        TRY(blame(4, cap_copy(&process->fault_endpoint, fault, RIGHT_WRITE)));
    }
    error = process_set_cspace(process, cnode, args[1]);
    if (error) {
        cap_delete(&process->fault_endpoint);
        return blame(error == E_BAD_ARGUMENT ? 2 : 1, error);
    }
    /* Nobody makes somebody better than itself. */
    process->ceiling = clamp(args[2], caller->ceiling);
    process->configured = true;
    return E_OK;
}

long sys_process_map_executor(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct process *process = cap_object(cap);
    const unsigned rights = RIGHT_READ | RIGHT_WRITE;
    uint64_t *line, *rings;

    if (process->executor_mapped)
        return E_IN_USE;
    TRY(blame(1, vspace_find(&process->vspace, (vaddr_t){args[0]}, PAGE_BITS, rights, &line)));
    TRY(blame(1, vspace_find(&process->vspace, (vaddr_t){args[0] + PAGE_BYTES}, PAGE_BITS, rights,
                             &rings)));
    vspace_set(&process->vspace, line, ptr_to_paddr(process_line(process, 0)), rights);
    vspace_set(&process->vspace, rings, ptr_to_paddr(process_rings(process)), rights);
    process->executor_mapped = true;
    process->cpu.line_vaddr = args[0];
    return E_OK;
}

long sys_process_bind(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct process *process = cap_object(cap);
    struct endpoint *endpoint;
    struct slot *object;
    /* Whoever may only ring it must not say whom it wakes. */

    TRY(cap_argument(caller, args, 0, CAP_BINDABLE, RIGHT_GRANT, &object));
    endpoint = cap_object(object); /* the first member of each of them */
    TRY(in_range(args, 1, 0, WAKE_SLOTS - 1));
    TRY(in_range(args, 2, 0, PRIORITY_COUNT - 1));
    if (!process->configured || process->stopped)
        return E_STATE;
    if (endpoint->was_bound)
        return blame(1, E_IN_USE);
    endpoint_bind(endpoint, process, (uint16_t)args[1], (uint8_t)args[2]);
    return E_OK;
}

void task_start(struct task *cpu, const uint64_t *args)
{
    task_enter_at(cpu, args[0], args[1], args[2]);
    sched_start(cpu, clamp(args[3], cpu->process->ceiling));
}

long sys_process_start(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct process *process = cap_object(cap);
    struct task *cpu = &process->cpu;

    TRY(in_range(args, 3, 0, PRIORITY_COUNT - 1));
    if (!process->configured || !process->executor_mapped || cpu->hot.state != TASK_NEW ||
        process->threads)
        return E_STATE;
    task_start(cpu, args);
    return E_OK;
}

long sys_process_budget(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct process *process = cap_object(cap);
    uint64_t ms = timebase_hz / 1000;

    TRY(in_range(args, 0, 0, args[1]));
    if (args[0] != 0 && args[1] > BUDGET_PERIOD_MS_MAX * ms)
        return out_of_range(2, BUDGET_PERIOD_MS_MAX * ms);
    if (process->cpu.hot.state != TASK_NEW || process->threads || process->cpu_count)
        return E_STATE;
    budget_set(process, (args[0] * cycles_per_ms + ms - 1) / ms, args[1]); /* 0 is no limit */
    /* Whether something may be decided of it at a glance. */
    process->cpu.quick = args[0] ? NULL : process->cpu.line;
    process->cpu.careful = args[0] ? CAREFUL_BUDGET : 0;
    return E_OK;
}

long sys_process_harts(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct process *process = cap_object(cap);

    if (!(args[0] & __atomic_load_n(&harts_online, __ATOMIC_RELAXED)))
        return blame(1, needs(harts_online, E_BAD_ARGUMENT));
    process->harts = (uint8_t)args[0];
    hart_run(~0ull, sched_look_again, 0);
    return E_OK;
}

long sys_process_stop(struct process *caller, struct slot *cap, uint64_t *args)
{
    return process_reap_step(cap_object(cap)) ? E_OK : KERNEL_RESTART;
}

static uint64_t process_state(const struct process *process)
{
    if (process->faulted.first)
        return PROCESS_FAULTED;
    if (process->stopped)
        return PROCESS_STOPPED;
    return process->threads ? PROCESS_READY : task_told_state(&process->cpu);
}

long sys_process_info(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct process *process = cap_object(cap);
    const struct task *cpu = &process->cpu;

    args[1] = process_state(process);
    args[2] = cpu->hot.state == TASK_READY || cpu->hot.state == TASK_RUNNING ? cpu->hot.priority
                                                                             : PRIORITY_NONE;
    args[3] = (process->cycles + cpu->cycles) / cycles_per_ms * (timebase_hz / 1000);
    args[4] = process->switches + cpu->switches;
    args[5] = process->vspace.id;
    return E_OK;
}
