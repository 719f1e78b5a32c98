/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client can do to its server as well as a server to its client: each writes a ring and the
 * word by which it waits, has a bell, and dies. */
#include "attack.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

const uint64_t garbage[6] = {~0ull, 1ull << 63, 0xdead, 7, 0, ~1ull};

static bool by_client(void)
{
    return attacker->hostile == 0;
}

static struct ipc_producer *own_producer(void)
{
    return by_client() ? &shared->calls : &shared->replies;
}

static uint64_t *own_headers(void)
{
    return by_client() ? shared_calls() : shared_replies();
}

uint64_t header_of(uint32_t id, unsigned priority)
{
    return (uint64_t)(priority << 16 | 7u) << MESSAGE_LABEL_SHIFT | id;
}

void put_header(uint64_t header)
{
    struct ipc_end *end = machine_end(attacker->hostile, 0);

    ipc_fold(end);
    ipc_put(end, header);
    ipc_fold(end);
    own_producer()->tail = ipc_tail(end);
}

void tail_too_far(void)
{
    own_producer()->tail += DEPTH + 1;
    ring_victim();
}

void tail_back(void)
{
    own_producer()->tail -= 1;
    ring_victim();
}

void tail_huge(void)
{
    own_producer()->tail = 1ull << 63;
    ring_victim();
}

void unwritten(void)
{
    if (put_off(machine_current() == attacker->hostile))
        return;
    put_header(own_headers()[ipc_tail(machine_end(attacker->hostile, 0)) % DEPTH]);
    ring_victim();
}

void every_word_garbage(void)
{
    uint64_t *words = (uint64_t *)shared;

    for (unsigned i = 0; i < ipc_channel_bytes(DEPTH) / 8; i++)
        words[i] = garbage[(i + 1) % 6] + attack_count * i;
    ring_victim();
}

void wait_word_anything(void)
{
    static const uint64_t words[] = {IPC_ASLEEP, 0, 63, 0x1ff, ~0ull, 64, 0xfe};
    struct ipc_consumer *reader = by_client() ? &shared->reply_reader : &shared->call_reader;

    reader->wait = words[attack_count % 7];
    reader->head = garbage[attack_count % 6];
}

void wakes(void)
{
    ring_victim();
}

void dies(void)
{
    end_hostile(true);
}

void dies_and_is_torn_down(void)
{
    end_hostile(true);
    tear_down(0);
}

void stops(void)
{
    end_hostile(false);
}

static struct ipc_producer kept_producer;
static uint64_t kept[DEPTH];
static struct ipc_message kept_messages[DEPTH];

static void change_back(void)
{
    own_producer()->tail = kept_producer.tail;
    own_producer()->urgent = kept_producer.urgent;
    memcpy(own_headers(), kept, sizeof kept);
    /* A message that was written meanwhile stays: it has become a reply, or a call. */
    for (unsigned i = 0; i < DEPTH; i++) {
        if (memcmp(shared_messages()[i].word, garbage, sizeof garbage) == 0)
            shared_messages()[i] = kept_messages[i];
    }
}

void changed_after_check(void)
{
    if (attack_count % 2 == 0) {
        change_back();
        return;
    }
    if (put_off(!just_read || machine_current() != attacker->victim))
        return;
    kept_producer = *own_producer();
    memcpy(kept, own_headers(), sizeof kept);
    memcpy(kept_messages, shared_messages(), sizeof kept_messages);
    own_producer()->tail += 1ull << 40;
    own_producer()->urgent = 1ull << 41;
    for (unsigned i = 0; i < DEPTH; i++) {
        own_headers()[i] ^= header_of(3, 0x33);
        memcpy(shared_messages()[i].word, garbage, sizeof garbage);
    }
}
