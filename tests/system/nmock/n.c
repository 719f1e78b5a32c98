/* SPDX-License-Identifier: BSD-2-Clause */
#include "n.h"

bool n_has(unsigned csr, enum mode mode)
{
    switch (csr) {
    case CSR_SEDELEG:
    case CSR_SIDELEG:
#ifdef PLANT_DELEGATION_BY_USER
        return true;
#endif
        return mode >= MODE_S;
    case CSR_USTATUS:
    case CSR_UIE:
    case CSR_UTVEC:
    case CSR_USCRATCH:
    case CSR_UEPC:
    case CSR_UCAUSE:
    case CSR_UTVAL:
    case CSR_UIP:
        return true;
    default:
        return false;
    }
}

/* Of uip and uie: what can be seen and written. */
static uint64_t visible(const struct n *n)
{
#ifdef PLANT_NOT_HIDDEN
    (void)n;
    return USI;
#else
    return n->ideleg;
#endif
}

uint64_t n_read(const struct n *n, unsigned csr)
{
    switch (csr) {
    case CSR_USTATUS:
        return n->status;
    case CSR_UIE:
        return n->ie & visible(n);
    case CSR_UTVEC:
        return n->tvec;
    case CSR_USCRATCH:
        return n->scratch;
    case CSR_UEPC:
        return n->epc;
    case CSR_UCAUSE:
        return n->cause;
    case CSR_UTVAL:
        return n->tval;
    case CSR_UIP:
        return n->ip & visible(n);
    case CSR_SIDELEG:
        return n->ideleg;
    default:
        return 0; /* sedeleg */
    }
}

static uint64_t merged(uint64_t old, uint64_t value, uint64_t mask)
{
    return (old & ~mask) | (value & mask);
}

void n_write(struct n *n, unsigned csr, uint64_t value)
{
    switch (csr) {
    case CSR_USTATUS:
        n->status = value & (USTATUS_UIE | USTATUS_UPIE);
        break;
    case CSR_UIE:
        n->ie = merged(n->ie, value, visible(n));
        break;
    case CSR_UTVEC:
        n->tvec = value & ~2ull; /* bit 0: vectored; bit 1 is reserved */
        break;
    case CSR_USCRATCH:
        n->scratch = value;
        break;
    case CSR_UEPC:
        n->epc = value & ~1ull; /* instructions are aligned to 16 bits */
        break;
    case CSR_UCAUSE:
        n->cause = value;
        break;
    case CSR_UTVAL:
        n->tval = value;
        break;
    case CSR_UIP:
        n->ip = merged(n->ip, value, visible(n));
        break;
    case CSR_SIDELEG:
        n->ideleg = value & USI;
        break;
    default:
        break; /* sedeleg: zero */
    }
}

/* User interrupts are never taken in a more privileged mode. */
static bool due(const struct n *n, enum mode mode)
{
    uint64_t pending = n->ip & n->ie & n->ideleg;

#ifdef PLANT_IGNORE_ENABLE
    pending = n->ip & n->ideleg;
#endif
#ifdef PLANT_IGNORE_DELEGATION
    pending = n->ip & n->ie;
#endif
#ifdef PLANT_IGNORE_STATUS
    return mode == MODE_U && pending;
#endif
#ifdef PLANT_ANY_MODE
    return pending && n->status & USTATUS_UIE;
#endif
    return mode == MODE_U && pending && n->status & USTATUS_UIE;
}

uint64_t n_enter(struct n *n, enum mode mode, uint64_t pc)
{
    if (!due(n, mode))
        return pc;
    n->epc = pc;
    n->cause = INTERRUPT | 0;
    n->tval = 0;
    n->status = n->status & USTATUS_UIE ? USTATUS_UPIE : 0;
#ifdef PLANT_STAYS_ENABLED
    n->status |= USTATUS_UIE;
#endif
#ifdef PLANT_EPC_OF_NEXT
    n->epc = pc + 4;
#endif
#ifdef PLANT_CAUSE_WITHOUT_BIT
    n->cause = 0;
#endif
    return n->tvec & ~3ull; /* vectored: base + 4 * cause, and the cause is 0 */
}

uint64_t n_uret(struct n *n)
{
    n->status = USTATUS_UPIE | (n->status & USTATUS_UPIE ? USTATUS_UIE : 0);
#ifdef PLANT_STAYS_DISABLED
    n->status &= ~USTATUS_UIE;
#endif
    return n->epc;
}
