# SPDX-License-Identifier: BSD-2-Clause
# lwIP: found by -DLWIP_DIR=FOLDER (the folder that holds src/core), or got by tools/fetch-lwip.
# Defines the library lwip (guest) or lwip_host (host, under sanitizers), built with the
# configuration in servers/net/port.
include_guard(GLOBAL)

set(LWIP_DIR "" CACHE PATH "lwIP sources to use instead of Debian's source package")
if(LWIP_DIR)
    set(lwip_sources ${LWIP_DIR})
else()
    # Both builds of a tree share one copy beside them: build/guest and build/host use build/lwip.
    cmake_path(GET CMAKE_BINARY_DIR PARENT_PATH lwip_into)
    if(lwip_into STREQUAL CMAKE_SOURCE_DIR)
        set(lwip_into ${CMAKE_BINARY_DIR})
    endif()
    cmake_path(APPEND lwip_into lwip)
    execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/fetch-lwip --into ${lwip_into}
        RESULT_VARIABLE lwip_result)
    if(NOT lwip_result EQUAL 0)
        message(FATAL_ERROR "lwIP could not be fetched, see the line above")
    endif()
    set(lwip_sources ${lwip_into}/src)
endif()
if(NOT EXISTS ${lwip_sources}/src/core/tcp.c)
    message(FATAL_ERROR "LWIP_DIR=${LWIP_DIR} does not hold lwIP (no src/core/tcp.c)")
endif()

set(lwip_core ${lwip_sources}/src/core)
set(lwip_files
    ${lwip_core}/def.c ${lwip_core}/inet_chksum.c ${lwip_core}/init.c ${lwip_core}/ip.c
    ${lwip_core}/mem.c ${lwip_core}/memp.c ${lwip_core}/netif.c ${lwip_core}/pbuf.c
    ${lwip_core}/stats.c ${lwip_core}/tcp.c ${lwip_core}/tcp_in.c ${lwip_core}/tcp_out.c
    ${lwip_core}/timeouts.c ${lwip_core}/udp.c
    ${lwip_core}/ipv4/dhcp.c ${lwip_core}/ipv4/etharp.c ${lwip_core}/ipv4/icmp.c
    ${lwip_core}/ipv4/ip4.c ${lwip_core}/ipv4/ip4_addr.c ${lwip_core}/ipv4/ip4_frag.c
    ${lwip_sources}/src/netif/ethernet.c)

if(HEDDLE_HOST)
    set(lwip_target lwip_host)
else()
    set(lwip_target lwip)
endif()
set(lwip_port ${CMAKE_SOURCE_DIR}/servers/net/port)
add_library(${lwip_target} STATIC ${lwip_files}
    ${lwip_port}/checksum.c ${lwip_port}/random.c ${lwip_port}/reopen.c)
# Its headers are system headers to us, and its own files keep their own style.
target_include_directories(${lwip_target} SYSTEM PUBLIC ${lwip_sources}/src/include)
target_include_directories(${lwip_target} PUBLIC ${lwip_port})
set_source_files_properties(${lwip_files} PROPERTIES COMPILE_OPTIONS
    "-Wno-unused-parameter;-Wno-address;-Wno-missing-prototypes;-Wno-sign-compare;-Wno-type-limits")
