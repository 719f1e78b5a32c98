# SPDX-License-Identifier: BSD-2-Clause
# The functions that the folders' CMakeLists.txt use.

# The ABI header, generated from its one declaration.
set(abi_dir ${CMAKE_SOURCE_DIR}/microkernel/abi)
set(abi_header ${CMAKE_BINARY_DIR}/generated/abi/abi.h)
add_custom_command(
    OUTPUT ${abi_header} ${CMAKE_BINARY_DIR}/generated/abi/syscalls.h
        ${CMAKE_BINARY_DIR}/abi-manual.md
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated/abi
    COMMAND python3 ${abi_dir}/generate.py ${abi_dir}/abi.toml
            --header ${abi_header} --manual ${CMAKE_BINARY_DIR}/abi-manual.md
            --syscalls ${CMAKE_BINARY_DIR}/generated/abi/syscalls.h
    DEPENDS ${abi_dir}/abi.toml ${abi_dir}/generate.py
    COMMENT "Generating the ABI header and the reference manual")
add_custom_target(abi_generated ALL DEPENDS ${abi_header})
add_library(abi INTERFACE)
target_include_directories(abi INTERFACE ${CMAKE_BINARY_DIR}/generated)
add_dependencies(abi abi_generated)

# heddle_program(NAME SOURCES ... [LIBS ...] [LINKER_SCRIPT FILE])
# A user program: NAME is the target and the name of its image in the bundle.
function(heddle_program name)
    cmake_parse_arguments(arg "" "LINKER_SCRIPT" "SOURCES;LIBS" ${ARGN})
    if(NOT arg_LINKER_SCRIPT)
        set(arg_LINKER_SCRIPT ${CMAKE_SOURCE_DIR}/libs/sys/program.ld)
    endif()
    add_executable(${name} ${arg_SOURCES})
    set_target_properties(${name} PROPERTIES SUFFIX .elf
        LINK_DEPENDS "${arg_LINKER_SCRIPT}")
    target_link_libraries(${name} PRIVATE ${arg_LIBS} program ipc sys executor_user)
    target_link_options(${name} PRIVATE -nostartfiles --specs=picolibc.specs
        -T${arg_LINKER_SCRIPT} -Wl,--gc-sections -Wl,-z,max-page-size=4096
        -Wl,--no-warn-rwx-segments -Wl,--undefined=sbrk)
    set_property(GLOBAL APPEND PROPERTY heddle_programs ${name})
endfunction()

# heddle_unit_test(NAME SOURCES ... [LIBS ...])
# A cmocka test on the host under ASan and UBSan. Does nothing in a guest build.
function(heddle_unit_test name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
    if(NOT HEDDLE_HOST)
        return()
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_LIBS} cmocka)
    add_test(NAME unit/${name} COMMAND ${name})
endfunction()
