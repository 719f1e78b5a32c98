# SPDX-License-Identifier: BSD-2-Clause
"""What a call costs while pairs of processes call on several harts, or across two: apps/scaling/harts.c.

Two ways to count, and each says what the other cannot. With one tick for each instruction, QEMU runs the
harts in turn: the instructions of all harts are counted together, exactly, and nothing is contended but
the kernel's own words. In real time each hart is a thread of the host: as far as the host has cores for
them the harts are judged by eye, beside the interval of their median; beyond that they are contended."""
import os
import random
import re
import statistics
import subprocess
import sys

import bench
import qemu

LINE = re.compile(r"scaling: (harts|across) (\d+), in flight (\d+), round \d+: (\d+) instructions, "
                  r"(\d+) us, (\d+) calls$")
HARTS = 8
MEMORY = "256M"
RESAMPLES = 2000


def boot(image, guard, harts, icount):
    """One boot. Value: {(kind, harts, in flight): [(instructions, nanoseconds)] of a call, by round}."""
    machine = qemu.Machine(image, icount=icount, smp=harts, memory=MEMORY)
    command = ["timeout", str(guard), *machine.command(interactive=False)]
    rows, done, transcript = {}, False, []
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace") as process:
        for line in process.stdout:
            transcript.append(line)
            found = LINE.search(line.rstrip())
            if found:
                kind, of, flight, instructions, us, calls = found[1], *map(int, found.groups()[1:])
                rows.setdefault((kind, of, flight), []).append(
                    (instructions / calls, us * 1000 / calls))
            done = bool(bench.END.search(line))
            if done or bench.DEATH.search(line.rstrip()):
                break
        process.terminate()
    if not done:
        sys.stderr.writelines(f"    | {line}" for line in transcript[-40:])
        sys.exit(f"{image}: the machine or a process in it ended, or {guard} s passed, before all "
                 "rounds were measured")
    return rows


def exact(image, guard):
    """{(kind, harts, in flight): instructions of a call, of all harts together}"""
    return {key: statistics.median(instructions for instructions, _ in rounds)
            for key, rounds in boot(image, guard, HARTS, True).items()}


def interval(values, seed=1):
    """95 % of the medians of samples drawn from the values with replacement (the percentile
    bootstrap: Efron, Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13)."""
    draw = random.Random(seed)
    medians = sorted(statistics.median(draw.choices(values, k=len(values)))
                     for _ in range(RESAMPLES))
    return medians[int(RESAMPLES * 0.025)], medians[int(RESAMPLES * 0.975) - 1]


def real(image, guard, boots, tell=print):
    """The host's nanoseconds that a call takes its pair: {(kind, harts, in flight): (median, low,
    high)}."""
    samples = {}
    for i in range(boots):
        tell(f"boot {i + 1} of {boots} in real time, {HARTS} harts", flush=True)
        for key, rounds in boot(image, guard, HARTS, False).items():
            # Of all pairs' calls; the pairs run side by side.
            samples.setdefault(key, []).extend(ns * key[1] for _, ns in rounds)
    return {key: (statistics.median(values), *interval(values)) for key, values in samples.items()}


def cores():
    return len(os.sched_getaffinity(0))


def contended(key):
    kind, harts, _ = key
    return (2 if kind == "across" else harts) > cores()


def lines(rows, kind="harts"):
    """{name of a line: [(harts, ...)]}, for a plot."""
    out = {}
    for (of, harts, flight), value in sorted(rows.items()):
        if of == kind:
            point = value if isinstance(value, tuple) else (value,)
            out.setdefault(f"{flight} in flight", []).append((harts, *point))
    return out


def growth(rows, slack):
    """A line for each number of harts with which a call executes more than on one."""
    return [f"call with {flight} in flight: {cost:.0f} instructions on {harts} harts, "
            f"{rows[kind, 1, flight]:.0f} on one"
            for (kind, harts, flight), cost in rows.items()
            if kind == "harts" and cost > rows[kind, 1, flight] * (1 + slack) + 0.5]


def table(exact_rows, real_rows):
    out = [f"{'harts':>28} {'in flight':>9} {'instructions':>12}" +
           ("  real time: ns of a call, 95 % of its median" if real_rows else "")]
    for key, cost in exact_rows.items():
        kind, harts, flight = key
        line = f"{'2, across them' if kind == 'across' else harts:>28} {flight:>9} {cost:>12.0f}"
        if key in real_rows:
            median, low, high = real_rows[key]
            line += f"  {median:>8.0f} ({low:.0f} to {high:.0f})" + "  contended" * contended(key)
        out.append(line)
    return "\n".join(out)
