/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/syscall.h>
#include "fake_kernel.h"

struct fake_cap fake_caps[1u << ROOT_CNODE_BITS];

void fake_reset(void)
{
    memset(fake_caps, 0, sizeof fake_caps);
}

void fake_untyped(struct boot_info *info, uint64_t paddr, unsigned size_bits)
{
    uint32_t cptr = ROOT_FIRST_FREE + info->untyped_count;

    fake_caps[cptr] = (struct fake_cap){OBJECT_UNTYPED, paddr, 1ull << size_bits, 0, 0, 0};
    info->untyped[info->untyped_count++] =
        (struct boot_untyped){.paddr = paddr, .cptr = cptr, .size_bits = (uint16_t)size_bits};
    info->first_free = cptr + 1;
}

static uint64_t object_bytes(uint64_t type, uint64_t size_bits)
{
    switch (type) {
    case OBJECT_UNTYPED:
    case OBJECT_FRAME:
        return 1ull << size_bits;
    case OBJECT_CNODE:
        return 32ull << size_bits;
    case OBJECT_PROCESS:
        return 16384;
    case OBJECT_PAGE_TABLE:
        return 4096;
    default:
        return 128;
    }
}

/* Its children become children of its parent. */
static long delete (uint32_t index)
{
    struct fake_cap *cap = &fake_caps[index], *parent = &fake_caps[cap->parent];

    if (cap->type == OBJECT_NULL)
        return E_BAD_CAP;
    for (uint32_t i = 0; cap->children > 0; i++) {
        if (fake_caps[i].type != OBJECT_NULL && fake_caps[i].parent == index) {
            fake_caps[i].parent = cap->parent;
            parent->children++;
            cap->children--;
        }
    }
    parent->children--;
    *cap = (struct fake_cap){OBJECT_NULL, 0, 0, 0, 0, 0};
    return E_OK;
}

static void revoke(uint32_t index)
{
    for (uint32_t i = 0; fake_caps[index].children > 0; i++) {
        assert_true(i < 1u << ROOT_CNODE_BITS);
        if (fake_caps[i].type != OBJECT_NULL && fake_caps[i].parent == index) {
            revoke(i);
            (void)!delete (i);
        }
    }
}

static long retype(struct fake_cap *untyped, const uint64_t *x)
{
    uint64_t bytes = object_bytes(x[0], x[1]), index = x[3], count = x[4];
    uint64_t begin;

    if (untyped->children == 0)
        untyped->watermark = 0;
    begin = (untyped->watermark + bytes - 1) & ~(bytes - 1);
    assert_int_equal(untyped->type, OBJECT_UNTYPED);
    assert_int_equal(x[2], ROOT_CNODE);
    assert_in_range(count, 1, RETYPE_COUNT_MAX);
    assert_true(index + count <= 1u << ROOT_CNODE_BITS);
    if (begin + count * bytes > untyped->bytes)
        return E_NO_MEMORY;
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(fake_caps[index + i].type, OBJECT_NULL);
        fake_caps[index + i] = (struct fake_cap){
            (enum object_type)x[0],         untyped->paddr + begin + i * bytes, bytes, 0, 0,
            (uint32_t)(untyped - fake_caps)};
    }
    untyped->watermark = begin + count * bytes;
    untyped->children += (uint32_t)count;
    return E_OK;
}

void syscall_arch(uint64_t invoked, uint64_t x[8])
{
    struct fake_cap *cap = &fake_caps[invoked >> 8];

    switch (invoked & 0xff) {
    case SYS_UNTYPED_RETYPE:
        x[0] = (uint64_t)retype(cap, x);
        break;
    case SYS_CNODE_DELETE:
        assert_int_equal(invoked >> 8, ROOT_CNODE);
        x[0] = (uint64_t) delete ((uint32_t)x[0]);
        break;
    case SYS_CNODE_REVOKE:
        assert_int_equal(invoked >> 8, ROOT_CNODE);
        assert_true(fake_caps[x[0]].type != OBJECT_NULL);
        revoke((uint32_t)x[0]);
        x[0] = E_OK;
        break;
    case SYS_FRAME_INFO:
        assert_int_equal(cap->type, OBJECT_FRAME);
        x[0] = E_OK;
        x[1] = cap->paddr;
        x[2] = (uint64_t)__builtin_ctzll(cap->bytes);
        break;
    default:
        fail_msg("system call %u", (unsigned)(invoked & 0xff));
    }
}

void sys_error_note(uint64_t invoked, uint64_t x[8])
{
    (void)invoked, (void)x;
}

uint32_t fake_made(void)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < 1u << ROOT_CNODE_BITS; i++)
        count += fake_caps[i].type != OBJECT_NULL && fake_caps[i].parent != 0;
    return count;
}

uint32_t fake_count(enum object_type type)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < 1u << ROOT_CNODE_BITS; i++)
        count += fake_caps[i].type == type;
    return count;
}

static int by_paddr(const void *a, const void *b)
{
    const struct fake_cap *x = a, *y = b;

    return (x->paddr > y->paddr) - (x->paddr < y->paddr);
}

void fake_check_disjoint(void)
{
    static struct fake_cap leaves[1u << ROOT_CNODE_BITS];
    size_t count = 0;

    for (size_t i = 0; i < sizeof fake_caps / sizeof fake_caps[0]; i++) {
        if (fake_caps[i].type != OBJECT_NULL && fake_caps[i].children == 0)
            leaves[count++] = fake_caps[i];
    }
    qsort(leaves, count, sizeof leaves[0], by_paddr);
    for (size_t i = 1; i < count; i++)
        assert_true(leaves[i - 1].paddr + leaves[i - 1].bytes <= leaves[i].paddr);
}
