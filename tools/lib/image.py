#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Make a boot image of a guest build: kernel, and a bundle of what one system file needs.

The bundle holds root, the programs that the system file names, the vDSO as the file "vdso" and the
compiled system file as the file "system.bin". With --root it holds nothing but the vDSO and that
program, under the name "root": the kernel then enters it as the first process.
"""
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import bundle
import elf
import system_binary
import system_file

KERNEL_BASE = 0x80200000  # where QEMU and OpenSBI put the image


def parts(folder):
    """What the build made: {kind: {name: path}}, from the parts.txt that CMake wrote."""
    out = {"kernel": {}, "file": {}, "program": {}}
    for line in (folder / "parts.txt").read_text().splitlines():
        kind, name, path = line.split(" ", 2)
        out[kind][name] = Path(path)
    return out


def flatten(data):
    """A kernel ELF as it lies in memory, zeroed parts included, a multiple of a page long."""
    segments = elf.physical_segments(data)
    if min(segment.vaddr for segment in segments) != KERNEL_BASE:
        raise bundle.BundleError(f"the kernel does not begin at {KERNEL_BASE:#x}")
    end = max(segment.vaddr + segment.bytes_memory for segment in segments)
    flat = bytearray(bundle.page_up(end - KERNEL_BASE))
    for segment in segments:
        at = segment.vaddr - KERNEL_BASE
        flat[at:at + len(segment.data)] = segment.data
    return bytes(flat)


def make(folder, system_path, arguments=()):
    """The image of a system file; arguments: pairs (process, text) that replace what it says. Raises
    BundleError, ElfError and OSError with the file's name."""
    built = parts(folder)
    system = system_file.load(system_path, built["program"])
    processes = {process.name: process for process in system.processes}
    for name, text in arguments:
        if name not in processes:
            raise bundle.BundleError(f"{system_path} has no process {name}")
        processes[name].arguments = text
    return make_of(built, system)


def make_of(built, system):
    """The image of a checked system; built: what parts() found. Raises as make does."""
    needed = ["root"] + sorted({process.image for process in system.processes} - {"root"})
    out = bundle.Bundle()
    for name in needed:
        add(out.add_image, name, built["program"][name])
    for name, path in built["file"].items():
        add(out.add_file, name, path)
    out.add_file("system.bin", system_binary.pack(system))
    return flatten(built["kernel"]["kernel"].read_bytes()) + out.data()


def make_bare(folder, program, kernel="kernel"):
    """The image in which one program is root and alone. Raises as make does."""
    built = parts(folder)
    if kernel not in built["kernel"]:
        raise bundle.BundleError(f"there is no kernel named {kernel}")
    if program not in built["program"]:
        raise bundle.BundleError(f"there is no program named {program}")
    out = bundle.Bundle()
    add(out.add_image, "root", built["program"][program])
    for name, path in built["file"].items():
        add(out.add_file, name, path)
    return flatten(built["kernel"][kernel].read_bytes()) + out.data()


def add(method, name, path):
    try:
        method(name, path.read_bytes())
    except (elf.ElfError, bundle.BundleError) as error:
        raise bundle.BundleError(f"{path}: {error}") from error


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", metavar="DIR", required=True, type=Path,
                        help="guest build folder")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--system", metavar="FILE", help="system file")
    what.add_argument("--root", metavar="PROGRAM", help="the only program, as the first process")
    parser.add_argument("--arguments", metavar="PROCESS=TEXT", action="append", default=[],
                        type=bundle.assignment, help="what the process can read, in place of the "
                        "system file's text")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, type=Path)
    parser.add_argument("--kernel", metavar="NAME", default="kernel",
                        help="with --root: the variant of the kernel")
    args = parser.parse_args()
    try:
        data = (make(args.build, args.system, args.arguments) if args.system
                else make_bare(args.build, args.root, args.kernel))
        args.output.write_bytes(data)
    except system_file.SystemFileError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"image: {error.filename}: {error.strerror}")
    except (elf.ElfError, bundle.BundleError) as error:
        sys.exit(f"image: {error}")


if __name__ == "__main__":
    main()
