/* SPDX-License-Identifier: BSD-2-Clause */
/* How harts work together: the kernel lock, inboxes, calls. See smp.h. */
#include <kernel/arch.h>
#include <kernel/irq.h>
#include <kernel/sched.h>
#include <kernel/trace.h>

#define ARRIVE_MOST 8 /* tasks taken from the inbox in one go */

struct hart harts[HARTS_MAX];
uint64_t harts_online = 1;
uint64_t harts_idle;
uint32_t kernel_lock_word;

/* The one call under way; guarded by the kernel lock. */
static struct {
    void (*function)(uint64_t argument);
    uint64_t argument;
    uint64_t pending; /* harts that have not run it yet */
} call;

/* ---- calls ---- */

/* Run what another hart asks of this one, if it does. */
static void serve_call(struct hart *hart)
{
    if (!(__atomic_load_n(&call.pending, __ATOMIC_ACQUIRE) & 1ull << hart->number))
        return;
    call.function(call.argument);
    __atomic_fetch_and(&call.pending, ~(1ull << hart->number), __ATOMIC_RELEASE);
}

static void interrupt(uint64_t mask)
{
    for (unsigned i = 0; i < HARTS_MAX; i++) {
        if (mask & 1ull << i)
            arch_interrupt_hart(harts[i].hartid);
    }
}

static __attribute__((noinline)) void
call_others(uint64_t mask, void (*function)(uint64_t argument), uint64_t argument)
{
    call.function = function;
    call.argument = argument;
    __atomic_store_n(&call.pending, mask, __ATOMIC_RELEASE);
    interrupt(mask);
    while (__atomic_load_n(&call.pending, __ATOMIC_ACQUIRE))
        arch_spin();
}

void hart_call(uint64_t mask, void (*function)(uint64_t argument), uint64_t argument)
{
    mask &= __atomic_load_n(&harts_online, __ATOMIC_RELAXED) & ~(1ull << hart_self()->number);
    if (mask)
        call_others(mask, function, argument);
}

void hart_run(uint64_t mask, void (*function)(uint64_t argument), uint64_t argument)
{
    if (mask & 1ull << hart_self()->number)
        function(argument);
    hart_call(mask, function, argument);
}

void kernel_await_lock(void)
{
    do {
        serve_call(hart_self());
        arch_spin();
    } while (!kernel_try_lock());
}

/* ---- inboxes ---- */

static void push(struct hart *hart, struct task *task)
{
    struct task *first = __atomic_load_n(&hart->inbox, __ATOMIC_RELAXED);

    do
        task->inbox_next = first;
    while (!__atomic_compare_exchange_n(&hart->inbox, &first, task, true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED));
    if (!first)
        interrupt(1ull << hart->number);
}

void hart_send(struct task *task, uint64_t bits)
{
    if (__atomic_fetch_or(&task->remote, bits, __ATOMIC_ACQ_REL) == 0)
        push(&harts[__atomic_load_n(&task->home, __ATOMIC_RELAXED)], task);
}

/* Take some of what has been pushed. Value: whether none is left; else this hart is interrupted
 * again, for the interrupts of what was pushed meanwhile may have been taken already. */
static bool empty_inbox(struct hart *hart)
{
    for (unsigned i = 0; i < ARRIVE_MOST; i++) {
        struct task *task = hart->arriving;
        uint64_t bits;

        if (!task)
            task = __atomic_exchange_n(&hart->inbox, NULL, __ATOMIC_ACQUIRE);
        if (!task)
            return true;
        /* Before `remote` is taken: from then on the link may be written again. */
        hart->arriving = task->inbox_next;
        bits = __atomic_exchange_n(&task->remote, 0, __ATOMIC_ACQ_REL);
        if (__atomic_load_n(&task->home, __ATOMIC_ACQUIRE) != hart->number)
            hart_send(task, bits);
        else
            sched_arrive(task, priority_first(bits));
    }
    interrupt(1ull << hart->number);
    return false;
}

void hart_interrupt(void)
{
    struct hart *hart = hart_self();

    arch_interrupt_clear(); /* before the look, with a fence: a later push interrupts again */
    serve_call(hart);
    empty_inbox(hart);
}

static bool some_left; /* in an inbox, in this hart_quiesce */

static void empty_own_inbox(uint64_t unused)
{
    if (!empty_inbox(hart_self()))
        __atomic_store_n(&some_left, true, __ATOMIC_RELAXED);
}

bool hart_quiesce(void)
{
    some_left = false;
    /* The first round ends the light calls that are under way, which may push, and to a hart that
     * is the task's home no longer; the second has that send it on; the third takes it. */
    for (unsigned round = 0; round < 3; round++)
        hart_run(~0ull, empty_own_inbox, 0);
    return !some_left;
}

/* ---- boot ---- */

struct hart *hart_init(unsigned number, uint64_t hartid, uint64_t stack_top)
{
    /* By its address in the direct map, as tp and sscratch will hold it. */
    struct hart *hart = paddr_to_ptr(image_to_paddr(&harts[number]));

    hart->number = (uint8_t)number;
    hart->hartid = hartid;
    hart->stack_top = stack_top;
    return hart;
}

void hart_main(void)
{
    struct hart *hart = hart_self();

    plic_context_setup();
    sched_init(hart);
    arch_user_mode_setup();
    __atomic_fetch_or(&harts_online, 1ull << hart->number, __ATOMIC_ACQ_REL);
    trace_follow(0); /* as was said before it was online */
    arch_kernel_loop();
}
