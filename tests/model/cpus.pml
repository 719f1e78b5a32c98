/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual CPUs of one process: libs/executor (cpus.c, post.c, movable.c).
 *
 * Two virtual CPUs. A movable coroutine M is parked in nobody's table, a fixed one F is at home at
 * virtual CPU 0. Two others wake them, M several times and F once: a token first, then the wake, as
 * whoever uses co_park does. Checked: M runs at one virtual CPU at a time and only when its body has returned
 * before (assertions), and when all is over and both sleep no token lies there, and M's word, its
 * bit and `total` say that nothing is ready.
 *
 * The words are changed by compare and swap, the sets by amo, at once in memory. The store of
 * `idling` goes through a buffer.
 *
 * Broken twins: -DTWIN_LEAVE_EARLY (M is published before its body has returned),
 * -DTWIN_WAKE_HELD (a wake of one that is held leaves no bit in the word), -DTWIN_LOOK_FIRST (who
 * goes idle looks at `total` and only then says that it idles), -DTWIN_NO_FENCE (no fence between
 * the two),
 * -DTWIN_IDLING_FIRST (who makes M ready looks for idle ones before it sets the bit),
 * -DTWIN_CALLED (the call is not taken back when its virtual CPU is awake),
 * -DTWIN_NO_MAIL_KICK (a bit in the mailbox is not followed by a wake),
 * -DTWIN_WORD_AFTER_MAIL (the mailbox's bit is set before the word).
 */
#define CPUS  2
#if defined(LONG) || defined(TWIN_CALLED) /* which takes three to go wrong */
#define WAKES 3 /* of M */
#else
#define WAKES 2
#endif

mtype = { PARKED, READY, HELD };
mtype kind = PARKED; /* M's word */
bool wake_bit;
bool in_set;     /* of M in the ready set */
byte total;
bool token;   /* for M */
byte running; /* how many run M */

bool f_wake;  /* F's word */
bool mail;    /* of virtual CPU 0 */
bool f_token;

bool wakes[CPUS];  /* the summaries */
bool called[CPUS];
bool idling[CPUS];
bool asleep[CPUS]; /* in the kernel */
chan stores_0 = [2] of { bool };
chan stores_1 = [2] of { bool };
byte over;

active proctype drain_0()
{
    bool v;
end:
    do
    :: atomic { stores_0?v -> idling[0] = v }
    od
}

active proctype drain_1()
{
    bool v;
end:
    do
    :: atomic { stores_1?v -> idling[1] = v }
    od
}

inline store_idling(cpu, v)
{
    if
    :: cpu == 0 -> stores_0!v
    :: else -> stores_1!v
    fi
}

inline fence(cpu)
{
    if
    :: cpu == 0 -> empty(stores_0)
    :: else -> empty(stores_1)
    fi
}

/* group_kick: the summary, then the kernel if it idles. */
inline kick(cpu)
{
    wakes[cpu] = true;
    if
    :: idling[cpu] -> asleep[cpu] = false
    :: else
    fi
}

inline add_bit()
{
    total++;
    atomic {
        if
        :: in_set -> had = true
        :: else -> had = false; in_set = true
        fi
    };
    if
    :: had -> total--
    :: else
    fi;
    had = false
}

/* group_ready: the bit, then the first idle virtual CPU that nobody has called. */
inline make_ready()
{
#ifndef TWIN_IDLING_FIRST
    add_bit();
#endif
    victim = 0;
    do
    :: victim == CPUS -> break
    :: else ->
        mine = false;
        if
        :: idling[victim] ->
            atomic { mine = !called[victim]; called[victim] = true }
        :: else
        fi;
        if
        :: mine -> break
        :: else -> victim++
        fi
    od;
#ifdef TWIN_IDLING_FIRST
    add_bit();
#endif
    if
    :: victim < CPUS -> kick(victim)
    :: else
    fi;
    victim = 0;
    mine = false
}

active proctype waker_of_m()
{
    byte i, victim;
    bool mine, had, ready;

    do
    :: i == WAKES -> break
    :: else ->
        token = true;
        atomic { /* group_post */
            if
            :: kind == PARKED -> kind = READY; ready = true
            :: kind == READY -> wake_bit = true; ready = false
            :: kind == HELD ->
#ifndef TWIN_WAKE_HELD
                wake_bit = true;
#endif
                ready = false
            fi
        };
        if
        :: ready -> make_ready()
        :: else
        fi;
        i++
    od;
    over++
}

active proctype waker_of_f()
{
    f_token = true;
#ifdef TWIN_WORD_AFTER_MAIL
    mail = true;
    f_wake = true;
#else
    f_wake = true;
    mail = true;
#endif
#ifndef TWIN_NO_MAIL_KICK
    kick(0);
#endif
    over++
}

/* executor_receive. */
inline receive(me)
{
#ifndef TWIN_CALLED
    called[me] = false;
#endif
    if
    :: me == 0 ->
        atomic { got = mail; mail = false };
        if
        :: got ->
            atomic { got = f_wake; f_wake = false };
            if
            :: got -> f_token = false /* F runs, and parks */
            :: else
            fi
        :: else
        fi;
        got = false
    :: else
    fi
}

/* group_take: value in `taken`. */
inline take()
{
    taken = false;
    if
    :: total > 0 ->
        atomic { got = in_set; in_set = false };
        if
        :: got ->
            total--;
            atomic {
                if
                :: kind == READY -> kind = HELD; taken = true
                :: else
                fi
            }
        :: else
        fi;
        got = false
    :: else
    fi
}

/* group_leave. */
inline leave()
{
    atomic {
        if
        :: wake_bit -> wake_bit = false; kind = READY; again = true
        :: else -> kind = PARKED; again = false
        fi
    }
}

inline run_m()
{
    running++;
    assert(running == 1);
    do
    :: token -> token = false
    :: else -> break
    od;
#ifdef TWIN_LEAVE_EARLY
    leave();
    running--;
#else
    running--;
    leave();
#endif
    if
    :: again -> again = false; make_ready()
    :: else
    fi
}

proctype virtual_cpu(byte me)
{
    byte victim;
    bool mine, had, got, taken, again;

look:
    if
    :: wakes[me] -> wakes[me] = false; receive(me)
    :: else
    fi;
    take();
    if
    :: taken -> run_m(); goto look
    :: else
    fi;
    /* idle_shared */
#ifdef TWIN_LOOK_FIRST
    if
    :: total > 0 -> goto look
    :: else
    fi;
#endif
    store_idling(me, true);
#ifndef TWIN_NO_FENCE
    fence(me);
#endif
#ifndef TWIN_LOOK_FIRST
    take();
    if
    :: taken -> store_idling(me, false); run_m(); goto look
    :: else
    fi;
#endif
    /* The kernel's yield, which is modelled in park.pml. */
    atomic {
        if
        :: wakes[me] -> skip
        :: else -> asleep[me] = true
        fi
    };
end_asleep:
    !asleep[me];
    store_idling(me, false);
    goto look
}

init {
    atomic { run virtual_cpu(0); run virtual_cpu(1) }
}

/* All who wake are done and both sleep on. */
active proctype judge()
{
end:
    atomic {
        over == 2 && asleep[0] && asleep[1] && empty(stores_0) && empty(stores_1) ->
            assert(!token && !f_token && !f_wake && !mail && kind == PARKED && !in_set && total == 0)
    }
}
