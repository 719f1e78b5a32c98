/* SPDX-License-Identifier: BSD-2-Clause */
/* On the host a test opens its processes by ipc_open. */
#include "../../internal.h"

_Thread_local struct ipc_host ipc_host;

enum co_state ipc_send(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5,
                       struct co *co, struct ipc_request *request)
{
    return ipc_send_slow(w0, w1, w2, w3, w4, w5, co, request);
}

enum co_state ipc_answer(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                         uint64_t w5, struct co *co, struct ipc_job *job)
{
    return ipc_answer_slow(w0, w1, w2, w3, w4, w5, co, job);
}
