/* SPDX-License-Identifier: BSD-2-Clause */
/* The attacks that are refused by an error instead of a fault (refused.c). Each value is the number
 * of tries that were not refused: 0 is right. *tries counts all. */
#pragma once
#include <abi/abi.h>
#include <stdint.h>

#define SECRET_ADDRESS (DATA_BASE + 0x280000) /* in the witness's heap */

/* Every system call on every capability address that this process does not hold. */
unsigned attack_capabilities(unsigned *tries);
/* Doorbells and messages through addresses that are no endpoints. */
unsigned attack_wakes(unsigned *tries);
/* Its own capabilities, used for what they are not. */
unsigned attack_types(unsigned *tries);
