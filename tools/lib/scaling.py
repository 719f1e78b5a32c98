# SPDX-License-Identifier: BSD-2-Clause
"""Count what an operation costs when there is more and more of something, and draw it.

Boots the images of apps/scaling under QEMU's `-icount shift=0`: instructions of an asynchronous call
against the calls in flight, of a switch against the coroutines in the executor, of a call against the
processes in a chain, of a call while other harts call. Fails if a cost grows that must not.
"""
import argparse
import csv
import json
import sys
from pathlib import Path

import bench
import build
import packages
import plot
import scaling_harts

MEMORY = "512M"  # 258 processes
GROWTH = 0.05  # what is taken for the same
# The kind of row, what its number is, and from where on the cost must not grow: before that there are
# paths that serve one or two alone, cheaper or dearer.
KINDS = {"flight": ("asynchronous call", "calls in flight", 32),
         "coroutines": ("coroutine switch", "coroutines in the executor", 10),
         "processes": ("call through a chain", "processes", 2)}


def measure(image, guard):
    """Boot, with a line of progress for each row. Value: {kind: {number: instructions}}."""
    rows = {kind: {} for kind in KINDS}

    def tell(name, row):
        kind, _, number = name.rpartition("_")
        rows[kind][int(number)] = row["instructions"]
        print(f"{KINDS[kind][1]:>28} {int(number):>8,} {row['instructions']:>8}", flush=True)

    bench.measure(image, guard, tell, memory=MEMORY)
    return rows


def measure_harts(args):
    """(exact, real): see scaling_harts. Prints them."""
    image = args.harts_image
    exact = scaling_harts.exact(image, args.guard)
    real = scaling_harts.real(image, args.guard, args.real) if args.real else {}
    print(scaling_harts.table(exact, real), flush=True)
    return exact, real


def growth(rows):
    """A line for each number from which on an operation costs more."""
    out = []
    for kind, (what, of, start) in KINDS.items():
        judged = {number: cost for number, cost in rows[kind].items() if number >= start}
        if not judged:
            out.append(f"{what}: no row with {start} or more {of}")
            continue
        first = judged[min(judged)]
        out += [f"{what}: {cost} instructions with {number} {of}, {first} with {min(judged)}"
                for number, cost in judged.items() if cost > first * (1 + GROWTH) + 0.5]
    return out


def write(folder, rows, exact, real):
    folder.mkdir(parents=True, exist_ok=True)
    listed = [{"name": f"{kind}_{number}", "instructions": cost}
              for kind, line in rows.items() for number, cost in line.items()]
    for (kind, harts, flight), cost in exact.items():
        row = {"name": f"{kind}_{harts}_flight_{flight}", "instructions": round(cost)}
        if (kind, harts, flight) in real:
            row |= dict(zip(("ns", "ns_low", "ns_high"), map(round, real[kind, harts, flight])),
                        contended=scaling_harts.contended((kind, harts, flight)))
        listed.append(row)
    (folder / "scaling.json").write_text(json.dumps(listed, indent=0) + "\n", encoding="utf-8")
    with open(folder / "scaling.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("of what", "number", "instructions"))
        table.writerows((KINDS[kind][1], number, cost)
                        for kind, line in rows.items() for number, cost in line.items())
        table.writerows((f"harts, {kind}, {flight} in flight", harts, round(cost))
                        for (kind, harts, flight), cost in exact.items())
    panels = [plot.panel(what, of, "instructions", {what: sorted(rows[kind].items())})
              for kind, (what, of, _) in KINDS.items()]
    panels.append(plot.panel("call while all harts call", "harts", "instructions",
                             scaling_harts.lines(exact)))
    if real:
        panels.append(plot.panel(f"the same, {scaling_harts.cores()} cores of the host", "harts",
                                 "nanoseconds", scaling_harts.lines(real)))
    (folder / "scaling.svg").write_text(plot.svg(panels), encoding="utf-8")
    print(f"written: {folder}/scaling.json, scaling.csv, scaling.svg")


def main():
    parser = argparse.ArgumentParser(prog="tools/scaling", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", metavar="DIR", type=Path, help="write JSON, CSV and plots there")
    parser.add_argument("--image", metavar="FILE", help="boot this image; build nothing")
    parser.add_argument("--harts-image", metavar="FILE",
                        help="and this one for the harts (default: scaling-harts.img beside it)")
    parser.add_argument("--real", metavar="BOOTS", type=int, default=0,
                        help="count the harts in real time too, in so many boots; no figure of it is "
                             "judged, and more harts than the host has cores are called contended")
    parser.add_argument("--guard", metavar="SECONDS", type=int, default=600,
                        help="give up after so long (default 600)")
    parser.add_argument("--build", metavar="DIR", default=build.DEFAULT, help="build folder")
    args = parser.parse_args()
    if not args.image:
        packages.install(["run"])
        args.image = build.build("guest", args.build) / "scaling.img"
    args.harts_image = args.harts_image or Path(args.image).with_name("scaling-harts.img")
    for image in (args.image, args.harts_image):
        if not Path(image).exists():
            sys.exit(f"tools/scaling: no image {image}")
    rows = measure(args.image, args.guard)
    exact, real = measure_harts(args)
    if args.out:
        write(args.out, rows, exact, real)
    found = growth(rows) + scaling_harts.growth(exact, GROWTH)
    if found:
        sys.exit("\n".join(["tools/scaling: costs grow:", *found]))


if __name__ == "__main__":
    main()
