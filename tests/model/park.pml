/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving up the CPU against a wake from another hart: libs/executor (drain, idle) with the kernel's
 * yield and process_wake.
 *
 * Two harts each set the bit of a slot of their own, one of them twice. The executor takes the
 * summary, then the word, runs what is ready, and yields when nothing is. Checked: every bit that
 * was set is handled, the process does not sleep while one is pending, and it is made ready at most
 * once for each time that it slept (assertions).
 *
 * The kernel's store of the state goes through a store buffer; an amo acts on memory at once.
 *
 * Broken twins: -DTWIN_CHECK_FIRST (yield looks at the summary only before it marks itself idle),
 * -DTWIN_NO_FENCE (no fence between mark and look), -DTWIN_WORD_FIRST (the executor takes the word
 * before the summary), -DTWIN_SUMMARY_FIRST (the waker sets the summary before the word),
 * -DTWIN_LATE_CLEAR (the executor stores zero into the summary instead of exchanging it).
 */
#define WAKERS 2
#define WAKES  3

byte word;       /* one bit for each slot */
bool summary;
byte handled;
byte over;       /* wakers that are done */
bool ready;      /* in the kernel's run queue */
bool asleep;     /* off the CPU */

mtype = { RUNNING, IDLE };
mtype state = RUNNING;
chan stores = [2] of { mtype };

active proctype drain()
{
    mtype v;
end:
    do
    :: atomic { stores?v -> state = v }
    od
}

inline wake(slot_bit)
{
#ifdef TWIN_SUMMARY_FIRST
    summary = true;
    word = word | slot_bit;
#else
    word = word | slot_bit; /* amoor */
    summary = true;    /* amoor, release */
#endif
    /* Found idle, it becomes ready: one step, under the lock of the run queue. */
    atomic {
        if
        :: state == IDLE -> assert(!ready); state = RUNNING; ready = true
        :: else
        fi
    }
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

inline take_summary()
{
#ifdef TWIN_LATE_CLEAR
    taken = summary;
    summary = false
#else
    atomic { taken = summary; summary = false } /* amoswap */
#endif
}

inline take_word()
{
    atomic { bits = word; word = 0 } /* amoswap */
}

active proctype process()
{
    byte bits;
    bool taken;

again: /* The executor's loop. */
#ifdef TWIN_WORD_FIRST
    take_word();
    take_summary();
    handled = handled | bits;
#else
    take_summary();
    if
    :: taken -> take_word(); handled = handled | bits
    :: else
    fi;
#endif
    /* Nothing is ready: yield. */
#ifdef TWIN_CHECK_FIRST
    if
    :: summary -> goto again
    :: else
    fi;
#endif
    stores!IDLE;
#ifndef TWIN_NO_FENCE
    empty(stores); /* FENCE */
#endif
#ifndef TWIN_CHECK_FIRST
    if
    :: summary ->
        /* Take the mark back, unless a waker has done so. */
        empty(stores);
        atomic {
            ready = false;
            state = RUNNING
        };
        goto again
    :: else
    fi;
#endif
    asleep = true;
end_sleep:
    atomic { ready -> ready = false; asleep = false };
    goto again
}

/* All wakers are done and the process sleeps on: then nothing may be left. */
active proctype judge()
{
end:
    atomic {
        over == 2 && asleep && !ready && empty(stores) ->
            assert(!summary && word == 0 && handled == 3)
    }
}
