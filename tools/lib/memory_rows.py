# SPDX-License-Identifier: BSD-2-Clause
"""What the plugin wrote of the benchmark's rows: instructions, cycles, pages and lines."""
import re
import statistics
from dataclasses import dataclass, field

import plugin

STAGES = 32  # of user code; as many of the kernel follow
COSTS = ("base", "stall", "switch", "itlb", "dtlb", "icache", "dcache", "tables")
FETCH, DATA, TABLE = range(3)
LINE_BYTES, SETS, WAYS = 64, 64, 4
IN_FLIGHT = re.compile(r"async_call_(\d+)")
JITTER = 8  # instructions: where an interrupt falls


@dataclass
class Stage:
    name: str
    instructions: float
    pages: float  # of a window
    lines: float
    costs: dict

    @property
    def cycles(self):
        return sum(self.costs.values())


@dataclass
class Thing:
    """A page or a line that the last window touched."""
    line: bool
    kind: int
    space: int
    address: int
    level: int
    virtual: int
    pc: int
    stages: int  # bits
    misses: float  # for each operation

    @property
    def set(self):
        return self.address // LINE_BYTES % SETS


@dataclass
class Row:
    operations: int  # of all samples
    together: int
    samples: list = field(default_factory=list)  # (instructions, cycles)
    windows: list = field(default_factory=list)  # (pages, lines, lines of tables)
    stages: dict = field(default_factory=dict)
    things: list = field(default_factory=list)
    name: str = ""

    def each(self, column):
        """The median of the samples, for an operation."""
        return (statistics.median_low(sample[column] for sample in self.samples) *
                len(self.samples) / self.operations)

    def touched(self, column):
        return statistics.median_low(window[column] for window in self.windows)

    def as_json(self):
        out = {"pages": self.touched(0), "lines": self.touched(1), "table_lines": self.touched(2),
               "predicted_cycles": round(self.each(1))}
        if IN_FLIGHT.match(self.name):
            out["stages"] = [{"name": stage.name, "instructions": round(stage.instructions, 1),
                              "pages": round(stage.pages, 1), "lines": round(stage.lines, 1),
                              "predicted_cycles": round(stage.cycles, 1)}
                             for stage in self.stages.values()]
        return out


def stage_name(number, names):
    name = names[number % STAGES] if number % STAGES < len(names) else "other"
    return name if number < STAGES else f"kernel, {name}"


def parse(lines, names):
    """Rows, and {space: number of the program}."""
    rows, spaces = [], {}
    for line in lines:
        kind, *words = line.split()
        if kind == "row":
            rows.append(Row(*map(int, words)))
        elif kind == "space":
            spaces[int(words[0], 16)] = None if words[1] == "-" else int(words[1])
        elif kind == "mistakes":
            if words != ["0"]:
                raise plugin.PluginError(f"the model lost track of the guest: {words[0]} accesses went "
                                         "elsewhere (does the kernel use ASIDs, or write satp with a "
                                         "word that it has not loaded?)")
        elif kind in ("sample", "window"):
            (rows[-1].samples if kind == "sample" else rows[-1].windows).append(
                tuple(map(int, words)))
        elif kind == "stage":
            add_stage(rows[-1], names, list(map(int, words)))
        elif kind in ("page", "line"):
            add_thing(rows[-1], kind, words)
        else:
            raise plugin.PluginError(f"the plugin wrote {line!r}")
    return rows, spaces


def add_stage(row, names, numbers):
    number, instructions, pages, lines, *costs = numbers
    windows = max(len(row.windows), 1)
    row.stages[number] = Stage(stage_name(number, names), instructions / row.operations,
                               pages / windows, lines / windows,
                               {name: cost / row.operations for name, cost in zip(COSTS, costs)})


def add_thing(row, kind, words):
    hexes = [int(word, 16) for word in words]
    row.things.append(Thing(kind == "line", hexes[0], hexes[1], hexes[2], hexes[3], hexes[4],
                            hexes[5], hexes[6], int(words[7]) / row.operations))


def join(rows, printed):
    """Give the rows the names that the guest printed, {name: {"instructions": ...}} in order."""
    if len(rows) != len(printed):
        raise plugin.PluginError(f"the plugin saw {len(rows)} rows, the guest printed {len(printed)}")
    for row, (name, said) in zip(rows, printed.items()):
        row.name = name
        if not row.samples or not row.windows:
            raise plugin.PluginError(f"{name}: the plugin saw no complete sample")
        if abs(row.each(0) - said["instructions"]) > JITTER:
            raise plugin.PluginError(f"{name}: the plugin counted {row.each(0):.1f} instructions, "
                                     f"the guest {said['instructions']}")
    return {row.name: row for row in rows}
