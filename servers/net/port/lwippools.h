/* SPDX-License-Identifier: BSD-2-Clause */
/* The pools behind lwIP's mem_malloc, smallest first. (No `#pragma once`: included repeatedly.)
 * Small: headers of acknowledgements, lwIP's own state. Large: segments being sent, one whole
 * frame with its pbuf each. */
LWIP_MALLOC_MEMPOOL_START
LWIP_MALLOC_MEMPOOL(1024, 256)
LWIP_MALLOC_MEMPOOL(512, 640)
LWIP_MALLOC_MEMPOOL(1536, 1632)
LWIP_MALLOC_MEMPOOL_END
