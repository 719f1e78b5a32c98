/* SPDX-License-Identifier: BSD-2-Clause */
/* The VirtualCpu object: a virtual CPU beyond the first, which is part of its Process. */
#pragma once
#include <kernel/object.h>
#include <kernel/task.h>

struct virtual_cpu {
    struct object object;
    struct task task;
};
_Static_assert(sizeof(struct virtual_cpu) <= 1024, "1 KiB");
