/* SPDX-License-Identifier: BSD-2-Clause */
/* What the assembly knows of struct executor and struct wake_slot; checked in executor.c. */
#pragma once

#define EXECUTOR_WAKE_SLOT_COUNT 80
#define EXECUTOR_IDLING          224
#define WAKE_SLOT_SHIFT          5
#define WAKE_SLOT_MESSAGE        8
