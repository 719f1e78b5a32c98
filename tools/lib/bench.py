# SPDX-License-Identifier: BSD-2-Clause
"""Count the instructions of Heddle's paths, beside their goals.

Boots the image of apps/bench on one hart under QEMU's `-icount shift=0`, where one instruction is
one tick and every run gives the same numbers. They are instructions, not time.
"""
import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import build
import packages
import qemu

GOALS = build.ROOT / "tools/lib/bench_goals.json"
ROW = re.compile(r"bench: (\S+) (-?[0-9]+(?:\.[0-9]+)?) (\S+)\s*$")
END = "bench: done"
SLACK = 0.01  # of a row, and half an instruction: what alignment of code may shift


def measure(image, guard):
    """Boot, and collect {name: {"value": number, "unit": text}} until the bench says that it is done."""
    command = qemu.Machine(image, icount=True).command(interactive=False)
    rows, transcript, done = {}, [], False
    with subprocess.Popen(["timeout", str(guard), *command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace") as process:
        for line in process.stdout:
            transcript.append(line)
            row = ROW.search(line.rstrip())
            if row:
                name, value, unit = row.groups()
                rows[name] = {"value": float(value), "unit": unit}
            elif END in line:
                done = True
                break
        process.terminate()
    if not done:
        sys.stderr.writelines(f"    | {line}" for line in transcript[-40:])
        sys.exit(f"tools/bench: the machine ended, or {guard} s passed, before '{END}'")
    return rows


def table(rows, goals, baseline):
    """The rows as text: value, goal, baseline."""
    width = max(map(len, rows), default=4)
    out = [f"{'row':<{width}}  {'value':>9}  {'goal':>6}  {'baseline':>8}  unit"]
    for name, row in rows.items():
        goal, before = goals.get(name), baseline.get(name)
        mark = "" if goal is None or row["value"] <= goal else "  over the goal"
        out.append(f"{name:<{width}}  {row['value']:>9g}  {'-' if goal is None else goal:>6}  "
                   f"{before['value'] if before else '-':>8}  {row['unit']}{mark}")
    for name in goals:
        if name not in rows:
            out.append(f"{name:<{width}}  {'-':>9}  {goals[name]:>6}  {'-':>8}  not measured")
    return "\n".join(out)


def regressions(rows, baseline):
    """A line for each row that got worse than the baseline, or vanished."""
    out = []
    for name, before in baseline.items():
        if name not in rows:
            out.append(f"{name}: was {before['value']:g}, now missing")
        elif rows[name]["value"] > before["value"] * (1 + SLACK) + 0.5:
            out.append(f"{name}: was {before['value']:g} {before['unit']}, "
                       f"now {rows[name]['value']:g}")
    return out


def read_json(path):
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"tools/bench: {path}: {error}")


def main():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", help="write the rows there")
    parser.add_argument("--compare", metavar="BASELINE",
                        help="fail, naming the row, when one is worse than in this file")
    parser.add_argument("--image", metavar="FILE", help="boot this image; build nothing")
    parser.add_argument("--guard", metavar="SECONDS", type=int, default=600,
                        help="give up after so long (default 600)")
    parser.add_argument("--build", metavar="DIR", default=build.DEFAULT, help="build folder")
    args = parser.parse_args()
    baseline = read_json(args.compare) if args.compare else {}
    if not args.image:
        packages.install(["run"])
        args.image = build.build("guest", args.build) / "bench.img"
    if not Path(args.image).exists():
        sys.exit(f"tools/bench: no image {args.image}")
    rows = measure(args.image, args.guard)
    print(table(rows, read_json(GOALS), baseline))
    if args.json:
        Path(args.json).write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    worse = regressions(rows, baseline)
    if worse:
        sys.exit("\n".join(["tools/bench: worse than the baseline:", *worse]))


if __name__ == "__main__":
    main()
