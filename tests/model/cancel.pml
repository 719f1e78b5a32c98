/* SPDX-License-Identifier: BSD-2-Clause */
/* A cancellation against wakes, a join and the reuse of the row: libs/executor's directory (post.c,
 * group_leave and hold of movable.c), in which a coroutine is named by row and generation.
 *
 * The movable coroutine M (generation 1) has one row. Two virtual CPUs take it when it is ready and
 * run it. From elsewhere it is woken, cancelled, and joined; it parks until it is cancelled, and then
 * ends. Its row, once free, is taken by a coroutine N (generation 2), while who has M's cid may
 * still be in the midst of a call.
 *
 * The row's word is changed by compare and swap: one atomic step, of what was read before in another.
 * Mailboxes and the ready set are bits that are changed at once.
 *
 * Checked: M ends, once, if the cancellation was taken on; the join ends, once, and not before M has
 * ended; the row is freed once and while nobody joins; N is neither woken nor cancelled (assertions),
 * and when nothing happens any more, M does not stand parked with a cancellation.
 *
 * Broken twins: -DTWIN_NO_GENERATION (a post looks at the kind only), -DTWIN_TWO_STEPS (it looks, and
 * sets its bit whatever the word is by then), -DTWIN_LEAVE_CANCELLED (who parks looks for a wake, but
 * not for a cancellation), -DTWIN_PARKED_STAYS (a cancellation leaves a parked one parked),
 * -DTWIN_JOIN_UNSEEN (who ends reads the joins before it changes the word, and writes what it has
 * read), -DTWIN_FREE_EARLY (the row is free although somebody joins).
 */
#define CPUS 2

mtype = { FREE, PARKED, READY, HELD, EXITED, OTHER };
/* The word. */
mtype kind = PARKED;
byte generation = 1;
byte cpu;          /* while HELD */
bool wake_bit;
bool cancel_bit;
bool join_bit;     /* of the joiner's virtual CPU */

bool in_set;
bool mail[CPUS];
bool row_free;
bool cancelled;    /* M's own flag, at its home */
byte running;      /* ghost */
bool ended;        /* ghost: M's body has returned for the last time */
byte frees;        /* ghost */
byte told;         /* how often the join was told */
bool joins;        /* it was taken on */
bool cancels;      /* it was taken on */
byte over;         /* who are done */

#define COPY d_step { o_kind = kind; o_generation = generation; o_cpu = cpu; o_wake = wake_bit; \
                      o_cancel = cancel_bit; o_join = join_bit }
#define SAME (o_kind == kind && o_generation == generation && o_cpu == cpu && \
              o_wake == wake_bit && o_cancel == cancel_bit && o_join == join_bit)
#ifdef TWIN_NO_GENERATION
#define LIVES (o_kind != FREE && o_kind != EXITED)
#else
#define LIVES (o_generation == 1 && o_kind != FREE && o_kind != EXITED)
#endif

/* group_post of one bit; `done`: it was taken on. */
inline post(is_cancel)
{
    done = false;
    do
    :: COPY;
       if
       :: !LIVES -> break
       :: else
       fi;
       atomic {
           if
#ifndef TWIN_TWO_STEPS
           :: !SAME
#endif
           :: else ->
               assert(generation == 1); /* else it is N that hears */
               if
#ifdef TWIN_PARKED_STAYS
               :: kind == PARKED && !is_cancel ->
#else
               :: kind == PARKED ->
#endif
                   kind = READY
               :: else ->
                   wake_bit = wake_bit || !is_cancel
               fi;
               cancel_bit = cancel_bit || is_cancel;
               done = true
           fi
       };
       if
       :: done -> break
       :: else
       fi
    od;
    /* tell */
    if
    :: done && o_kind == PARKED -> in_set = true
    :: done && o_kind == HELD && is_cancel -> mail[o_cpu] = true
    :: else
    fi
}

active proctype waker()
{
    mtype o_kind;
    byte o_generation, o_cpu;
    bool o_wake, o_cancel, o_join, done;

#ifdef LONG
    post(false);
#endif
    post(false);
    over++
}

active proctype canceller()
{
    mtype o_kind;
    byte o_generation, o_cpu;
    bool o_wake, o_cancel, o_join, done;

    post(true);
    cancels = done;
    over++
}

/* group_join, at virtual CPU 1. */
active proctype joiner()
{
    mtype o_kind;
    byte o_generation, o_cpu;
    bool o_wake, o_cancel, o_join, done;

    do
    :: COPY;
       if
       :: !LIVES -> break
       :: else
       fi;
       atomic {
           if
           :: !SAME
           :: else -> join_bit = true; joins = true; break
           fi
       }
    od;
    over++
}

/* Who takes the free row owns its word. */
active proctype successor()
{
end:
    atomic {
        row_free ->
            assert(kind == FREE && !join_bit);
            row_free = false;
            kind = OTHER; generation = 2; wake_bit = false; cancel_bit = false
    }
}

inline free_row()
{
    atomic { frees++; assert(frees == 1); row_free = true }
}

/* deliver_exit, for the joiner. */
inline deliver()
{
    COPY;
    if
    :: o_kind == EXITED && me == 1 ->
        atomic { told++; assert(told == 1 && ended) };
        atomic { kind = FREE; join_bit = false };
#ifndef TWIN_FREE_EARLY
        free_row()
#endif
    :: o_kind == HELD && o_cpu == me && o_generation == 1 ->
        /* group_deliver: only its home changes this part of the word */
        atomic {
            if
            :: kind == HELD && cpu == me && generation == 1 && cancel_bit ->
                cancel_bit = false; cancelled = true
            :: else
            fi
        }
    :: else
    fi
}

/* group_exit */
inline exit()
{
    ended = true;
    do
    :: COPY;
       done = false;
       atomic {
           if
#ifndef TWIN_JOIN_UNSEEN
           :: !SAME
#endif
           :: else ->
               done = true;
               wake_bit = false; cancel_bit = false;
               join_bit = o_join;
               kind = (o_join -> EXITED : FREE)
           fi
       };
       if
       :: done -> break
       :: else
       fi
    od;
    done = false;
    if
    :: o_join ->
        mail[1] = true;
#ifdef TWIN_FREE_EARLY
        free_row()
#endif
    :: else -> free_row()
    fi
}

/* group_leave */
inline leave()
{
    do
    :: COPY;
       done = false;
       atomic {
           if
           :: !SAME
           :: else ->
               done = true;
               if
#ifdef TWIN_LEAVE_CANCELLED
               :: wake_bit ->
#else
               :: wake_bit || cancel_bit ->
#endif
                   wake_bit = false; kind = READY
               :: else -> kind = PARKED
               fi
           fi
       };
       if
       :: done -> break
       :: else
       fi
    od;
    done = false;
    if
    :: kind == READY -> in_set = true
    :: else
    fi
}

proctype virtual_cpu(byte me)
{
    mtype o_kind;
    byte o_generation, o_cpu;
    bool o_wake, o_cancel, o_join, done, taken;

end_idle:
    do
    :: atomic { mail[me] -> mail[me] = false }; deliver()
    :: atomic { in_set -> in_set = false };
       /* hold */
       atomic {
           taken = false;
           if
           :: kind == READY ->
               kind = HELD; cpu = me; taken = true;
               cancelled = cancelled || cancel_bit; cancel_bit = false
           :: else
           fi
       };
       if
       :: taken ->
           atomic { running++; assert(running == 1) };
           /* Its body; it parks, and between two coroutines the mail is looked at. */
           if
           :: atomic { mail[me] -> mail[me] = false }; deliver()
           :: skip
           fi;
           running--;
           if
           :: cancelled -> exit()
           :: else -> leave()
           fi
       :: else
       fi;
       taken = false
    od
}

init {
    atomic { run virtual_cpu(0); run virtual_cpu(1) }
}

/* Nothing happens any more. */
active proctype judge()
{
end:
    atomic {
        over == 3 && !in_set && !mail[0] && !mail[1] && running == 0 &&
        virtual_cpu[6]@end_idle && virtual_cpu[7]@end_idle ->
            assert(cancels == ended);
            assert(!ended || joins == (told == 1));
            assert(!ended || frees == 1);
            assert(ended || kind == PARKED && !cancel_bit)
    }
}
