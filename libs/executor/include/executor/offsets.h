/* SPDX-License-Identifier: BSD-2-Clause */
/* What the assembly knows of struct executor and struct wake_slot; checked in executor.c. */
#pragma once

#define EXECUTOR_WAKE_SLOT_COUNT 80
#define EXECUTOR_IDLING          224
#define EXECUTOR_CURRENT         0
#define EXECUTOR_NEXT            24
#define EXECUTOR_OPEN_FIRST      0x400 /* EXECUTOR_OPEN(0) */
#define CO_BODY_OFFSET           16
#define CO_PRIORITY              60
#define WAKE_SLOT_SHIFT          5
#define WAKE_SLOT_MESSAGE        8
#define WAKE_SLOT_RUNG           24
