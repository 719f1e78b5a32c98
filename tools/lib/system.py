# SPDX-License-Identifier: BSD-2-Clause
"""Check a system file, compile it to the form that root reads, or draw who can reach whom."""
import argparse
import re
import sys
from pathlib import Path

import abi
import authority
import build
import bundle
import device_tree
import elf
import graph_draw
import qemu
import system_binary
import system_devices
import system_file
import system_hints
import system_memory

FORMATS = ("svg", "dot")


def programs():
    """Names of the programs of this tree, by the heddle_program(NAME ...) of its CMakeLists.txt."""
    lists = [path for folder in ("servers", "apps", "tests")
             for path in (abi.ROOT / folder).rglob("CMakeLists.txt")]
    return [name for path in lists
            for name in re.findall(r"(?m)^\s*heddle_program\(\s*([\w-]+)", path.read_text())]


def graph(args, system):
    """The drawing, or with --reach the text."""
    graph = authority.Authority(system)
    if args.reach is not None:
        names = graph.names if args.reach == "" else [args.reach]
        if names[0] not in graph.names:
            raise system_file.SystemFileError(f"tools/system: no process {names[0]!r} in {args.file}"
                                              f"{system_file.guess(names[0], graph.names)}")
        return "\n\n".join(authority.reach_text(graph, name) for name in names) + "\n"
    form = args.format or (Path(args.output).suffix.lstrip(".") if args.output else "svg")
    if form not in FORMATS:
        raise system_file.SystemFileError(f"tools/system: {args.output}: name it .svg or .dot, or say "
                                          "--format svg or --format dot")
    return graph_draw.dot(graph) if form == "dot" else graph_draw.svg(graph, f"Who can reach whom: {args.file}")


def check(args, system):
    """Warnings, and a line that says that there is no error."""
    hints = system_hints.warnings(system)
    for line, column, text in hints:
        print(f"{args.file}:{line}:{column}: warning: {text}", file=sys.stderr)
    if args.dtb:
        check_devices(args, system)
    if args.memory is not None:
        check_memory(args, system)
    warned = f", {len(hints)} warning{'s' * (len(hints) > 1)}" if hints else ""
    print(f"{args.file}: {len(system.processes) + 1} processes, "
          f"{len(system.channels)} channels, no error{warned}")


def check_devices(args, system):
    """Errors of devices that the machine of a device tree lacks, or that two processes would share."""
    try:
        nodes = device_tree.read(args.dtb.read_bytes())
    except device_tree.TreeError as error:
        raise system_file.SystemFileError(f"tools/system: {args.dtb}: {error}") from error
    found = sorted(system_devices.problems(system, nodes))
    if found:
        raise system_file.SystemFileError("\n".join(f"{args.file}:{line}:{column}: {text}"
                                                    for line, column, text in found))


def check_memory(args, system):
    """The table of what the system needs; an error where the machine has less."""
    built = system_memory.parts_of(args.guest)
    need = system_memory.measure(system, built, args.memory)
    print("\n".join(system_memory.table(need)))
    print(f"blocks of memory take up to {need.rounding >> 10} KiB more than what is made in them")
    print(f"the kernel takes up to {need.kernel >> 10} KiB, firmware and boot image included; together "
          f"{-(-(need.kernel + need.total() + need.rounding) // 1024)} of {args.memory >> 10} KiB")
    if need.left_out:
        print(f"{args.guest}: not built: {', '.join(need.left_out)}: their data and the boot image are not "
              "counted", file=sys.stderr)
    if found := system_memory.problem(system, need, args.memory):
        node, text = found
        raise system_file.SystemFileError(f"{args.file}:{node.line}:{node.column}: {text}")


def size(text):
    match = re.fullmatch(r"([0-9]+)([KMG])", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 64M or 1G")
    return int(match.group(1)) * system_file.UNITS[match.group(2)]


def write(text, path):
    if path:
        Path(path).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def arguments():
    parser = argparse.ArgumentParser(prog="tools/system", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    out = {}
    for name, text in (("check", "report every error as FILE:LINE:COLUMN"),
                       ("compile", "write the binary that root reads"),
                       ("graph", "draw the authority graph: who can reach whom, and by which way")):
        out[name] = commands.add_parser(name, help=text, description=text)
        out[name].add_argument("file", metavar="FILE")
    out["compile"].add_argument("-o", "--output", metavar="FILE", required=True)
    memory = qemu.Machine.memory
    out["check"].add_argument("--memory", metavar="SIZE", nargs="?", const=memory, type=size,
                              help="print how much memory each process takes on a machine of so much (64M, "
                                   f"1G; default {memory}), and refuse what does not fit")
    out["check"].add_argument("--guest", metavar="DIR", type=Path, default=build.DEFAULT / "guest",
                              help="with --memory: the guest build whose programs are counted "
                                   "(default build/guest)")
    out["check"].add_argument("--dtb", metavar="FILE", type=Path,
                              help="a machine's flattened device tree: refuse devices that it lacks, and "
                                   "those that two processes would share under different names")
    graph = out["graph"]
    graph.add_argument("-o", "--output", metavar="OUT", help="OUT.svg or OUT.dot (default: printed)")
    graph.add_argument("--format", choices=FORMATS, help="svg (default), or dot for graphviz")
    graph.add_argument("--reach", metavar="NAME", nargs="?", const="",
                       help="print no drawing but what NAME reaches, or every process, with the way")
    return parser.parse_args()


def main():
    args = arguments()
    try:
        system = system_file.load(args.file, programs())
        if args.command == "compile":
            Path(args.output).write_bytes(system_binary.pack(system))
        elif args.command == "graph":
            write(graph(args, system), args.output)
        else:
            check(args, system)
    except system_file.SystemFileError as error:
        sys.exit(str(error))
    except (elf.ElfError, bundle.BundleError) as error:
        sys.exit(f"tools/system: {args.guest}: {error}")
    except OSError as error:
        sys.exit(f"tools/system: {error.filename}: {error.strerror}")


if __name__ == "__main__":
    main()
