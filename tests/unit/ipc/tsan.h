/* SPDX-License-Identifier: BSD-2-Clause */
/* Included before each source of the test under the thread sanitizer, which knows no fences: what
 * executor_publish stores behind a release fence counts as a release here. (A macro is not expanded
 * again within itself.) */
#pragma once

#define __atomic_store_n(p, value, order) __atomic_store_n(p, value, __ATOMIC_RELEASE)
