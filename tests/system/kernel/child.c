/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes and threads that the cases make: how they are built, and driven. */
#include <string.h>
#include "suite.h"
#include "entries.h"

void child_make(struct child *child, unsigned ceiling)
{
    child_make_watched(child, ceiling, suite_endpoint(FAULT_SLOT, SUITE_PRIORITY));
}

void child_make_watched(struct child *child, unsigned ceiling, uint32_t fault)
{
    uint32_t stacks;

    *child = (struct child){.next = 1, .fault = fault};
    child->process = make(OBJECT_PROCESS, 0);
    child->cnode = make(OBJECT_CNODE, CHILD_CNODE_BITS);
    child->bell = make(OBJECT_ENDPOINT, 0);
    map_image(child->process);
    stacks = make_many(OBJECT_FRAME, 12, STACK_COUNT);
    for (unsigned i = 0; i < STACK_COUNT; i++)
        map(stacks + i, child->process, STACKS + 4096 * i, READ | WRITE);
    CHECK_OK(sys_process_map_executor(child->process, EXECUTOR_BASE));
    CHECK_OK(sys_process_configure(child->process, child->cnode, 32 - CHILD_CNODE_BITS, ceiling,
                                   child->fault));
    CHECK_OK(sys_process_bind(child->process, child->bell, BELL_SLOT, 0));
    CHECK_OK(sys_process_harts(child->process, 1));
}

void child_start(struct child *child, void (*entry)(uint64_t), uint64_t argument, unsigned priority)
{
    CHECK_OK(sys_process_start(child->process, (uint64_t)entry, STACK_END(0), argument, priority));
}

void child_run(struct child *child, void (*entry)(uint64_t), uint64_t argument)
{
    child_make(child, 0);
    child_start(child, entry, argument, WORSE);
    run_children();
}

uint32_t child_give(struct child *child, uint32_t cptr, unsigned rights)
{
    CHECK_OK(sys_cnode_copy(child->cnode, child->next, ROOT_CNODE, cptr, rights));
    return child->next++;
}

uint64_t child_state(const struct child *child)
{
    struct sys_process_info info;

    CHECK_OK(sys_process_info(child->process, &info));
    return info.state;
}

/* thread_yield is for threads, but like every call it lets better ones run before it returns. */
void run_children(void)
{
    uint64_t before = suite_line()->running;

    suite_priority(PRIORITY_COUNT - 1);
    CHECK_EQ(sys_thread_yield(), E_STATE);
    suite_priority((unsigned)before);
}

void run_through_faults(void)
{
    do {
        wakes_take();
        run_children();
    } while (wake_summary());
}

void child_ring(struct child *child)
{
    CHECK_OK(sys_doorbell(child->bell, WORSE));
    run_children();
}

struct fault_record child_fault(const struct child *child)
{
    struct fault_record fault;

    CHECK_EQ(child_state(child), PROCESS_FAULTED);
    CHECK_OK(sys_fault_read(child->process, &fault));
    return fault;
}

void register_set(uint32_t task, unsigned number, uint64_t value)
{
    CHECK_OK(sys_registers_write(task, number, 1, (uint64_t[5]){value}));
}

long child_call(struct child *child, unsigned number, uint32_t cptr, uint64_t a0, uint64_t a1,
                uint64_t a2, uint64_t a3, uint64_t a4)
{
    struct request *request = &SHARED->request[0];

    *request = (struct request){
        .invoked = SYS_INVOKED_(number, cptr), .x = {a0, a1, a2, a3, a4}, .wanted = 1};
    child_ring(child);
    /* Once more if it was interrupted. A call that wakes this process as well as the child's own
     * priority might stay so: let it ring with a worse one. */
    if (!__atomic_load_n(&request->done, __ATOMIC_ACQUIRE))
        run_children();
    CHECK_EQ(request->wanted, 0);
    return (long)request->x[0];
}

uint32_t thread_start_at(struct child *child, unsigned n, void (*entry)(uint64_t),
                         uint64_t argument, unsigned priority)
{
    uint32_t thread = make(OBJECT_THREAD, 0);

    CHECK_OK(sys_thread_configure(thread, child->process, (uint64_t)entry, STACK_END(n), 0,
                                  argument, priority));
    CHECK_OK(sys_thread_start(thread));
    return thread;
}

uint32_t thread_make(struct child *child, unsigned n, unsigned priority)
{
    uint32_t thread = thread_start_at(child, n, thread_invoker, n, priority);

    child->bells[n] = make(OBJECT_ENDPOINT, 0);
    CHECK_OK(sys_process_bind(child->process, child->bells[n], n, 0));
    run_children();
    return thread;
}

void thread_message(struct child *child, unsigned n, unsigned number, uint32_t cptr,
                    const uint64_t words[SYS_RENDEZVOUS_WORDS], uint64_t a6)
{
    struct request *request = &SHARED->request[n];

    *request = (struct request){.invoked = SYS_INVOKED_(number, cptr), .wanted = 1};
    memcpy(request->x, words, 6 * sizeof *words);
    memcpy(request->x + 8, words + 6, 4 * sizeof *words);
    request->x[6] = a6;
    CHECK_OK(sys_doorbell(child->bells[n], WORSE));
    run_children();
}

void thread_call(struct child *child, unsigned n, unsigned number, uint32_t cptr,
                 const uint64_t *words, uint64_t a6)
{
    uint64_t all[SYS_RENDEZVOUS_WORDS] = {0};

    if (words)
        memcpy(all, words, 6 * sizeof *words);
    thread_message(child, n, number, cptr, all, a6);
}

bool thread_done(unsigned n)
{
    return __atomic_load_n(&SHARED->request[n].done, __ATOMIC_RELAXED);
}
