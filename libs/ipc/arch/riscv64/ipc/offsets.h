/* SPDX-License-Identifier: BSD-2-Clause */
/* What quick.S knows of the library's and the executor's structures; checked in init.c. */
#pragma once

#define QUICK_WHAT    0
#define QUICK_EVENT   8
#define QUICK_END     16
#define QUICK_DELIVER 24
#define QUICK_CANCEL  32
#define QUICK_ENTRY   40

#define REQUEST_CO       0
#define REQUEST_WORDS    8
#define REQUEST_HEADER   32
#define REQUEST_PRIORITY 38
#define REQUEST_ID_STEP  1024 /* from one id of a request to the next */

#define END_RECEIVER 16
#define END_QUIET    39

#define JOB_HEADER 16 /* that of its message */
#define JOB_WORDS  32

#define CO_AT_BODY      16
#define CO_AT_VALUE     24
#define CO_AT_CANCEL    48
#define CO_AT_CONDITION 60
#define CO_AT_PRIORITY  60

#define EXECUTOR_NEXT    24
#define EXECUTOR_WAITING 53
#define HOT              0x400 /* executor.next - co.condition of one that alone runs, and is hot */
