/* SPDX-License-Identifier: BSD-2-Clause */
#include "cpus_machine.h"
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define INBOX   65 /* virtual CPU 0's wake slot: not in the first word */
#define ALARM_S 240

unsigned effort = 1;

/* The machine. */
static struct executor_line lines[CPUS];
static struct co_slot first_rows[ROWS];
static struct wake_slot first_slots[INBOX + 1];
static uint64_t first_words[64];
static struct executor first_executor;
struct co_group group;
static void *group_memory, *cpu_memory[CPUS];
static pthread_t threads[CPUS];
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t woken;
    unsigned entries;
} kernel[CPUS];
static bool stop;

/* yield: sleeps unless its summary is set, as the kernel looks at it. */
static void give_up(struct executor *executor)
{
    unsigned cpu = executor->number;

    pthread_mutex_lock(&kernel[cpu].mutex);
    kernel[cpu].entries++;
    while (!__atomic_load_n(&lines[cpu].wakes, __ATOMIC_SEQ_CST) &&
           !__atomic_load_n(&stop, __ATOMIC_SEQ_CST))
        pthread_cond_wait(&kernel[cpu].woken, &kernel[cpu].mutex);
    pthread_mutex_unlock(&kernel[cpu].mutex);
    if (cpu && __atomic_load_n(&stop, __ATOMIC_SEQ_CST))
        pthread_exit(NULL);
}

static void kernel_wake(struct co_group *g, unsigned cpu, unsigned priority)
{
    assert_ptr_equal(g, &group);
    assert_true(priority < PRIORITY_COUNT);
    pthread_mutex_lock(&kernel[cpu].mutex);
    pthread_cond_signal(&kernel[cpu].woken);
    pthread_mutex_unlock(&kernel[cpu].mutex);
}

static void *cpu_main(void *executor)
{
    executor_set_line(((struct executor *)executor)->line);
    co_run(true);
    return NULL;
}

static void add_cpu(void)
{
    unsigned cpu = group.count;
    struct executor *executor;

    cpu_memory[cpu] = calloc(1, executor_cpu_bytes(ROWS));
    executor = executor_group_add(&group, cpu_memory[cpu], &lines[cpu], give_up);
    assert_int_equal(pthread_create(&threads[cpu], NULL, cpu_main, executor), 0);
}

int cpus_begin(void **state)
{
    (void)state;
    memset(lines, 0, sizeof lines);
    memset(first_rows, 0, sizeof first_rows);
    memset(first_slots, 0, sizeof first_slots);
    memset(first_words, 0, sizeof first_words);
    memset(&first_executor, 0, sizeof first_executor);
    memset(&group, 0, sizeof group);
    stop = false;
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        pthread_mutex_init(&kernel[cpu].mutex, NULL);
        pthread_cond_init(&kernel[cpu].woken, NULL);
        kernel[cpu].entries = 0;
    }
    executor_set_line(&lines[0]);
    executor_init(&first_executor, &lines[0], first_rows, ROWS);
    lines[0].slots = (uintptr_t)first_slots;
    first_executor.wake_slot_count = INBOX + 1;
    first_executor.wake_words = first_words;
    first_executor.idle = give_up;
    group_memory = calloc(1, executor_group_bytes(ROWS));
    executor_group_init(&group, group_memory, INBOX, kernel_wake);
    for (unsigned cpu = 1; cpu < CPUS; cpu++)
        add_cpu();
    alarm(ALARM_S * effort);
    return 0;
}

/* Until the last one has gone, any of them may look whether another is idle. */
int cpus_end(void **state)
{
    (void)state;
    __atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
    for (unsigned cpu = 1; cpu < CPUS; cpu++) {
        kernel_wake(&group, cpu, 0);
        pthread_join(threads[cpu], NULL);
    }
    for (unsigned cpu = 1; cpu < CPUS; cpu++)
        free(cpu_memory[cpu]);
    free(group_memory);
    alarm(0);
    return 0;
}

void check_empty(void)
{
    unsigned free_rows = 0;

    for (unsigned word = 0; word < group.words; word++)
        free_rows +=
            (unsigned)__builtin_popcountll(__atomic_load_n(&group.free[word], __ATOMIC_SEQ_CST));
    assert_int_equal(free_rows, ROWS);
    assert_int_equal(__atomic_load_n(&group.total, __ATOMIC_SEQ_CST), 0);
    assert_int_equal(group.elsewhere, 0);
    assert_int_equal(first_executor.live, 0);
}

unsigned cpu_entries(unsigned cpu)
{
    unsigned entries;

    pthread_mutex_lock(&kernel[cpu].mutex);
    entries = kernel[cpu].entries;
    pthread_mutex_unlock(&kernel[cpu].mutex);
    return entries;
}

void cpus_options(int argc, char **argv)
{
    if ((argc == 2 && strcmp(argv[1], "--long") == 0) || getenv("HEDDLE_LONG"))
        effort = 20;
}
