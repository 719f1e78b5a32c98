# SPDX-License-Identifier: BSD-2-Clause
# Toolchain: Debian's bare-metal gcc with picolibc, rv64imac, strict alignment.
# (-misa-spec=2.2 assembles CSR instructions and still finds picolibc's multilib.)
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_ASM_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_OBJCOPY riscv64-unknown-elf-objcopy)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(heddle_machine "-march=rv64imac -misa-spec=2.2 -mabi=lp64 -mcmodel=medany -mstrict-align")
set(CMAKE_C_FLAGS_INIT "${heddle_machine}")
set(CMAKE_ASM_FLAGS_INIT "${heddle_machine}")
# picolibc's headers. Only for compiling: programs name the specs when they link, the kernel does not.
add_compile_options(--specs=picolibc.specs)
