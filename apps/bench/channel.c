/* SPDX-License-Identifier: BSD-2-Clause */
/* Channels of the protocol "signal": no messages, only the doorbells and a shared page. */
#include <string.h>
#include <sys/program.h>
#include <sys/startup.h>
#include "bench.h"

const struct startup_channel *signal_channel(const char *name)
{
    const struct startup *s = startup();

    for (uint32_t i = 0; i < s->channel_count; i++) {
        if (strcmp(s->channels[i].protocol, "signal") == 0 &&
            strcmp(s->channels[i].name, name) == 0)
            return &s->channels[i];
    }
    die("no channel %s of the protocol signal in the system file", name);
}

static void wake_event(struct wake_slot *slot)
{
    co_event_set(slot->owner);
}

static struct co *rung_event(struct wake_slot *slot)
{
    return co_event_claim(slot->owner);
}

void signal_take_slot(const struct startup_channel *channel, struct co_event *event)
{
    struct wake_slot *slot = (struct wake_slot *)(uintptr_t)executor_line()->slots + channel->slot;

    slot->owner = event;
    slot->wake = wake_event;
    slot->rung = rung_event;
}
