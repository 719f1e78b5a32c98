/* SPDX-License-Identifier: BSD-2-Clause */
/* A client's channel without a client. */
#include "fake_ipc.h"
#include <stdlib.h>

struct ipc_end *fake_end_new(void)
{
    struct ipc_end *end = calloc(1, sizeof *end);

    end->region = calloc(1, FAKE_REGION_BYTES);
    return end;
}

void fake_end_free(struct ipc_end *end)
{
    free(end->region);
    free(end);
}

void *ipc_bytes(struct ipc_end *end, uint64_t offset, uint64_t bytes)
{
    if (offset > FAKE_REGION_BYTES || bytes > FAKE_REGION_BYTES - offset)
        return NULL;
    return end->region + offset;
}

enum error ipc_reply(struct ipc_end *end, const struct ipc_message *message)
{
    if (end->dead)
        return E_PEER_DEAD;
    if (end->answer_count == sizeof end->answers / sizeof end->answers[0])
        abort();
    end->answers[end->answer_count++] = *message;
    return E_OK;
}

int64_t fake_call(struct client *client, uint32_t id, unsigned label, uint64_t a, uint64_t b,
                  uint64_t c, struct ipc_message *message)
{
    *message = (struct ipc_message){
        .header = (uint64_t)label << MESSAGE_LABEL_SHIFT | id,
        .word = {a, b, c},
    };
    return client_call(client, message) ? (int64_t)message->word[0] : FAKE_WAITS;
}

const struct ipc_message *fake_answer(struct ipc_end *end, uint32_t id)
{
    static struct ipc_message taken;

    for (unsigned i = 0; i < end->answer_count; i++)
        if (ipc_request(&end->answers[i]) == id) {
            taken = end->answers[i];
            end->answers[i] = end->answers[--end->answer_count];
            return &taken;
        }
    return NULL;
}
