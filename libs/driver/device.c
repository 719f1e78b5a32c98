/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <driver/device.h>

const struct startup_device *device_compatible(const char *compatible, unsigned i)
{
    for (unsigned k = 0; k < startup()->device_count; k++) {
        const struct startup_device *device = startup_device(k);

        if (strncmp(device->compatible, compatible, sizeof device->compatible) == 0 && i-- == 0)
            return device;
    }
    return NULL;
}
