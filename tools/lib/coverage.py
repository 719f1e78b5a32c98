# SPDX-License-Identifier: BSD-2-Clause
"""Tell which of the kernel's instructions ran.

Boots images that power themselves off under tools/plugin, adds up what ran in any of them, and
prints the share of the kernel's instructions and the functions that were not reached. What needs
other harts or boot arguments is another run: --save keeps what ran, --ran adds it to the next.
"""
import argparse
import bisect
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import image
import plugin
import symbols


@dataclass
class Reached:
    """A function, its instructions and how many of them ran."""
    name: str
    total: int
    ran: int


def parse(lines):
    """Ranges [start, end) of code that ran, at linked addresses, merged and in order."""
    ranges = []
    for line in lines:
        kind, *words = line.split()
        if kind != "ran" or len(words) != 2:
            raise plugin.PluginError(f"the plugin wrote {line!r}")
        start, size = int(words[0], 16), int(words[1])
        if start < plugin.LINK_GAP - image.KERNEL_BASE:
            start += plugin.LINK_GAP  # before translation was on
        ranges.append((start, start + size))
    return merge(ranges)


def saved(path, kernel):
    """What an earlier run with the same kernel wrote (save), as from parse."""
    head, *lines = Path(path).read_text().splitlines() or [""]
    if head != checksum(kernel):
        raise plugin.PluginError(f"{path} is not of {kernel}: run both with the same kernel")
    return [tuple(int(word, 16) for word in line.split()) for line in lines]


def save(path, kernel, ranges):
    rows = [checksum(kernel), *(f"{start:x} {end:x}" for start, end in ranges)]
    Path(path).write_text("".join(f"{row}\n" for row in rows))


def checksum(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def merge(ranges):
    out = []
    for start, end in sorted(ranges):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def reached(ranges, instructions, known):
    """Reached for each function, in order of addresses."""
    starts = [start for start, _ in ranges]
    functions = {}
    for address, _ in instructions:
        function = known.find(address)
        row = functions.setdefault(function.start, Reached(function.name, 0, 0))
        at = bisect.bisect_right(starts, address) - 1
        row.total += 1
        row.ran += at >= 0 and address < ranges[at][1]
    return [functions[start] for start in sorted(functions)]


def percent(rows):
    return 100 * sum(row.ran for row in rows) / sum(row.total for row in rows)


def table(rows, partly):
    """The result as text."""
    total, ran = sum(row.total for row in rows), sum(row.ran for row in rows)
    out = [f"{ran:,} of {total:,} instructions of the kernel ran: {percent(rows):.1f} %"]
    missed = [row for row in rows if not row.ran]
    if missed:
        out.append("not reached (instructions):")
        out += [f"{row.total:>9}  {row.name}" for row in sorted(missed, key=lambda r: -r.total)]
    if partly:
        out.append("reached in part (instructions that did not run):")
        parts = [row for row in rows if 0 < row.ran < row.total]
        out += [f"{row.total - row.ran:>9}  of {row.total:>5}  {row.name}"
                for row in sorted(parts, key=lambda r: r.ran - r.total)]
    return "\n".join(out)


def measure(args):
    plugin.prepare(args)
    known = symbols.Symbols.of(args.kernel)
    ranges = []
    for path in args.ran:
        ranges += saved(path, args.kernel)
    for path in args.image:
        ranges += parse(plugin.boot(args, path, [("mode", "coverage")]))
    ranges = merge(ranges)
    if args.save:
        save(args.save, args.kernel, ranges)
    rows = reached(ranges, symbols.instructions(args.kernel, known), known)
    if args.only:
        counted = {function.name for function in symbols.Symbols.of(args.only).functions}
        rows = [row for row in rows if row.name in counted]
    return rows


def main():
    parser = argparse.ArgumentParser(prog="tools/coverage", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--min", metavar="PERCENT", type=float, default=0,
                        help="exit with 1 if fewer instructions ran")
    parser.add_argument("--partly", action="store_true",
                        help="also list the functions that were reached in part")
    parser.add_argument("--save", metavar="FILE", help="write what ran to this file")
    parser.add_argument("--ran", metavar="FILE", action="append", default=[],
                        help="add what ran in an earlier run of the same kernel")
    parser.add_argument("--only", metavar="FILE",
                        help="count only the functions that this kernel has, too: the shipped one, "
                             "where --kernel is kernel-check.elf")
    plugin.add_arguments(parser)
    args = parser.parse_args()
    try:
        rows = measure(args)
    except (plugin.PluginError, symbols.SymbolsError, OSError) as error:
        sys.exit(f"tools/coverage: {error}")
    print(table(rows, args.partly))
    if percent(rows) < args.min:
        sys.exit(f"tools/coverage: {percent(rows):.1f} % ran, less than {args.min:g} %")


if __name__ == "__main__":
    main()
