/* SPDX-License-Identifier: BSD-2-Clause */
/* Revocations in parts: microkernel/cap/cursor.c, cap.c, trap/job.c.
 *
 * Two callers revoke, the same capability or one that was derived from it. In between a third
 * deletes a capability under revocation, puts another one into its slot, or derives from it (a
 * retype of the same Untyped is a derivation), and one of the callers dies. One part of a job is one
 * step: it runs under the kernel lock.
 *
 *     P -+- R -+- D --- L          R is in slot 0, D in slot 1
 *        |     `- E                Q: what the third derives from R
 *        `- X                      N, with its child M: comes into slot 0 when R was deleted
 *
 * Checked: a capability is marked if and only if a cursor stands below it, at every suspension
 * point and in the end; a job deletes only what stems from the capability that it found; when it
 * says that it is done nothing that stems from that is left; nothing is derived meanwhile.
 *
 * Broken twins: -DTWIN_CLEAR_FIRST (the first of two to end takes the mark away),
 * -DTWIN_LEFT_BEHIND (a caller's death leaves its cursor), -DTWIN_MARK_STAYS (it takes the cursor
 * but not the mark), -DTWIN_BY_NUMBER (each part looks the slot up again), -DTWIN_MOVES_UP (a
 * deletion hands its cursors to the parent), -DTWIN_POINTER (a job remembers the next child),
 * -DTWIN_NO_MARK (the capability can be derived from meanwhile).
 */
#define P 0
#define R 1
#define D 2
#define L 3
#define E 4
#define X 5
#define Q 6
#define N 7
#define M 8
#define CAPS 9
#define NONE 9

#define JOBS 2

bool alive[CAPS];
byte parent[CAPS];
bool marked[CAPS];
byte slot[2]; /* what is in slots 0 and 1 */

byte cursor[JOBS]; /* the capability that it stands below; NONE */
byte meant[JOBS];  /* what the first part found */
bool over[JOBS];
bool third_over;

/* The ancestors that each was derived from. */
#define STEMS(x, c)                                                                                \
    ((c) == P || ((c) == R && ((x) == D || (x) == L || (x) == E || (x) == Q)) ||                   \
     ((c) == D && (x) == L) || ((c) == N && (x) == M))

inline remove(x)
{
    /* Its cursors end, its children take its place. */
    for (i : 0 .. JOBS - 1) {
        if
        :: cursor[i] == x ->
#ifdef TWIN_MOVES_UP
            cursor[i] = parent[x]; marked[parent[x]] = true
#else
            cursor[i] = NONE
#endif
        :: else
        fi
    }
    marked[x] = false;
    for (i : 0 .. CAPS - 1) {
        if
        :: alive[i] && parent[i] == x -> parent[i] = parent[x]
        :: else
        fi
    }
    alive[x] = false;
    if
    :: slot[0] == x -> slot[0] = NONE
    :: slot[1] == x -> slot[1] = NONE
    :: else
    fi
}

inline find_child(c)
{
    child = NONE;
    for (i : 0 .. CAPS - 1) {
        if
        :: alive[i] && i != c && parent[i] == c && child == NONE -> child = i
        :: else
        fi
    }
}

inline close(j)
{
    if
    :: cursor[j] != NONE ->
        c = cursor[j];
        cursor[j] = NONE;
#ifdef TWIN_CLEAR_FIRST
        marked[c] = false
#else
        marked[c] = cursor[1 - j] == c
#endif
    :: else
    fi
}

/* At every suspension point. */
inline check()
{
    for (i : 0 .. CAPS - 1) {
        assert(marked[i] == (cursor[0] == i || cursor[1] == i));
        assert(!marked[i] || alive[i])
    }
}

/* Delete one child of c, which job j revokes. */
inline part(j, c)
{
    find_child(c);
#ifdef TWIN_POINTER
    if
    :: next != NONE -> child = next
    :: else
    fi;
#endif
    if
    :: child != NONE ->
        assert(alive[child] && STEMS(child, meant[j]));
        victim = child;
        remove(victim)
    :: else
    fi;
    find_child(c);
#ifdef TWIN_POINTER
    next = child
#endif
}

inline finish(j)
{
    close(j);
    /* What it meant still stands: nothing of it may be left. */
    for (i : 0 .. CAPS - 1) {
        assert(!alive[meant[j]] || !alive[i] || i == meant[j] || !STEMS(i, meant[j]))
    }
    over[j] = true
}

proctype job(byte j; byte number)
{
    byte i, c, child, victim, next = NONE;

    /* The first part finds its capability by number. */
    atomic {
        c = slot[number];
        if
        :: !over[j] && c != NONE ->
            meant[j] = c;
            part(j, c);
            if
            :: child == NONE -> finish(j)
            :: else ->
                cursor[j] = c;
#ifndef TWIN_NO_MARK
                marked[c] = true
#endif
            fi
        :: else -> over[j] = true
        fi;
#ifndef TWIN_NO_MARK
        check()
#endif
    }
    do
    :: atomic {
        over[j] -> break
       }
    :: atomic {
        !over[j] ->
#ifdef TWIN_BY_NUMBER
        c = slot[number];
#else
        c = cursor[j];
#endif
        if
        :: c == NONE -> close(j); over[j] = true /* E_CANCELLED */
        :: else ->
            part(j, c);
            if
            :: child == NONE -> finish(j)
            :: else
            fi
        fi;
#ifndef TWIN_NO_MARK
        check()
#endif
       }
    od
}

/* The caller of job 0 dies at any time, or not at all. */
proctype death()
{
    byte i, c;

    if
    :: skip
    :: atomic {
        !over[0] ->
#ifdef TWIN_LEFT_BEHIND
        skip;
#else
#ifdef TWIN_MARK_STAYS
        cursor[0] = NONE;
#else
        close(0);
#endif
#endif
        over[0] = true;
        check()
       }
    fi
}

proctype third()
{
    byte i, c;

    /* Derive from R. */
    if
    :: skip
    :: atomic {
        alive[R] && !marked[R] ->
        assert(cursor[0] != R && cursor[1] != R);
        alive[Q] = true;
        parent[Q] = R
       }
    :: atomic { !alive[R] || marked[R] -> skip } /* E_REVOKING */
    fi;
    if
    :: skip
    :: atomic { alive[D] -> remove(D); check() }
    :: atomic {
        alive[R] -> remove(R);
        check()
       };
       /* Something else comes into its slot. */
       atomic {
        alive[N] = true; parent[N] = P;
        alive[M] = true; parent[M] = N;
        slot[0] = N
       }
    fi;
    third_over = true
}

init {
    byte i;

    atomic {
        for (i : 0 .. CAPS - 1) { parent[i] = P }
        parent[D] = R; parent[E] = R; parent[L] = D;
        alive[P] = true; alive[R] = true; alive[D] = true; alive[L] = true; alive[E] = true;
        alive[X] = true;
        slot[0] = R; slot[1] = D;
        cursor[0] = NONE; cursor[1] = NONE;
        meant[0] = NONE; meant[1] = NONE;
        run death();
        run third();
        run job(0, 0);
        if
        :: run job(1, 0)
        :: run job(1, 1)
        fi
    }
    over[0] && over[1] && third_over;
    atomic {
        for (i : 0 .. CAPS - 1) { assert(!marked[i]) }
        assert(alive[X] && alive[P])
    }
}
