/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring and its doorbell: libs/ipc/doorbell.c (producer) and receive.c (consumer).
 *
 * The producer puts MESSAGES messages of random priority (0 is better than 1) and rings for them,
 * one by one or several at once. The consumer works each off at its priority, publishes that, and
 * sleeps when the ring is dry. Checked:
 *  - no lost wake-up: the consumer takes every message (else: invalid end state);
 *  - no hidden priority: while the consumer works at priority 1 and the producer is done, a message
 *    of priority 0 in the ring has been rung for (assertion);
 *  - each message is read after it was written (assertion).
 *
 * Weak memory: each side's stores go through a buffer that drains at any time; only FENCE waits
 * for it. A side loads only what the other side stores.
 *
 * Broken twins: -DTWIN_NO_RECHECK (sleeps without looking again), -DTWIN_NO_PRODUCER_FENCE,
 * -DTWIN_NO_CONSUMER_FENCE, -DTWIN_SAME_WORD (arms anew without a new count), -DTWIN_STAY_ARMED (does
 * not arm anew after a doorbell that came too late), -DTWIN_NO_WORSE_CHECK (takes a worse message
 * without looking again), -DTWIN_QUIET_WORD (a doorbell during a call that came in registers leads
 * to no new word).
 */
#define MESSAGES 3
#define ASLEEP   3
#define NONE     2

/* What memory holds. */
byte tail;            /* messages published */
byte written;         /* messages written, each before its tail */
byte wait;            /* count * 4 + state: ASLEEP, or awake at 0 or 1 */
bool bell;            /* the wake bit of the slot */
byte prio[MESSAGES];
bool finished;        /* the producer has rung for all */

mtype = { TAIL, WRITTEN };
chan producer_stores = [4] of { mtype, byte };
chan consumer_stores = [3] of { byte };

active proctype drain_producer()
{
    byte v;
end:
    do
    :: atomic { producer_stores?TAIL(v) -> tail = v }
    :: atomic { producer_stores?WRITTEN(v) -> written = v }
    od
}

active proctype drain_consumer()
{
    byte v;
end:
    do
    :: atomic { consumer_stores?v -> wait = v }
    od
}

active proctype producer()
{
    byte put = 0, w, rung = 0, rung_priority = 0, deferred = NONE;

    do
    :: put < MESSAGES ->
        /* Put one. */
        if
        :: prio[put] = 0
        :: prio[put] = 1
        fi;
        producer_stores!WRITTEN(put + 1);
        producer_stores!TAIL(put + 1);
        if
        :: prio[put] < deferred -> deferred = prio[put]
        :: else
        fi;
        put++
    :: deferred < NONE ->
        /* Flush: ring where it is needed. */
#ifndef TWIN_NO_PRODUCER_FENCE
        empty(producer_stores); /* FENCE */
#endif
        w = wait;
        if
        :: (w % 4) != ASLEEP && deferred >= (w % 4)
        :: else ->
            if
            :: w == rung && deferred >= rung_priority
            :: else -> rung = w; rung_priority = deferred; bell = true
            fi
        fi;
        deferred = NONE
    :: put == MESSAGES && deferred == NONE -> break
    od;
    finished = true
}

byte level = 0; /* the consumer's priority: what it published last */
byte count = 1;
bool quiet;     /* it has had a call in registers */

inline publish(state)
{
    consumer_stores!(count * 4 + state)
}

/* The best priority in the ring between taken and seen. */
inline best_of(result)
{
    d_step {
        k = taken; result = NONE;
        do
        :: k < seen ->
            if
            :: prio[k] < result -> result = prio[k]
            :: else
            fi;
            k++
        :: else -> break
        od
    }
}

active proctype consumer()
{
    byte taken = 0, seen, k, best, p;

    do
    :: taken == MESSAGES -> break
    :: taken < MESSAGES ->
        seen = tail;
        if
        :: taken < seen ->
            /* Take one, at the best priority that is known to be in the ring. */
            assert(written > taken);
            best_of(best);
            p = best;
            taken++;
            if
            :: p != level ->
                count++;
                publish(p);
#ifndef TWIN_NO_WORSE_CHECK
                if
                :: p > level ->
                    empty(consumer_stores); /* FENCE */
                    seen = tail;
                    best_of(best);
                    if
                    :: best < p -> p = best; count++; publish(p)
                    :: else
                    fi
                :: else
                fi;
#endif
                level = p
            :: else
            fi;
            /* At work. If nothing else happens, is a better message hidden? */
            if
            :: bell ->
                bell = false;
                seen = tail;
                best_of(best);
                if
                :: best < level -> level = best; count++; publish(level)
                :: else
                fi
            :: finished && empty(producer_stores) && empty(consumer_stores) ->
                d_step {
                    seen = tail;
                    k = taken; best = NONE;
                    do
                    :: k < seen ->
                        if
                        :: prio[k] < best -> best = prio[k]
                        :: else
                        fi;
                        k++
                    :: else -> break
                    od;
                    assert(bell || best >= level);
                    k = 0; best = 0
                }
            :: true
            fi
        :: else ->
            /* Dry: arm, look again, only then sleep. The word said "awake", so it is another one
             * without a new count. After a doorbell for what was taken already, arm anew: the
             * producer will not ring twice for one word. */
            goto dry;
arm:
#ifndef TWIN_SAME_WORD
            count++;
#endif
dry:
            publish(ASLEEP);
#ifndef TWIN_NO_CONSUMER_FENCE
            empty(consumer_stores); /* FENCE */
#endif
#ifndef TWIN_NO_RECHECK
            seen = tail;
#endif
            if
            :: taken < seen
            :: else ->
again:
                if
                :: bell ->
                    bell = false;
                    seen = tail;
                    if
                    :: taken < seen
#ifdef TWIN_STAY_ARMED
                    :: else -> goto again
#else
                    :: else -> goto arm
#endif
                    fi
                :: !quiet ->
                    /* A call in registers: it works, and the word says "asleep" all the time. */
                    quiet = true;
                    if
                    :: bell ->
                        bell = false;
#ifndef TWIN_QUIET_WORD
                        count++;
                        publish(level);
                        empty(consumer_stores); /* FENCE */
#endif
                        seen = tail;
                        if
                        :: taken < seen
#ifdef TWIN_QUIET_WORD
                        :: else -> goto again
#else
                        :: else -> goto arm
#endif
                        fi
                    :: goto again /* without a look */
                    fi
                fi
            fi;
            count++;
            publish(level)
        fi
    od
}
