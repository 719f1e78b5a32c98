# SPDX-License-Identifier: BSD-2-Clause
# Boot images: the kernel, and behind it a bundle of the programs that a system file starts.
# build/guest/heddle.img comes from system.toml, build/guest/test-NAME.img from
# tests/system/NAME.toml, build/guest/bench.img from apps/bench/bench.toml, build/guest/scaling.img and
# scaling-harts.img from what apps/scaling/system.py writes; build/guest/test-kernel.img
# holds the kernel's conformance suite alone, and so does test-kernel-check.img, with the kernel that
# can look at itself.

get_property(programs GLOBAL PROPERTY heddle_programs)
set(vdso_image ${CMAKE_BINARY_DIR}/libs/executor/vdso.bin)
set(image_tools ${CMAKE_SOURCE_DIR}/tools/lib)

# The parts of an image, for tools/lib/image.py: one KIND NAME FILE a line.
set(parts "kernel kernel $<TARGET_FILE:kernel>\n")
string(APPEND parts "kernel kernel-check $<TARGET_FILE:kernel-check>\nfile vdso ${vdso_image}\n")
foreach(program ${programs})
    string(APPEND parts "program ${program} $<TARGET_FILE:${program}>\n")
endforeach()
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/parts.txt CONTENT "${parts}")

# make_image(NAME OPTION VALUE FILE ...): the target NAME.img, built by default, from the files. The
# variable image_options holds further options of image.py.
function(make_image name option value)
    set(image ${CMAKE_BINARY_DIR}/${name}.img)
    add_custom_command(
        OUTPUT ${image}
        COMMAND python3 ${image_tools}/image.py --build ${CMAKE_BINARY_DIR}
                ${option} ${value} ${image_options} -o ${image}
        DEPENDS ${programs} kernel kernel-check ${vdso_image} ${ARGN} ${CMAKE_BINARY_DIR}/parts.txt
                ${abi_dir}/abi.toml ${image_tools}/image.py ${image_tools}/bundle.py
                ${image_tools}/elf.py ${image_tools}/abi.py ${image_tools}/toml_positions.py
                ${image_tools}/system_file.py ${image_tools}/system_binary.py
        COMMENT "Making the boot image ${name}.img")
    add_custom_target(${name}.img.target ALL DEPENDS ${image})
    if(TARGET vdso)
        add_dependencies(${name}.img.target vdso)
    endif()
endfunction()

# heddle_image(NAME SYSTEM_FILE): what the system file describes.
function(heddle_image name system_file)
    make_image(${name} --system ${system_file} ${system_file})
endfunction()

# heddle_bare_image(NAME PROGRAM KERNEL): the program alone, as the first process.
function(heddle_bare_image name program kernel)
    make_image(${name} --root "${program};--kernel;${kernel}")
endfunction()

heddle_image(heddle ${CMAKE_SOURCE_DIR}/system.toml)
file(GLOB test_systems CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/system/*.toml)
foreach(system_file ${test_systems})
    get_filename_component(name ${system_file} NAME_WE)
    heddle_image(test-${name} ${system_file})
endforeach()
if(EXISTS ${CMAKE_SOURCE_DIR}/apps/bench/bench.toml)
    set(image_options --arguments bench=long --arguments sync=long)
    heddle_image(bench ${CMAKE_SOURCE_DIR}/apps/bench/bench.toml)
    unset(image_options)
endif()
set(scaling ${CMAKE_SOURCE_DIR}/apps/scaling/system.py)
execute_process(COMMAND python3 ${scaling} ${CMAKE_BINARY_DIR}/scaling.toml
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND python3 ${scaling} --harts ${CMAKE_BINARY_DIR}/scaling-harts.toml
    COMMAND_ERROR_IS_FATAL ANY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${scaling})
heddle_image(scaling ${CMAKE_BINARY_DIR}/scaling.toml)
heddle_image(scaling-harts ${CMAKE_BINARY_DIR}/scaling-harts.toml)
heddle_bare_image(test-kernel kernel-test kernel)
heddle_bare_image(test-kernel-check kernel-test kernel-check)
heddle_bare_image(test-fuzz fuzz kernel-check)
