/* SPDX-License-Identifier: BSD-2-Clause */
/* Copy, mint, move, delete and revoke: what they refuse, what they make, and that they leave
 * everything else as it was. The capabilities stand in any tree; those that name an object name one
 * of two, or a CNode whose slots are elsewhere. */
#ifndef SLOTS
#define SLOTS 4
#endif
#define OWN_OBJECTS
#include "forest.h"
#include <kernel/cnode.h>
#include <kernel/object.h>
#include <kernel/untyped.h>
#include <kernel/vspace.h>

#define OBJECTS      2
#define OBJECT_BASE  0x1000ull
#define CNODE_WORD   0x2000ull
#define OBJECT_BYTES 0x100ull

static struct object objects[OBJECTS];
static struct slot header; /* slot 0 of the CNode */
static unsigned destroyed[OBJECTS];

static inline void *proof_object(uint64_t word)
{
    return word == CNODE_WORD ? (void *)&header : &objects[(word - OBJECT_BASE) / OBJECT_BYTES];
}

/* ---- what the objects' own files supply ---- */

static void proof_init(void *object)
{
    (void)object;
}

static void proof_destroy(void *object)
{
    struct object *gone = object;

    CHECK(gone->refs == 0);
    destroyed[gone == &objects[1]]++;
}

/* Nothing is left to do before an object ends. */
static bool proof_reap_object(void *object)
{
    CHECK(((struct object *)object)->refs == 1);
    return true;
}

/* No CNode dies in these trees. */
static bool proof_reap_step(struct slot *dying)
{
    (void)dying;
    CHECK(false);
    return true;
}
#define cnode_reap_step proof_reap_step
#include <microkernel/cap/cap.c>
#undef cnode_reap_step
#include <microkernel/cap/cursor.c>
#include <microkernel/cap/objects.c>
#include <microkernel/cap/tree.c>
#include <microkernel/object/cnode.c>

static unsigned unmapped;

bool mapping_remove(struct slot *cap)
{
    CHECK(cap->type == OBJECT_FRAME || cap->type == OBJECT_PAGE_TABLE);
    unmapped++;
    return nondet_bool();
}
void process_cspace_changed(struct slot *root)
{
    CHECK(cap_is_empty(root));
}

/* ---- any capabilities in any tree ---- */

static bool is_counted(const struct slot *slot)
{
    return slot->type < OBJECT_COUNT && object_ops[slot->type].counted;
}

static unsigned object_of(const struct slot *slot)
{
    return (slot->word & ~CAP_RINGS) != OBJECT_BASE;
}

static uint64_t count_names(unsigned object)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < SLOTS; i++)
        count += is_counted(&arena[i]) && object_of(&arena[i]) == object;
    return count;
}

static bool tag_is_right(const struct slot *slot)
{
    bool rings = slot->type == OBJECT_ENDPOINT && (slot->rights & RIGHT_WRITE) && !slot->revoking;

    return (slot->word & CAP_RINGS) == (rings ? CAP_RINGS : 0);
}

/* A slot of the tree holds a capability, one outside is all zero. */
static struct forest any_capabilities(void)
{
    struct forest forest = forest_any();

    forest_build(&forest);
    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &arena[i];

        if (forest.parent[i] == OUTSIDE) {
            *slot = (struct slot){0};
            continue;
        }
        ASSUME(slot->type != OBJECT_NULL && slot->type < OBJECT_COUNT);
        ASSUME(tag_is_right(slot));
        if (slot->type == OBJECT_CNODE) {
            ASSUME(slot->word == CNODE_WORD && slot->size_bits >= 1 && slot->size_bits <= 20);
        } else if (is_counted(slot)) {
            ASSUME((slot->word & ~CAP_RINGS) == OBJECT_BASE ||
                   (slot->word & ~CAP_RINGS) == OBJECT_BASE + OBJECT_BYTES);
        } else {
            ASSUME(slot->word < 1ull << 39 && slot->word % 16 == 0);
        }
        if (slot->type == OBJECT_UNTYPED)
            ASSUME(slot->size_bits >= 4 && slot->size_bits <= 38);
    }
    for (unsigned i = 0; i < OBJECTS; i++)
        objects[i].refs = (uint32_t)count_names(i);
    header.type = SLOT_CNODE_HEADER;
    header.word = 1 + below(1000);
    return forest;
}

static struct slot before[SLOTS];
static struct object objects_before[OBJECTS];
static struct slot header_before;

static void remember(void)
{
    __CPROVER_array_copy(before, arena);
    __CPROVER_array_copy(objects_before, objects);
    header_before = header;
}

static bool slot_unchanged(unsigned i)
{
    return same_capability(arena[i], before[i]);
}

static bool references_are(unsigned more, const struct slot *of)
{
    bool right = header.word == header_before.word +
                                    (of->type == OBJECT_CNODE ? more * CNODE_CAP : 0);

    for (unsigned i = 0; i < OBJECTS; i++)
        right = right && objects[i].refs == objects_before[i].refs +
                                                (is_counted(of) && object_of(of) == i ? more : 0);
    return right;
}

/* The slot x is a new first child of `from`. */
static void forest_insert(struct forest *forest, unsigned from, unsigned x)
{
    for (unsigned i = 0; i < SLOTS; i++)
        forest->key[i]++;
    forest->parent[x] = (uint8_t)from;
    forest->key[x] = 0;
}

/* ---- derive ---- */

static enum error source_error(unsigned to, unsigned from)
{
    const struct slot *cap = &before[from];

    if (cap->type == OBJECT_NULL)
        return E_BAD_CAP;
    if (cap->revoking)
        return E_REVOKING;
    if (!(cap->rights & RIGHT_GRANT) || cap->type == OBJECT_PAGE_TABLE)
        return E_NO_RIGHT;
    if (cap->type == OBJECT_UNTYPED && cap->child)
        return E_IN_USE;
    return before[to].type == OBJECT_NULL ? E_OK : E_SLOT_FULL;
}

/* After a copy or mint with this result: the tree, the counts, and all slots but `to`. */
static void check_derivation(struct forest *forest, unsigned to, unsigned from, enum error error,
                             uint64_t rights)
{
    if (error == E_OK) {
        forest_insert(forest, from, to);
        CHECK(arena[to].type == before[from].type && arena[to].device == before[from].device);
        CHECK(arena[to].rights == (before[from].rights & rights));
        CHECK((arena[to].rights & ~before[from].rights) == 0);
        CHECK((arena[to].word & ~CAP_RINGS) == (before[from].word & ~CAP_RINGS));
        CHECK(arena[to].size_bits == before[from].size_bits);
        CHECK(!arena[to].revoking && !arena[to].watched && tag_is_right(&arena[to]));
    }
    CHECK(forest_stands(forest));
    CHECK(references_are(error == E_OK, &before[from]));
    for (unsigned i = 0; i < SLOTS; i++)
        CHECK((error == E_OK && (i == to || i == from)) || slot_unchanged(i));
}

void proof_cap_copy(void)
{
    struct forest forest = any_capabilities();
    unsigned to = (unsigned)below(SLOTS), from = (unsigned)below(SLOTS);
    uint64_t rights = nondet_u64();
    enum error error;

    remember();
    error = cap_copy(&arena[to], &arena[from], rights);
    CHECK(error == source_error(to, from));
    check_derivation(&forest, to, from, error, rights);
    if (error == E_OK) {
        uint64_t data = before[from].type == OBJECT_FRAME ? 0 : cap_data(&before[from]);
        struct slot source = before[from];

        CHECK(cap_data(&arena[to]) == data);
        /* Only one of two capabilities to the same memory can hand it out. */
        if (source.type == OBJECT_UNTYPED) {
            CHECK(untyped_watermark(&arena[from]) == 1ull << source.size_bits);
            cap_set_data(&source, cap_data(&arena[from]));
        }
        CHECK(same_capability(arena[from], source));
    }
    COVER(error == E_OK && before[from].type == OBJECT_UNTYPED);
    COVER(error == E_OK && before[from].type == OBJECT_ENDPOINT && before[from].child);
    COVER(error == E_IN_USE);
    COVER(error == E_SLOT_FULL && to == from);
}

void proof_cap_mint(void)
{
    struct forest forest = any_capabilities();
    unsigned to = (unsigned)below(SLOTS), from = (unsigned)below(SLOTS);
    uint64_t rights = nondet_u64(), badge = nondet_u64();
    enum error error;
    bool badged;

    remember();
    error = cap_mint(&arena[to], &arena[from], rights, badge);
    badged = before[from].type == OBJECT_ENDPOINT || before[from].type == OBJECT_RENDEZVOUS;
    if (source_error(to, from) != E_OK)
        CHECK(error == source_error(to, from));
    else if (!badged && before[from].type != OBJECT_CNODE)
        CHECK(error == E_BAD_TYPE);
    check_derivation(&forest, to, from, error, rights);
    if (error == E_OK) {
        CHECK(slot_unchanged(from));
        /* A badge is given once, and cannot be taken off or changed by who got it. */
        CHECK(!badged || (cap_data(&before[from]) == 0 && cap_data(&arena[to]) == badge));
    }
    COVER(error == E_OK && before[from].type == OBJECT_CNODE);
    COVER(error == E_OK && before[from].type == OBJECT_RENDEZVOUS && badge >> 59);
    COVER(error == E_NO_RIGHT && badged && (before[from].rights & RIGHT_GRANT));
    COVER(error == E_BAD_ARGUMENT);
}

void proof_mint_guard(void)
{
    struct slot from = nondet_slot(), to = from;
    uint64_t badge = nondet_u64(), data = 0;
    enum error error;

    ASSUME(from.size_bits >= 1 && from.size_bits <= CNODE_RADIX_MAX);
    error = mint_guard(&from, badge, &data);
    if (error == E_OK) {
        cap_set_data(&to, data);
        CHECK(cnode_guard_bits(&to) == (badge & 63) && cnode_guard(&to) == badge >> 6);
        /* What lookup relies on. */
        CHECK(cnode_guard_bits(&to) + cnode_radix(&to) <= 32);
        CHECK(cnode_guard(&to) < 1ull << cnode_guard_bits(&to));
        CHECK(data >> CAP_DATA_BITS == 0);
    } else {
        CHECK(error == E_BAD_ARGUMENT);
        CHECK((badge & 63) + from.size_bits > 32 || badge >> 6 >= 1ull << (badge & 63));
    }
    COVER(error == E_OK && (badge & 63) == 31);
    COVER(error != E_OK && (badge & 63) == 0);
}

/* ---- move, delete ---- */

void proof_cap_move(void)
{
    struct forest forest = any_capabilities();
    unsigned to = (unsigned)below(SLOTS), from = (unsigned)below(SLOTS);
    enum error error;

    remember();
    error = cap_move(&arena[to], &arena[from]);
    CHECK(error == (before[from].type == OBJECT_NULL ? E_BAD_CAP
                    : before[from].revoking          ? E_REVOKING
                    : before[to].type != OBJECT_NULL ? E_SLOT_FULL
                                                     : E_OK));
    if (error == E_OK) {
        CHECK(same_capability(arena[to], before[from]) && cap_is_empty(&arena[from]));
        forest.parent[to] = forest.parent[from];
        forest.key[to] = forest.key[from];
        forest.parent[from] = OUTSIDE;
        for (unsigned i = 0; i < SLOTS; i++)
            if (forest.parent[i] == from)
                forest.parent[i] = (uint8_t)to;
    }
    CHECK(forest_stands(&forest));
    CHECK(references_are(0, &before[from]));
    for (unsigned i = 0; i < SLOTS; i++)
        CHECK((error == E_OK && (i == to || i == from)) || slot_unchanged(i));
    COVER(error == E_OK && before[from].child);
    COVER(error == E_REVOKING);
}

/* Of an object that others name, too, or that is gone with it; CNodes: cnode.c. */
void proof_cap_delete(void)
{
    struct forest forest = any_capabilities();
    unsigned x = (unsigned)below(SLOTS);
    unsigned object = object_of(&arena[x]);
    bool there = arena[x].type != OBJECT_NULL, counted = there && is_counted(&arena[x]);

    ASSUME(arena[x].type != OBJECT_CNODE);
    remember();
    cap_delete(&arena[x]);
    if (there) {
        forest_remove(&forest, x);
        CHECK(unmapped ==
              (before[x].type == OBJECT_FRAME || before[x].type == OBJECT_PAGE_TABLE));
    }
    CHECK(forest_stands(&forest) && cap_is_empty(&arena[x]) && arena[x].word == 0);
    for (unsigned i = 0; i < OBJECTS; i++) {
        CHECK(objects[i].refs == count_names(i));
        CHECK(destroyed[i] == (counted && object == i && objects[i].refs == 0));
    }
    for (unsigned i = 0; i < SLOTS; i++)
        CHECK(i == x || slot_unchanged(i));
    COVER(counted && destroyed[1] == 1);
    COVER(counted && destroyed[0] == 0 && destroyed[1] == 0 && before[x].child);
}

/* ---- revoke ---- */

void proof_cap_revoke_step(void)
{
    struct forest forest = any_capabilities();
    unsigned x = (unsigned)below(SLOTS), deleted = 0, left = 0;
    bool derived[SLOTS], done;

    for (unsigned i = 0; i < SLOTS; i++) {
        ASSUME(arena[i].type != OBJECT_CNODE);
        derived[i] = forest.parent[i] == x || (forest.parent[i] < i && derived[forest.parent[i]]);
    }
    remember();
    done = cap_revoke_step(&arena[x]);

    for (unsigned i = 0; i < SLOTS; i++) {
        bool gone = before[i].type != OBJECT_NULL && cap_is_empty(&arena[i]);

        CHECK(!gone || derived[i]); /* what was not derived from it stays */
        CHECK(gone || slot_unchanged(i));
        deleted += gone;
        left += derived[i] && !gone;
    }
    CHECK(done == (left == 0));
    CHECK(done || deleted > 0); /* it ends */
    CHECK(deleted <= 1);
    CHECK(slot_unchanged(x) && (arena[x].child == 0) == done);
    for (unsigned i = 0; i < OBJECTS; i++) {
        CHECK(objects[i].refs == count_names(i));
        CHECK(destroyed[i] == (objects[i].refs == 0 && objects_before[i].refs > 0));
    }
    COVER(done && deleted == 1);
    COVER(!done);
    COVER(done && deleted == 0);
}
