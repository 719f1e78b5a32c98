/* SPDX-License-Identifier: BSD-2-Clause */
/* User interrupts: libs/executor/interrupt.c and its handlers with the kernel's trap/upcall.c, both
 * back ends (the N extension or the upcall: `n` is chosen at the start).
 *
 * Two other harts wake slots of a process that runs. Its coroutine touches queues while the
 * interruptible word is 0, and computes while it is 1. One hart executes all of it: `mode` says what
 * goes on there, the kernel comes in between any two steps of the others, but only when it is
 * interrupted (no tick helps). Checked: the handler never runs while a queue is being changed, its
 * depth is one, and while the coroutine computes every wake ends up in the ready queues (assertions).
 *
 * Broken twins: -DTWIN_NO_LOOK (the coroutine sets the word and computes), -DTWIN_LOOK_FIRST (it looks
 * before it sets the word), -DTWIN_OPEN_DRAIN (it leaves the word 1 while it takes what it saw),
 * -DTWIN_CLOSE_LATE (it clears the word after it has touched a queue again), -DTWIN_NO_WORD (the kernel
 * does not look at the word), -DTWIN_DEPTH_TWO (the kernel enters a handler that is active),
 * -DTWIN_RETURN_BLIND (upcall_return does not look at the summary), -DTWIN_CLEAR_LAST (the handler of
 * the N extension clears USIP and does not look once more), -DTWIN_LATE_ACKNOWLEDGE (the kernel clears
 * its interrupt after it has looked).
 */
mtype = { USER, HANDLER, KERNEL };
mtype mode = KERNEL; /* until the back end is chosen */

bool n;              /* the back end */
byte word;           /* one bit for each slot */
bool summary;
bool interrupt;      /* the hart's, sent by others */
byte over;           /* wakers that are done */
byte handled;

bool interruptible;  /* the word */
bool touching;       /* the coroutine is in the midst of a change of a queue */
bool computing;      /* between co_interruptible(true), which has returned, and (false) */
bool inside;         /* the handler has not returned; N: ustatus.UIE is clear */
bool usip;           /* N: pending */

inline wake(slot_bit)
{
    word = word | slot_bit; /* amoor */
    summary = true;         /* amoor, release */
    interrupt = true        /* by the inbox */
}

active proctype waker_a()
{
    wake(1);
    wake(1);
    over++
}

active proctype waker_b()
{
    wake(2);
    over++
}

/* The kernel lets the virtual CPU go on, where `from` says. */
inline go_on(from)
{
#ifdef TWIN_NO_WORD
    if
    :: summary -> due = true
    :: else -> due = false
    fi;
#else
    if
    :: summary && interruptible -> due = true
    :: else -> due = false
    fi;
#endif
#ifdef TWIN_DEPTH_TWO
    may = true;
#else
    may = !inside;
#endif
    if
    :: due && n -> usip = true
    :: else
    fi;
    atomic {
        if
        :: may && (n && usip || !n && due) ->
            assert(!inside);
            inside = true;
            mode = HANDLER
        :: else -> mode = from
        fi
    }
}

/* An interrupt of the hart. */
active proctype kernel()
{
    mtype was;
    bool due, may;

end:
    do
    :: atomic { interrupt && mode != KERNEL -> was = mode; mode = KERNEL };
#ifdef TWIN_LATE_ACKNOWLEDGE
       if
       :: summary && interruptible -> due = true
       :: else -> due = false
       fi;
       interrupt = false;
       atomic {
           if
           :: due && n -> usip = true
           :: else
           fi;
           if
           :: due && !inside -> inside = true; mode = HANDLER
           :: else -> mode = was
           fi
       }
#else
       interrupt = false;
       go_on(was)
#endif
    od
}

#define H(step) atomic { mode == HANDLER -> step }
#define U(step) atomic { mode == USER -> step }

active proctype handler()
{
    byte bits;
    bool taken, due, may;

end:
    do
    :: H(assert(!touching); taken = summary; summary = false); /* amoswap */
       if
       :: taken ->
            H(bits = word; word = 0);
            H(assert(!touching); handled = handled | bits)
       :: else
       fi;
       if
       :: n ->
            H(usip = false);
#ifndef TWIN_CLEAR_LAST
            if
            :: atomic { mode == HANDLER && summary -> goto end }
            :: atomic { mode == HANDLER && !summary -> skip }
            fi;
#endif
            /* uret: if it is pending again, it is taken at once. */
            H(if :: usip -> skip :: else -> inside = false; mode = USER fi)
       :: else ->
            /* upcall_return, a system call. */
            H(mode = KERNEL);
            inside = false;
#ifdef TWIN_RETURN_BLIND
            mode = USER
#else
            go_on(USER)
#endif
       fi
    od
}

inline drain()
{
    U(touching = true; taken = summary; summary = false);
    if
    :: taken -> U(bits = word; word = 0); U(handled = handled | bits)
    :: else
    fi;
    U(touching = false)
}

active proctype coroutine()
{
    byte bits;
    bool taken, seen;

    do
    :: /* Something of the executor, such as co_wake. */
       U(touching = true);
       U(touching = false)
    :: /* Between two coroutines. */
       drain()
    :: /* A long computation. */
#ifdef TWIN_LOOK_FIRST
       U(seen = summary);
       U(interruptible = true);
#else
       U(interruptible = true);
       U(seen = summary);
#endif
#ifdef TWIN_NO_LOOK
       seen = false;
#endif
       do
       :: seen ->
#ifndef TWIN_OPEN_DRAIN
            U(interruptible = false);
#endif
            drain();
            U(interruptible = true);
            U(seen = summary)
       :: else -> break
       od;
       U(computing = true);
end_computing:
       U(computing = false);
#ifdef TWIN_CLOSE_LATE
       U(touching = true);
       U(touching = false);
#endif
       U(interruptible = false)
    od
}

active proctype choose()
{
    atomic {
        if
        :: n = true
        :: n = false
        fi;
        mode = USER
    }
}

/* Nobody wakes any more, nothing interrupts, and the coroutine computes on. */
active proctype judge()
{
end:
    atomic {
        over == 2 && !interrupt && mode == USER && computing ->
            assert(!summary && word == 0 && handled == 3)
    }
}
