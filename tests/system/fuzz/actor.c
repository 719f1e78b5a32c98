/* SPDX-License-Identifier: BSD-2-Clause */
/* What a hostile task does: calls, and mischief with its executor line and its memory. Runs in the
 * children: no variables but the actor. */
#include "fuzz.h"
#include <entries.h>

#define OWN_NUMBER ((uint64_t *)(EXECUTOR_BASE + EXECUTOR_PRIVATE))

static struct executor_line *own_line(void)
{
    return (struct executor_line *)EXECUTOR_BASE;
}

static void mix(struct actor *actor, uint64_t word)
{
    actor->digest = (actor->digest ^ word) * 0x100000001b3ull;
    actor->digest ^= actor->digest >> 29;
}

static void count(uint64_t *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static void report(struct actor *actor, enum broken what, uint64_t invoked, uint64_t value)
{
    actor->broke[0] = invoked;
    actor->broke[1] = value;
    __atomic_store_n(&actor->broken, what, __ATOMIC_RELEASE);
}

/* An error leaves nothing in the other result registers but its details, which light calls lack. */
static void check_results(struct actor *actor, uint64_t invoked, bool threads_only)
{
    bool light = (invoked & 0xff) <= SYS_DELIVER;
    uint64_t all = 0;

    if ((long)actor->x[0] >= 0 || threads_only || !actor->calm)
        return;
    for (unsigned i = light ? 1 : 3; i < 8; i++)
        all |= actor->x[i];
    if (!light && actor->x[1] > 7 && actor->x[1] != ERROR_NO_ARGUMENT)
        all |= actor->x[1];
    if (all)
        report(actor, BROKEN_RESULTS, invoked, all);
    if ((long)actor->x[0] <= -ERROR_COUNT)
        report(actor, BROKEN_RESULTS, invoked, actor->x[0]);
}

/* t3..t6 came back with a message, or are zero. */
static uint64_t words_left(const struct actor *actor, bool threads_only)
{
    if (threads_only && (long)actor->x[6] >= 0)
        return 0;
    return actor->x[8] | actor->x[9] | actor->x[10] | actor->x[11];
}

static void invoke(struct actor *actor)
{
    const struct fuzz_call *call;
    uint64_t invoked, left;
    unsigned number;

    fuzz_choose(actor);
    invoked = actor->invoked;
    number = invoked & 0xff;
    call = fuzz_call(number);
    mix(actor, invoked);
    for (unsigned i = 0; i < 7; i++)
        mix(actor, actor->x[i]);
    for (unsigned i = 8; i < SYSCALL_MESSAGE_WORDS; i++)
        actor->x[i] = actor->digest + i;
    actor->calls++;
    count(&FUZZ_SHARED->made[number]);
    left = fuzz_invoke(actor->x, invoked);
    left |= words_left(actor, call && call->threads_only);
    if (left && actor->calm)
        report(actor, BROKEN_REGISTERS, invoked, left);
    mix(actor, actor->x[0]);
    check_results(actor, invoked, call && call->threads_only);
    if ((long)actor->x[call && call->threads_only ? 6 : 0] >= 0)
        count(&FUZZ_SHARED->good[number]);
}

/* The kernel believes nothing of what stands there. */
static void disturb_line(struct actor *actor)
{
    struct executor_line *line = own_line();
    uint64_t value = random_next(&actor->random);

    switch (random_below(&actor->random, 12)) {
    case 0:
        line->bitmap = value;
        break;
    case 1:
        line->bitmap = 1ull << (value & 63);
        break;
    case 2:
        line->running = value & 127;
        break;
    case 3:
        line->running = value;
        break;
    case 4:
        line->wakes = value;
        break;
    case 5:
        if (actor->wild && (value & 63) == 0)
            line->pc = value >> 8;
        break;
    case 6:
        line->tp = value;
        break;
    case 7:
        child_clear_wakes();
        break;
    default:
        line->bitmap = 0;
        line->running = PRIORITY_NONE;
    }
}

/* Where frames are mapped, or were; a fault ends this process. */
static void touch(struct actor *actor)
{
    uint64_t value = random_next(&actor->random);
    volatile uint64_t *word =
        (volatile uint64_t *)(WINDOW + 4096 * (value % MAP_PAGES) + (value >> 40 & 0xff8));

    if (value >> 32 & 1)
        *word = value;
    else
        mix(actor, *word);
}

static void __attribute__((noreturn)) run(struct actor *actor)
{
    for (;;) {
        uint32_t what = random_below(&actor->random, 4096);

        if (what < 400 && !actor->is_thread)
            disturb_line(actor);
        else if (what < 402 && actor->wild)
            touch(actor);
        else if (what == 402 && actor->wild)
            fuzz_illegal(random_next(&actor->random));
        invoke(actor);
    }
}

/* At each event: on a fresh stack. */
static void entered(uint64_t unused)
{
    struct actor *actor = &FUZZ_SHARED->actors[*OWN_NUMBER % ACTORS];

    (void)unused;
    own_line()->pc = (uint64_t)entered;
    own_line()->sp = STACK_END(0);
    if (random_below(&actor->random, 8))
        child_clear_wakes();
    run(actor);
}

void actor_start(uint64_t number)
{
    *OWN_NUMBER = number;
    entered(0);
}

void actor_thread(uint64_t number)
{
    run(&FUZZ_SHARED->actors[number % ACTORS]);
}
