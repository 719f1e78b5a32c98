# SPDX-License-Identifier: BSD-2-Clause
"""Boot an image with tools/plugin in QEMU: the part that tools/stretch and tools/coverage share."""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import build
import image
import packages
import qemu
import symbols

LINK_GAP = 0xffffffff00000000  # from the kernel's physical addresses to those it is linked at
SAID = re.compile(rb"kernel: panic[^\r\n]*")
TAIL_LINES = 15


class PluginError(Exception):
    """A message for the user."""


def add_arguments(parser):
    """The options that say what is booted, and how."""
    parser.add_argument("--image", metavar="FILE", action="append", default=[],
                        help="boot this image, which must power itself off; build nothing "
                             "(default: test-kernel.img, the conformance suite)")
    parser.add_argument("--kernel", metavar="FILE",
                        help="its kernel.elf (default: microkernel/kernel.elf beside the image)")
    parser.add_argument("--plugin", metavar="FILE",
                        help="the plugin (default: of the host build in --build)")
    parser.add_argument("--smp", metavar="N", type=int, default=1, help="harts (default 1)")
    parser.add_argument("--cpu", metavar="CPU", help="QEMU's CPU, such as rv64,sstc=off")
    parser.add_argument("--append", metavar="TEXT", help="boot arguments, such as asid=off")
    parser.add_argument("--real-time", action="store_true",
                        help="by the host's clock; counts then vary (default with one hart: virtual "
                             "time, one instruction is one nanosecond)")
    parser.add_argument("--in-turn", action="store_true",
                        help="virtual time on several harts, too, which then run one after the other "
                             "and the same way each time")
    parser.add_argument("--guard", metavar="SECONDS", type=int, default=600,
                        help="give up after so long (default 600)")
    parser.add_argument("--build", metavar="DIR", default=build.DEFAULT, help="build folder")


def prepare(args):
    """Build what was not named, and fill in the paths. Raises PluginError."""
    if not args.image:
        packages.install(["run", "test"])
        args.image = [str(build.build("guest", args.build) / "test-kernel.img")]
    if not args.plugin:
        folder = build.build("host", args.build, ["heddle-plugin"])
        args.plugin = str(folder / "tools/plugin/heddle-plugin.so")
    if not args.kernel:
        args.kernel = str(Path(args.image[0]).parent / "microkernel/kernel.elf")
    for path in (*args.image, args.kernel, args.plugin):
        if not Path(path).is_file():
            raise PluginError(f"no file {path}")


def kernel_range(kernel):
    """FROM-TO of the kernel's functions before translation is on."""
    known = symbols.Symbols.of(kernel)
    end = max(function.end for function in known.functions)
    return f"{image.KERNEL_BASE:x}-{end - LINK_GAP:x}"


def in_virtual_time(args):
    return (args.smp == 1 or args.in_turn) and not args.real_time


def boot(args, path, parameters, files=(), output=None):
    """Boot the image until it powers itself off. parameters: (name, value) for the plugin; files:
    (name, text) for a parameter that names a file; output: a list that gets the console's lines.
    Value: the lines that the plugin wrote, the end mark not included. Raises PluginError."""
    with tempfile.TemporaryDirectory(prefix="heddle-plugin-") as folder:
        out = Path(folder) / "out"
        given = [("out", out), ("kernel", kernel_range(args.kernel)), *parameters]
        for name, text in files:
            (Path(folder) / name).write_text(text)
            given.append((name, Path(folder) / name))
        option = ",".join([args.plugin.replace(",", ",,"), *(f"{k}={v}" for k, v in given)])
        machine = qemu.Machine(path, smp=args.smp, cpu=args.cpu, append=args.append,
                               icount=in_virtual_time(args), extra=["-plugin", option])
        with open(Path(folder) / "console", "w+b") as console:
            text = run(machine.command(interactive=False), console, args.guard, path)
        if output is not None:
            output += text.decode(errors="replace").splitlines()
        lines = out.read_text().splitlines() if out.exists() else []
    if not lines or lines[-1] != "end":
        raise PluginError(f"{path}: the plugin wrote no result")
    return lines[:-1]


def run(command, console, guard, path):
    """Value: what the console showed. Raises PluginError."""
    if not shutil.which(command[0]):
        raise PluginError(f"{command[0]} is missing: install Debian's qemu-system-misc")
    try:
        code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=console,
                              stderr=subprocess.STDOUT, timeout=guard, check=False).returncode
        problem = f"QEMU ended with code {code}" if code else None
    except subprocess.TimeoutExpired:
        problem = f"did not power off in {guard} s"
    console.seek(0)
    text = console.read()
    panic = SAID.search(text)
    if panic:
        problem = panic[0].decode(errors="replace")
    if problem:
        sys.stderr.writelines(f"    | {line}\n" for line in
                              text.decode(errors="replace").splitlines()[-TAIL_LINES:])
        raise PluginError(f"{path}: {problem}")
    return text
