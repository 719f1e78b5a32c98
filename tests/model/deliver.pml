/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages in registers beside the rings: libs/ipc/call.c, reply.c, server.c and the kernel's
 * deliver, on two harts.
 *
 * A client makes CALLS calls, at most two at a time. Each goes in registers if there is nothing
 * else to do, and by the ring otherwise or when the kernel refuses. The server's answers likewise;
 * a call in registers leaves its word at "asleep" (`quiet`). Once, the server's receiver is cancelled, and a new one comes later.
 * Checked: every call is served once and answered once (assertions), and comes to its end (else:
 * invalid end state). Memory is sequentially consistent here: fences are the matter of ring.pml.
 *
 * Broken twins: -DTWIN_NO_INBOX (what comes while nobody receives is dropped), -DTWIN_ONE_KEPT (the
 * second that comes is), -DTWIN_NO_LOOK (the reply leaves without a second look at the ring),
 * -DTWIN_NO_FALLBACK (a refused call is forgotten).
 */
#define CALLS 3
#define NOBODY 7

bool server_asleep;      /* the two halves of the server's wait word */
byte server_word;
byte client_word = 1;    /* the client always looks asleep; it armed when it opened the channel */
byte calls;              /* tails */
byte replies;
byte call_ring[CALLS];
byte reply_ring[CALLS];

/* The kernel: each step on these is atomic. */
bool server_idle, client_idle, server_bell, client_bell, other_bell;
byte to_server = NOBODY;
byte to_client = NOBODY;

chan kept = [CALLS] of { byte }; /* the server's: calls in registers while nobody received */

byte served[CALLS];
byte answered[CALLS];

inline doorbell(bell, idle)
{
    atomic { bell = true; idle = false }
}

active proctype client()
{
    byte sent = 0, got = 0, head = 0, rung = 0, id;
    bool deferred = false;

loop:
    do
    :: client_bell ->
        client_bell = false;
drain:
        client_word++; /* armed, then the look */
        do
        :: head < replies ->
            id = reply_ring[head];
            answered[id]++;
            assert(answered[id] == 1);
            got++;
            head++
        :: else -> break
        od
    :: !client_bell && sent < CALLS && sent - got < 2 ->
        id = sent;
        sent++;
        if
        :: !deferred && !client_bell ->
            atomic {
                if
                :: server_idle && !server_bell && !client_bell ->
                    to_server = id; server_idle = false; client_idle = true; goto wait
                :: else
                fi
            };
#ifndef TWIN_NO_FALLBACK
            call_ring[calls] = id; calls++; deferred = true
#endif
        :: true ->
            call_ring[calls] = id; calls++; deferred = true
        fi
    :: !client_bell && (sent - got == 2 || sent == CALLS) ->
        if
        :: got == CALLS -> goto done
        :: else
        fi;
        if
        :: deferred ->
            deferred = false;
            if
            :: atomic { server_asleep && server_word != rung -> rung = server_word };
               doorbell(server_bell, server_idle)
            :: else
            fi
        :: else
        fi;
        atomic {
            if
            :: client_bell
            :: else -> client_idle = true; goto wait
            fi
        }
    od;
wait:
    if
    :: atomic { !client_idle && to_client != NOBODY ->
            id = to_client; to_client = NOBODY; answered[id]++; assert(answered[id] == 1); got++ }
    :: atomic { !client_idle && to_client == NOBODY -> client_bell = false }; goto drain
    fi;
    goto loop;
done:
    skip
}

active proctype server()
{
    byte head = 0, rung = 0, id;
    bool receiver = false, cancelled = false, deferred = false, quiet = false;

receive:
    if
    :: nempty(kept) -> kept?id; goto work
    :: empty(kept)
    fi;
    if
    :: head < calls -> goto take
    :: else
    fi;
    receiver = true;
    atomic { server_word++; server_asleep = true };
    if
    :: head < calls -> receiver = false; goto take
    :: else
    fi;
idle:
    /* Nothing is ready: doorbells that were put off, then yield. */
    if
    :: deferred ->
        deferred = false;
        if
        :: atomic { client_word != rung -> rung = client_word };
           doorbell(client_bell, client_idle)
        :: else
        fi
    :: else
    fi;
    atomic {
        if
        :: server_bell || other_bell
        :: else -> server_idle = true
        fi
    };
entered:
end_wait:
    /* The kernel enters (or yield has returned). */
    if
    :: atomic { !server_idle && to_server != NOBODY -> id = to_server; to_server = NOBODY };
       if
       :: receiver ->
           receiver = false;
           quiet = true;
           goto work
       :: else ->
#ifndef TWIN_NO_INBOX
#ifdef TWIN_ONE_KEPT
           if
           :: nempty(kept)
           :: empty(kept) -> kept!id
           fi;
#else
           kept!id;
#endif
#endif
           atomic { server_word++; server_asleep = false };
           goto idle
       fi
    :: atomic { !server_idle && to_server == NOBODY && server_bell -> server_bell = false };
       if
       :: receiver && head < calls -> receiver = false; goto take
       :: receiver && head >= calls ->
           /* Rung for what was taken already: arm anew, look again. */
           atomic { server_word++; server_asleep = true };
           if
           :: head < calls -> receiver = false; goto take
           :: else -> goto idle
           fi
       :: !receiver -> goto idle
       fi
    :: atomic { !server_idle && to_server == NOBODY && !server_bell && other_bell ->
            other_bell = false };
       if
       :: receiver && !cancelled ->
           /* That wake cancels the receiver; its heir comes with the next. */
           cancelled = true;
           receiver = false;
           atomic { server_word++; server_asleep = false };
           goto idle
       :: !receiver -> goto receive
       :: else -> goto idle
       fi
    fi;
take:
    atomic { server_word++; server_asleep = false };
    id = call_ring[head];
    head++;
work:
    served[id]++;
    assert(served[id] == 1);
    /* reply_receive */
    if
    :: quiet && !deferred && !server_bell ->
        quiet = false;
        receiver = true;
        goto leave
    :: !quiet && !deferred && !server_bell && head == calls && empty(kept) ->
        receiver = true;
        atomic { server_word++; server_asleep = true };
#ifndef TWIN_NO_LOOK
        if
        :: head < calls ->
            receiver = false;
            reply_ring[replies] = id; replies++; deferred = true;
            goto take
        :: else
        fi;
#endif
leave:
        atomic {
            if
            :: client_idle && !client_bell && !server_bell && !other_bell ->
                to_client = id; client_idle = false; server_idle = true; goto entered
            :: else
            fi
        };
        reply_ring[replies] = id; replies++; deferred = true;
        goto idle
    :: true ->
        quiet = false;
        reply_ring[replies] = id; replies++; deferred = true;
        goto receive
    fi
}

/* A needless doorbell, and wakes of another slot, at any time. */
active proctype needless()
{
    atomic { client_bell = true; client_idle = false }
}

active proctype others()
{
    atomic { other_bell = true; server_idle = false };
    !other_bell;
    atomic { other_bell = true; server_idle = false }
}
