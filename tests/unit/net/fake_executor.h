/* SPDX-License-Identifier: BSD-2-Clause */
/* Just enough of an executor for link.c. */
#pragma once
#include <executor/co.h>

/* Run until all coroutines are blocked. */
void fake_executor_run(void);
