/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding the devices that root gave to this process. */
#pragma once
#include <stdbool.h>
#include <sys/startup.h>

/* The i-th device of this kind (its `compatible`, as in the device tree); NULL past the last. */
const struct startup_device *device_compatible(const char *compatible, unsigned i);
