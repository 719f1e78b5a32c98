/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread of another process that faults at its first instruction, whenever it is resumed. */
#include "fault.h"
#include <sys/startup.h>
#include <sys/syscall.h>
#include "objects.h"
#include "table.h"

#define SAMPLES        31
#define CODE           IMAGE_BASE
#define CNODE_BITS     4
#define ADDRESS_BITS   32 /* of a capability address */
#define CAUSE_ILLEGAL  2  /* RISC-V Privileged 1.12 table 4.2 */
#define CAUSE_FETCH    12
#define WORSE_PRIORITY 1 /* than this process's: the fault's wake comes through at once */

static uint32_t thread;

/* An endpoint that wakes this process, for the child's faults. */
static long make_bell(uint32_t slot, uint32_t *bell)
{
    const struct startup *s = startup();
    long error = objects_make(OBJECT_ENDPOINT, 0, bell);

    return error ? error : sys_process_bind(s->process, *bell, slot, s->ceiling);
}

static long make_process(uint32_t bell, uint32_t *process)
{
    const struct startup *s = startup();
    uint32_t cnode;
    long error = objects_make(OBJECT_PROCESS, 0, process);

    if (error == E_OK)
        error = objects_make(OBJECT_CNODE, CNODE_BITS, &cnode);
    if (error == E_OK)
        error = sys_process_configure(*process, cnode, ADDRESS_BITS - CNODE_BITS,
                                      s->ceiling + WORSE_PRIORITY, bell);
    return error;
}

/* Nothing is where it runs, or (illegal) a page of zeros: zero is no instruction. */
static long make_child(uint32_t slot, bool illegal)
{
    uint32_t bell, process, code;
    long error = make_bell(slot, &bell);

    if (error == E_OK)
        error = make_process(bell, &process);
    if (error == E_OK && illegal)
        error = objects_make(OBJECT_FRAME, 12, &code);
    if (error == E_OK && illegal)
        error = objects_map(code, process, CODE, RIGHT_READ | RIGHT_EXECUTE);
    if (error == E_OK)
        error = objects_make(OBJECT_THREAD, 0, &thread);
    if (error == E_OK)
        error = sys_thread_configure(thread, process, CODE, 0, 0, 0,
                                     startup()->ceiling + WORSE_PRIORITY);
    return error ? error : sys_thread_start(thread);
}

static long measure(const char *row, uint32_t slot, uint64_t cause)
{
    struct fault_record record;
    uint64_t number;
    long error = make_child(slot, cause == CAUSE_ILLEGAL);

    if (error == E_OK)
        error = sys_thread_wait(slot);
    for (unsigned i = 0; error == E_OK && i < SAMPLES; i++) {
        struct stamp start = stamp_start();

        error = sys_fault_resume_wait(thread, slot, &record, &number);
        table_add(start, stamp_stop());
        if (error == E_OK && (record.cause != cause || record.pc != CODE))
            error = E_CORRUPT;
    }
    if (error == E_OK)
        table_report(row, 1);
    return error;
}

long fault_roundtrip(void)
{
    uint32_t slot = startup()->slot_count; /* the first that is free */
    long error = measure("fault_roundtrip", slot, CAUSE_ILLEGAL);

    return error ? error : measure("page_fault_roundtrip", slot + 1, CAUSE_FETCH);
}
