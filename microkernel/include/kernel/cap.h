/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities, the slots that hold them, and the derivation tree.
 *
 * A slot is 32 bytes: one capability and its three links in the derivation tree. The children of a
 * capability are what was derived from it by copy, mint or retype, newest first. They form a ring
 * that passes through the parent, so that every step of every operation takes constant time:
 *
 *          parent                 child: its first child, 0: none
 *          |    ^                 next:  the next sibling; of the last one (`last` set): the parent
 *    child v    | next, last      prev:  the previous sibling; of the first one: the last sibling
 *          A -> B
 *
 * Deleting a capability puts its children into its place, so they become children of its parent.
 * Therefore revoking x deletes exactly what was derived from x and from what was derived from x,
 * whether the capabilities between are still there or not, and nothing else. The children of the
 * tree's root are the capabilities made at boot, and orphans of those.
 *
 * Slots lie in CNodes and in Process objects, always reached through the direct map. All functions
 * here are called with the capability lock held (one hart: interrupts off).
 *
 * Functions of the form sys_NAME decode a system call completely before they change anything; what
 * they then perform cannot fail. What would take long does a bounded part and returns
 * KERNEL_RESTART: the same system call is then executed again, by a job (job.h). Nothing is kept
 * between but numbers, and what the capabilities and objects themselves say.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/abi.h>
#include <kernel/memory.h>

struct process;

/* "Execute this system call again": never seen by user space. */
#define KERNEL_RESTART (-1000L)
/* The handler of a system call has set all registers of the caller itself. */
#define KERNEL_REGISTERS (-1001L)

/* Types of slots that are no capabilities: slot 0 of a CNode (cnode.h). */
/* ... and a revoke's place in a job's frame. */
enum slot_type { SLOT_CNODE_HEADER = OBJECT_COUNT, SLOT_CNODE_DYING, SLOT_CURSOR };

/* Sets of types, bit t for type t: a Thread, a VirtualCpu, or a Process, which means its virtual
 * CPU 0; what can be bound to a wake slot; all that can be named. */
#define CAP_TASK     (1u << OBJECT_THREAD | 1u << OBJECT_VIRTUAL_CPU | 1u << OBJECT_PROCESS)
#define CAP_BINDABLE (1u << OBJECT_ENDPOINT | 1u << OBJECT_IRQ | 1u << OBJECT_TIMER)
#define CAP_ANY      ((1u << OBJECT_COUNT) - (2u << OBJECT_NULL))

/* The details of an error of the system call under way, which its caller finds in a1 and a2.
 * Guarded by the kernel lock. */
extern struct error_detail {
    uint64_t argument;
    uint64_t needed;
} error_detail;

/* Decode a step: leave the function with the error if it has failed. */
#define TRY(step)                                                                                  \
    do {                                                                                           \
        enum error error_ = (step);                                                                \
        if (error_ != E_OK)                                                                        \
            return error_;                                                                         \
    } while (0)

/* Note which argument an error is about: 0 is the invoked capability, n + 1 is args[n]; and what it
 * should have been (abi.toml, "Details of an error"). Both give the error back; E_OK notes nothing.
 * Until somebody says otherwise the invoked capability is to blame. */
static inline enum error blame(unsigned argument, enum error error)
{
    if (error != E_OK)
        error_detail.argument = argument;
    return error;
}
static inline enum error needs(uint64_t needed, enum error error)
{
    error_detail.needed = needed;
    return error;
}
/* An argument exceeds its greatest value. */
static inline enum error out_of_range(unsigned argument, uint64_t greatest)
{
    return blame(argument, needs(greatest, E_BAD_ARGUMENT));
}
/* Whether args[n] lies between two values; if not, the detail is the greater one. */
static inline enum error in_range(const uint64_t *args, unsigned n, uint64_t least,
                                  uint64_t greatest)
{
    return args[n] >= least && args[n] <= greatest ? E_OK : out_of_range(n + 1, greatest);
}

/* `data` and `word` by type:
 *
 *     type                word              size_bits  data (60 bits)
 *     Untyped             physical address  its size   watermark, cleared  (untyped.h)
 *     Frame               physical address  its size   mapping             (vspace.h)
 *     PageTable           the table         -          mapping             (vspace.h)
 *     CNode               slot 0            its radix  guard, guard bits   (cnode.h)
 *     Endpoint, ...       the object        -          badge
 *     IrqControl, ...     0                 -          -
 */
struct slot {
    uint64_t type : 5; /* enum object_type or slot_type */
    uint64_t rights : 4;
    uint64_t revoking : 1; /* neither to be invoked nor derived from */
    uint64_t last : 1;     /* next is the parent */
    uint64_t watched : 1;  /* tell process_cspace_changed when it goes */
    uint64_t device : 1;   /* Untyped and Frame: device registers, never touched */
    uint64_t size_bits : 6;
    uint64_t child : 34; /* links: physical address / 32, see slot_pack */
    uint64_t next : 34;
    uint64_t data_low : 30;
    uint64_t prev : 34;
    uint64_t data_high : 30;
    uint64_t word;
} __attribute__((aligned(32)));
_Static_assert(sizeof(struct slot) == 32, "slots are half a cache line");

#define CAP_DATA_BITS 60

/* The word of an Endpoint that may be rung (RIGHT_WRITE, not being revoked) has this bit set, so
 * that a doorbell on another hart decides by one load, without the lock, and never takes the word
 * of one type for that of another. */
#define CAP_RINGS 1ull
void cap_tag(struct slot *slot);

/* Of an object with a header, a CNode (its slot 0) or a PageTable. */
static inline void *cap_object(const struct slot *slot)
{
    return (void *)(uintptr_t)(slot->word & ~CAP_RINGS);
}
static inline uint64_t cap_data(const struct slot *slot)
{
    return slot->data_low | (uint64_t)slot->data_high << 30;
}
static inline void cap_set_data(struct slot *slot, uint64_t data)
{
    slot->data_low = data & ((1ull << 30) - 1);
    slot->data_high = data >> 30;
}
/* The first word of a slot, read whole. */
typedef uint64_t __attribute__((may_alias)) slot_word_t;

/* Whether it is of the type, has the rights and is not being revoked: one load, one comparison. */
static inline bool cap_permits(const struct slot *slot, enum object_type type, unsigned rights)
{
    const struct slot wanted = {.type = type, .rights = rights};
    const struct slot looked_at = {.type = 31, .rights = rights, .revoking = 1};
    uint64_t want, mask;
    uint64_t word = *(const slot_word_t *)slot;

    __builtin_memcpy(&want, &wanted, sizeof want);
    __builtin_memcpy(&mask, &looked_at, sizeof mask);
    return (word & mask) == want;
}
static inline bool cap_is_empty(const struct slot *slot)
{
    return slot->type == OBJECT_NULL;
}
/* Whether it can be named: neither empty nor the kernel's own, nor being revoked. */
static inline enum error cap_check(const struct slot *slot)
{
    if (cap_is_empty(slot) || slot->type >= OBJECT_COUNT)
        return E_BAD_CAP;
    return slot->revoking ? E_REVOKING : E_OK;
}

/* ---- lookup: 32-bit capability addresses through guarded radix CNodes, high bits first ---- */

#define CSPACE_LEVELS_MAX 4 /* CNodes on the way to a capability: a look-up takes bounded time */

/* The slot that an address names. A root CNode capability with guard 0 and guard bits 32 - radix
 * makes addresses plain indices. E_BAD_CAP: nothing there, or too deep. E_REVOKING: it, or a CNode
 * on the way, is being revoked. */
CHECKED enum error cspace_lookup(const struct slot *root, uint32_t cptr, struct slot **out);

/* The flat case, precomputed by a process for its root; {NULL, 0} if the root is not flat. */
struct cspace_cache {
    struct slot *slots;
    uint32_t count;
};
void cspace_cache_update(struct cspace_cache *cache, const struct slot *root);

/* cspace_lookup, and the capability is of one of the types and has the rights. E_BAD_CAP: an
 * address of more than 32 bits, too; E_BAD_TYPE, E_NO_RIGHT. */
CHECKED enum error cspace_find(const struct slot *root, uint64_t cptr, uint32_t types,
                               unsigned rights, struct slot **out);
/* The same, quick where the root is flat and nothing is wrong. */
CHECKED static inline enum error cspace_find_cached(const struct cspace_cache *cache,
                                                    const struct slot *root, uint64_t cptr,
                                                    uint32_t types, unsigned rights,
                                                    struct slot **out)
{
    if (__builtin_expect(cptr < cache->count, 1)) {
        struct slot *slot = &cache->slots[cptr];

        if (__builtin_expect((types >> slot->type & 1) && !(rights & ~slot->rights), 1) &&
            __builtin_expect(!slot->revoking, 1)) {
            *out = slot;
            return E_OK;
        }
    }
    return cspace_find(root, cptr, types, rights, out);
}

/* Supplied by the Process object: cspace_find in its capability space, for an argument of a system
 * call. */
CHECKED enum error cap_lookup(const struct process *caller, uint64_t cptr, uint32_t types,
                              unsigned rights, struct slot **out);
/* The same of args[n], which is to blame. */
CHECKED static inline enum error cap_argument(const struct process *caller, const uint64_t *args,
                                              unsigned n, uint32_t types, unsigned rights,
                                              struct slot **out)
{
    return blame(n + 1, cap_lookup(caller, args[n], types, rights, out));
}

/* The watched slot `root` inside a process is empty now: forget what was cached of it. */
void process_cspace_changed(struct slot *root);

/* ---- derivation ---- */

/* Derive into an empty slot a capability with rights `rights` at most. E_BAD_CAP: source empty;
 * E_REVOKING; E_NO_RIGHT: the source lacks RIGHT_GRANT, or is a PageTable; E_IN_USE: an Untyped
 * with children; E_SLOT_FULL. A copy of an Untyped takes all memory that the source had left. These
 * three blame the arguments of cnode_copy, cnode_mint and cnode_move. */
CHECKED enum error cap_copy(struct slot *to, struct slot *from, uint64_t rights);
/* The same, with a badge (Endpoint, Rendezvous: E_NO_RIGHT if the source has one already,
 * E_BAD_ARGUMENT if it is longer than 60 bits) or a guard (CNode). E_BAD_TYPE: other types have no
 * badge. */
CHECKED enum error cap_mint(struct slot *to, struct slot *from, uint64_t rights, uint64_t badge);
/* Move a capability with its place in the tree. E_BAD_CAP, E_REVOKING, E_SLOT_FULL. */
CHECKED enum error cap_move(struct slot *to, struct slot *from);

/* How much the kernel does with interrupts off is counted in units of about 350 instructions. */
#define STEP_WORK 5 /* of one part of a long operation */

/* Before cap_delete, while the capability is in its slot: if it is the last one to its object, do a
 * bounded part of that object's end. Value: true when nothing is left; false: again. */
CHECKED bool cap_reap_object(const struct slot *slot);

/* Delete the capability, constant time; its object if it was the last one. The contents of a CNode
 * that dies are left to cap_reap_step. An empty slot is left as it is. */
void cap_delete(struct slot *slot);
/* What both are at most, in units of work. */
unsigned cap_work(const struct slot *slot);

/* Delete some of what was derived from the slot, STEP_WORK at most. Value: true when nothing is
 * left. */
CHECKED bool cap_revoke_step(struct slot *slot);

/* Cursors (cap/cursor.c): a revoke that is suspended between two parts keeps its place as a node of
 * the derivation tree, the capability's first child. */
#define CURSORS_MAX 8 /* of one capability */

/* Begin: the capability is `revoking` now. False: too many revoke it already. */
CHECKED bool cursor_open(struct slot *cursor, struct slot *cap);
/* The capability under revocation; NULL: the cursor was not opened, or that has been deleted. */
struct slot *cursor_place(const struct slot *cursor);
/* End: no longer `revoking` if this was the last. A cursor that is not open is left as it is. */
void cursor_close(struct slot *cursor);
/* The capability is about to be deleted. */
void cursors_end(struct slot *cap);
/* The first child that is no cursor, or NULL. */
struct slot *cursors_skip(const struct slot *cap);

/* Dying CNodes whose contents have not all been deleted yet. cnode_delete and cnode_revoke reap
 * before they return; if their caller dies in between, whoever comes next does, or the kernel when
 * it is idle. cap_reap_step does a bounded part; value: true when nothing is left. */
bool cap_reap_step(void);

/* ---- boot: capabilities that are derived from nothing ---- */

/* An Untyped (of devices: set slot->device) or a Frame. */
void cap_make_memory(struct slot *slot, enum object_type type, paddr_t paddr, unsigned size_bits,
                     unsigned rights);
/* A counted object in zeroed memory, initialised here; or IRQ_CONTROL, DEBUG_PUT, POWER with NULL.
 */
void cap_make_object(struct slot *slot, enum object_type type, void *object, unsigned rights);
/* slots: 2^radix zeroed slots, of which slot 0 becomes the header. */
void cap_make_cnode(struct slot *slot, struct slot *slots, unsigned radix, uint32_t guard,
                    unsigned guard_bits);

/* ---- for the files of this module and object/ ---- */

static inline uint64_t slot_pack(const struct slot *slot)
{
    return ptr_to_paddr(slot).raw >> 5;
}
static inline struct slot *slot_unpack(uint64_t link)
{
    return paddr_to_ptr((paddr_t){link << 5});
}

/* Tree operations (cap/tree.c); none looks at the capability itself. */
extern struct slot cap_tree_root;
void tree_insert(struct slot *parent, struct slot *slot); /* as first child */
void tree_remove(struct slot *slot);                      /* its children take its place */
void tree_move(struct slot *to, struct slot *from);       /* `to` takes the place of `from` */
struct slot *tree_child(const struct slot *slot);         /* NULL: none */
struct slot *tree_sibling(const struct slot *slot);       /* the next; NULL: none */
