/* SPDX-License-Identifier: BSD-2-Clause */
/* Random calls and arguments. Runs in the children: no variables. */
#include <sys/counter.h>
#include "fuzz.h"
#include "fuzz_calls.h"

#define STACK_OF(n) (STACKS + 4096ull * ((n) + 1))

const struct fuzz_call *fuzz_call(unsigned number)
{
    return number < SYS_COUNT && calls[number].name ? &calls[number] : NULL;
}

/* What the arguments of one call have in common. */
struct choice {
    uint64_t *random;
    struct actor *actor;
    unsigned theme; /* object type that it is about */
};

static uint32_t below(struct choice *c, uint32_t limit)
{
    return random_below(c->random, limit);
}

static bool chance(struct choice *c, unsigned percent)
{
    return below(c, 100) < percent;
}

/* Boundaries, huge and misaligned numbers, kernel addresses. */
static uint64_t hostile(struct choice *c)
{
    uint64_t bits = random_next(c->random), bit = 1ull << (bits & 63);

    switch (bits >> 8 & 7) {
    case 0:
        return ~0ull;
    case 1:
        return bit;
    case 2:
        return bit - 1;
    case 3:
        return 0 - bit;
    case 4:
        return 0xffffffc080000000ull + (bits >> 40);
    case 5:
        return USER_TOP + (int64_t)(bits >> 60) - 8;
    case 6:
        return bits >> (bits >> 16 & 63);
    default:
        return 0;
    }
}

/* A slot of the type's region, mostly: of the first few if it should hold something. */
static uint64_t slot_in(struct choice *c, unsigned type, bool full)
{
    if (type >= OBJECT_COUNT) {
        const uint8_t *group = groups[type - OBJECT_COUNT];

        type = group[1 + below(c, group[0])];
    }
    if (!chance(c, 95))
        return below(c, 1u << SPACE_BITS);
    return region(type) + below(c, full && chance(c, 80) ? FILLED : REGION);
}

static uint64_t cptr(struct choice *c, unsigned type)
{
    unsigned kind = below(c, 100);

    if (kind < 96)
        return c->actor->bases[kind < 80 ? 0 : below(c, BASES)] + slot_in(c, type, true);
    if (kind < 98)
        return 0;
    return hostile(c);
}

static uint64_t vaddr(struct choice *c)
{
    static const uint64_t fixed[] = {0x0,       0x1000,   IMAGE_BASE,      EXECUTOR_BASE, STACKS,
                                     0x51f0000, USER_TOP, USER_TOP - 4096, 0x3fffe00000};
    unsigned kind = below(c, 100);

    if (kind < 75)
        return WINDOW + 4096ull * below(c, MAP_PAGES);
    if (kind < 85)
        return WINDOW + ((uint64_t)below(c, 16) << 21);
    if (kind < 90)
        return (uint64_t)below(c, 256) << 30;
    return kind < 96 ? fixed[below(c, sizeof fixed / sizeof fixed[0])] : hostile(c);
}

static uint64_t size_bits(struct choice *c)
{
    if (chance(c, 5))
        return hostile(c);
    switch (c->theme) {
    case OBJECT_UNTYPED:
        return 4 + below(c, 15);
    case OBJECT_CNODE:
        return chance(c, 80) ? SPACE_BITS : 1 + below(c, 10);
    case OBJECT_FRAME:
        return chance(c, 97) ? 12 : 12 + 9 * below(c, 3);
    default:
        return below(c, 40);
    }
}

static uint64_t badge(struct choice *c)
{
    switch (below(c, 8)) {
    case 0:
        return 0;
    case 1:
        return 32 - SPACE_BITS; /* a flat space */
    case 2:
        return (uint64_t)below(c, 256) << 6 | below(c, 32);
    case 3:
        return hostile(c);
    default:
        return below(c, 1000);
    }
}

static uint64_t argument(struct choice *c, unsigned kind, unsigned type, bool full)
{
    if (chance(c, 2))
        return hostile(c);
    switch (kind) {
    case KIND_CAP:
        return cptr(c, type);
    case KIND_TYPE:
        return chance(c, 95) ? c->theme : below(c, 32);
    case KIND_SIZE_BITS:
        return size_bits(c);
    case KIND_INDEX:
        return slot_in(c, c->theme, full);
    case KIND_COUNT:
        return chance(c, 80) ? 1 : below(c, chance(c, 90) ? REGION : 260);
    case KIND_RIGHTS:
        return chance(c, 60) ? RIGHT_ALL : below(c, 16);
    case KIND_BADGE:
        return badge(c);
    case KIND_PRIORITY:
        return below(c, PRIORITY_COUNT + 1);
    case KIND_VADDR:
        return vaddr(c);
    case KIND_PC:
        return chance(c, 85) ? (uint64_t)(c->actor->is_thread ? actor_thread : actor_start)
                             : vaddr(c);
    case KIND_SP:
        return chance(c, 90) ? STACK_OF(below(c, STACK_COUNT)) : vaddr(c);
    case KIND_DEADLINE:
        return chance(c, 70) ? counter_arch_time() + below(c, 5000) : below(c, 2) * ~0ull;
    case KIND_SLOT:
        return chance(c, 90) ? below(c, WAKE_RANGE) : below(c, WAKE_SLOTS + 1);
    case KIND_LINE:
        return chance(c, 30) ? 11 : below(c, 100);
    case KIND_SMALL:
        return below(c, 16);
    case KIND_HEADER:
        return (uint64_t)below(c, PRIORITY_COUNT) << MESSAGE_PRIORITY_SHIFT | below(c, 1000);
    case KIND_WORD:
        return random_next(c->random);
    default:
        return argument(c, 1 + below(c, KIND_COUNT_OF - 1), below(c, OBJECT_COUNT), full);
    }
}

/* A call by weight; what is for threads only is mostly left to them. */
static unsigned choose_number(struct choice *c)
{
    unsigned number;

    if (c->actor->wild && below(c, 5000) == 0)
        return below(c, SYS_CHECK); /* also numbers that there are not: a fault */
    do
        number = below(c, SYS_COUNT);
    while (below(c, 64) >= calls[number].weight || (calls[number].rough && c->actor->calm) ||
           (calls[number].threads_only && !c->actor->is_thread && !chance(c, 5)));
    return number;
}

void fuzz_choose(struct actor *actor)
{
    struct choice c = {.random = &actor->random, .actor = actor};
    unsigned number = choose_number(&c);
    const struct fuzz_call *call = fuzz_call(number);

    /* A number that there is not; and never what ends the machine. */
    if (!call || !call->weight) {
        actor->invoked = call ? SYS_NULL : number;
        return;
    }
    c.theme = 1 + below(&c, OBJECT_COUNT - 1);
    actor->invoked = number;
    if (call->cap != OBJECT_NULL)
        actor->invoked |= (cptr(&c, call->cap) & UINT32_MAX) << 8;
    /* The first slot of a call that has two is the one to be filled. */
    for (unsigned i = 0; i < 7; i++)
        actor->x[i] = i < call->count ? argument(&c, call->args[i].kind, call->args[i].type, i > 0)
                                      : (chance(&c, 50) ? 0 : hostile(&c));
}
