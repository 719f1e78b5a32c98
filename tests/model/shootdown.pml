/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls to other harts under the kernel lock (sched/hart.c: hart_call, serve_call,
 * kernel_await_lock), and what they are most needed for: no hart translates by an entry that was taken out (cap/vspace.c:
 * vspace_unmap, vspace_flush; sched/sched.c: load_space).
 *
 * Hart 0 takes a page out and gives its memory away. Hart 1 calls the others for something else
 * (stopping a task, fence.i). Hart 2 takes the lock and does something short. All of them use
 * the page before and after, by what their TLB remembers or by a new walk.
 *
 * Checked: nobody gets stuck (no invalid end state), a function runs with the argument of the call
 * that it was asked for, all harts have run it when the caller goes on, and no hart uses the
 * page when its memory is somebody else's.
 *
 * The entry's store passes through a store buffer; a fence waits until that is empty.
 *
 * Broken twins: -DTWIN_NO_SERVICE (who waits for the lock serves no calls), -DTWIN_ACK_FIRST (the
 * acknowledgement precedes the work), -DTWIN_NO_WAIT (the caller does not wait for all),
 * -DTWIN_BIT_LATE (a hart says that it may remember translations only after its first walk),
 * -DTWIN_NO_FENCE (none between taking the entry out and asking who may remember it),
 * -DTWIN_NO_INTERRUPT (the call is left to be found).
 */
#define HARTS 3

bool locked;
bool pending[HARTS];
bool interrupt[HARTS];
byte function;     /* 1: flush, 2: something else */
byte argument;
byte asked;        /* ghost: the argument of the call under way, 0: none */

bool entry = true; /* the page table's */
bool buffered;     /* its clearing is on the way to memory */
bool tlb[HARTS];   /* the hart remembers it */
bool marked[HARTS];/* vspace.harts */
bool reused;
byte ran[HARTS];   /* ghost: calls that the hart has run */

active proctype drain()
{
end:
    do
    :: atomic { buffered -> entry = false; buffered = false }
    od
}

/* serve_call */
inline serve()
{
    if
    :: pending[h] ->
#ifdef TWIN_ACK_FIRST
        pending[h] = false;
#endif
        f = function;
        a = argument;
        atomic {
            assert(a == asked);
            if
            :: f == 1 -> tlb[h] = false
            :: else
            fi;
            ran[h]++;
            f = 0; a = 0
        };
#ifndef TWIN_ACK_FIRST
        pending[h] = false
#endif
    :: else
    fi
}

/* kernel_await_lock */
inline take_lock()
{
    do
    :: atomic { !locked -> locked = true; break }
#ifndef TWIN_NO_SERVICE
    :: pending[h] -> serve()
#endif
    od
}

inline all_done()
{
    (!pending[0] && !pending[1] && !pending[2])
}

/* hart_call, of the other harts in the mask. The guard reads the mask once. */
inline call(which, what)
{
    function = which;
    argument = what;
    asked = what;
    atomic {
        i = 0;
        do
        :: i < HARTS ->
            if
            :: i != h && (which == 2 || marked[i]) -> pending[i] = true; mask = mask | (1 << i)
            :: else
            fi;
            i++
        :: else -> break
        od
    };
#ifndef TWIN_NO_INTERRUPT
    atomic {
        i = 0;
        do
        :: i < HARTS ->
            if
            :: mask & (1 << i) -> interrupt[i] = true
            :: else
            fi;
            i++
        :: else -> break
        od;
        i = 0; mask = 0
    };
#else
    mask = 0;
#endif
#ifndef TWIN_NO_WAIT
    all_done();
#endif
    asked = 0
}

/* User mode touches the page. */
inline use_page()
{
    if
    :: tlb[h] -> skip
    :: else ->
#ifdef TWIN_BIT_LATE
        seen = entry;
        marked[h] = true;
        tlb[h] = seen
#else
        marked[h] = true;
        tlb[h] = entry
#endif
    fi;
    /* Between two instructions: an interrupt comes before or after. */
    atomic { assert(!(tlb[h] && reused)); seen = false }
}

proctype hart(byte h)
{
    byte f, a, i, mask;
    byte uses = 2;
    bool seen;
    bool called = false;

end_user:
    do
    :: interrupt[h] -> interrupt[h] = false; serve()
    :: uses > 0 -> uses--; use_page()
    :: !called ->
        called = true;
        take_lock();
        if
        :: h == 0 ->
            buffered = true;
#ifndef TWIN_NO_FENCE
            (!buffered);
#endif
            tlb[h] = false;
            call(1, 1);
            reused = true
        :: h == 1 ->
            call(2, 2);
            assert(ran[0] + ran[2] >= 2)
        :: else
        fi;
        locked = false
    od
}

init {
    atomic {
        run hart(0);
        run hart(1);
        run hart(2)
    }
}

/* At rest every hart has served what it was asked. */
active proctype judge()
{
end:
    atomic {
        hart[3]@end_user && hart[4]@end_user && hart[5]@end_user && reused && !locked &&
        !interrupt[0] && !interrupt[1] && !interrupt[2] ->
            assert(!pending[0] && !pending[1] && !pending[2]);
            assert(!tlb[0] && !tlb[1] && !tlb[2])
    }
}
