/* SPDX-License-Identifier: BSD-2-Clause */
/* The slots of root's CNode, which come and go in runs. */
#pragma once
#include <stdint.h>

/* What a holding has of them: a list of runs. Zero: none. */
struct slot_list {
    uint32_t first_run; /* its index plus one */
};

/* From this slot on all are free. */
void slots_open(uint32_t first);
/* count consecutive empty slots. E_TOO_MANY: there are none. */
__attribute__((warn_unused_result)) long slots_take(struct slot_list *list, uint32_t count,
                                                    uint32_t *first);
/* Delete what is in them, and have them back. */
void slots_return(struct slot_list *list);
/* How many are taken. */
uint64_t slots_used(void);
