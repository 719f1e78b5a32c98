/* SPDX-License-Identifier: BSD-2-Clause */
/* A group of virtual CPUs: its set-up, how one tells another that there is something to do, and how
 * one goes idle. */
#include "home.h"
#include <executor/offsets.h>

_Static_assert(offsetof(struct executor, idling) == EXECUTOR_IDLING, "run.S");

/* Sets of rows: one that is free, one for each mailbox, one for each priority. */
#define SETS (1 + EXECUTOR_LINES + PRIORITY_COUNT)

static uint32_t words_of(uint32_t rows)
{
    return (rows + 63) / 64;
}

size_t executor_group_bytes(uint32_t rows)
{
    return rows * sizeof(struct co_home) + SETS * words_of(rows) * sizeof(uint64_t);
}

/* What virtual CPU 0 has spawned so far becomes fixed there; all other rows are free for all. */
static void publish_rows(struct co_group *group, struct executor *executor)
{
    for (uint32_t row = 0; row < group->rows; row++) {
        const struct co_slot *slot = &executor->slots[row];
        uint64_t state = slot->cid & HOME_GENERATION;

        if (slot->leaf)
            state = with_level(state | HOME_FIXED, slot->leaf->priority);
        else
            (void)set_add(group->free, row);
        group->homes[row].state = state;
    }
}

/* A virtual CPU gives up its CPU. idling is set before the last look at the ready sets, and before
 * the kernel's last look at the wakes (yield): who makes something ready does that first and looks
 * at idling then. give_up may not return; then executor_entry_shared takes the word back. */
static void idle_shared(struct executor *executor)
{
    struct co_group *group = executor->group;

    if (__atomic_load_n(&group->sharing, __ATOMIC_RELAXED))
        group_share(executor);
    if (executor->sharing && group_take(executor, ~0ull) != PRIORITY_NONE)
        return;
    __atomic_store_n(&executor->idling, 1, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&group->total, __ATOMIC_SEQ_CST) == 0 ||
        group_take(executor, ~0ull) == PRIORITY_NONE)
        executor->give_up(executor);
    __atomic_store_n(&executor->idling, 0, __ATOMIC_RELEASE);
}

/* number: its place in group->cpu, which is filled in. */
static void join_group(struct co_group *group, struct executor *executor, uint32_t number)
{
    executor->group = group;
    executor->number = number;
    executor->first_free = executor->slot_count; /* rows come from the group */
    executor->give_up = executor->idle;
    executor->idle = idle_shared;
    group->cpu[number].executor = executor;
    __atomic_store_n(&group->count, number + 1, __ATOMIC_RELEASE);
}

void executor_group_init(struct co_group *group, void *memory, uint32_t slot,
                         void (*wake)(struct co_group *, unsigned, unsigned))
{
    struct executor *executor = executor_self();
    uint64_t *sets;

    group->rows = executor->slot_count;
    group->words = words_of(group->rows);
    group->wake = wake;
    group->homes = memory;
    sets = (uint64_t *)(void *)(group->homes + group->rows);
    group->free = sets;
    group->ready = sets + group->words;
    for (unsigned cpu = 0; cpu < EXECUTOR_LINES; cpu++)
        group->cpu[cpu].mail = sets + (1 + PRIORITY_COUNT + cpu) * group->words;
    group->cpu[0].slot = slot;
    publish_rows(group, executor);
    executor->line->pc = (uintptr_t)executor_entry_shared;
    ((struct wake_slot *)(uintptr_t)executor->line->slots)[slot].wake = executor_receive;
    join_group(group, executor, 0);
}

struct executor *executor_group_add(struct co_group *group, struct co_cpu_memory *memory,
                                    struct executor_line *line, void (*idle)(struct executor *))
{
    struct executor *executor = &memory->executor;

    executor_init(executor, line, memory->rows, group->rows);
    memory->mailbox.wake = executor_receive;
    line->slots = (uintptr_t)&memory->mailbox;
    line->wakes = 0;
    executor->wake_slot_count = 1;
    executor->wake_words = &memory->wake_word;
    executor->idle = idle;
    executor->live = 1; /* its co_run waits for ever */
    join_group(group, executor, group->count);
    return executor;
}

void executor_kick(struct co_group *group, unsigned cpu, unsigned priority)
{
    struct executor *executor = group->cpu[cpu].executor;
    struct executor_line *line = executor->line;
    uint32_t slot = group->cpu[cpu].slot;

    /* As the kernel does it: the word first, then the summary. */
    __atomic_fetch_or(&executor->wake_words[slot / 64], 1ull << slot % 64, __ATOMIC_RELEASE);
    __atomic_fetch_or(&line->wakes, 1ull << slot / 64, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    /* One that is awake looks at its wakes before the next coroutine. One that may have been
     * preempted at a worse priority gets this one from the kernel. */
    if (executor != executor_self() &&
        (__atomic_load_n(&executor->idling, __ATOMIC_SEQ_CST) ||
         __atomic_load_n(&line->running, __ATOMIC_RELAXED) > priority))
        group->wake(group, cpu, priority);
}

void group_mail(struct co_group *group, unsigned cpu, uint32_t row, unsigned priority)
{
    (void)set_add(group->cpu[cpu].mail, row);
    executor_kick(group, cpu, priority);
}

void executor_receive(struct wake_slot *slot)
{
    struct executor *executor = executor_self();
    struct co_group *group = executor->group;
    uint64_t *mail = group->cpu[executor->number].mail;

    (void)slot;
    __atomic_store_n(&executor->called, 0, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&group->sharing, __ATOMIC_RELAXED))
        group_share(executor);
    for (uint32_t word = 0; word < group->words; word++) {
        uint64_t rows = 0;

        if (__atomic_load_n(&mail[word], __ATOMIC_RELAXED))
            rows = __atomic_exchange_n(&mail[word], 0, __ATOMIC_ACQ_REL);
        for (; rows; rows &= rows - 1)
            group_deliver(executor, word * 64 + first_bit(rows));
    }
    if (executor->number == 0 && group->held &&
        __atomic_load_n(&group->elsewhere, __ATOMIC_ACQUIRE) == 0) {
        group->held = 0;
        executor->live--;
    }
}

/* co_run(true) of virtual CPU 0 returns when no coroutine is left anywhere. Whoever counts the
 * first one is on virtual CPU 0: any other runs one that is counted already. */
void group_count(struct executor *executor)
{
    struct co_group *group = executor->group;

    __atomic_fetch_add(&group->elsewhere, 1, __ATOMIC_RELAXED);
    if (executor->number == 0 && !group->held) {
        group->held = 1;
        executor->live++;
    }
}

void group_uncount(struct co_group *group)
{
    if (__atomic_fetch_sub(&group->elsewhere, 1, __ATOMIC_ACQ_REL) == 1)
        executor_kick(group, 0, PRIORITY_COUNT - 1);
}

unsigned co_cpu(void)
{
    return executor_self()->number;
}
