/* SPDX-License-Identifier: BSD-2-Clause */
/* Marks: points of the code that whoever watches the machine is to know, and which cost nothing. A
 * mark is no instruction but the address of the next one, kept with its text in a section of the
 * ELF file that is not loaded. tools/lib/memory.py reads them. Each line of code that the compiler
 * copies is a mark of its own. (The colons matter: the compiler takes an asm without them for one
 * that changes memory.)
 *
 *     operation          another one begins, of the sample's many
 *     sample             what was measured last counts
 *     forget             nothing that was measured before counts
 *     row                the samples since the last row make one
 *     stage NAME         the code from here on belongs to this stage
 *     entry NAME         whenever the process is entered anew, it is in this stage
 */
#pragma once

#define MARK(text)                                                                                 \
    __asm__ __inline volatile("771:\n"                                                             \
                              ".pushsection .heddle_marks,\"\",@progbits\n"                        \
                              ".quad 771b\n"                                                       \
                              ".asciz \"" text "\"\n"                                              \
                              ".popsection\n" ::)
