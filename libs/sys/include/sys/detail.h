/* SPDX-License-Identifier: BSD-2-Clause */
/* Which argument of a system call was wrong, and what was needed.
 *
 * The kernel says it with each error (abi.toml, "Details of an error"); <sys/syscall.h> keeps it
 * for the last call of the process that failed. So ask before the next call, and before another
 * virtual CPU or thread of the process makes one. Light calls, those of threads
 * (thread_wait, call, receive and the like) and user_interrupt have no details here.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SYS_SENTENCE_BYTES 160

struct sys_error_detail {
    long error;       /* 0: no call has failed yet */
    unsigned syscall; /* its number */
    unsigned argument;
    uint64_t needed;
};

const struct sys_error_detail *sys_error_detail(void);

/* `process_bind: argument object: needs RIGHT_GRANT`. Value: text, always terminated. */
char *sys_error_sentence(const struct sys_error_detail *detail, char *text, size_t bytes);

/* What is known of an error: the sentence, if it is that of the last call that failed, else
 * error_text. In a buffer that the next call uses again. */
const char *sys_error_text(long error);
