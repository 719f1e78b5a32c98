/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include <driver/irq.h>
#include "harness.h"

#define ENDS_MAX     4u
#define REQUESTS_MAX 1024u

struct ipc_end {
    struct co *receiver;
    struct ipc_message *into;
    struct ipc_message calls[REQUESTS_MAX]; /* sent and not received */
    unsigned put, got;
};

unsigned harness_ends;
static struct ipc_end ends[ENDS_MAX];
static struct ipc_message answers[REQUESTS_MAX];
static bool answered[REQUESTS_MAX];
static uint32_t next_id;
static unsigned acks;

static struct executor executor;
static struct executor_line line;
static struct co_slot slots[64];
static struct co_event interrupt;

/* ---------------------------------------------------------------- the machine */

static struct startup *startup_page(void)
{
    static void *page;

    if (page == NULL)
        page = mmap((void *)STARTUP_BASE, 4096, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    assert_ptr_equal(page, (void *)STARTUP_BASE);
    return page;
}

void harness_start(const char *compatible, bool with_device)
{
    struct startup *page = startup_page();
    struct startup_device *device = (struct startup_device *)page->channels;

    memset(page, 0, 4096);
    page->priority = 8;
    page->device_count = with_device;
    *device = (struct startup_device){
        .name = "device",
        .base = SIM_BASE,
        .bytes = 4096,
        .dma = (uintptr_t)sim_memory,
        .dma_paddr = SIM_PADDR,
        .dma_bytes = REGION_AT,
        .irq = 1,
    };
    strncpy(device->compatible, compatible, sizeof device->compatible - 1);
    harness_ends = 1;
    memset(ends, 0, sizeof ends);
    memset(answered, 0, sizeof answered);
    memset(&executor, 0, sizeof executor);
    memset(&line, 0, sizeof line);
    memset(slots, 0, sizeof slots);
    interrupt = (struct co_event){0};
    next_id = 0;
    acks = 0;
    executor_set_line(&line);
    executor_init(&executor, &line, slots, sizeof slots / sizeof slots[0]);
}

void harness_boot(const struct program *program)
{
    assert_true(co_spawn(program->co, program->body, 8, NULL).raw != 0);
    co_run(false);
}

void harness_interrupt(bool forced)
{
    if (sim.interrupt_status != 0 || forced) {
        unsigned before = acks;

        co_event_set(&interrupt);
        co_run(false);
        assert_true(acks > before); /* or the line would be silent for ever */
    }
}

uint8_t *harness_region(uint64_t offset)
{
    assert_true(offset < REGION_BYTES);
    return sim_memory + REGION_AT + offset;
}

/* ---------------------------------------------------------------- the client */

uint32_t harness_call_on(unsigned index, unsigned label, uint64_t w0, uint64_t w1, uint64_t w2)
{
    struct ipc_end *end = &ends[index];
    struct ipc_message call = {
        .header = (uint64_t)label << MESSAGE_LABEL_SHIFT | next_id,
        .word = {w0, w1, w2},
    };

    assert_true(next_id < REQUESTS_MAX);
    if (end->receiver != NULL) {
        struct co *receiver = end->receiver;

        end->receiver = NULL;
        *end->into = call;
        co_complete(receiver, 0);
    } else {
        end->calls[end->put++] = call;
    }
    co_run(false);
    return next_id++;
}

uint32_t harness_call(unsigned label, uint64_t w0, uint64_t w1, uint64_t w2)
{
    return harness_call_on(0, label, w0, w1, w2);
}

const struct ipc_message *harness_answer(uint32_t id)
{
    return answered[id] ? &answers[id] : NULL;
}

int64_t harness_result(uint32_t id)
{
    assert_true(answered[id]);
    return (int64_t)answers[id].word[0];
}

/* ---------------------------------------------------------------- libs/ipc, by hand */

struct ipc_end *ipc_server_end(const char *protocol, unsigned i)
{
    (void)protocol;
    return i < harness_ends ? &ends[i] : NULL;
}

enum co_state ipc_receive(struct co *co, struct ipc_end *end, struct ipc_message *message)
{
    if (end->got < end->put) {
        *message = end->calls[end->got++];
        co->value = 0;
        return CO_DONE;
    }
    assert_null(end->receiver);
    end->receiver = co;
    end->into = message;
    return CO_PENDING;
}

enum error ipc_reply(struct ipc_end *end, const struct ipc_message *message)
{
    uint32_t id = ipc_request(message);

    assert_true(end >= ends && end < ends + harness_ends);
    assert_true(id <= next_id && !answered[id]);
    answered[id] = true;
    answers[id] = *message;
    return E_OK;
}

void *ipc_bytes(struct ipc_end *end, uint64_t offset, uint64_t bytes)
{
    (void)end;
    if (offset > REGION_BYTES || bytes > REGION_BYTES - offset)
        return NULL;
    return sim_memory + REGION_AT + offset;
}

uint64_t ipc_region_bytes(const struct ipc_end *end)
{
    (void)end;
    return REGION_BYTES;
}

uint64_t ipc_region_paddr(const struct ipc_end *end)
{
    (void)end;
    return SIM_PADDR + REGION_AT;
}

/* ---------------------------------------------------------------- libs/driver's irq.c, libs/sys */

enum error irq_init(struct irq *irq, const struct startup_device *device)
{
    (void)irq;
    return device->irq != 0 ? E_OK : E_NO_DEVICE;
}
enum co_state irq_wait(struct co *co, struct irq *irq)
{
    (void)irq;
    return co_event_wait(co, &interrupt);
}
enum error irq_ack(struct irq *irq)
{
    (void)irq;
    acks++;
    return E_OK;
}

void log_line(const char *format, ...)
{
    va_list arguments;

    if (getenv("HEDDLE_LOG") == NULL)
        return;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

void die(const char *format, ...)
{
    fail_msg("the server died: %s", format);
    abort();
}

const char *error_text(long error)
{
    (void)error;
    return "error";
}

void stats_gauge(const char *name, const uint64_t *value)
{
    (void)name;
    (void)value;
}
