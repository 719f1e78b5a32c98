/* SPDX-License-Identifier: BSD-2-Clause */
/* See kernel_host.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <kernel/arch.h>
#include <check.h>
#include <kernel/smp.h>
#include "kernel_host.h"

unsigned char *arena;
struct process *caller;
struct slot *root_slots;
int alive[OBJECT_COUNT];
unsigned flushes, restarts;
struct error_detail error_detail;
uint64_t kernel_root_table[512];

/* ---- what the rest of the kernel supplies ---- */

void arch_tlb_flush_asid(uint64_t asid)
{
    (void)asid;
    flushes++;
}

void arch_instruction_fence(uint64_t unused)
{
}

struct slot *host_cspace_root(struct process *process)
{
    return &process->cspace_root;
}

enum error cap_lookup(const struct process *process, uint64_t cptr, uint32_t types, unsigned rights,
                      struct slot **out)
{
    return cspace_find_cached(&process->cspace, &process->cspace_root, cptr, types, rights, out);
}

struct vspace *process_vspace(struct process *process)
{
    return &process->vspace;
}

void process_cspace_changed(struct slot *root)
{
    struct process *process = (void *)((char *)root - offsetof(struct process, cspace_root));

    cspace_cache_update(&process->cspace, &process->cspace_root);
}

void process_init(void *object)
{
    struct process *process = object;

    alive[OBJECT_PROCESS]++;
    vspace_init(&process->vspace, (uint64_t *)((char *)object + 2 * PAGE_BYTES));
}

void process_destroy(void *object)
{
    struct process *process = object;

    alive[OBJECT_PROCESS]--;
    cap_delete(&process->cspace_root);
    vspace_destroy(&process->vspace);
}

#define COUNTING_OBJECT(name, kind)                                                                \
    void name##_init(void *object)                                                                 \
    {                                                                                              \
        for (unsigned i = sizeof(struct object); i < 128; i++)                                     \
            assert_int_equal(((unsigned char *)object)[i], 0);                                     \
        alive[kind]++;                                                                             \
    }                                                                                              \
    void name##_destroy(void *object)                                                              \
    {                                                                                              \
        assert_int_equal(((struct object *)object)->type, kind);                                   \
        memset((char *)object + sizeof(struct object), 0xee, 128 - sizeof(struct object));         \
        alive[kind]--;                                                                             \
    }
COUNTING_OBJECT(virtual_cpu, OBJECT_VIRTUAL_CPU)
COUNTING_OBJECT(thread, OBJECT_THREAD)
COUNTING_OBJECT(timer, OBJECT_TIMER)

/* These have no beginning that could be counted. */
#define ENDING_OBJECT(name, kind)                                                                  \
    void name(void *object)                                                                        \
    {                                                                                              \
        assert_int_equal(((struct object *)object)->type, kind);                                   \
        memset((char *)object + sizeof(struct object), 0xee, 128 - sizeof(struct object));         \
    }
ENDING_OBJECT(endpoint_unbind, OBJECT_ENDPOINT)
ENDING_OBJECT(reply_destroy, OBJECT_REPLY)
ENDING_OBJECT(irq_destroy, OBJECT_IRQ)

bool process_reap_step(void *object)
{
    (void)object;
    return true;
}

bool thread_reap_step(void *object)
{
    (void)object;
    return true;
}

bool rendezvous_reap_step(void *object)
{
    (void)object;
    return true;
}

/* ---- set up and take down ---- */

int host_setup(void **state)
{
    (void)state;
    arena = aligned_alloc(ARENA_BYTES, ARENA_BYTES);
    assert_non_null(arena);
    memset(arena, 0xdd, ARENA_BYTES);
    for (unsigned i = 256; i < 512; i++)
        kernel_root_table[i] = i << 10 | 0xef;

    root_slots = (struct slot *)arena + ROOT_SLOTS;
    memset(root_slots, 0, ROOT_SLOTS * sizeof(struct slot));
    caller = (struct process *)(arena + (1 << 14) * 4);
    memset(caller, 0, 1 << 14);
    cap_make_cnode(at(ROOT_SELF), root_slots, ROOT_RADIX, 0, 32 - ROOT_RADIX);
    cap_make_memory(at(ROOT_UNTYPED), OBJECT_UNTYPED, (paddr_t){UNTYPED_PADDR}, UNTYPED_BITS,
                    RIGHT_ALL);
    cap_make_memory(at(ROOT_DEVICE), OBJECT_UNTYPED, (paddr_t){DEVICE_PADDR}, DEVICE_BITS,
                    RIGHT_ALL);
    at(ROOT_DEVICE)->device = 1;
    cap_make_object(at(ROOT_SELF_PROCESS), OBJECT_PROCESS, caller, RIGHT_ALL);
    assert_int_equal(cap_copy(&caller->cspace_root, at(ROOT_SELF), RIGHT_ALL), E_OK);
    caller->cspace_root.watched = 1;
    cspace_cache_update(&caller->cspace, &caller->cspace_root);
    check_invariants();
    return 0;
}

int host_teardown(void **state)
{
    (void)state;
    for (uint32_t i = 1; i < ROOT_SLOTS; i++)
        if (i != ROOT_SELF && i != ROOT_SELF_PROCESS)
            cap_delete(at(i));
    cap_delete(at(ROOT_SELF));
    cap_delete(at(ROOT_SELF_PROCESS));
    reap_all();
    /* What is left: cycles of capabilities that nobody can name, and untyped memory's orphans. */
    while (cap_tree_root.child) {
        struct slot *slot = tree_child(&cap_tree_root);

        if (slot->type == SLOT_CNODE_DYING)
            reap_all();
        else
            cap_delete(slot);
    }
    for (unsigned i = 0; i < OBJECT_COUNT; i++)
        assert_int_equal(alive[i], 0);
    assert_int_equal(vspace_available(), VSPACE_COUNT - 1);
    free(arena);
    return 0;
}

struct slot *at(uint32_t index)
{
    return &root_slots[index];
}

void check_invariants(void)
{
    static struct check check;
    const check_pass_t passes[] = {check_tree, check_references, check_cnodes, check_pages};

    check_begin(&check);
    for (unsigned i = 0; i < sizeof passes / sizeof passes[0]; i++) {
        const char *wrong = passes[i](&check);

        if (wrong)
            fail_msg("invariant broken: %s (%p)", wrong, check.where);
    }
}

void reap_all(void)
{
    while (!cap_reap_step())
        restarts++;
}

/* ---- calls ---- */

/* The dispatcher checks the type of what is invoked. */
static enum object_type needed_type(long (*handler)(struct process *, struct slot *, uint64_t *))
{
    if (handler == sys_untyped_retype || handler == sys_untyped_info)
        return OBJECT_UNTYPED;
    if (handler == sys_page_table_map || handler == sys_page_table_unmap)
        return OBJECT_PAGE_TABLE;
    if (handler == sys_frame_map || handler == sys_frame_unmap || handler == sys_frame_info)
        return OBJECT_FRAME;
    return OBJECT_CNODE;
}

struct kernel_job *job;

struct kernel_job *job_self(void)
{
    return job;
}

bool job_resumed(void)
{
    return job && job->started;
}

long do_part(long (*handler)(struct process *, struct slot *, uint64_t *), uint32_t cptr,
             uint64_t *args)
{
    struct slot *cap = NULL;
    long result = E_OK;

    if (!job || !job->detached)
        result = cap_lookup(caller, cptr, 1u << needed_type(handler), 0, &cap);
    if (result == E_OK)
        result = handler(caller, cap, args);
    if (job && result == KERNEL_RESTART)
        job->started = true;
    return result;
}

struct kernel_job *host_job(unsigned number)
{
    return &caller->jobs[number];
}

void host_job_end(struct kernel_job *ended)
{
    cursor_close(&ended->cursor);
    memset(ended, 0, sizeof *ended);
}

long do_call(long (*handler)(struct process *, struct slot *, uint64_t *), uint32_t cptr,
             uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    uint64_t args[7] = {a0, a1, a2, a3, a4, 0, 0};
    long result;

    job = host_job(0);
    while ((result = do_part(handler, cptr, args)) == KERNEL_RESTART)
        restarts++;
    host_job_end(job);
    job = NULL;
    return result;
}

long do_retype(uint32_t untyped, uint64_t type, uint64_t size_bits, uint64_t cnode, uint64_t index,
               uint64_t count)
{
    return do_call(sys_untyped_retype, untyped, type, size_bits, cnode, index, count);
}

/* ---- random numbers: xorshift64* ---- */

static uint64_t random_state;

void random_start(void)
{
    const char *seed = getenv("HEDDLE_SEED");

    random_state = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL) * 2654435761u;
    if (random_state == 0)
        random_state = 1;
    print_message("HEDDLE_SEED=%llu\n", (unsigned long long)random_state);
}

uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 0x2545f4914f6cdd1dull) >> 33) % limit;
}

unsigned random_rounds(unsigned normal)
{
    const char *rounds = getenv("HEDDLE_ROUNDS");

    return rounds ? (unsigned)strtoul(rounds, NULL, 0) : normal;
}

/* ---- one hart ---- */

void hart_call(uint64_t mask, void (*function)(uint64_t argument), uint64_t argument)
{
    (void)mask, (void)function, (void)argument;
}

void hart_run(uint64_t mask, void (*function)(uint64_t argument), uint64_t argument)
{
    (void)mask;
    function(argument);
}

bool hart_quiesce(void)
{
    return true;
}
