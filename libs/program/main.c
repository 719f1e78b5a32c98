/* SPDX-License-Identifier: BSD-2-Clause */
/* The usual process_main, in a file of its own: a program that defines another does not link it. */
#include <program/process.h>

void process_main(uint64_t argument)
{
    (void)argument;
    process_run();
}
