/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Measure and report the faults. For a thread process with `untyped`. Value: E_OK or an error. */
__attribute__((warn_unused_result)) long fault_roundtrip(void);
