/* SPDX-License-Identifier: BSD-2-Clause */
#include "attack.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <cmocka.h>
#include "points.h"
#undef __atomic_load_n
#undef __atomic_store_n

/* Of the sanitizer's library; its header is not always there. */
size_t __sanitizer_get_current_allocated_bytes(void);

const struct role *attacker;
struct ipc_channel *shared;
unsigned attack_count;
bool in_registers, by_pairs;
bool just_read;

static const struct attack *attack;
static unsigned moment, moments; /* when it begins; how many have been */
static bool armed;

/* ---------------------------------------------------------------- moments */

static void act(void)
{
    unsigned process = machine_current();

    if (!armed || ++moments < moment || attack_count >= attack->times)
        return;
    attack_count++;
    armed = false; /* what it does itself is no moment */
    attack->act();
    armed = true;
    if (process == attacker->hostile && (processes[process].stopped || processes[process].dead))
        machine_leave();
}

static bool is_shared(const volatile void *address)
{
    return (uintptr_t)address - (uintptr_t)shared < ipc_channel_bytes(DEPTH);
}

void point_before(const volatile void *address)
{
    if (is_shared(address))
        act();
}

void point_read(const volatile void *address)
{
    just_read = true;
    if (is_shared(address))
        act();
    just_read = false;
}

/* ---------------------------------------------------------------- what attacks use */

bool put_off(bool when)
{
    attack_count -= when;
    return when;
}

void ring_victim(void)
{
    machine_ring(&processes[attacker->victim], 0, CEILING); /* so the kernel clamps it */
}

void deliver_to_victim(uint64_t header, const uint64_t *word)
{
    struct process *victim = &processes[attacker->victim];
    unsigned priority = (uint8_t)(header >> MESSAGE_PRIORITY_SHIFT);

    if (!victim->idle || priority >= PRIORITY_COUNT || victim->dead)
        return;
    victim->idle = false;
    victim->pending = priority < CEILING ? CEILING : priority;
    victim->event = EVENT_MESSAGE;
    memcpy(victim->word, word, sizeof victim->word);
    victim->header = header;
}

void end_hostile(bool told)
{
    if (told)
        processes[attacker->hostile].dead = true;
    else
        processes[attacker->hostile].stopped = true;
}

void tear_down(unsigned channel)
{
    struct ipc_end *end = machine_end(attacker->victim, channel);

    end->channel->calls.tail = end->channel->replies.tail = IPC_TAIL_DEAD;
    machine_ring(&processes[attacker->victim], channel, PRIORITY_COUNT - 1);
    machine_ring(&processes[channel == 0 ? attacker->hostile : 2], channel, PRIORITY_COUNT - 1);
}

/* ---------------------------------------------------------------- one run */

bool honest_done(void)
{
    for (unsigned i = HONEST_FIRST; i < HONEST_FIRST + HONEST_CALLERS; i++) {
        if (callers[i].co.status != CO_EXITED)
            return false;
    }
    return true;
}

static void start_honest(unsigned calls)
{
    machine_as(attacker->victim == 0 ? 0 : 2);
    for (unsigned i = HONEST_FIRST; i < HONEST_FIRST + HONEST_CALLERS; i++)
        caller_start(i, machine_end(attacker->victim == 0 ? 0 : 2, attacker->victim == 0), calls,
                     HONEST_PRIORITY);
}

static void check_honest(unsigned calls)
{
    assert_true(honest_done());
    for (unsigned i = HONEST_FIRST; i < HONEST_FIRST + HONEST_CALLERS; i++) {
        assert_int_equal(callers[i].answered, calls);
        assert_int_equal(callers[i].wrong, 0);
    }
}

bool was_dropped(void)
{
    return strstr(processes[attacker->victim].log, " dropped: ") != NULL;
}

static bool ends_with(const char *line, const char *wanted)
{
    size_t length = strlen(line), n = wanted ? strlen(wanted) : 0;

    return n && length >= n && strcmp(line + length - n, wanted) == 0;
}

/* One line at most, and the right one; a second one only if the channel is dropped in the end. */
static void check_told(void)
{
    const struct process *victim = &processes[attacker->victim];

    if (victim->lines == 0)
        return;
    if (victim->lines > 1u + (attack->also && was_dropped()) ||
        (!ends_with(victim->log, attack->told) && !ends_with(victim->log, attack->also)))
        fail_msg("%s, moment %u, %u lines: %s", attack->name, moment, victim->lines, victim->log);
}

static void build(void)
{
    machine_reset();
    machine_channel(0, 1, DEPTH, 0, CEILING);
    if (attacker->victim == 0)
        machine_channel(0, 2, DEPTH, 0, HONEST_PRIORITY);
    else
        machine_channel(2, 1, DEPTH, 0, HONEST_PRIORITY);
    machine_start();
    shared = machine_end(0, 0)->channel;
    refuse_rate = in_registers ? 0 : 256;
    on_system_call = act;
    echo_calls = 0;
    machine_as(attacker->victim == 0 ? 2 : 1);
    echo_start(1, machine_end(attacker->victim == 0 ? 2 : 1, attacker->victim != 0), 20);
}

static void finish(void)
{
    tear_down(0);
    machine_run();
    attacker->last();
    tear_down(1);
    machine_run();
    assert_int_equal(processes[attacker->victim].executor.live, 0);
    assert_int_equal(processes[2].executor.live, 0);
    assert_int_equal(ipc_in_flight(machine_end(attacker->victim, 0)), 0);
    assert_int_equal(ipc_in_flight(machine_end(attacker->victim, 1)), 0);
    check_told();
    machine_stop();
}

/* A run that never ends is killed after so many seconds of its own time, however busy the host is.
 */
static void set_guard(unsigned seconds)
{
    const struct itimerval guard = {.it_value.tv_sec = seconds};

    assert_int_equal(setitimer(ITIMER_VIRTUAL, &guard, NULL), 0);
}

/* Value: whether the moment came, and whether the victim has said something. */
static bool run(bool *told)
{
    size_t bytes = __sanitizer_get_current_allocated_bytes();

    set_guard(3);
    build();
    attacker->start(attack);
    start_honest(4);
    moments = attack_count = 0;
    armed = true;
    machine_run();
    armed = false;
    check_honest(4);
    check_told();
    assert_true(!attack->always || attack_count == 0 || processes[attacker->victim].lines == 1);
    attacker->judge(attack);
    start_honest(2); /* and it goes on as if nothing had been */
    machine_run();
    check_honest(2);
    *told |= ends_with(processes[attacker->victim].log, attack->told);
    finish();
    assert_int_equal(__sanitizer_get_current_allocated_bytes(), bytes);
    return attack_count != 0;
}

void attack_everywhere(const struct role *role, const struct attack *attacks, unsigned count)
{
    attacker = role;
    for (unsigned i = 0; i < count; i++) {
        unsigned runs = 0;
        bool told = false;

        attack = &attacks[i];
        print_message("%s, %s:", attacker->name, attack->name);
        for (unsigned way = 0; way < attacker->ways; way++) {
            in_registers = way % 2 == 0;
            by_pairs = way / 2 == 2;
            without_copies = way / 2 == 1;
            for (moment = 1; run(&told); moment++)
                runs++;
        }
        print_message(" %u moments, %s\n", runs, told ? attack->told : "nothing to say");
        assert_true(runs > 0);
        if (attack->told)
            assert_true(told);
    }
    set_guard(0);
}
