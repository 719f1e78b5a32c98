/* SPDX-License-Identifier: BSD-2-Clause */
/* The death of a server against its replies: libs/ipc (client.c, dead.c, call.c), the kernel's endpoints
 * and servers/root (channel_kill).
 *
 * A client has two calls, of which one may be cancelled at any time. A server takes calls and answers
 * them, by the ring with a doorbell or in registers, and may be stopped between any two steps. Root
 * stops it, writes "dead" into both tails, and rings the client.
 *
 * Checked: each call ends exactly once, with its own reply, or because it was cancelled, or because
 * the peer is dead (assertions), and when nothing happens any more, all have ended: the client does
 * not sleep on a call that nobody will answer.
 *
 * Each step is one access to memory; what a fence has to order stands in ring.pml.
 *
 * Broken twins: -DTWIN_WRITE_FIRST (root writes before the server is stopped: a tail that this still
 * publishes hides the mark), -DTWIN_RING_FIRST (root rings, then writes), -DTWIN_NO_RING (it does not
 * ring), -DTWIN_ORPHAN (the death ends a call that was cancelled, too), -DTWIN_SAME_ID (a cancelled
 * call's row is used for the next one under the same id), -DTWIN_WAITER (who waits for
 * a row is not told of the death). (That a doorbell is refused tells the client sooner; root's ring
 * comes in any case.)
 */
#define CALLS 2 /* one row: the second call waits for it */
#define DEAD  9

mtype = { WAITS, SENT, OVER };
mtype call[CALLS] = WAITS;
byte ends[CALLS];       /* ghost: how often it ended */
bool cancelled[CALLS];

/* The row of requests: whose it is, and its id. */
byte row_of = CALLS;    /* a call; CALLS: free */
bool orphan;            /* it was cancelled: the row stays until its reply */
byte id;                /* of the last request */
bool open;
bool dead_end;

/* The channel. */
byte calls_tail, replies_tail, client_head, server_head;
byte slot_call;         /* 4 * id, and, as a ghost, whose call it is */
byte slot_reply;        /* the same, as the server took it */

bool bell;              /* of the client, a wake */
byte message;           /* in registers into the idle client; 0: none */
bool asleep;            /* the client */
bool alive = true;      /* the server runs */
bool cancel_left = true;
bool root_done;

inline end_call(c)
{
    atomic { ends[c]++; assert(ends[c] == 1); call[c] = OVER }
}

/* ipc_end_kill. (There is one row; those who wait follow in send.) */
inline kill()
{
    dead_end = true;
    if
    :: open ->
        open = false;
        if
#ifndef TWIN_ORPHAN
        :: orphan -> skip
#endif
        :: else -> end_call(row_of)
        fi
    :: else
    fi;
    waiter = 0;
#ifndef TWIN_WAITER
    do
    :: waiter == CALLS -> break
    :: waiter < CALLS && call[waiter] == WAITS -> end_call(waiter); waiter++
    :: else -> waiter++
    od;
#endif
    waiter = 0
}

/* ipc_call, or ipc_call_waiters: the next call that waits, if the row is free. */
inline send()
{
    if
    :: !dead_end && row_of == CALLS ->
        next = 0;
        do
        :: next == CALLS -> break
        :: next < CALLS && call[next] == WAITS -> break
        :: else -> next++
        od;
        if
        :: next < CALLS ->
            atomic {
                row_of = next; orphan = false; open = true;
#ifdef TWIN_SAME_ID
                id = 1;
#else
                id++;
#endif
                call[next] = SENT
            };
            slot_call = 4 * id + next;
            calls_tail = calls_tail + 1; /* over root's mark, which the dead server will not miss */
            /* The doorbell: the server looks; or there is none any more. */
            if
            :: !alive ->
                kill()
            :: else
            fi
        :: else
        fi;
        next = 0
    :: else
    fi
}

/* A reply with this id: take, ipc_client_message. */
inline take(reply)
{
    if
    :: open && reply / 4 == id ->
        open = false;
        if
        :: orphan -> skip
        :: else ->
            assert(reply % 4 == row_of);
            end_call(row_of)
        fi;
        row_of = CALLS
    :: else -> skip /* a stray */
    fi
}

active proctype client()
{
    byte next, waiter, tail, in;

    send();
loop:
    /* Entered with a message, then the wakes. */
    atomic { in = message; message = 0 };
    if
    :: in != 0 -> take(in); in = 0; send()
    :: else
    fi;
    if
    :: bell ->
        bell = false;
        if
        :: dead_end -> skip
        :: else ->
            tail = replies_tail;
            if
            :: tail == DEAD -> kill()
            :: tail != DEAD && tail != client_head ->
                client_head = tail;
                take(slot_reply);
                send()
            :: else
            fi
        fi;
        tail = 0
    :: else
    fi;
    if
    :: cancel_left && call[0] == SENT ->
        /* call_cancel: the row stays in flight. */
        atomic {
            cancel_left = false; cancelled[0] = true;
#ifdef TWIN_SAME_ID
            row_of = CALLS; open = false
#else
            orphan = true
#endif
        };
        end_call(0);
#ifdef TWIN_SAME_ID
        send()
#endif
    :: atomic { cancel_left -> cancel_left = false }
    :: else
    fi;
    atomic {
        if
        :: bell || message != 0 -> skip
        :: else -> asleep = true
        fi
    };
end_asleep:
    atomic { bell || message != 0 -> asleep = false };
    goto loop
}

active proctype server()
{
    byte got, sent;

end_loop:
    do
    :: atomic { alive && server_head != calls_tail -> got = slot_call; server_head = calls_tail };
end_stopped: /* here, or below, for ever, once it is not alive */
       if
       :: atomic { alive && asleep && !bell && message == 0 -> message = got } /* it is idle */
       :: atomic { alive -> slot_reply = got };
end_written:
          atomic { alive -> sent++; replies_tail = sent };
end_published:
          atomic { alive -> bell = true }
       fi;
       got = 0
    od
}

active proctype root()
{
#ifdef TWIN_WRITE_FIRST
    replies_tail = DEAD;
    alive = false;
#else
    alive = false; /* it is stopped on whatever hart it runs, and has no message on its way */
#ifdef TWIN_RING_FIRST
    bell = true;
#endif
    replies_tail = DEAD;
#endif
#ifndef TWIN_NO_RING
#ifndef TWIN_RING_FIRST
    bell = true;
#endif
#endif
    root_done = true
}

/* Nothing happens any more. */
active proctype judge()
{
end:
    atomic {
        root_done && asleep && !bell && message == 0 ->
            assert(ends[0] == 1 && ends[1] == 1)
    }
}
