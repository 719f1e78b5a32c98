/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs every case and tells the results on the firmware's console. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <program/process.h>
#include <sys/log.h>
#include "suite.h"

extern const struct test_case *const __start_cases[];
extern const struct test_case *const __stop_cases[];

static jmp_buf case_end;
static char failure[200];
static unsigned walks; /* of the kernel's invariants, by a kernel that can */

static void put(const char *text)
{
    size_t bytes = strlen(text);

    while (bytes > 0) {
        size_t n = bytes < DEBUG_PUT_BYTES ? bytes : DEBUG_PUT_BYTES;
        uint64_t word[6] = {0};

        memcpy(word, text, n);
        sys_debug_put(ROOT_DEBUG_PUT, n, word);
        text += n;
        bytes -= n;
    }
}

void case_fail(const char *file, int line, const char *what, uint64_t got, uint64_t wanted)
{
    const char *base = strrchr(file, '/');

    snprintf(failure, sizeof failure, "%s:%d: %s is %ld (0x%lx), not %ld (0x%lx)",
             base ? base + 1 : file, line, what, (long)got, (unsigned long)got, (long)wanted,
             (unsigned long)wanted);
    longjmp(case_end, 1);
}

/* kernel-check.elf looks at itself; the kernel that is shipped does not know the number. */
static void check_kernel(void)
{
    long result = syscall_arch_short(SYS_CHECK, 0);

    if (result == E_BAD_SYSCALL)
        return;
    walks++;
    if (result < 0 && !failure[0])
        snprintf(failure, sizeof failure, "afterwards the kernel's invariant %ld is broken",
                 -result);
}

static void report(const struct test_case *c)
{
    char text[400];
    const char *result = failure[0] ? "failed" : "passed";

    if (c->known)
        result = failure[0] ? "known" : "failed: passed, though it is marked as known to fail";
    snprintf(text, sizeof text, "case %s/%s %s%s%s%s%s\r\n", c->area, c->name, result,
             failure[0] ? ": " : "", failure, failure[0] && c->known ? "; " : "",
             failure[0] && c->known ? c->known : "");
    put(text);
}

static bool is_wanted(const struct test_case *c)
{
    char name[100];

    snprintf(name, sizeof name, "%s/%s", c->area, c->name);
    return strncmp(name, suite_only, strlen(suite_only)) == 0;
}

/* Value: whether the result is the expected one. */
static bool run_case(const struct test_case *c)
{
    failure[0] = '\0';
    memset(SHARED, 0, sizeof *SHARED);
    self_reset();
    if (setjmp(case_end) == 0)
        c->run();
    if (setjmp(case_end) == 0) {
        self_reset();
        objects_close();
    }
    check_kernel();
    report(c);
    return (failure[0] != '\0') == (c->known != NULL);
}

void process_main(uint64_t argument)
{
    unsigned passed = 0, failed = 0, known = 0;
    char text[100];

    (void)argument;
    log_open("kernel-test", ROOT_DEBUG_PUT);
    objects_open();
    memory_open();
    self_open();
    objects_begin();
    for (const struct test_case *const *row = __start_cases; row < __stop_cases; row++) {
        if (!is_wanted(*row))
            continue;
        if (!run_case(*row))
            failed++;
        else if ((*row)->known)
            known++;
        else
            passed++;
    }
    snprintf(text, sizeof text, "kernel-test: %u walks of the invariants\r\n", walks);
    put(text);
    snprintf(text, sizeof text, "kernel-test: %u passed, %u failed, %u known\r\n", passed, failed,
             known);
    put(text);
    sys_power(ROOT_POWER, POWER_OFF);
    for (;;)
        trap_arch();
}
