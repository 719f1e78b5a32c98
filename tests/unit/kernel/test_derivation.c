/* SPDX-License-Identifier: BSD-2-Clause */
/* Random operations on capabilities against a model that knows no tree: it keeps for each
 * capability the set of those that it stems from, and what the last capability to an object takes
 * with it. After each operation both hold the same capabilities with the same ancestors. */
#include <string.h>
#include "kernel_host.h"

#define CAPS_MAX   1024
#define CNODES_MAX 12
#define WORDS      (CAPS_MAX / 64)

struct model_cap {
    struct slot *slot; /* NULL: not in use */
    uint64_t object;   /* physical address of what it names */
    unsigned bits;     /* log2 of its bytes */
    unsigned type, rights;
    uint64_t ancestors[WORDS];
};
static struct model_cap caps[CAPS_MAX];
static unsigned live;

/* ---- the model ---- */

static bool has_ancestor(const struct model_cap *cap, const struct model_cap *of)
{
    size_t i = (size_t)(of - caps);

    return cap->ancestors[i / 64] >> i % 64 & 1;
}

static struct model_cap *model_find(const struct slot *slot)
{
    for (unsigned i = 0; i < CAPS_MAX; i++)
        if (caps[i].slot == slot)
            return &caps[i];
    return NULL;
}

static struct model_cap *model_add(struct slot *slot, const struct model_cap *parent)
{
    struct model_cap *cap = model_find(NULL);
    size_t i = parent ? (size_t)(parent - caps) : 0;

    assert_non_null(cap);
    *cap = (struct model_cap){.slot = slot};
    if (parent) {
        memcpy(cap->ancestors, parent->ancestors, sizeof cap->ancestors);
        cap->ancestors[i / 64] |= 1ull << i % 64;
    }
    live++;
    return cap;
}

/* Whether the last capability to what it names destroys something that can hold slots. */
static bool is_container(const struct model_cap *cap)
{
    return cap->type == OBJECT_CNODE || cap->type == OBJECT_PROCESS;
}

static void model_kill(struct model_cap *dead)
{
    struct model_cap was = *dead;
    size_t bit = (size_t)(dead - caps);

    dead->slot = NULL;
    live--;
    for (unsigned i = 0; i < CAPS_MAX; i++)
        caps[i].ancestors[bit / 64] &= ~(1ull << bit % 64);
    if (!is_container(&was))
        return;
    for (unsigned i = 0; i < CAPS_MAX; i++)
        if (caps[i].slot && caps[i].type == was.type && caps[i].object == was.object)
            return;
    for (unsigned i = 0; i < CAPS_MAX; i++)
        if (caps[i].slot && ptr_to_paddr(caps[i].slot).raw - was.object < 1ull << was.bits)
            model_kill(&caps[i]);
}

static struct model_cap *model_descendant(const struct model_cap *of)
{
    for (unsigned i = 0; i < CAPS_MAX; i++)
        if (caps[i].slot && has_ancestor(&caps[i], of))
            return &caps[i];
    return NULL;
}

/* Fill in what a capability made by the kernel says of itself. */
static void model_describe(struct model_cap *cap)
{
    const struct slot *slot = cap->slot;

    cap->type = slot->type;
    cap->rights = slot->rights;
    cap->bits = cap->type == OBJECT_CNODE     ? slot->size_bits + CNODE_SLOT_BITS
                : cap->type == OBJECT_PROCESS ? 14
                                              : slot->size_bits;
    cap->object = cap->type == OBJECT_UNTYPED || cap->type == OBJECT_FRAME
                      ? slot->word
                      : ptr_to_paddr(cap_object(slot)).raw;
}

/* Along its siblings to the last one, which names the parent. */
static struct slot *parent_of(const struct slot *slot)
{
    while (!slot->last)
        slot = slot_unpack(slot->next);
    return slot->next ? slot_unpack(slot->next) : &cap_tree_root;
}

/* ---- comparison ---- */

static void compare_ancestors(const struct model_cap *cap)
{
    unsigned in_model = 0, in_tree = 0;

    for (unsigned w = 0; w < WORDS; w++)
        in_model += (unsigned)__builtin_popcountll(cap->ancestors[w]);
    for (struct slot *up = parent_of(cap->slot); up != &cap_tree_root; up = parent_of(up)) {
        const struct model_cap *ancestor = model_find(up);

        if (!ancestor || !has_ancestor(cap, ancestor))
            fail_msg("an ancestor in the tree is none in the model");
        in_tree++;
    }
    assert_int_equal(in_tree, in_model);
}

static unsigned count_tree(const struct slot *slot)
{
    unsigned count = 0;

    for (const struct slot *child = tree_child(slot); child;
         child = child->last ? NULL : slot_unpack(child->next))
        count += 1 + count_tree(child);
    return count;
}

static void compare(bool deep)
{
    for (unsigned i = 0; i < CAPS_MAX; i++) {
        const struct model_cap *cap = &caps[i];

        if (!cap->slot)
            continue;
        if (cap->slot->type != cap->type || cap->slot->rights != cap->rights)
            fail_msg("a capability that should live is gone or changed");
        if (deep)
            compare_ancestors(cap);
    }
    assert_int_equal(count_tree(&cap_tree_root), live);
    if (deep)
        check_invariants();
}

/* ---- random operations ---- */

/* A CNode that the caller can name, and a slot of it. Mostly full (or empty) slots, if wanted. */
struct pick {
    uint32_t cptr;
    uint64_t index;
    struct slot *slot;
};

static struct pick pick_slot(bool want_full)
{
    struct pick pick = {ROOT_SELF, 1, NULL};

    for (unsigned tries = 0; tries < 30; tries++) {
        uint32_t cptr = 1 + random_below(ROOT_SLOTS - 1);

        if (at(cptr)->type != OBJECT_CNODE || random_below(4) == 0)
            cptr = ROOT_SELF;
        pick.cptr = cptr;
        pick.index = 1 + random_below((1u << cnode_radix(at(cptr))) - 1);
        pick.slot = (struct slot *)cap_object(at(cptr)) + pick.index;
        if (cap_is_empty(pick.slot) != want_full && !cap_is_empty(at(pick.cptr)))
            return pick;
    }
    return pick;
}

/* What holds the test itself together is not deleted or moved away. */
static bool is_fixed(const struct slot *slot)
{
    return slot == at(ROOT_SELF) || slot == at(ROOT_UNTYPED) || slot == at(ROOT_DEVICE) ||
           slot == at(ROOT_SELF_PROCESS);
}

static long expect_derive(const struct pick *to, const struct pick *from)
{
    const struct model_cap *source = model_find(from->slot), *via_to = model_find(at(to->cptr)),
                           *via_from = model_find(at(from->cptr));

    if (!(via_to->rights & RIGHT_WRITE) || !(via_from->rights & RIGHT_READ))
        return E_NO_RIGHT;
    if (!source)
        return E_BAD_CAP;
    if (!(source->rights & RIGHT_GRANT) || source->type == OBJECT_PAGE_TABLE)
        return E_NO_RIGHT;
    if (source->type == OBJECT_UNTYPED && model_descendant(source))
        return E_IN_USE;
    return model_find(to->slot) ? E_SLOT_FULL : E_OK;
}

static void random_derive(void)
{
    struct pick to = pick_slot(false), from = pick_slot(true);
    uint64_t rights = random_below(3) ? RIGHT_ALL : random_below(16);
    bool mint = random_below(4) == 0 && from.slot->type == OBJECT_CNODE;
    long expected = expect_derive(&to, &from);
    long result =
        mint ? do_call(sys_cnode_mint, to.cptr, to.index, from.cptr, from.index, rights, 8)
             : do_call(sys_cnode_copy, to.cptr, to.index, from.cptr, from.index, rights, 0);

    assert_int_equal(result, expected);
    if (result == E_OK) {
        struct model_cap *source = model_find(from.slot), *copy = model_add(to.slot, source);

        copy->object = source->object;
        copy->bits = source->bits;
        copy->type = source->type;
        copy->rights = source->rights & (unsigned)rights;
    }
}

static void random_move(void)
{
    struct pick to = pick_slot(false), from = pick_slot(true);
    long result;

    if (is_fixed(from.slot))
        return;
    result = do_call(sys_cnode_move, to.cptr, to.index, from.cptr, from.index, 0, 0);
    if (result == E_OK) {
        assert_null(model_find(to.slot));
        model_find(from.slot)->slot = to.slot;
    } else {
        assert_true(result == E_NO_RIGHT || result == E_BAD_CAP || result == E_SLOT_FULL);
    }
}

static void random_delete(void)
{
    struct pick pick = pick_slot(true);
    struct model_cap *cap = model_find(pick.slot);
    bool allowed = model_find(at(pick.cptr))->rights & RIGHT_WRITE;

    if (is_fixed(pick.slot))
        return;
    assert_int_equal(do_call(sys_cnode_delete, pick.cptr, pick.index, 0, 0, 0, 0),
                     allowed ? E_OK : E_NO_RIGHT);
    if (cap && allowed)
        model_kill(cap);
    reap_all();
}

static void random_revoke(void)
{
    struct pick pick = pick_slot(true);
    struct model_cap *cap = model_find(pick.slot), *child;
    struct slot *slot = pick.slot;

    /* The caller's own space hangs below ROOT_SELF. */
    if (!cap || slot == at(ROOT_SELF) || slot == at(ROOT_SELF_PROCESS) ||
        (slot == at(ROOT_UNTYPED) && random_below(8)) ||
        has_ancestor(model_find(at(pick.cptr)), cap) ||
        !(model_find(at(pick.cptr))->rights & RIGHT_WRITE))
        return;
    assert_int_equal(do_call(sys_cnode_revoke, pick.cptr, pick.index, 0, 0, 0, 0), E_OK);
    while (cap->slot == slot && (child = model_descendant(cap)))
        model_kill(child);
}

static void random_retype(void)
{
    static const uint8_t types[] = {OBJECT_UNTYPED,  OBJECT_CNODE, OBJECT_CNODE, OBJECT_PROCESS,
                                    OBJECT_ENDPOINT, OBJECT_FRAME, OBJECT_TIMER, OBJECT_PAGE_TABLE};
    struct pick to = pick_slot(false), from = pick_slot(true);
    uint64_t type = types[random_below(sizeof types)], count = 1 + random_below(3);
    uint64_t bits = type == OBJECT_CNODE   ? 2 + random_below(4)
                    : type == OBJECT_FRAME ? 12
                                           : 13 + random_below(6);
    struct model_cap *source;
    long result;

    for (unsigned i = 0; i < 100 && at(from.index)->type != OBJECT_UNTYPED; i++)
        from.index = 1 + random_below(ROOT_SLOTS - 1);
    if (from.index >= ROOT_SLOTS)
        return;
    source = model_find(at((uint32_t)from.index));
    result = do_retype((uint32_t)from.index, type, bits, to.cptr, to.index, count);
    if (result != E_OK)
        return;
    for (unsigned i = 0; i < count; i++) {
        struct model_cap *cap;

        assert_null(model_find(to.slot + i));
        cap = model_add(to.slot + i, source);
        model_describe(cap);
        assert_int_equal(cap->type, type);
        assert_int_equal(cap->rights, RIGHT_ALL);
    }
}

/* Give a process a capability space of its own. */
static void random_configure(void)
{
    uint32_t process = 1 + random_below(ROOT_SLOTS - 1), cnode = 1 + random_below(ROOT_SLOTS - 1);
    struct slot *root;

    if (at(process)->type != OBJECT_PROCESS || at(cnode)->type != OBJECT_CNODE)
        return;
    root = host_cspace_root(cap_object(at(process)));
    if (cap_copy(root, at(cnode), RIGHT_ALL) == E_OK) {
        model_add(root, model_find(at(cnode)));
        model_describe(model_find(root));
        root->watched = 1;
    }
}

static void random_operation(void)
{
    uint32_t kind = random_below(100);

    if (live > CAPS_MAX - 8)
        kind = 80;
    if (kind < 40)
        random_derive();
    else if (kind < 52)
        random_move();
    else if (kind < 72)
        random_retype();
    else if (kind < 78)
        random_configure();
    else if (kind < 96)
        random_delete();
    else
        random_revoke();
}

static int setup(void **state)
{
    host_setup(state);
    memset(caps, 0, sizeof caps);
    live = 0;
    for (uint32_t i = ROOT_SELF; i <= ROOT_SELF_PROCESS; i++)
        model_describe(model_add(at(i), NULL));
    model_describe(model_add(&caller->cspace_root, model_find(at(ROOT_SELF))));
    return 0;
}

static void test_against_model(void **state)
{
    unsigned rounds = random_rounds(12000), most = 0;

    (void)state;
    random_start();
    for (unsigned i = 0; i < rounds; i++) {
        random_operation();
        compare(i % 64 == 0);
        if (live > most)
            most = live;
    }
    compare(true);
    print_message("most capabilities at once: %u\n", most);
    assert_true(rounds < 1000 || most > 60);
}

/* ---- revokes that overlap ---- */

static struct revoke {
    struct slot *slot; /* its capability; NULL: not under way */
    uint64_t args[7];
} revokes[HOST_JOBS];

static bool is_revoked(const struct slot *slot)
{
    for (unsigned i = 0; i < HOST_JOBS; i++)
        if (revokes[i].slot && cursor_place(&host_job(i)->cursor) == slot)
            return true;
    return false;
}

/* No capability stays marked that nobody revokes (that the others are is check_tree's). */
static void check_marks(void)
{
    check_invariants();
    for (uint32_t i = 1; i < ROOT_SLOTS; i++)
        assert_int_equal(at(i)->revoking, !cap_is_empty(at(i)) && is_revoked(at(i)));
}

/* Something of the root CNode that may be revoked and deleted. */
static uint32_t any_target(void)
{
    uint32_t target = ROOT_UNTYPED;

    for (unsigned tries = 0; tries < 40 && random_below(8); tries++) {
        target = ROOT_SELF_PROCESS + 1 + random_below(ROOT_SLOTS - 5);
        if (at(target)->child)
            break;
    }
    return target;
}

static void begin_revoke(unsigned number)
{
    uint32_t target = any_target();

    if (revokes[number].slot || cap_is_empty(at(target)))
        return;
    revokes[number].slot = at(target);
    memset(revokes[number].args, 0, sizeof revokes[number].args);
    revokes[number].args[0] = target;
}

/* One part. Value: E_OK and errors end it. */
static long revoke_part(unsigned number)
{
    struct slot *slot = revokes[number].slot;
    bool first;
    long result;

    job = host_job(number);
    first = !job->detached;
    if (!first)
        slot = cursor_place(&job->cursor);
    result = do_part(sys_cnode_revoke, ROOT_SELF, revokes[number].args);
    if (result == E_OK)
        assert_null(cursors_skip(slot));
    if (result == E_CANCELLED)
        assert_null(slot);
    assert_true(result == KERNEL_RESTART || result == E_OK || result == E_CANCELLED ||
                (first && (result == E_BAD_CAP || result == E_REVOKING)));
    if (result != KERNEL_RESTART) {
        host_job_end(job);
        revokes[number].slot = NULL;
    }
    job = NULL;
    return result;
}

/* The caller dies. */
static void cancel_revoke(unsigned number)
{
    if (revokes[number].slot)
        host_job_end(host_job(number));
    revokes[number].slot = NULL;
}

static void begin_again(void)
{
    for (uint32_t k = ROOT_SELF_PROCESS + 1; k < ROOT_SLOTS; k++)
        cap_delete(at(k));
    while (!cap_revoke_step(at(ROOT_UNTYPED)) || !cap_revoke_step(at(ROOT_DEVICE)))
        ;
    memset(caps, 0, sizeof caps);
    live = 0;
    for (uint32_t k = ROOT_SELF; k <= ROOT_SELF_PROCESS; k++)
        model_describe(model_add(at(k), NULL));
    model_describe(model_add(&caller->cspace_root, model_find(at(ROOT_SELF))));
    compare(true);
}

static void fill(void)
{
    for (unsigned k = 0; k < 400; k++)
        random_operation();
}

/* Half of the time a capability under revocation. */
static void delete_one(unsigned number, uint32_t other)
{
    struct slot *slot = revokes[number].slot ? cursor_place(&host_job(number)->cursor) : NULL;

    if (!slot || random_below(2))
        slot = at(other);
    if (!is_fixed(slot))
        cap_delete(slot);
}

/* Parts of several revokes, of the same capability and of ancestors and descendants, mixed with
 * deletions, copies, retypes and the deaths of callers: every invariant holds at every suspension
 * point, and nothing stays marked. */
static void test_interleaved(void **state)
{
    unsigned rounds = random_rounds(12000) / 100, cancelled = 0, ended = 0;

    (void)state;
    random_start();
    for (unsigned i = 0; i < rounds; i++) {
        fill();
        for (unsigned k = 0; k < 120; k++) {
            uint32_t kind = random_below(24), other = any_target();
            unsigned number = random_below(HOST_JOBS);
            uint64_t retype[7] = {OBJECT_ENDPOINT, 0, ROOT_SELF, other, 1 + random_below(3)};

            if (kind == 0)
                delete_one(number, other);
            else if (kind == 1)
                cancel_revoke(number);
            else if (kind == 2)
                (void)!cap_copy(at(other), at(any_target()), RIGHT_ALL);
            else if (kind == 3)
                (void)!do_part(sys_untyped_retype, ROOT_UNTYPED, retype);
            else if (kind < 6)
                begin_revoke(number);
            else if (revokes[number].slot)
                cancelled += revoke_part(number) == E_CANCELLED, ended++;
            check_marks();
        }
        for (unsigned number = 0; number < HOST_JOBS; number++) {
            while (revokes[number].slot && random_below(40) && revoke_part(number))
                check_marks();
            cancel_revoke(number);
        }
        check_marks();
        begin_again();
    }
    print_message("parts: %u, revokes whose capability was deleted: %u\n", ended, cancelled);
    assert_true(rounds < 100 || ended > 200);
}

/* Revokes that overlap, and nothing else, delete what they would delete one after the other. */
static void test_overlapping(void **state)
{
    unsigned rounds = random_rounds(12000) / 100;

    (void)state;
    random_start();
    for (unsigned i = 0; i < rounds; i++) {
        unsigned under_way = 0;

        fill();
        for (unsigned number = 0; number < HOST_JOBS; number++) {
            begin_revoke(number);
            under_way += revokes[number].slot != NULL;
        }
        for (unsigned number = 0; number < HOST_JOBS; number++) {
            struct model_cap *cap = revokes[number].slot ? model_find(revokes[number].slot) : NULL;
            struct model_cap *child;

            while (cap && cap->slot && (child = model_descendant(cap)))
                model_kill(child);
        }
        while (under_way > 0) {
            unsigned number = random_below(HOST_JOBS);

            if (!revokes[number].slot)
                continue;
            /* One whose capability is being revoked by another already waits for that one. */
            (void)revoke_part(number);
            under_way -= revokes[number].slot == NULL;
            check_marks();
        }
        compare(true);
        begin_again();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_against_model, setup, host_teardown),
        cmocka_unit_test_setup_teardown(test_interleaved, setup, host_teardown),
        cmocka_unit_test_setup_teardown(test_overlapping, setup, host_teardown),
    };

    return cmocka_run_group_tests_name("derivation", tests, NULL, NULL);
}
