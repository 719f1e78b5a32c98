/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/program.h>

const char *error_text(long error)
{
    static const char *const text[] = {ERROR_TEXTS};

    if (error > 0 || error <= -(long)ERROR_COUNT)
        return "no error that the ABI knows";
    return text[-error];
}
