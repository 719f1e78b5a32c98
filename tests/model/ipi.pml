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
 * Atomic steps are single accesses to memory; an amo is one. The full fences of the code (clear,
 * then look; amo with acquire and release) keep these accesses in the order that is written here.
 *
 * Broken twins: -DTWIN_CLEAR_LATE (the interrupt is cleared after the inbox was taken),
 * -DTWIN_LINK_LATE (a task's link is read after its remote word was taken), -DTWIN_NO_FORWARD (the
 * bits of a task that has moved away are dropped), -DTWIN_FOREIGN (they are handled where they
 * were found), -DTWIN_PUSH_FIRST (the task is pushed before its bit is set), -DTWIN_NO_INTERRUPT
 * (none is sent for a task that moves), -DTWIN_ROUNDS (hart_quiesce waits for each hart but twice).
 */
#define HOMES  2
#define TASKS  2
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
bool interrupt[HOMES];

bool lock;
bool call[HARTS];     /* asked to serve the deleter's call */
bool stop_it;         /* what the call is: stop task 0, or empty the inbox */
byte over;            /* wakers that are done */
byte moves = 2;       /* how often tasks may still be given away */

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

/* empty_inbox */
inline empty_inbox()
{
    atomic { task = inbox[h]; inbox[h] = 0 };
    do
    :: task == 0 -> break
    :: else ->
#ifdef TWIN_LINK_LATE
        atomic { touch(task - 1); taken = remote[task - 1]; remote[task - 1] = 0;
                 inboxes[task - 1]-- };
        atomic { touch(task - 1); next = link[task - 1] };
#else
        atomic { touch(task - 1); next = link[task - 1] };
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
        task = next
    od
}

/* serve_call: the function, then the acknowledgement. */
inline serve()
{
    if
    :: call[h] ->
        if
        :: stop_it -> atomic { state[0] = STOPPED; queued[0] = 0 }
        :: else -> empty_inbox()
        fi;
        call[h] = false
    :: else
    fi
}

proctype hart(byte h)
{
    byte task, next, taken, old, first, target, where, t;

end_idle:
    do
    /* hart_interrupt */
    :: interrupt[h] || call[h] ->
#ifndef TWIN_CLEAR_LATE
        interrupt[h] = false;
#endif
        serve();
        empty_inbox()
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
    byte old, first, target, task, next, taken, where;

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
            assert(inbox[0] == 0 && inbox[1] == 0);
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
        :: run waker(2, 0, 1, 2); /* two tasks of one home, one woken twice */
           run waker(3, 1, 2, 1);
           moves = 1
        :: run waker(2, 0, 1, 1); /* both wake the one that dies */
           run waker(3, 0, 2, 1);
           run deleter()
        :: run waker(2, 0, 1, 1); /* one dies, the other one must not be disturbed */
           run waker(3, 1, 2, 1);
           home[1] = 1;
           run deleter()
        fi;
        run judge()
    }
}
