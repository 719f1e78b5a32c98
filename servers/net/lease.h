/* SPDX-License-Identifier: BSD-2-Clause */
/* The interface's address, by DHCP. */
#pragma once
#include <executor/co.h>

/* Ask for a lease and keep it; each new address is logged. E_NO_MEMORY. */
enum error lease_start(void);
