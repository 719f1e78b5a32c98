/* SPDX-License-Identifier: BSD-2-Clause */
/* Coroutines: the control block, the await protocol, and the executor that runs them.
 *
 * A coroutine is stackless. Its state lives in a frame whose first member is a `struct co`;
 * no local variable survives an await. A body reads like this:
 *
 *     struct echo { struct co co; struct stream *in; char buf[64]; long total; };
 *
 *     CO_BODY enum co_state echo_body(struct co *co)
 *     {
 *         struct echo *e = co_frame(struct echo, co);
 *         long n;
 *
 *         co_begin(co);
 *         for (;;) {
 *             co_await(n, stream_recv(co, e->in, e->buf, sizeof e->buf));
 *             if (n <= 0)
 *                 co_return(n < 0 ? n : e->total);
 *             e->total += n;
 *         }
 *     }
 *
 * (`e` is computed anew on each resume, because it stands before co_begin. A local that is used
 * over an await, the address of one that goes to an operation, and an operation that is begun and
 * not awaited are errors of the build: tools/lib/awaits.py.)
 *
 * The protocol: everything awaitable is a function whose first argument is the awaiting
 * `struct co *`. It either finishes at once (stores co->value, returns CO_DONE), or returns
 * CO_PENDING and later calls co_complete() exactly once. The macro stores the resume address
 * *before* it evaluates the operation, so an operation may also give up the CPU from within and
 * never return.
 *
 * A pending operation that can be taken back sets co->cancel before it returns CO_PENDING;
 * co_cancel() calls it, and the await ends with E_CANCELLED.
 *
 * The life of a coroutine:
 *
 *     co_spawn        taken            CO_PENDING          co_complete / co_wake
 *     ---------> READY ------> RUNNING ----------> BLOCKED ---------------------> READY
 *                                 | CO_DONE
 *                                 v
 *                              EXITED (the frame is released by the executor)
 *
 * One source serves the kernel, user space (where it is mapped as the vDSO) and host tests.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/abi.h>

/* What an operation or a body returns. */
enum co_state {
    CO_DONE = 0,    /* finished: co->value holds the result */
    CO_PENDING = 1, /* the coroutine is blocked and will be made ready when it completes */
    CO_STATE_WIDTH = 1l << 32, /* no state: makes the type a whole register, so that no caller
                                  extends what it gets back */
};

struct co;
typedef enum co_state (*co_body_t)(struct co *co);

/* A coroutine's name: its place in the slot table (low 32 bits, in bytes) and generation (high 32
 * bits, never 0). A stale cid wakes nobody. {0} names none. */
typedef struct {
    uint64_t raw;
} cid_t;

/* What co_status() says. */
enum co_status {
    CO_RUNNING, /* 0: then `condition` of one without flags is its priority */
    CO_READY,
    CO_BLOCKED,
    CO_EXITED,
    CO_PARKED,
    CO_PARKING, /* movable, and its body is about to return: see cpus.h */
    CO_YIELDING,
};

enum co_flag {
    CO_FLAG_NOTIFIED = 1,  /* co_wake came while it did not park: the next co_park ends at once */
    CO_FLAG_KILLED = 2,    /* by co_cancel, so for ever */
    CO_FLAG_CANCELLED = 4, /* cancels is not 0: every further await ends with E_CANCELLED */
    CO_FLAG_STACKFUL = 8,  /* its operations may not leave the CPU: there is a stack below them */
    CO_FLAG_MOVABLE = 16,  /* goes on at any virtual CPU when it has parked or yielded */
};

/* The control block: one cache line, first member of every frame. The fields belong to the
 * executor, but for `value` and `cancel`, which belong to the operation that is pending (and `next`
 * and `prev`, while it blocks). */
struct co {
    struct co *next;  /* ready queue, or the list of whoever holds it while blocked */
    uintptr_t resume; /* where the body goes on; 0: at its start */
    co_body_t body;
    intptr_t value;              /* result of the operation, then of the body */
    struct co *caller;           /* who awaits this body; NULL for a root coroutine */
    struct co *prev;             /* not in a ready queue */
    void (*cancel)(struct co *); /* takes the pending operation back; NULL: cannot be */
    uint32_t index;              /* low half of the cid of the root coroutine that it belongs to */
    union {
        struct {
            union {
                struct {
                    uint8_t priority; /* 0 best .. 63 */
                    uint8_t status;   /* READY, PARKED, EXITED, or RUNNING: runs or is otherwise
                                         blocked */
                };
                uint16_t priority_status; /* both, to be compared at once */
            };
            union {
                struct {
                    uint8_t flags;   /* enum co_flag */
                    uint8_t cancels; /* reasons to be cancelled: co_cancel, timeouts of callers */
                };
                uint16_t flags_cancels;
            };
        };
        int32_t condition; /* all four */
    };
};
_Static_assert(sizeof(struct co) == 64, "one cache line");

/* ---------------------------------------------------------------- writing a body */

#if defined(__clang__)
#define CO_BODY __attribute__((noinline))
#else
#define CO_BODY __attribute__((noinline, noclone))
#endif

/* The frame that a control block stands in. */
#define co_frame(type, co) ((type *)(void *)(co))

#define CO_PASTE_(a, b) a##b
#define CO_LABEL_(n)    CO_PASTE_(co_resume_, n)

/* Jump to where the body left off. Before it only what may be computed again. */
#define co_begin(co_)                                                                              \
    do {                                                                                           \
        if ((co_)->resume != 0)                                                                    \
            goto *(void *)(co_)->resume;                                                           \
    } while (0)

/* Await op and store its value in dst. No local survives. */
#define co_await(dst, op) CO_AWAIT_(dst, op, __COUNTER__)
#define CO_AWAIT_(dst, op, n)                                                                      \
    do {                                                                                           \
        co->resume = (uintptr_t) && CO_LABEL_(n);                                                  \
        if ((op) != CO_DONE)                                                                       \
            return CO_PENDING;                                                                     \
        CO_LABEL_(n) : (dst) = (__typeof__(dst))co->value;                                         \
    } while (0)

/* The same for an operation that never returns CO_DONE: it is the last thing that the body does for
 * now, so that the body needs no frame for what may come after it. */
#define co_await_tail(dst, op) CO_AWAIT_TAIL_(dst, op, __COUNTER__)
#define CO_AWAIT_TAIL_(dst, op, n)                                                                 \
    do {                                                                                           \
        co->resume = (uintptr_t) && CO_LABEL_(n);                                                  \
        return (op);                                                                               \
        CO_LABEL_(n) : (dst) = (__typeof__(dst))co->value;                                         \
    } while (0)

/* For a body with one await and no more, such as a loop around it: where it goes on is always the
 * same, and need not be stored each time, three instructions. In place of co_begin and
 * co_await_tail. */
#define co_begin_only(co_)                                                                         \
    do {                                                                                           \
        co_begin(co_);                                                                             \
        (co_)->resume = (uintptr_t) && co_resume_0;                                                \
    } while (0)
#define co_await_only(dst, op)                                                                     \
    do {                                                                                           \
        return (op);                                                                               \
    co_resume_0:                                                                                   \
        (dst) = (__typeof__(dst))co->value;                                                        \
    } while (0)

/* Finish with a value. */
#define co_return(v)                                                                               \
    do {                                                                                           \
        co->value = (intptr_t)(v);                                                                 \
        return CO_DONE;                                                                            \
    } while (0)

/* ---------------------------------------------------------------- lists of blocked coroutines */

/* A first-in first-out list through co->next and co->prev. Zero is an empty list. */
struct co_list {
    struct co *first;
    struct co *last;
};

void co_list_push(struct co_list *list, struct co *co);
struct co *co_list_pop(struct co_list *list); /* NULL if empty */
void co_list_remove(struct co_list *list, struct co *co);

/* ---------------------------------------------------------------- the executor's interface */

/* Start a root coroutine: co is the first member of its frame, which must live until release is
 * called (or for ever, where release is NULL). release may free the frame.
 * Value: its cid; raw == 0 when the slot table is full or priority > 63. Never suspends. */
cid_t co_spawn(struct co *co, co_body_t body, unsigned priority, void (*release)(struct co *co));

/* Await a child: run body in child (the first member of a frame within the caller's own frame)
 * as part of the same coroutine. Its value is the child's value. */
enum co_state co_call(struct co *co, struct co *child, co_body_t body);

/* The cid of the coroutine that runs now; {0} outside of one. */
cid_t co_current(void);

/* The cid of a coroutine that has been spawned and not exited. */
static inline cid_t co_cid(const struct co *co);

/* Make a coroutine that is parked ready, or let its next co_park end at once. Idempotent.
 * E_STALE if the cid names none that lives. May be called by anybody in the process. */
static inline enum error co_wake(cid_t cid);

/* Await a co_wake. Value 0. */
static inline enum co_state co_park(struct co *co);

/* End the pending operation of this blocked coroutine with the value and make it ready. The
 * operation must be pending; call exactly once for each CO_PENDING. */
static inline void co_complete(struct co *co, intptr_t value);

/* The state of a coroutine, given its innermost control block. */
static inline enum co_status co_status(const struct co *co);

/* Let every other ready coroutine of the same or better priority run first. Value 0. */
enum co_state co_yield(struct co *co);

/* Change the priority in every state. E_STALE, E_BAD_ARGUMENT. */
enum error co_set_priority(cid_t cid, unsigned priority);
/* The same for a coroutine at hand (running or blocked or ready). */
void co_change_priority(struct co *co, unsigned priority);

/* Take back its pending operation (if it can be) and end this and all further awaits with
 * E_CANCELLED, so that the body returns. E_STALE. */
enum error co_cancel(cid_t cid);

/* A limit of time for one await, in the frame of the body that awaits. */
struct co_timeout {
    struct co_timeout *next, *prev; /* by deadline */
    uint64_t deadline;
    struct co *co;
    bool pending; /* the deadline has not come */
    bool expired; /* it has come before the await ended */
    bool unwinds; /* and has cancelled the bodies that this one calls */
};

/* Await any op, but at most until the deadline (ticks of rdtime): then it is taken back and dst is
 * E_TIMEOUT. A child body (co_call) is cancelled as by co_cancel, until it has returned to here;
 * its frame is the caller's again. If it finishes nevertheless, its value counts, and so does that
 * of an operation that cannot be taken back. A deadline in the past gives op what it can have at
 * once. timeout: a struct co_timeout in the frame, one for each await that is pending at a time.
 * E_UNSUPPORTED: in a movable coroutine, which can co_pin itself; op is not started. */
#define co_await_until(dst, timeout, deadline, op)                                                 \
    do {                                                                                           \
        co->value = co_timeout_start(co, timeout, deadline);                                       \
        if (co->value == E_OK) {                                                                   \
            co_await(dst, op);                                                                     \
            co->value = co_timeout_end(co, timeout, (intptr_t)(dst));                              \
        }                                                                                          \
        (dst) = (__typeof__(dst))co->value;                                                        \
    } while (0)

/* What the macro is made of: the limit stands from one to the other; any awaits in between are
 * under it. value: what the await gave. Value of the end: that, or E_TIMEOUT. */
enum error co_timeout_start(struct co *co, struct co_timeout *timeout, uint64_t deadline);
intptr_t co_timeout_end(struct co *co, struct co_timeout *timeout, intptr_t value);

/* Await the exit of another root coroutine. Value: its value, or E_STALE if it has exited. */
enum co_state co_join(struct co *co, cid_t other);

/* Await a point of time, in ticks of rdtime. Value 0. */
enum co_state co_sleep_until(struct co *co, uint64_t deadline);

/* A long computation may be interrupted: from co_interruptible(true) to co_interruptible(false)
 * wakes reach the ready queues at once, so that the kernel knows how urgent this process is, and
 * co_better_ready is true. In between the coroutine calls nothing of the executor but that, and no
 * library that does; both stand in the same body without an await between them. Does nothing unless
 * the program has asked for user interrupts (process_user_interrupts). */
void co_interruptible(bool yes);

/* Whether somebody better than this running coroutine is ready, as far as wakes were looked at. It
 * then ends its computation for now, and yields. */
static inline bool co_better_ready(const struct co *co);

/* How this executor chooses. strict: before each coroutine it compares with the global bitmap, and
 * yields to a process where something strictly better waits; else (relaxed, as at first) the kernel
 * decides at ticks, wakes and yields. floor: one coroutine in so many is taken from the lowest
 * priority that is ready, so that it lives beside better ones that never rest; 0: none. Either
 * costs some twenty instructions for each coroutine taken. E_UNSUPPORTED: strict where the process
 * is not shown the global bitmap. */
enum error co_policy(bool strict, uint32_t floor);

/* ---------------------------------------------------------------- several virtual CPUs
 *
 * A coroutine is *fixed* to the virtual CPU where it was spawned: all that it awaits but a park, a
 * yield and a join belongs to that one, so channels, asynchronous system calls, events, semaphores,
 * mutexes and lists are shared by coroutines of one virtual CPU only (channels: number 0). A
 * *movable* one (co_spawn_on with CO_ANY_CPU) goes on at any virtual CPU after a park or a yield.
 * Between virtual CPUs co_wake, co_cancel, co_set_priority and co_join by cid work as they do
 * within one, from the coroutine that calls them; what coroutines of several share otherwise they
 * share as threads do, with atomics. <executor/cpus.h> tells how it works. */

/* Have n virtual CPUs more, as far as there can be (EXECUTOR_LINES at all). One with nothing to do
 * takes no CPU time and no hart; it is there again when a coroutine comes. Coroutines of virtual
 * CPU 0 only. Value: how many there are now, numbered from 0; or, if there is not one more,
 * E_UNSUPPORTED: this process cannot make virtual CPUs, E_NO_MEMORY, E_TOO_MANY or another error
 * of the system calls that make one. (libs/program) */
long co_alloc_cpu(unsigned n);

/* The number of the virtual CPU that runs this. */
unsigned co_cpu(void);

/* co_spawn at another virtual CPU, where the coroutine stays; or, movable, at whichever has time.
 * release is called where it ends. With one virtual CPU all are fixed to it. raw == 0 also when
 * there is no such virtual CPU. */
#define CO_ANY_CPU (~0u)
cid_t co_spawn_on(unsigned cpu, struct co *co, co_body_t body, unsigned priority,
                  void (*release)(struct co *co));

/* The running movable coroutine stays where it is from now on, and is fixed there; does nothing for
 * a fixed one. */
void co_pin(struct co *co);
/* The running coroutine becomes movable (again). E_UNSUPPORTED: there has been no co_alloc_cpu.
 * E_IN_USE: another one joins it already. */
enum error co_unpin(struct co *co);

/* Run coroutines. With wait: until none is left (gives up the CPU while none is ready).
 * Without: until none is ready. May nest. */
void co_run(bool wait);

/* ---------------------------------------------------------------- synchronisation */

/* An event: stays set until somebody waits (one waiter takes it). Zero is unset. */
struct co_event {
    struct co_list waiters;
    bool set;
};
enum co_state co_event_wait(struct co *co, struct co_event *event);
void co_event_set(struct co_event *event);

/* A counting semaphore; set count before use. */
struct co_semaphore {
    struct co_list waiters;
    unsigned count;
};
enum co_state co_semaphore_take(struct co *co, struct co_semaphore *semaphore);
void co_semaphore_give(struct co_semaphore *semaphore);

/* A mutex, first come first served. Zero is unlocked. */
struct co_mutex {
    struct co_list waiters;
    struct co *owner;
};
enum co_state co_mutex_lock(struct co *co, struct co_mutex *mutex);
void co_mutex_unlock(struct co_mutex *mutex);

/* A queue of words for coroutines: who puts into a full one waits, and so does who takes from an
 * empty one, first come first served. A word is not negative: a pointer, an index.
 * words: room for `capacity` of them, at least one. The rest begins as zero. */
struct co_queue {
    intptr_t *words;
    uint32_t capacity;
    uint32_t first;
    uint32_t count;
    struct co_list takers;
    struct co_list putters;
};
struct co_put {
    intptr_t word;
    struct co_queue *queue; /* while it waits */
};
/* Value 0. put->word is the word; put is in the frame, as long as the await lasts. */
enum co_state co_queue_put(struct co *co, struct co_queue *queue, struct co_put *put);
/* Value: the word. */
enum co_state co_queue_take(struct co *co, struct co_queue *queue);
/* For who cannot wait, a wake slot too: E_AGAIN if the queue is full. */
enum error co_queue_try_put(struct co_queue *queue, intptr_t word);

/* Wait by key: a number that both sides know, such as that of a request, instead of a cid. An event
 * whose waiter has not come yet is remembered. One event, and one waiter, for each key at a time.
 * entries: `count` of them, zeroed, a power of two; as many keys have an event or a waiter. */
struct co_key {
    uint64_t key;
    struct co *waiter; /* NULL: the event has come first */
    union {
        intptr_t value;      /* of the event */
        struct co_keys *map; /* while somebody waits */
    };
    uint32_t head; /* 1 + the first entry whose key leads here; 0: none */
    uint32_t next; /* 1 + the next one of the same list, or of the free ones */
};
struct co_keys {
    struct co_key *entries;
    uint32_t count;
    uint32_t used; /* entries that were ever in use */
    uint32_t free; /* 1 + the first that is free again */
};
/* Await the event of a key. Value: that of the event, or E_IN_USE: another one waits for the key,
 * E_NO_MEMORY: all entries are taken. */
enum co_state co_key_wait(struct co *co, struct co_keys *map, uint64_t key);
/* The event: its waiter goes on with the value, or it is remembered. E_IN_USE: the last one of this
 * key has not been taken yet, and stays. E_NO_MEMORY. Anybody of this virtual CPU may call it. */
enum error co_key_signal(struct co_keys *map, uint64_t key, intptr_t value);
/* Forget an event that nobody will wait for. E_NOT_FOUND: there is none. */
enum error co_key_forget(struct co_keys *map, uint64_t key);

/* ---------------------------------------------------------------- whichever comes first
 *
 *     co_any_begin(co, &e->any);
 *     co_branch(&e->any, &e->branch[0], stream_recv(&e->branch[0].co, e->in, e->buf, 64));
 *     co_branch(&e->any, &e->branch[1], co_sleep_until(&e->branch[1].co, e->deadline));
 *     co_await(n, co_any_wait(co, &e->any));
 *
 * Each branch is any operation, or co_call of a body, that awaits for its branch's control block.
 * The value of co_any_wait is the number of the one that finished first, in the order of co_branch,
 * or E_CANCELLED; then all others have been cancelled and have ended, so that nothing of them is
 * left: branch.value says with what each has ended. Look at all where an event must not be lost: of
 * two that came at the same time both have their value.
 *
 * A branch is a coroutine with a row of its own; without a free row its value is E_NO_MEMORY, and
 * it is the first to finish. It runs at the priority that its coroutine had at co_branch, and at
 * the same virtual CPU: a movable coroutine pins itself before. Between co_any_begin and
 * co_any_wait stand only co_branches, and no await. */
struct co_branch {
    struct co co; /* what the branch's operation awaits for */
    struct co_any *any;
    struct co_branch *next;
    intptr_t value;
    cid_t cid; /* {0}: it has ended */
    int number;
};
struct co_any {
    struct co *co;
    struct co_branch *branches;
    int count;
    int pending; /* have not ended */
    int first;   /* number; negative: none so far */
    bool waiting;
    bool cancelled;
};

void co_any_begin(struct co *co, struct co_any *any);
#define co_branch(any_, branch_, op)                                                               \
    do {                                                                                           \
        if (co_branch_begin(any_, branch_))                                                        \
            co_branch_begun(branch_, op);                                                          \
    } while (0)
enum co_state co_any_wait(struct co *co, struct co_any *any);
/* What the macro is made of: false: there is no row. */
bool co_branch_begin(struct co_any *any, struct co_branch *branch);
void co_branch_begun(struct co_branch *branch, enum co_state state);

/* ---------------------------------------------------------------- coroutines with a stack
 *
 * For code that cannot be written as a body: a foreign library that calls back and expects that the
 * call blocks. It runs on a stack of its own, and any function below it may await:
 *
 *     static intptr_t parse(struct co_stackful *self)
 *     {
 *         struct parser *p = co_frame(struct parser, self);
 *         ...
 *         n = co_stackful_await(self, stream_recv(&self->co, p->in, p->buf, sizeof p->buf));
 *
 * Everything else is as for other coroutines: it is woken, joined, cancelled by its cid, and its
 * operations are the same. It costs its stack, some 70 instructions for each await more, and its
 * operations never leave the CPU by themselves (a call goes by the ring).
 *
 * An overflow: whoever can have pages leaves the one below the stack unmapped, and the first access
 * there is a fault. Else the lowest CO_STACK_GUARD_BYTES of the stack itself hold a pattern, which
 * is looked at whenever the coroutine suspends or ends; if it has changed, executor.overflow is
 * called, which ends the program, or it traps. */
#define CO_STACK_GUARD_BYTES 64
#define CO_STACK_MIN_BYTES   4096

struct co_stackful {
    struct co co;
    char *stack; /* its lowest address: set before co_spawn_stackful, as are the next two */
    size_t stack_bytes;
    intptr_t (*function)(struct co_stackful *self); /* its value is the coroutine's */
    void *own; /* where it goes on, and where who resumed it does */
    void *loop;
    bool ended;
};

/* co_spawn for it. raw == 0 also if the stack is smaller than CO_STACK_MIN_BYTES. release may free
 * the frame and the stack. */
cid_t co_spawn_stackful(struct co_stackful *self, unsigned priority,
                        void (*release)(struct co *co));

/* Await op (which awaits for self->co), from any depth of calls on its stack. Value: that of op. */
#define co_stackful_await(self, op) co_stackful_wait(self, op)
intptr_t co_stackful_wait(struct co_stackful *self, enum co_state state);

#include <executor/executor.h> /* ends with the inline functions */
