/* SPDX-License-Identifier: BSD-2-Clause */
/* What a capability without a right refuses. */
#include "suite.h"

static struct child child;

CASE(rights, process_without_write_is_only_read)
{
    uint32_t process, endpoint, frame;
    struct sys_process_info info;

    child_make(&child, 0);
    process = copy(child.process, READ);
    endpoint = make(OBJECT_ENDPOINT, 0);
    frame = make(OBJECT_FRAME, 12);
    CHECK_EQ(sys_process_configure(process, child.cnode, 26, 0, 0), E_NO_RIGHT);
    CHECK_EQ(sys_process_map_executor(process, EXECUTOR_BASE), E_NO_RIGHT);
    CHECK_EQ(sys_process_bind(process, endpoint, 1, 0), E_NO_RIGHT);
    CHECK_EQ(sys_process_start(process, 0, 0, 0, 0), E_NO_RIGHT);
    CHECK_EQ(sys_process_stop(process), E_NO_RIGHT);
    CHECK_EQ(sys_frame_map(frame, process, WINDOW, READ), E_NO_RIGHT);
    CHECK_EQ(sys_page_table_map(make(OBJECT_PAGE_TABLE, 0), process, WINDOW), E_NO_RIGHT);
    CHECK_OK(sys_process_info(process, &info));
    CHECK_EQ(info.state, PROCESS_NEW);
}

CASE(rights, thread_needs_write_on_its_process)
{
    uint32_t thread = make(OBJECT_THREAD, 0);

    child_make(&child, 0);
    CHECK_EQ(sys_thread_configure(thread, copy(child.process, READ), 0, 0, 0, 0, WORSE),
             E_NO_RIGHT);
    CHECK_OK(sys_thread_configure(thread, copy(child.process, WRITE), 0, 0, 0, 0, WORSE));
}

CASE(rights, thread_without_write_is_not_set_up)
{
    uint32_t thread = make(OBJECT_THREAD, 0), reader = copy(thread, READ);

    child_make(&child, 0);
    CHECK_EQ(sys_thread_configure(reader, child.process, 0, 0, 0, 0, WORSE), E_NO_RIGHT);
    CHECK_OK(sys_thread_configure(thread, child.process, 0, 0, 0, 0, WORSE));
    CHECK_EQ(sys_thread_start(reader), E_NO_RIGHT);
}

CASE(rights, process_without_read_tells_nothing)
{
    uint32_t process;
    struct sys_process_info info;
    struct fault_record fault;

    child_make(&child, 0);
    process = copy(child.process, WRITE);
    CHECK_EQ(sys_process_info(process, &info), E_NO_RIGHT);
    CHECK_EQ(sys_fault_read(process, &fault), E_NO_RIGHT);
}
