#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Make the vDSO's entry table (assembly) and the programs' symbols (linker script) from table.txt."""
import argparse
from pathlib import Path


def names_of(path):
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    names = [line for line in lines if line]
    assert len(set(names)) == len(names), f"{path}: a name stands twice"
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--assembly", type=Path, required=True)
    parser.add_argument("--symbols", type=Path, required=True)
    parser.add_argument("--base", type=lambda text: int(text, 0), required=True)
    arguments = parser.parse_args()
    names = names_of(arguments.table)
    arguments.assembly.write_text(
        '    .section .table, "ax"\n    .option norvc\n    .option norelax\n'
        + "".join(f"    j {name}\n" for name in names))
    arguments.symbols.write_text(
        "".join(f"{name} = {arguments.base + 4 * k:#x};\n" for k, name in enumerate(names)))


main()
