/* SPDX-License-Identifier: BSD-2-Clause */
/* What the conformance cases share.
 *
 * The suite is the first process: it holds every capability. Each case gets an empty arena, one
 * Untyped of which everything it needs is made; after the case the arena is revoked, which
 * destroys processes, threads and mappings, and the slots that the case took are emptied.
 *
 * The suite claims SUITE_PRIORITY while a case runs. Children with a worse priority therefore wait
 * until run_children lets them, and go on until each of them waits: no case depends on time.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/abi.h>
#include <sys/syscall.h>
#include "interrupts.h"
#include "registers.h"

#define SUITE_PRIORITY 32
#define WORSE          40 /* children that wait for run_children */
#define BETTER         20 /* children that preempt the suite */

#define READ    RIGHT_READ
#define WRITE   RIGHT_WRITE
#define EXECUTE RIGHT_EXECUTE
#define GRANT   RIGHT_GRANT
#define ALL     RIGHT_ALL

/* ---------------------------------------------------------------- cases */

struct test_case {
    const char *area;
    const char *name;
    void (*run)(void);
    const char *known; /* why it fails today; NULL: it must pass */
};

/* CASE(area, name) { ... } defines a case. test_kernel.py counts these lines. */
#define CASE(area, name) CASE_(area, name, NULL)
/* The same for a case that fails for a known reason: counted and printed, but no failure. */
#define KNOWN_CASE(area, name, why) CASE_(area, name, why)
#define CASE_(area_, name_, why)                                                                   \
    static void area_##_##name_(void);                                                             \
    static const struct test_case area_##_##name_##_case = {#area_, #name_, area_##_##name_, why}; \
    static const struct test_case *const area_##_##name_##_row                                     \
        __attribute__((used, section("cases"))) = &area_##_##name_##_case;                         \
    static void area_##_##name_(void)

/* End the case as failed. */
void case_fail(const char *file, int line, const char *what, uint64_t got, uint64_t wanted)
    __attribute__((noreturn));

#define CHECK(condition) CHECK_EQ(!(condition), 0)
#define CHECK_EQ(got_, wanted_)                                                                    \
    do {                                                                                           \
        uint64_t check_got_ = (uint64_t)(got_), check_wanted_ = (uint64_t)(wanted_);               \
        if (check_got_ != check_wanted_)                                                           \
            case_fail(__FILE__, __LINE__, #got_, check_got_, check_wanted_);                       \
    } while (0)
#define CHECK_OK(call) CHECK_EQ(call, E_OK)

/* ---------------------------------------------------------------- capabilities (objects.c) */

extern uint32_t arena; /* the case's Untyped, 2^ARENA_BITS bytes */
#define ARENA_BITS 24

extern uint32_t lasting; /* the Untyped of what outlives the cases */

void objects_open(void);
/* From now on slots belong to a case. */
void objects_begin(void);
/* Destroy all that the case made. */
void objects_close(void);

/* count empty slots of the suite's CNode, side by side. */
uint32_t slots_take(uint32_t count);
/* One object, count objects of the arena; another Untyped. */
uint32_t make(enum object_type type, unsigned size_bits);
uint32_t make_many(enum object_type type, unsigned size_bits, uint32_t count);
uint32_t make_from(uint32_t untyped, enum object_type type, unsigned size_bits);
/* Derived capabilities. */
uint32_t copy(uint32_t cptr, unsigned rights);
uint32_t mint(uint32_t cptr, unsigned rights, uint64_t badge);
void delete (uint32_t cptr);
void revoke(uint32_t cptr);
/* Whether the slot holds a capability. */
bool present(uint32_t cptr);
uint64_t untyped_used(uint32_t untyped);
/* The boot capability of the device registers at this address. */
uint32_t device_untyped(uint64_t paddr, uint64_t *base);

/* ---------------------------------------------------------------- memory (memory.c) */

#define WINDOW      0x40000000ull /* the suite's and the children's addresses for experiments */
#define SHARED      ((struct shared *)0x51f0000)
#define STACKS      0x51e0000ull /* in children: STACK_COUNT stacks of a page */
#define STACK_COUNT 8u

/* Memory that the suite and all children see at the same address. */
struct request {
    uint64_t invoked;
    uint64_t x[SYSCALL_MESSAGE_WORDS]; /* arguments, then results: a0..a7 and t3..t6 */
    uint64_t wanted;                   /* 1: make the call */
    uint64_t done;                     /* calls that returned */
};
struct shared {
    volatile uint64_t word[64];
    struct request request[STACK_COUNT];
    struct registers registers[4];
    uint64_t deadline[STACK_COUNT]; /* not 0: of the request, a tick */
    uint64_t entries;               /* events that a recording child was entered with */
    uint64_t event[8];              /* a0..a7 of the last one */
    volatile uint64_t log[64];
    volatile uint64_t logged;
    struct interrupts interrupts[2];
};

void memory_open(void);
/* Map a frame, with page tables as needed. */
void map(uint32_t frame, uint32_t process, uint64_t vaddr, unsigned rights);
/* Make tables for the address. */
void map_tables(uint32_t process, uint64_t vaddr);
/* The suite's image, the shared memory, into a child. */
void map_image(uint32_t process);

/* ---------------------------------------------------------------- children (child.c) */

struct child {
    uint32_t process;
    uint32_t cnode;
    uint32_t next;  /* empty slot of its CNode */
    uint32_t bell;  /* endpoint for its wake slot BELL_SLOT */
    uint32_t fault; /* endpoint that it rings when it faults; mostly slot FAULT_SLOT of the suite */
    uint32_t bells[8]; /* of its threads */
};
#define BELL_SLOT        7
#define FAULT_SLOT       9
#define CHILD_CNODE_BITS 6

/* A process with image, stacks and executor page, configured. It runs the suite's code, but has
 * none of its variables: only its stack and what is shared. */
void child_make(struct child *child, unsigned ceiling);
/* The same, with another fault endpoint. */
void child_make_watched(struct child *child, unsigned ceiling, uint32_t fault);
void child_start(struct child *child, void (*entry)(uint64_t), uint64_t argument,
                 unsigned priority);
/* child_make and child_start, worse than the suite, and run it until it waits. */
void child_run(struct child *child, void (*entry)(uint64_t), uint64_t argument);
/* Give it a copy of a capability. Value: the child's address of it. */
uint32_t child_give(struct child *child, uint32_t cptr, unsigned rights);
uint64_t child_state(const struct child *child);
/* Let everybody run who is better than the worst priority, until they wait. */
void run_children(void);
/* The same where some of them fault: a pending wake keeps the suite from giving way, so wakes are
 * taken until none comes; wake_taken knows them. */
void run_through_faults(void);
/* Ring the child's bell and let it run. */
void child_ring(struct child *child);
/* The child's fault; fails if it has none. */
struct fault_record child_fault(const struct child *child);
/* Set one register of a task that does not run. */
void register_set(uint32_t task, unsigned number, uint64_t value);

/* Entries. */
void child_idle(uint64_t unused);    /* yields; counts and stores the events it gets */
void child_invoker(uint64_t unused); /* makes the system calls of SHARED->request[0] */
void child_spin(uint64_t word);      /* counts in SHARED->word[word] for ever */
void child_log(uint64_t number);     /* appends the number to the log at each entry */
/* Submits the call word[0] with a0 = word[1] and a1 = word[5] at priority WORSE; then word[2] is 1
 * and word[3] its result. */
void child_submit(uint64_t unused);
/* At each entry: word[0] = what lies at word[1], and then word[2] = its wake summary. */
void child_touch(uint64_t unused);
/* Reads what lies at word[1] into word[0], makes the call of request[0], and reads it again into
 * word[2], without giving up the CPU. */
void child_touch_call_touch(uint64_t unused);
void child_read_for_ever(uint64_t unused); /* reads what lies at word[1], counting in word[2] */
/* Spins with every bit of its bitmap set and the best running priority; with changing ones. */
void child_claims_all(uint64_t word);
void child_flips(uint64_t word);
/* Counts in word[1] until word[2], then logs 7 when it is woken. */
void child_spin_then_log(uint64_t unused);
/* For each wake: counts in word[2] and rings the endpoint word[1]. */
void child_answer(uint64_t unused);
/* Rings, counting in word[2], until that fails: the error to word[3], and word[4] is 1. */
void child_ring_for_ever(uint64_t cptr);
/* On line 1: entries in word[1], the argument in word[2], gp in word[3], the event in word[4]; with
 * word[5] it sets a bit of its summary before it yields, and counts the return in word[6]. */
void child_on_line_1(uint64_t argument);
/* Answers calls to the rendezvous word[1], with the reply word[2], adding 1 to each word. */
void thread_serve(uint64_t unused);
/* Takes one call to it, then child_spin. */
void thread_receive_then_spin(uint64_t word);
/* Calls the rendezvous word[3] so often, counting in word[4], wrong answers in word[5]. */
void thread_call_often(uint64_t times);
/* registers_ecall, _spin or _load with SHARED->registers[n], then word[32 + n] is 1. */
void child_ecall(uint64_t n);
void child_spin_registers(uint64_t n);
void child_load_registers(uint64_t n);
void thread_ecall(uint64_t n);
void thread_spin_registers(uint64_t n);
/* The same as thread_ecall for a call to the rendezvous word[3], whose deadline has passed. */
void thread_ecall_late(uint64_t n);
void thread_load_registers(uint64_t n);
void thread_log(uint64_t n); /* logs its number three times, yielding in between */
/* Small stacks do for these. Waits for the slot in bits 15..0, logs bits 31..16 and rests. */
void thread_await(uint64_t slot_and_number);
/* Calls the rendezvous word[3] with a capability, and counts the error -n in word[16 + n]. */
void thread_offer(uint64_t capability);
/* Calls the rendezvous word[3] with a deadline, then counts in word[4]. */
void thread_call_late(uint64_t tick);

/* Have a child_invoker make a system call; results in SHARED->request[0].x. Value: x[0]. */
long child_call(struct child *child, unsigned number, uint32_t cptr, uint64_t a0, uint64_t a1,
                uint64_t a2, uint64_t a3, uint64_t a4);

/* A thread of a child, on stack n, that makes the system calls of SHARED->request[n] when it is
 * asked to. Its process must not be started. Value: the Thread. */
uint32_t thread_make(struct child *child, unsigned n, unsigned priority);
/* A thread with its own entry. */
uint32_t thread_start_at(struct child *child, unsigned n, void (*entry)(uint64_t),
                         uint64_t argument, unsigned priority);
/* Have thread n make a system call, which may block; returns when all wait. */
void thread_call(struct child *child, unsigned n, unsigned number, uint32_t cptr,
                 const uint64_t *words, uint64_t a6);
/* The same with all the words of a synchronous message. */
void thread_message(struct child *child, unsigned n, unsigned number, uint32_t cptr,
                    const uint64_t words[SYS_RENDEZVOUS_WORDS], uint64_t a6);
/* Whether its last call has returned. */
bool thread_done(unsigned n);

/* ---------------------------------------------------------------- the suite itself (self.c) */

struct executor_line *suite_line(void);
/* Effective priority that the suite claims. */
void suite_priority(unsigned priority);
/* Make the system call that the registers hold, which store what came back, or the event. Value:
 * whether it was an event. A wake that came with it is set as a bit too. */
bool suite_call(struct registers *registers);
/* Give up the CPU until an event, whose registers are stored; false: returned at once. */
bool suite_yield(struct registers *registers);
/* Take summary and words of the pending wakes. */
uint64_t wake_summary(void);
uint64_t wake_word(unsigned word);
void wakes_take(void);
void wakes_clear(void);
bool wake_taken(unsigned slot);
uint64_t ticks_now(void);
uint64_t ticks_ms(uint64_t ms);
/* Sleep; wakes of other slots stay set. */
void suite_sleep(uint64_t ticks);
/* Let worse ones run until the word is not zero; fails if it stays zero. */
void suite_sleep_until(volatile uint64_t *word);
/* Yield with these registers until a timer's wake, whatever the host does meanwhile. */
void suite_yield_for_timer(struct registers *registers);
/* An endpoint bound to a slot of the suite. */
uint32_t suite_endpoint(unsigned slot, unsigned ceiling);
/* A timer bound to a slot of the suite. */
uint32_t suite_timer(unsigned slot);
void self_open(void);
void self_reset(void);
extern char suite_only[64]; /* the boot argument only=: what names of cases begin with */
extern bool suite_traced; /* the boot arguments say trace=on: tracing is on but in cases about it */
