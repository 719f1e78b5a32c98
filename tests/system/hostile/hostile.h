/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol "attacked", between the honest and the hostile of ../hostile.toml. A call that is
 * answered honestly comes back with word[i] + i + 1. */
#pragma once
#include <inttypes.h>
#include <string.h>
#include <sys/program.h>
#include <sys/syscall.h>
#include <ipc/channel.h>
#include <ipc/ipc.h>

#define PROTOCOL "attacked"

enum attacked_label {
    ATTACKED_ADD = 1, /* six numbers -> each plus its place plus 1 */
    ATTACKED_HOLD,    /* the same, but not before somebody has sent ATTACKED_GO */
    ATTACKED_KEEP,    /* is never answered */
    ATTACKED_GO,
    ATTACKED_COUNT, /* -> ATTACKED_ADD calls of this channel, so far */
};

static inline void attacked_answer(struct ipc_message *message)
{
    for (unsigned i = 0; i < 6; i++)
        message->word[i] += i + 1;
}
