/* SPDX-License-Identifier: BSD-2-Clause */
/* From a line to words, and from a folder and a name to a path. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define WORDS_MAX  64u
#define PATH_BYTES 4096u

/* Split the line, in place, at spaces. "double" and 'single' quotes hold spaces. Value: words, or
 * -1: a quote is not closed, -2: more than WORDS_MAX. */
int words_split(char *line, char *word[WORDS_MAX]);

/* Join folder and name (alone, if it is absolute) and take out `.`, `..` and double slashes.
 * False if it does not fit into PATH_BYTES. */
bool path_join(char out[PATH_BYTES], const char *folder, const char *name);
