/* SPDX-License-Identifier: BSD-2-Clause */
/* What the firmware must keep of the rules of the N extension, seen from S-mode and U-mode. Prints
 * `rule NAME kept` or `rule NAME broken` for each, and powers off. */
#include "csr.h"
#include "../../n.h"
#include "selftest.h"

#define CAUSE_ILLEGAL   2
#define CAUSE_USER_CALL 8
#define SSTATUS_SIE     (1ull << 1)
#define SSTATUS_SPIE    (1ull << 5)
#define SSTATUS_SPP     (1ull << 8)
#define SIP_SSIP        (1ull << 1)

void selftest_main(void);
void trapped(void);

static long firmware(uint64_t extension, uint64_t argument)
{
    register uint64_t a0 __asm__("a0") = argument;
    register uint64_t a1 __asm__("a1") = 0;
    register uint64_t a6 __asm__("a6") = 0;
    register uint64_t a7 __asm__("a7") = extension;

    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
    return (long)a0;
}

static void print(const char *text)
{
    for (; *text; text++)
        firmware(1, (uint8_t)*text);
}

static void rule(const char *name, bool kept)
{
    print("rule ");
    print(name);
    print(kept ? " kept\r\n" : " broken\r\n");
}

/* From unexpected_trap: the firmware has broken something. */
void trapped(void)
{
    rule("no-trap-that-nobody-expects", false);
    firmware(0x53525354, 0);
}

/* The extension's state: everything as if an interrupt could be taken at once. */
static void arm(const char *handler)
{
    csr_write(0x103, USI);
    csr_write(0x005, handler);
    csr_write(0x000, USTATUS_UIE);
    csr_write(0x004, USI);
    csr_write(0x044, USI);
}

static void disarm(void)
{
    csr_write(0x103, USI);
    csr_write(0x000, 0);
    csr_write(0x004, 0);
    csr_write(0x044, 0);
    csr_write(0x103, 0);
}

/* Registers that the user code must find and leave. */
static struct user user_at(const char *pc)
{
    struct user user;

    for (unsigned i = 1; i < 32; i++)
        user.x[i] = 0x0101010101010101ull * i;
    user.x[0] = (uint64_t)pc;
    user.x[8] = user.x[9] = 0; /* s0, s1: counts */
    return user;
}
#define S0 8
#define S1 9
#define S2 18
#define S7 23

static bool all_others_unchanged(const struct user *user)
{
    for (unsigned i = 1; i < 32; i++) {
        if (i != S0 && i != S1 && !(i >= S2 && i <= S7) && user->x[i] != 0x0101010101010101ull * i)
            return false;
    }
    return true;
}

/* ---------------------------------------------------------------- CSRs */

static void check_csrs(void)
{
    uint64_t user[8];

    csr_write(0x103, ~0ull);
    csr_write(0x102, ~0ull);
    rule("sideleg-takes-the-software-interrupt-only", csr_read(0x103) == USI);
    rule("sedeleg-is-zero", csr_read(0x102) == 0);
    csr_write(0x000, ~0ull);
    csr_write(0x004, ~0ull);
    csr_write(0x044, ~0ull);
    csr_write(0x005, ~0ull);
    csr_write(0x040, 0x1234567890abcdefull);
    csr_write(0x041, ~0ull);
    csr_write(0x042, 0x8000000000000005ull);
    csr_write(0x043, 77);
    user[0] = csr_read(0x000);
    user[1] = csr_read(0x004);
    user[2] = csr_read(0x044);
    user[3] = csr_read(0x005);
    user[4] = csr_read(0x040);
    user[5] = csr_read(0x041);
    user[6] = csr_read(0x042);
    user[7] = csr_read(0x043);
    rule("ustatus-has-two-bits", user[0] == (USTATUS_UIE | USTATUS_UPIE));
    rule("uie-and-uip-have-what-is-delegated", user[1] == USI && user[2] == USI);
    rule("utvec-keeps-base-and-mode", user[3] == ~2ull);
    rule("uepc-is-aligned", user[5] == ~1ull);
    rule("other-csrs-keep-all",
         user[4] == 0x1234567890abcdefull && user[6] == 0x8000000000000005ull && user[7] == 77);
    csr_write(0x103, 0);
    user[1] = csr_read(0x004);
    user[2] = csr_read(0x044);
    csr_write(0x004, 0);
    csr_write(0x044, 0);
    csr_write(0x103, USI);
    rule("what-is-not-delegated-reads-zero", user[1] == 0 && user[2] == 0);
    rule("what-is-not-delegated-is-not-written", csr_read(0x004) == USI && csr_read(0x044) == USI);
    disarm();
}

static void check_forms(void)
{
    struct user user = user_at(user_forms);
    const uint64_t *a = &user.x[10];

    csr_write(0x040, 5);
    rule("csr-forms", user_run(&user) == CAUSE_USER_CALL && a[0] == 5 && a[1] == 0xf0 &&
                          a[2] == 0xff && a[3] == 0xc3 && a[4] == 0xc3 && a[5] == 0xff &&
                          a[6] == 0xff && a[7] == 0xff);
    user = user_at(user_immediates);
    rule("csr-immediates", user_run(&user) == CAUSE_USER_CALL && a[0] == 0 && a[1] == 0x15 &&
                               a[2] == 0x1f && a[3] == 0x1c && a[4] == 0x1c && a[5] == 0);
}

/* ---------------------------------------------------------------- the interrupt */

static void check_taken(void)
{
    struct user user = user_at(user_plain);

    csr_write(0x043, 99);
    arm(user_handler);
    rule("taken-by-sret", user_run(&user) == CAUSE_USER_CALL && user.x[S1] == 1);
    rule("uepc-is-the-interrupted-pc", user.x[S2] == (uint64_t)user_plain);
    rule("ucause-is-the-software-interrupt", user.x[S2 + 1] == (INTERRUPT | 0));
    rule("utval-is-zero", user.x[S2 + 2] == 0);
    rule("masked-in-the-handler", user.x[S2 + 3] == USTATUS_UPIE);
    rule("still-pending-in-the-handler", user.x[S2 + 4] == USI);
    rule("uret-goes-on-there", user.x[S0] == 2 && user.x[0] == (uint64_t)user_plain_end);
    rule("uret-enables-again", csr_read(0x000) == (USTATUS_UIE | USTATUS_UPIE));
    rule("registers-unchanged", all_others_unchanged(&user));
    disarm();
    user = user_at(user_plain);
    arm(user_handler + 1);
    rule("vectored-cause-0-is-the-base", user_run(&user) == CAUSE_USER_CALL && user.x[S1] == 1);
    disarm();
}

static bool not_taken(void)
{
    struct user user = user_at(user_plain);

    return user_run(&user) == CAUSE_USER_CALL && user.x[S1] == 0 && user.x[S0] == 2;
}

static void check_not_taken(void)
{
    arm(user_handler);
    csr_write(0x000, 0);
    rule("not-taken-while-ustatus-masks", not_taken());
    arm(user_handler);
    csr_write(0x004, 0);
    rule("not-taken-while-uie-masks", not_taken());
    arm(user_handler);
    csr_write(0x044, 0);
    rule("not-taken-while-nothing-is-pending", not_taken());
    arm(user_handler);
    csr_write(0x103, 0);
    rule("not-taken-while-not-delegated", not_taken());
    csr_write(0x103, USI);
    rule("pending-while-not-delegated-is-kept", csr_read(0x044) == USI);
    disarm();
}

static void check_user_makes_it_due(void)
{
    struct user user = user_at(user_enable);

    arm(user_handler);
    csr_write(0x000, 0);
    rule("taken-when-the-user-unmasks", user_run(&user) == CAUSE_USER_CALL && user.x[S1] == 1 &&
                                            user.x[S2] == (uint64_t)user_enable_next);
    user = user_at(user_raise);
    arm(user_handler);
    csr_write(0x044, 0);
    rule("taken-when-the-user-raises-it", user_run(&user) == CAUSE_USER_CALL && user.x[S1] == 1 &&
                                              user.x[S2] == (uint64_t)user_raise_next);
    user = user_at(user_plain);
    arm(user_handler_lazy);
    rule("taken-again-if-not-cleared", user_run(&user) == CAUSE_USER_CALL && user.x[S1] == 2);
    user = user_at(user_plain);
    arm(user_handler_raise);
    rule("one-in-the-handler-waits-for-uret",
         user_run(&user) == CAUSE_USER_CALL && user.x[S1] == 2 && user.x[S7] == 1);
    disarm();
}

static void check_supervisor(void)
{
    uint64_t status;

    arm(user_handler);
    status = supervisor_sret();
    rule("not-taken-in-s-mode", csr_read(0x000) == USTATUS_UIE && csr_read(0x044) == USI);
    rule("sret-to-s-mode",
         (status & (SSTATUS_SPP | SSTATUS_SIE | SSTATUS_SPIE)) == (SSTATUS_SIE | SSTATUS_SPIE));
    disarm();
}

/* ---------------------------------------------------------------- all else is S-mode's */

static void check_reflected(void)
{
    struct user user = user_at(user_illegal);

    rule("illegal-in-u-mode-goes-to-s-mode", user_run(&user) == CAUSE_ILLEGAL &&
                                                 user.x[0] == (uint64_t)user_illegal &&
                                                 csr_read(stval) == 0xffffffff);
    rule("trap-remembers-u-mode", !(csr_read(sstatus) & SSTATUS_SPP));
    user = user_at(user_delegates);
    csr_write(0x103, USI);
    rule("sideleg-is-not-the-users", user_run(&user) == CAUSE_ILLEGAL &&
                                         user.x[0] == (uint64_t)user_delegates &&
                                         csr_read(0x103) == USI);
    user = user_at(user_sret);
    rule("sret-is-not-the-users",
         user_run(&user) == CAUSE_ILLEGAL && user.x[0] == (uint64_t)user_sret);
    rule("illegal-in-s-mode-goes-to-s-mode", supervisor_illegal() == 0xffffffff);
    rule("trap-remembers-s-mode", (csr_read(sstatus) & SSTATUS_SPP) != 0);
    disarm();
}

/* One of S-mode that is pending goes first: the user's handler has not run, and runs afterwards. */
static void check_order(void)
{
    struct user user = user_at(user_plain);

    arm(user_handler);
    csr_write(sie, SIP_SSIP);
    csr_set(sip, SIP_SSIP);
    rule("s-mode-interrupts-first", user_run(&user) == (INTERRUPT | 1) && user.x[S1] == 0 &&
                                        user.x[0] == (uint64_t)user_plain);
    csr_write(sip, 0);
    csr_write(sie, 0);
    rule("then-the-users", user_run(&user) == CAUSE_USER_CALL && user.x[S1] == 1 &&
                               user.x[S2] == (uint64_t)user_plain);
    disarm();
}

void selftest_main(void)
{
    csr_write(stvec, unexpected_trap);
    csr_write(sie, 0);
    csr_write(scounteren, 7);
    check_csrs();
    check_forms();
    check_taken();
    check_not_taken();
    check_user_makes_it_due();
    check_supervisor();
    check_reflected();
    check_order();
    print("nmock: done\r\n");
    firmware(0x53525354, 0);
}
