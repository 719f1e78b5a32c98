# SPDX-License-Identifier: BSD-2-Clause
"""Check a system file, compile it to the form that root reads, or draw it."""
import argparse
import re
import sys
from pathlib import Path

import abi
import system_binary
import system_file


def programs():
    """Names of the programs of this tree, by the heddle_program(NAME ...) of its CMakeLists.txt."""
    lists = [path for folder in ("servers", "apps", "tests")
             for path in (abi.ROOT / folder).rglob("CMakeLists.txt")]
    return [name for path in lists
            for name in re.findall(r"(?m)^\s*heddle_program\(\s*([\w-]+)", path.read_text())]


def draw(system):
    """The authority graph in graphviz's language: who can reach whom, and which device."""
    out = ["digraph system {", "    rankdir = LR;", "    node [shape = box];"]
    for process in system.processes:
        out.append(f'    "{process.name}" [label = "{process.name}\\npriority {process.priority}"];')
        for device in process.devices:
            name = f"{device.name} ({device.compatible})"
            out.append(f'    "{name}" [shape = ellipse];\n    "{process.name}" -> "{name}";')
        out.append(f'    "root" -> "{process.name}" [label = "stats", style = dotted];')
    for channel in system.channels:
        out.append(f'    "{channel.client}" -> "{channel.server}" [label = "{channel.protocol}"];')
    return "\n".join([*out, "}"])


def main():
    parser = argparse.ArgumentParser(prog="tools/system", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("check", "report every error as FILE:LINE:COLUMN"),
                       ("compile", "write the binary that root reads"),
                       ("draw", "print the authority graph for graphviz's dot")):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("file", metavar="FILE")
        if name == "compile":
            command.add_argument("-o", "--output", metavar="FILE", required=True)
    args = parser.parse_args()
    try:
        system = system_file.load(args.file, programs())
        if args.command == "compile":
            Path(args.output).write_bytes(system_binary.pack(system))
        elif args.command == "draw":
            print(draw(system))
        else:
            print(f"{args.file}: {len(system.processes) + 1} processes, "
                  f"{len(system.channels)} channels, no error")
    except system_file.SystemFileError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"tools/system: {error.filename}: {error.strerror}")


if __name__ == "__main__":
    main()
