# SPDX-License-Identifier: BSD-2-Clause
"""Count the instructions of Heddle's paths, beside their goals.

Boots the image of apps/bench on one hart under QEMU's `-icount shift=0`, where one instruction is
one tick and every run gives the same numbers. They are instructions, not time. apps/bench/README.md
says what each row includes; `tools/image --app bench` makes the same table on a board's own console.
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
# NAME, then minimum and median: instructions, cycles.
ROW = re.compile(r"(?:bench|sync): (\w+) +([0-9]+) +([0-9]+) +([0-9]+) +([0-9]+)$")
COLUMNS = ("instructions_min", "instructions", "cycles_min", "cycles")
END = "bench: done"
SLACK = 0.01  # of a row, and half an instruction: what alignment of code may shift
# An interrupt falls anywhere into the loop that waits for it.
JITTER = {"timer_to_user": 8, "irq_to_user": 8}
REASONS = {"sync_call_10": "a call carries six words at most"}


def measure(image, guard):
    """Boot, and collect {name: {column: number}} until the bench says that it is done."""
    command = qemu.Machine(image, icount=True).command(interactive=False)
    rows, transcript, done = {}, [], False
    with subprocess.Popen(["timeout", str(guard), *command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace") as process:
        for line in process.stdout:
            transcript.append(line)
            row = ROW.search(line.rstrip())
            if row:
                name, *values = row.groups()
                rows[name] = dict(zip(COLUMNS, map(int, values)))
            elif END in line:
                done = True
                break
        process.terminate()
    if not done:
        sys.stderr.writelines(f"    | {line}" for line in transcript[-40:])
        sys.exit(f"tools/bench: the machine ended, or {guard} s passed, before '{END}'")
    return rows


def table(rows, goals, baseline):
    """The rows as text: median, minimum, goal, baseline, in instructions."""
    width = max(map(len, [*rows, *goals]), default=4)
    out = [f"{'instructions of':<{width}}  {'median':>7}  {'minimum':>7}  {'goal':>6}  {'baseline':>8}"]
    for name, row in rows.items():
        goal, before = goals.get(name, "-"), baseline.get(name, {}).get("instructions", "-")
        mark = "  over the goal" if name in goals and row["instructions"] > goal else ""
        out.append(f"{name:<{width}}  {row['instructions']:>7}  {row['instructions_min']:>7}  "
                   f"{goal:>6}  {before:>8}{mark}")
    for name in goals:
        if name not in rows:
            out.append(f"{name:<{width}}  {'-':>7}  {'-':>7}  {goals[name]:>6}  {'-':>8}"
                       f"  not measured: {REASONS.get(name, 'not in this image')}")
    return "\n".join(out)


def regressions(rows, baseline):
    """A line for each row that got worse than the baseline, or vanished."""
    out = []
    for name, row in baseline.items():
        before = row["instructions"]
        if name not in rows:
            out.append(f"{name}: was {before}, now missing")
        elif rows[name]["instructions"] > before * (1 + SLACK) + 0.5 + JITTER.get(name, 0):
            out.append(f"{name}: was {before} instructions, now {rows[name]['instructions']}")
    return out


def read_json(path):
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"tools/bench: {path}: {error}")


def read_rows(path):
    """{name: row} of a file that --json wrote: a list of objects with `name`, `instructions`, ..."""
    try:
        return {row["name"]: row for row in read_json(path) if row["instructions"] >= 0}
    except (KeyError, TypeError):
        sys.exit(f"tools/bench: {path}: no list of rows with name and instructions")


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
    baseline = read_rows(args.compare) if args.compare else {}
    if not args.image:
        packages.install(["run"])
        args.image = build.build("guest", args.build) / "bench.img"
    if not Path(args.image).exists():
        sys.exit(f"tools/bench: no image {args.image}")
    rows = measure(args.image, args.guard)
    print(table(rows, read_json(GOALS), baseline))
    if args.json:
        text = ",\n".join(json.dumps({"name": name, **row}) for name, row in rows.items())
        Path(args.json).write_text(f"[\n{text}\n]\n", encoding="utf-8")
    worse = regressions(rows, baseline)
    if worse:
        sys.exit("\n".join(["tools/bench: worse than the baseline:", *worse]))


if __name__ == "__main__":
    main()
