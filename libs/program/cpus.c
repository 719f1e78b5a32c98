/* SPDX-License-Identifier: BSD-2-Clause */
/* More virtual CPUs for this process; in a file of its own, so that only who calls co_alloc_cpu has
 * it.
 *
 * They are made of the untyped memory that the system file grants the process; the capabilities
 * stand in the last of its empty slots. Their stacks and tables come from the heap. */
#include <executor/cpus.h>
#include <ipc/ipc.h>
#include <program/cpus.h>
#include <program/process.h>
#include <stdlib.h>
#include <string.h>
#include <sys/log.h>
#include <sys/syscall.h>

#define STACK_BYTES 16384
/* For each virtual CPU itself (number 0: the endpoint of its mailbox), and its timer. */
#define SLOTS (2 * EXECUTOR_LINES)

static struct co_group group;
static struct {
    uint64_t deadline; /* of its sleepers. Written by it, and by virtual CPU 0 when it has passed */
} alarms[EXECUTOR_LINES];

static uint32_t capability(unsigned number)
{
    return startup()->empty_first + startup()->empty_count - SLOTS + number;
}
static uint32_t cpu_of(unsigned cpu)
{
    return capability(cpu);
}
static uint32_t timer_of(unsigned cpu)
{
    return capability(EXECUTOR_LINES + cpu);
}

/* Any virtual CPU may call this. One that has not been started yet (E_STATE) looks at its wakes
 * when it begins; any other error means that somebody took the capability away. */
static void wake(struct co_group *g, unsigned cpu, unsigned priority)
{
    long error =
        cpu == 0 ? sys_doorbell(cpu_of(0), priority) : sys_virtual_cpu_wake(cpu_of(cpu), priority);

    (void)g;
    if (error && error != E_STATE)
        die("cannot wake virtual CPU %u: %s", cpu, error_text(error));
}

static void idle(struct executor *executor)
{
    (void)executor;
    sys_yield();
}

uint32_t process_cpu(unsigned cpu)
{
    return cpu == 0 ? startup()->process : cpu_of(cpu);
}

/* ---------------------------------------------------------------- sleepers elsewhere
 *
 * Each virtual CPU has a Timer. All of them ring the mailbox of virtual CPU 0, which wakes whose
 * deadline has passed. */
static void arm(struct executor *executor, uint64_t deadline)
{
    unsigned cpu = executor->number;
    long error;

    __atomic_store_n(&alarms[cpu].deadline, deadline, __ATOMIC_SEQ_CST);
    error = sys_timer_set(timer_of(cpu), deadline, startup()->ceiling);
    if (error)
        die("cannot set the timer of virtual CPU %u: %s", cpu, error_text(error));
}

static void pass_alarms_on(uint64_t now)
{
    for (unsigned cpu = 1; cpu < group.count; cpu++) {
        uint64_t deadline = __atomic_load_n(&alarms[cpu].deadline, __ATOMIC_SEQ_CST);

        /* A new deadline meanwhile has a ring of its own. */
        if (deadline <= now &&
            __atomic_compare_exchange_n(&alarms[cpu].deadline, &deadline, ~0ull, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            executor_kick(&group, cpu, startup()->ceiling);
    }
}

static void first_mailbox(struct wake_slot *slot)
{
    executor_receive(slot);
    pass_alarms_on(time_now());
}

static void mailbox(struct wake_slot *slot)
{
    executor_receive(slot);
    if (executor_deadline(executor_self()) != ~0ull)
        executor_expire(executor_self(), time_now());
}

/* ---------------------------------------------------------------- making them */

/* An object bound to the mailbox's wake slot, or a virtual CPU. */
static long make(enum object_type type, uint32_t slot, uint64_t cpu)
{
    const struct startup *s = startup();
    long error = sys_untyped_retype(s->untyped, type, 0, s->cnode, slot, 1);

    if (error)
        return error;
    error = type == OBJECT_VIRTUAL_CPU
                ? sys_virtual_cpu_configure(slot, s->process, cpu)
                : sys_process_bind(s->process, slot, s->own_slot, s->ceiling);
    if (error)
        (void)!sys_cnode_delete(s->cnode, slot); /* so that it can be tried again */
    return error;
}

/* The first time: virtual CPU 0 gets a mailbox. */
static long open_group(void)
{
    const struct startup *s = startup();
    struct executor *executor = executor_self();
    void *memory;
    long error;

    if (!s->untyped || s->empty_count < SLOTS)
        return E_UNSUPPORTED;
    memory = calloc(1, executor_group_bytes(executor->slot_count));
    if (!memory)
        return E_NO_MEMORY;
    error = make(OBJECT_ENDPOINT, cpu_of(0), 0);
    if (error) {
        free(memory);
        return error;
    }
    ipc_share();
    executor_group_init(&group, memory, s->own_slot, wake);
    process_wake_slots(s)[s->own_slot].wake = first_mailbox;
    return E_OK;
}

/* What a virtual CPU has of the heap. */
struct block {
    uint8_t stack[STACK_BYTES] __attribute__((aligned(16)));
    uint8_t tls[]; /* then struct co_cpu_memory, on a multiple of 64 */
};

static size_t tls_bytes(void)
{
    return ((size_t)(__tls_end - __tls_base) + 63) & ~(size_t)63;
}

static long make_objects(unsigned cpu)
{
    long error = make(OBJECT_VIRTUAL_CPU, cpu_of(cpu), cpu);

    if (error)
        return error;
    error = make(OBJECT_TIMER, timer_of(cpu), cpu);
    if (error)
        (void)!sys_cnode_delete(startup()->cnode, cpu_of(cpu));
    return error;
}

/* Entered from arch/ on its own stack. */
void program_cpu_main(void)
{
    executor_line()->pc = (uintptr_t)executor_entry_shared; /* the start has left its own there */
    co_run(true);
    die("virtual CPU %u has ended", co_cpu());
}

static long start(unsigned cpu, struct block *block)
{
    struct executor *executor;

    memcpy(block->tls, __tls_base, (size_t)(__tls_end - __tls_base));
    executor =
        executor_group_add(&group, (struct co_cpu_memory *)(void *)(block->tls + tls_bytes()),
                           executor_line() + cpu, idle);
    ((struct wake_slot *)(uintptr_t)executor->line->slots)->wake = mailbox;
    executor->arm = arm;
    executor->overflow = group.cpu[0].executor->overflow;
    alarms[cpu].deadline = ~0ull;
    executor->line->tp = (uintptr_t)block->tls;
    return sys_virtual_cpu_start(cpu_of(cpu), (uintptr_t)program_cpu_start,
                                 (uintptr_t)(block->stack + STACK_BYTES), 0, startup()->priority);
}

static long add_cpu(void)
{
    unsigned cpu = group.count;
    size_t bytes =
        (sizeof(struct block) + tls_bytes() + executor_cpu_bytes(group.rows) + 63) & ~63ul;
    struct block *block = cpu < EXECUTOR_LINES ? aligned_alloc(64, bytes) : NULL;
    long error;

    if (!block)
        return cpu < EXECUTOR_LINES ? E_NO_MEMORY : E_TOO_MANY;
    memset(block, 0, bytes);
    error = make_objects(cpu);
    if (error) {
        free(block);
        return error;
    }
    return start(cpu, block);
}

long co_alloc_cpu(unsigned n)
{
    long error = group.count ? E_OK : open_group();
    unsigned before = group.count;

    for (unsigned i = 0; i < n && error == E_OK; i++)
        error = add_cpu();
    return error && group.count == before ? error : (long)group.count;
}
