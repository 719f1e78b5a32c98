/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket protocol's clients, one coroutine for each. */
#pragma once
#include <executor/co.h>

/* Start serving every socket channel of the startup page. E_TOO_MANY: more clients than there is
 * room for, or too few coroutines in the system file. */
enum error serve_start(void);
