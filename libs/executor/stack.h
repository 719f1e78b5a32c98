/* SPDX-License-Identifier: BSD-2-Clause */
/* Switching stacks; each architecture has its own. */
#pragma once
#include <stddef.h>

/* Make a stack on which entry(argument), which never returns, begins. Value: for the switch. */
void *executor_stack_prepare(char *low, size_t bytes, void (*entry)(void *), void *argument)
    __attribute__((visibility("hidden")));

/* Keep in *from where this goes on, and go on at `to`, where a switch or the preparation left. */
void executor_stack_switch(void **from, void *to) __attribute__((visibility("hidden")));
