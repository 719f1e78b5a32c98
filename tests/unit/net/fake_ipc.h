/* SPDX-License-Identifier: BSD-2-Clause */
/* A client's channel without a client: a region in memory, and the answers that were sent. */
#pragma once
#include "client.h"

#define FAKE_REGION_BYTES (1u << 20)

struct ipc_end {
    uint8_t *region;
    struct ipc_message answers[4096];
    unsigned answer_count; /* sent so far */
    bool dead;             /* ipc_reply answers E_PEER_DEAD */
};

struct ipc_end *fake_end_new(void);
void fake_end_free(struct ipc_end *end);

/* Make a call with request id. Value: the answer's word 0, or FAKE_WAITS: it will come later.
 * The whole answer is in *message. */
#define FAKE_WAITS INT64_MIN
int64_t fake_call(struct client *client, uint32_t id, unsigned label, uint64_t a, uint64_t b,
                  uint64_t c, struct ipc_message *message);

/* The answer that was sent for the id, or NULL. Takes it, so that a second one would show. */
const struct ipc_message *fake_answer(struct ipc_end *end, uint32_t id);
