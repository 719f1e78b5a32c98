/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists that a member leaves in constant time: its field `next` names the next member, its field
 * `back` the pointer that names this one. The newest is the first. */
#pragma once

/* first: where the head is. The member is in no such list. */
#define LIST_PUSH(first, member, next, back)                                                       \
    do {                                                                                           \
        (member)->next = *(first);                                                                 \
        if ((member)->next)                                                                        \
            (member)->next->back = &(member)->next;                                                \
        (member)->back = (first);                                                                  \
        *(first) = (member);                                                                       \
    } while (0)
/* The member is in one. */
#define LIST_REMOVE(member, next, back)                                                            \
    do {                                                                                           \
        *(member)->back = (member)->next;                                                          \
        if ((member)->next)                                                                        \
            (member)->next->back = (member)->back;                                                 \
    } while (0)
