/* SPDX-License-Identifier: BSD-2-Clause */
/* What cpus.c and the assembly know of each other: the first steps of a virtual CPU. */
#pragma once

/* Where the kernel enters it first: takes its TLS block and calls program_cpu_main. */
void program_cpu_start(void);
__attribute__((noreturn)) void program_cpu_main(void);

/* The TLS block of virtual CPU 0 (libs/sys/program.ld). */
extern unsigned char __tls_base[], __tls_end[];
