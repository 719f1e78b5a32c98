/* SPDX-License-Identifier: BSD-2-Clause */
/* Retype hands out memory that is inside, aligned, zero, and nobody else's. */
#include "proof.h"
#include <kernel/object.h>
#include <kernel/untyped.h>
#include <kernel/vspace.h>

struct slot nondet_slot(void);

/* Addresses are numbers; what is written is only noted. */
static inline void *paddr_to_ptr(paddr_t paddr)
{
    return (void *)(uintptr_t)paddr.raw;
}
static inline paddr_t ptr_to_paddr(const void *ptr)
{
    return (paddr_t){(uint64_t)(uintptr_t)ptr};
}
static inline void *proof_object(uint64_t word)
{
    return (void *)(uintptr_t)word;
}

static struct {
    uint64_t from;
    uint64_t bytes;
} zeroed;

static void note_zero(void *ptr, int value, uint64_t bytes)
{
    CHECK(value == 0);
    zeroed.from = (uint64_t)(uintptr_t)ptr;
    zeroed.bytes = bytes;
}
#define memset note_zero
#include <microkernel/cap/objects.c>
#include <microkernel/object/untyped.c>
#undef memset

bool job_resumed(void)
{
    return nondet_bool();
}

static bool quiesced;
bool hart_quiesce(void)
{
    quiesced = nondet_bool();
    return quiesced;
}

static unsigned available;
unsigned vspace_available(void)
{
    return available;
}

/* Any Untyped that the kernel can hold. */
static struct slot any_untyped(void)
{
    struct slot cap = nondet_slot();
    uint64_t size;

    ASSUME(cap.type == OBJECT_UNTYPED);
    ASSUME(cap.size_bits >= UNTYPED_SIZE_BITS_MIN && cap.size_bits <= UNTYPED_SIZE_BITS_MAX);
    size = 1ull << cap.size_bits;
    ASSUME(cap.word < 1ull << 39 && cap.word % size == 0);
    ASSUME(untyped_watermark(&cap) <= size && untyped_cleared(&cap) <= size);
    return cap;
}

void proof_object_size_bits(void)
{
    uint64_t type = nondet_u64(), size_bits = nondet_u64();
    unsigned bits;
    enum error error = object_size_bits(type, size_bits, &bits);
    bool sized = type == OBJECT_UNTYPED || type == OBJECT_FRAME || type == OBJECT_CNODE;

    CHECK(error == E_OK || error == E_BAD_ARGUMENT);
    if (error == E_OK) {
        CHECK(type != OBJECT_NULL && type < OBJECT_COUNT);
        CHECK(bits >= UNTYPED_SIZE_BITS_MIN && bits <= UNTYPED_SIZE_BITS_MAX);
        CHECK(!sized || bits == size_bits + (type == OBJECT_CNODE ? 5 : 0));
        CHECK(sized || bits == object_ops[type].size_bits);
        CHECK(type != OBJECT_FRAME || size_bits == 12 || size_bits == 21 || size_bits == 30);
        CHECK(type != OBJECT_CNODE || (size_bits >= 1 && size_bits <= 20));
    }
    COVER(error == E_OK && type == OBJECT_PROCESS);
    COVER(error == E_OK && type == OBJECT_UNTYPED && size_bits == 38);
    COVER(error == E_BAD_ARGUMENT && type == OBJECT_IRQ_CONTROL);
}

void proof_decode_place(void)
{
    struct slot cap = any_untyped();
    struct retype retype = {.object_bits = (unsigned)below(UNTYPED_SIZE_BITS_MAX + 1),
                            .count = below(RETYPE_COUNT_MAX + 1)};
    uint64_t size = 1ull << cap.size_bits, object = 1ull << retype.object_bits;
    uint64_t begin = cap.child ? untyped_watermark(&cap) : 0, end; /* all below 2^50 */
    uint64_t i = below(RETYPE_COUNT_MAX), j = below(RETYPE_COUNT_MAX);
    enum error error;

    retype.type = (enum object_type)below(OBJECT_COUNT);
    available = nondet_u32();
    ASSUME(retype.count > 0 && retype.object_bits >= UNTYPED_SIZE_BITS_MIN);
    error = decode_place(&cap, &retype);

    if (begin % object)
        begin += object - begin % object;
    end = begin + (retype.count << retype.object_bits);
    CHECK((error == E_OK) ==
          (end <= size && (retype.type != OBJECT_PROCESS || available >= retype.count)));
    CHECK(error == E_OK || error == E_NO_MEMORY);
    if (error == E_OK) {
        CHECK(retype.begin == begin && retype.end == end);
        CHECK(!cap.child || retype.begin >= untyped_watermark(&cap));
        /* Two of the objects share no byte, and each is aligned to its size in memory. */
        ASSUME(i < j && j < retype.count);
        CHECK(begin + (i << retype.object_bits) + object <= begin + (j << retype.object_bits));
        CHECK((cap.word + retype.begin + (i << retype.object_bits)) % (1ull << retype.object_bits) ==
              0);
    }
    COVER(error == E_OK && retype.end == 1ull << UNTYPED_SIZE_BITS_MAX && cap.child);
    COVER(error == E_OK && retype.begin > untyped_watermark(&cap) && cap.child);
    COVER(error == E_NO_MEMORY && retype.type != OBJECT_PROCESS);
}

void proof_advance(void)
{
    struct slot cap = any_untyped(), before = cap;
    uint64_t begin = below((1ull << cap.size_bits) + 1);
    bool dead = !before.child && untyped_watermark(&before) > 0, done;

    ASSUME(begin % (1ull << UNTYPED_SIZE_BITS_MIN) == 0);
    done = advance(&cap, begin);
    CHECK(done == !dead);
    /* Memory that was in use is used again only after every hart has left the kernel. */
    CHECK(untyped_watermark(&cap) == (done ? begin : quiesced ? 0 : untyped_watermark(&before)));
    /* What is said to be zero was said to be before, and is not what dead objects have left. */
    CHECK(untyped_cleared(&cap) == (dead && quiesced ? 0 : untyped_cleared(&before)));
    CHECK(cap.word == before.word && cap.size_bits == before.size_bits &&
          cap.child == before.child && cap.device == before.device);
    COVER(dead && !quiesced);
    COVER(!before.child && untyped_cleared(&before) > 0 && untyped_cleared(&cap) == 0);
}

/* One byte of the Untyped stands for all. */
void proof_clear_step(void)
{
    struct slot cap = any_untyped(), before = cap;
    uint64_t size = 1ull << cap.size_bits, end = below(size + 1), byte = below(size);
    uint64_t watermark = untyped_watermark(&cap);
    bool zero = nondet_bool(), done;

    ASSUME(!cap.device && end >= watermark && end % (1ull << UNTYPED_SIZE_BITS_MIN) == 0);
    ASSUME(zero || byte < watermark || byte >= untyped_cleared(&cap));
    done = clear_step(&cap, end);

    if (zeroed.bytes > 0) {
        CHECK(zeroed.bytes <= untyped_clear_bytes(&cap));
        CHECK(zeroed.from >= cap.word + watermark);
        CHECK(zeroed.from + zeroed.bytes <= cap.word + end);
        zero = zero || (cap.word + byte >= zeroed.from &&
                        cap.word + byte < zeroed.from + zeroed.bytes);
    }
    CHECK(zero || byte < watermark || byte >= untyped_cleared(&cap));
    CHECK(!done || zero || byte < watermark || byte >= end);
    /* It ends: each step but the last comes further. */
    CHECK(done || untyped_cleared(&cap) > untyped_cleared(&before));
    CHECK(untyped_cleared(&cap) <= size && untyped_watermark(&cap) == watermark);
    COVER(!done && zeroed.bytes == untyped_clear_bytes(&cap));
    COVER(!done && watermark > 0);
    COVER(done && zeroed.bytes == 0 && end > watermark);
}
