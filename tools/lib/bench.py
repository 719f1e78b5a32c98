# SPDX-License-Identifier: BSD-2-Clause
"""Count the instructions of Heddle's paths, the memory they touch, and what a core would take.

Boots the image of apps/bench on one hart under QEMU's `-icount shift=0`, where one instruction is
one tick and every run gives the same numbers. They are instructions, not time. A second boot, under
tools/plugin, counts the pages and the cache lines of each operation and predicts its cycles by a
model of a Rocket core, which tools/plugin/README.md states with its error. apps/bench/README.md says
what each row includes; `tools/image --app bench` makes the same table on a board's own console.
"""
import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import build
import memory
import packages
import plugin
import qemu
import symbols

GOALS = build.ROOT / "tools/lib/bench_goals.json"
# NAME, then minimum and median: instructions, cycles.
ROW = re.compile(r"(?:bench|sync|scaling): (\w+) +([0-9]+) +([0-9]+) +([0-9]+) +([0-9]+)$")
COLUMNS = ("instructions_min", "instructions", "cycles_min", "cycles")
END = re.compile(r"(?:bench|scaling): done")
DEATH = re.compile(r"^root: .*: stopped$|kernel: panic")
SLACK = 0.01  # of a row, and half an instruction: what alignment of code may shift
# An interrupt falls anywhere into the loop that waits for it.
JITTER = {"timer_to_user": 8, "irq_to_user": 8}
MEMORY = ("pages", "lines", "predicted_cycles")
MEMORY_SLACK = 0.03
# Rows whose memory is judged. What the others touch depends on where root happens to put objects.
JUDGED = re.compile(r"async_call_|sync_call_|null_call|coroutine_switch")
COLUMN_NAMES = {"instructions": "instructions", "pages": "pages", "lines": "lines",
                "predicted_cycles": "predicted cycles"}
PEERS = ("seL4", "MCS", "seL4 cycles")  # bench_goals.json has them beside the goals
HEADS = ("median", "minimum", "goal", "baseline", "seL4", "MCS", "pages", "lines", "cycles", "seL4")
ROOMS = (7, 7, 6, 8, 5, 5, 5, 5, 6, 5)


def measure(image, guard, tell=lambda name, row: None, **machine):
    """Boot, and collect {name: {column: number}} until the image says that it is done. tell: called
    with each row as it comes."""
    command = qemu.Machine(image, icount=True, **machine).command(interactive=False)
    rows, transcript, done = {}, [], False
    with subprocess.Popen(["timeout", str(guard), *command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace") as process:
        for line in process.stdout:
            transcript.append(line)
            row = read_row(line)
            if row:
                rows[row[0]] = row[1]
                tell(*row)
            done = bool(END.search(line))
            if done or DEATH.search(line.rstrip()):
                break
        process.terminate()
    if not done:
        sys.stderr.writelines(f"    | {line}" for line in transcript[-40:])
        sys.exit(f"{image}: the machine or a process in it ended, or {guard} s passed, before all "
                 "rows were measured")
    return rows


def read_row(line):
    """(name, {column: number}) of a line of the guest's table, or None."""
    found = ROW.search(line.rstrip())
    return (found[1], dict(zip(COLUMNS, map(int, found.groups()[1:])))) if found else None


def table(rows, goals, baseline):
    """The rows as text: instructions beside goal, baseline and the same in seL4 (and its variant for
    mixed criticality); pages, lines and predicted cycles, and what seL4 took on such a core."""
    width = max(map(len, [*rows, *goals]), default=4)
    heads = "".join(f"  {head:>{room}}" for head, room in zip(HEADS, ROOMS))
    out = [f"{'instructions of':<{width}}{heads}"]
    for name, row in rows.items():
        goal, before = goals.get(name, {}), baseline.get(name, {}).get("instructions", "-")
        cells = [row["instructions"], row["instructions_min"], goal.get("instructions", "-"), before]
        peers = [goal.get("peers", {}).get(peer, "-") for peer in PEERS]
        cells += [*peers[:2], *(row.get(column, "-") for column in MEMORY), peers[2]]
        over = [said for column, said in COLUMN_NAMES.items()
                if column in goal and row.get(column, 0) > goal[column]]
        mark = f"  over the goal: {', '.join(over)}" if over else ""
        text = "".join(f"  {cell:>{room}}" for cell, room in zip(cells, ROOMS))
        out.append(f"{name:<{width}}{text}{mark}")
    for name in goals:
        if name not in rows:
            out.append(f"{name:<{width}}  {'-':>7}  {'-':>7}  {goals[name]['instructions']:>6}"
                       "  not measured: not in this image")
    return "\n".join(out)


def worse(now, before, slack, extra=0.5):
    return now > before * (1 + slack) + extra


def regressions(rows, baseline):
    """A line for each row that got worse than the baseline, or vanished."""
    out = []
    for name, row in baseline.items():
        if name not in rows:
            out.append(f"{name}: was {row['instructions']} instructions, now missing")
            continue
        if worse(rows[name]["instructions"], row["instructions"], SLACK,
                 0.5 + JITTER.get(name, 0)):
            out.append(f"{name}: was {row['instructions']} instructions, now "
                       f"{rows[name]['instructions']}{blamed(rows[name], row, 'instructions')}")
        out += memory_regressions(name, rows[name], row)
    return out


def memory_regressions(name, row, before):
    """The same for memory and cycles, with the stages that are to blame."""
    out = []
    for column in MEMORY:
        if not JUDGED.match(name) or column not in row or column not in before:
            continue
        if worse(row[column], before[column], MEMORY_SLACK):
            out.append(f"{name}: was {before[column]} {COLUMN_NAMES[column]}, now {row[column]}"
                       f"{blamed(row, before, column)}")
    return out


def blamed(row, before, column):
    """The stages of a row that got worse, the worst first: " (NAME BEFORE -> NOW, ...)", or nothing."""
    was = {stage["name"]: stage[column] for stage in before.get("stages", ()) if column in stage}
    found = [(stage[column] - was.get(stage["name"], 0), stage) for stage in row.get("stages", ())
             if column in stage]
    named = [f"{stage['name']} {was.get(stage['name'], 0):g} -> {stage[column]:g}"
             for _, stage in sorted(found, key=lambda pair: -pair[0])
             if worse(stage[column], was.get(stage["name"], 0), MEMORY_SLACK)]
    return f" ({', '.join(named)})" if named else ""


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


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", help="write the rows there")
    parser.add_argument("--compare", metavar="BASELINE",
                        help="fail, naming the row and its stage, when one is worse than in this file")
    parser.add_argument("--stages", metavar="ROW", nargs="?", action="append", const="async_call_1",
                        default=[], help="show each stage of a row (default async_call_1)")
    parser.add_argument("--touched", metavar="ROW", nargs="?", action="append", const="async_call_1",
                        default=[], help="name the pages, and the cache lines of each L1 set, that "
                                         "an operation touches (default async_call_1)")
    parser.add_argument("--no-memory", action="store_true",
                        help="count instructions only, without the plugin")
    parser.add_argument("--image", metavar="FILE", help="boot this image; build nothing of the guest")
    parser.add_argument("--plugin", metavar="FILE",
                        help="the plugin (default: of the host build in --build)")
    parser.add_argument("--guard", metavar="SECONDS", type=int, default=600,
                        help="give up after so long (default 600)")
    parser.add_argument("--build", metavar="DIR", default=build.DEFAULT, help="build folder")
    args = parser.parse_args()
    if args.no_memory and (args.stages or args.touched):
        parser.error("--stages and --touched need the memory that --no-memory leaves out")
    return args


def add_memory(args, rows):
    """Add the columns of MEMORY and the stages to the rows. Value: the memory.Report."""
    if not args.plugin:
        packages.install(["run", "test"])
        folder = build.build("host", args.build, ["heddle-plugin"])
        args.plugin = str(folder / "tools/plugin/heddle-plugin.so")
    try:
        report = memory.measure(args.image, args.plugin, args.guard, rows, read_row)
        for name in (*args.stages, *args.touched):
            if name not in report.rows:
                raise plugin.PluginError(f"no row {name}")
    except (plugin.PluginError, symbols.SymbolsError) as error:
        sys.exit(f"tools/bench: {error}")
    for name, row in report.rows.items():
        rows[name].update(row.as_json())
    return report


def show(args, rows, baseline, report):
    print(table(rows, read_json(GOALS), baseline))
    for name in args.stages:
        print("", report.stages(name), sep="\n")
    for name in args.touched:
        print("", report.touched(name), sep="\n")


def main():
    args = arguments()
    baseline = read_rows(args.compare) if args.compare else {}
    if not args.image:
        packages.install(["run"])
        args.image = build.build("guest", args.build) / "bench.img"
    if not Path(args.image).exists():
        sys.exit(f"tools/bench: no image {args.image}")
    rows = measure(args.image, args.guard)
    report = None if args.no_memory else add_memory(args, rows)
    show(args, rows, baseline, report)
    if args.json:
        text = ",\n".join(json.dumps({"name": name, **row}) for name, row in rows.items())
        Path(args.json).write_text(f"[\n{text}\n]\n", encoding="utf-8")
    found = regressions(rows, baseline)
    if found:
        sys.exit("\n".join(["tools/bench: worse than the baseline:", *found]))


if __name__ == "__main__":
    main()
