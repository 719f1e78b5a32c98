/* SPDX-License-Identifier: BSD-2-Clause */
/* Wakes between harts: the kernel's sched/hart.c (inboxes, hart_quiesce) and sched/sched.c (arrive,
 * give away), and the yield of a process at its home hart.
 *
 * Two harts are homes. Two others (the wakers) each set a bit of a process and send a wake, without
 * the lock; what they hold of the task meanwhile is a pointer. The homes run what is ready, give
 * ready tasks away to each other, and handle interrupts between any two of these. The deleter
 * takes the lock, unbinds and stops task 0, waits until it may be used by nobody (hart_quiesce), and
 * frees it.
 *
 * Checked: a task is in no two queues and not twice in an inbox; only its home hart queues it;
 * nobody touches a task that is freed; and when nothing happens any more, no wake is left.
 *
 * A hart takes at most MOST tasks out of its inbox in one go (ARRIVE_MOST in the code). What is left
 * stands in a list of its own, `arriving`, and after MOST tasks it interrupts itself again. A round
 * of hart_quiesce that has met such a rest tells, and then all of it is tried again.
 *
 * Atomic steps are single accesses to memory; an amo is one. The full fences of the code (clear,
 * then look; amo with acquire and release) keep these accesses in the order that is written here.
 *
 * Broken twins: -DTWIN_CLEAR_LATE (the interrupt is cleared after the inbox was taken),
 * -DTWIN_LINK_LATE (a task's link is read after its remote word was taken), -DTWIN_NO_FORWARD (the
 * bits of a task that has moved away are dropped), -DTWIN_FOREIGN (they are handled where they
 * were found), -DTWIN_PUSH_FIRST (the task is pushed before its bit is set), -DTWIN_NO_INTERRUPT
 * (none is sent for a task that moves), -DTWIN_ROUNDS (hart_quiesce waits for each hart but twice),
 * -DTWIN_LIST_LEFT (a hart interrupts itself only if something is left of the list that it took,
 * and not when more was pushed meanwhile, whose interrupt it has cleared), -DTWIN_NO_AGAIN (it does
 * not interrupt itself), -DTWIN_REST_UNSEEN (hart_quiesce does not mind a rest).
 */
#define MOST   1
#define HOMES  2
#define TASKS  4 /* of these two that only stand in an inbox */
#define WAKERS 2
#define HARTS  (HOMES + WAKERS)
#define NOBODY 255

mtype = { IDLE, READY, RUNNING, MOVING, STOPPED };

/* Of each task. */
mtype state[TASKS] = IDLE;
byte home[TASKS];
byte remote[TASKS];
byte link[TASKS];     /* task + 1, 0: the last */
byte word[TASKS];     /* the process's own wake bits */
byte queued[TASKS];   /* ghost: ready queues that it stands in */
byte inboxes[TASKS];  /* ghost: inboxes that it stands in */
bool bound = true;    /* task 0 can be found by its endpoint */
bool freed;           /* its memory is used for something else */

/* Of each home. */
byte inbox[HOMES];    /* task + 1, 0: empty */
byte arriving[HOMES]; /* the same: taken out of it, but not looked at yet */
bool interrupt[HOMES];

bool lock;
bool call[HARTS];     /* asked to serve the deleter's call */
bool some_left;       /* in an inbox, in this hart_quiesce */
bool waits;           /* hart 0 waits for the lock: it serves calls, and takes no interrupt */
bool stop_it;         /* what the call is: stop task 0, or empty the inbox */
byte over;            /* wakers that are done */
#ifdef LONG
#define MOVES 2
#else
#define MOVES 1
#endif
#if defined(LONG) || defined(TWIN_ROUNDS) /* which is seen with two wakers only */
#define TIMES 1
#else
#define TIMES 0
#endif
byte moves = MOVES;   /* how often tasks may still be given away */

#define touch(t) assert(!(t == 0 && freed))

/* hart_send */
inline push(t, h)
{
    atomic { touch(t); first = inbox[h] };
    do
    :: link[t] = first; /* touched above, or in the step before */
       atomic {
           touch(t);
           if
           :: inbox[h] == first ->
               inbox[h] = t + 1;
               inboxes[t]++;
               assert(inboxes[t] == 1);
               break
           :: else -> first = inbox[h]
           fi
       }
    od;
    if
    :: first == 0 -> interrupt[h] = true
    :: else
    fi
}

inline send_bits(t, bits)
{
#ifdef TWIN_PUSH_FIRST
    atomic { touch(t); old = remote[t] };
    if
    :: old == 0 -> atomic { touch(t); target = home[t] }; push(t, target)
    :: else
    fi;
    atomic { touch(t); remote[t] = remote[t] | bits }
#else
    atomic { touch(t); old = remote[t]; remote[t] = remote[t] | bits };
    if
    :: old == 0 -> atomic { touch(t); target = home[t] }; push(t, target)
    :: else
    fi
#endif
}

/* Into a ready queue of hart h, which is its own business. */
inline enqueue(t)
{
    assert(home[t] == h && queued[t] == 0);
    state[t] = READY;
    queued[t]++
}

/* sched_arrive: nobody else looks at this meanwhile. */
inline arrive(t)
{
    atomic {
        touch(t);
        if
        :: state[t] == MOVING || state[t] == IDLE -> enqueue(t)
        :: else
        fi
    }
}

/* empty_inbox; `rest`: whether something may be left */
inline empty_inbox()
{
    n = 0;
    rest = false;
#ifdef TWIN_LIST_LEFT
    if
    :: arriving[h] == 0 -> atomic { arriving[h] = inbox[h]; inbox[h] = 0 }
    :: else
    fi;
#endif
    do
    :: n == MOST -> rest = true; break
    :: else ->
#ifndef TWIN_LIST_LEFT
        if
        :: arriving[h] == 0 -> atomic { arriving[h] = inbox[h]; inbox[h] = 0 }
        :: else
        fi;
#endif
        task = arriving[h];
        if
        :: task == 0 -> break
        :: else
        fi;
#ifdef TWIN_LINK_LATE
        atomic { touch(task - 1); taken = remote[task - 1]; remote[task - 1] = 0;
                 inboxes[task - 1]-- };
        atomic { touch(task - 1); arriving[h] = link[task - 1] };
#else
        atomic { touch(task - 1); arriving[h] = link[task - 1] };
        atomic { touch(task - 1); taken = remote[task - 1]; remote[task - 1] = 0;
                 inboxes[task - 1]-- };
#endif
        atomic { touch(task - 1); where = home[task - 1] };
        if
#ifndef TWIN_FOREIGN
        :: where != h ->
#ifndef TWIN_NO_FORWARD
            send_bits(task - 1, taken)
#else
            skip
#endif
        :: else ->
#else
        :: true ->
#endif
            arrive(task - 1)
        fi;
        n++
    od;
#ifdef TWIN_LIST_LEFT
    rest = arriving[h] != 0;
#endif
#ifndef TWIN_NO_AGAIN
    if
    :: rest -> interrupt[h] = true
    :: else
    fi;
#endif
    atomic { task = 0; taken = 0; where = 0; old = 0; first = 0; target = 0; n = 0 }
}

/* serve_call: the function, then the acknowledgement. */
inline serve()
{
    if
    :: call[h] ->
        if
        :: stop_it -> atomic { state[0] = STOPPED; queued[0] = 0 }
        :: else ->
            empty_inbox();
            if
            :: rest -> some_left = true
            :: else
            fi
        fi;
        atomic { call[h] = false; rest = false }
    :: else
    fi
}

proctype hart(byte h)
{
    byte task, taken, old, first, target, where, t, n;
    bool rest;

end_idle:
    do
    /* hart_interrupt */
    :: waits && h == 0 && call[h] -> serve(); rest = false
    :: waits && h == 0 && freed -> waits = false
    :: (interrupt[h] || call[h]) && !(waits && h == 0) ->
#ifndef TWIN_CLEAR_LATE
        interrupt[h] = false;
#endif
        serve();
        empty_inbox();
        rest = false
#ifdef TWIN_CLEAR_LATE
        ;
        interrupt[h] = false
#endif
    /* Run what is ready here. */
    :: atomic {
           queued[0] > 0 && home[0] == h ->
               queued[0] = 0; state[0] = RUNNING
       }
    :: atomic {
           queued[1] > 0 && home[1] == h ->
               queued[1] = 0; state[1] = RUNNING
       }
    /* It takes its wakes, and yields: the look and the mark are not one step. */
    :: atomic { state[0] == RUNNING && home[0] == h -> word[0] = 0; t = 0 }; goto yield
    :: atomic { state[1] == RUNNING && home[1] == h -> word[1] = 0; t = 1 }; goto yield
    /* give_away */
    :: atomic { queued[0] > 0 && home[0] == h && moves > 0 && !lock -> lock = true; t = 0 };
       goto give
    :: atomic { queued[1] > 0 && home[1] == h && moves > 0 && !lock -> lock = true; t = 1 };
       goto give
    od;

yield:
    if
    :: word[t] != 0 -> skip
    :: else -> atomic { state[t] = IDLE; t = 0 }
    fi;
    goto end_idle;

give:
    atomic { moves--; queued[t] = 0; state[t] = MOVING };
    home[t] = 1 - h;
#ifdef TWIN_NO_INTERRUPT
    atomic {
        old = remote[t]; remote[t] = remote[t] | 4;
        if
        :: old == 0 -> link[t] = inbox[1 - h]; inbox[1 - h] = t + 1; inboxes[t]++
        :: else
        fi
    };
#else
    send_bits(t, 4);
#endif
    atomic { lock = false; t = 0 };
    goto end_idle
}

/* A hart in a light system call: it serves no call before it has left. */
proctype waker(byte h; byte t; byte mine; byte times)
{
    byte old, first, target;

    do
    :: times > 0 && (t != 0 || bound) ->
        atomic { touch(t); word[t] = word[t] | mine };
        send_bits(t, mine);
        times--
    :: else -> break
    od;
    over++;
end_served:
    do
    :: call[h] -> call[h] = false
    od
}

inline wait_for_harts()
{
    (!call[0] && !call[1] && !call[2] && !call[3])
}

proctype deleter()
{
    byte round;

    atomic { !lock -> lock = true };
    bound = false;
    atomic { stop_it = true; call[home[0]] = true }; /* the interrupt goes with it */
    wait_for_harts();
    stop_it = false;
quiesce:
    some_left = false;
    round = 0;
    do
#ifdef TWIN_ROUNDS
    :: round == 2 -> break
    :: round < 2 ->
#else
    :: round == 3 -> break
    :: round < 3 ->
#endif
        atomic { call[0] = true; call[1] = true; call[2] = true; call[3] = true };
        wait_for_harts();
        round++
    od;
#ifndef TWIN_REST_UNSEEN
    if
    :: some_left -> goto quiesce
    :: else
    fi;
#endif
    freed = true;
    lock = false
}

/* Nothing happens any more. */
proctype judge()
{
end:
    atomic {
        over == WAKERS && hart[1]@end_idle && hart[2]@end_idle && !interrupt[0] && !interrupt[1] &&
        !call[0] && !call[1] && !lock && queued[0] == 0 && queued[1] == 0 &&
        state[0] != RUNNING && state[1] != RUNNING && (freed || bound) ->
            assert(inbox[0] == 0 && inbox[1] == 0 && arriving[0] == 0 && arriving[1] == 0);
            assert(remote[1] == 0 && word[1] == 0 && state[1] == IDLE);
            assert(freed || (remote[0] == 0 && word[0] == 0 && state[0] == IDLE));
            assert(inboxes[0] == 0 && inboxes[1] == 0)
    }
}

init {
    atomic {
        run hart(0);
        run hart(1);
        if
        :: moves = 0;             /* one dies behind more than three rounds take */
           waits = true;
           inbox[0] = 2; link[1] = 3; link[2] = 4; link[3] = 1;
           remote[0] = 1; remote[1] = 1; remote[2] = 1; remote[3] = 1;
           inboxes[0] = 1; inboxes[1] = 1; inboxes[2] = 1; inboxes[3] = 1;
           interrupt[0] = true;
           run waker(2, 0, 1, 0);
           run waker(3, 0, 1, 0);
           run deleter()
        :: run waker(2, 0, 1, 2); /* two tasks of one home, one woken twice */
           run waker(3, 1, 2, 1);
           moves = 1
        :: run waker(2, 0, 1, 1); /* both wake the one that dies */
           run waker(3, 0, 2, TIMES);
           run deleter()
#ifdef LONG
        :: run waker(2, 0, 1, 1); /* one dies, the other one must not be disturbed */
           run waker(3, 1, 2, 1);
           home[1] = 1;
           run deleter()
#endif
        fi;
        run judge()
    }
}
