/* SPDX-License-Identifier: BSD-2-Clause */
/* A process on the machine: its startup page and its executor are where the ABI puts them. */
#include "../../internal.h"
#include <ipc/offsets.h>

#define CHECK(type, field, offset)                                                                 \
    _Static_assert(offsetof(struct type, field) == (offset), "quick.S")
CHECK(ipc_quick, what, QUICK_WHAT);
CHECK(ipc_quick, event, QUICK_EVENT);
CHECK(ipc_quick, end, QUICK_END);
CHECK(ipc_quick, deliver, QUICK_DELIVER);
CHECK(ipc_quick, cancel, QUICK_CANCEL);
CHECK(ipc_quick, entry, QUICK_ENTRY);
CHECK(ipc_request, co, REQUEST_CO);
CHECK(ipc_request, words, REQUEST_WORDS);
CHECK(ipc_request, header, REQUEST_HEADER);
CHECK(ipc_request, priority, REQUEST_PRIORITY);
CHECK(ipc_end, receiver, END_RECEIVER);
CHECK(ipc_end, quiet, END_QUIET);
CHECK(ipc_job, message.header, JOB_HEADER);
CHECK(ipc_job, message.word, JOB_WORDS);
CHECK(co, body, CO_AT_BODY);
CHECK(co, value, CO_AT_VALUE);
CHECK(co, cancel, CO_AT_CANCEL);
CHECK(co, condition, CO_AT_CONDITION);
CHECK(co, priority, CO_AT_PRIORITY);
CHECK(executor, next, EXECUTOR_NEXT);
CHECK(executor, waiting, EXECUTOR_WAITING);
_Static_assert(EXECUTOR_OPEN(0) - (CO_RUNNING << 8) == HOT && E_OK == 0, "quick.S");
_Static_assert(IPC_ID_STEP == REQUEST_ID_STEP, "quick.S");

struct ipc_process ipc_this_process;
_Thread_local struct ipc_quick ipc_quick __attribute__((aligned(64)));

void ipc_share(void)
{
    ipc_quick_end();
}

enum error ipc_init(void)
{
    ipc_quick.entry = executor_line()->pc;
    return ipc_open(&ipc_this_process, executor_self(), startup());
}
