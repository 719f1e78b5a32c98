# SPDX-License-Identifier: BSD-2-Clause
"""What the rows of the benchmark touch, and the cycles that a model of a Rocket core predicts.

Boots the benchmark under tools/plugin in the mode `memory`, with ASIDs off, as on that core. This
part tells the plugin which code belongs to which program and where the marks of apps/bench are, and
gives names to what the plugin counted. tools/plugin/rocket.h states the model.
"""
import re
import statistics
import struct
from dataclasses import dataclass, field
from pathlib import Path

import abi
import elf
import plugin
import symbols

SECTION = ".heddle_marks"
KINDS = ("start", "stop", "operation", "sample", "forget", "row", "stage")
ENTRY = "entry"  # a mark for this part only
STAGES = 32  # of user code; as many of the kernel follow
KERNEL_FROM = 0xffffffc000000000
IMAGE_FROM = 0xffffffff00000000
COSTS = ("base", "stall", "switch", "itlb", "dtlb", "icache", "dcache", "tables")
FETCH, DATA, TABLE = range(3)
PAGES = ("4K", "2M", "1G")
SPACE_ROOT = (1 << 44) - 1  # of the word that selects an address space: the page of its root table
# Pages of a Process object (microkernel/include/kernel/process.h), from its root table on.
PROCESS = ((-0x2000, "Process"), (-0x1000, "executor page"), (0, "root table"), (0x1000, "call rings"))
LINE_BYTES, SETS, WAYS = 64, 64, 4
RAM_BYTES = 256 << 20  # of qemu.Machine
BASES = {"VDSO_BASE": "vdso", "GLOBAL_BITMAP_BASE": "bitmap", "EXECUTOR_BASE": "executor page",
         "CALL_RINGS_BASE": "call rings", "STARTUP_BASE": "startup", "IMAGE_BASE": "image",
         "HEAP_BASE": "heap", "CHANNEL_BASE": "channels", "DEVICE_BASE": "devices"}
PARTS = sorted([(abi.constant[base], name) for base, name in BASES.items()] +
               [(0, "nothing"), (abi.constant["STACK_TOP"] >> 1, "stack")], reverse=True)
IN_FLIGHT = re.compile(r"async_call_(\d+)")
COUNTER = re.compile(r"\s*([0-9a-f]+):\s+[0-9a-f]{8}\s+(rdinstret|rdcycle)\s")
EMPTY = 0.05  # instructions: a stage that is not worth a line
JITTER = 8  # instructions: where an interrupt falls
HASH_START, HASH_PRIME = 0xcbf29ce484222325, 0x100000001b3


# ---------------------------------------------------------------- what the plugin must know


@dataclass(frozen=True)
class Mark:
    address: int
    text: str


@dataclass
class Program:
    name: str
    path: str
    start: int  # of its code
    code: bytes
    marks: list


def fnv(data):
    value = HASH_START
    for byte in data:
        value = (value ^ byte) * HASH_PRIME & 0xffffffffffffffff
    return value


def section(data, wanted):
    """The bytes of a section of an ELF64 file; none: b""."""
    table, = struct.unpack_from("<Q", data, 40)
    size, count, names = struct.unpack_from("<HHH", data, 58)
    headers = [struct.unpack_from("<IIQQQQ", data, table + i * size) for i in range(count)]
    strings = headers[names][4] if count else 0
    for header in headers:
        end = data.index(b"\0", strings + header[0])
        if data[strings + header[0]:end].decode() == wanted:
            return data[header[4]:header[4] + header[5]]
    return b""


def parse_marks(data):
    """Of the section: an address of 8 bytes and a text, one after the other."""
    marks, at = [], 0
    while at < len(data):
        end = data.index(b"\0", at + 8)
        marks.append(Mark(*struct.unpack_from("<Q", data, at), data[at + 8:end].decode()))
        at = end + 1
    return marks


def parse_stamps(text):
    """Marks around what a sample measures, from `objdump -d`: the instructions are read last in a
    stamp that starts and first in one that stops, and the cycles next to them."""
    found = [(int(match[1], 16), match[2]) for match in map(COUNTER.match, text.splitlines())
             if match]
    marks = []
    for i, (address, name) in enumerate(found):
        if name != "rdinstret":
            continue
        near = [(abs(other - address), other) for other, kind in found[max(i - 1, 0):i + 2]
                if kind == "rdcycle"]
        if not near:
            continue
        if min(near)[1] < address:
            marks.append(Mark(address + 4, "start"))
        else:
            marks.append(Mark(address, "stop"))
    return marks


def read_program(name, path):
    data = Path(path).read_bytes()
    code = [segment for segment in elf.read(data)[1] if segment.flags & elf.PF_EXECUTE]
    if len(code) != 1:
        raise plugin.PluginError(f"{path}: {len(code)} segments of code, where one was expected")
    marks = parse_marks(section(data, SECTION))
    if marks:
        marks += parse_stamps(symbols.run("objdump", "-d", path))
    return Program(name, str(path), code[0].vaddr, code[0].data, marks)


def read_parts(image, plugin_path):
    """The programs beside the image, and the ELF files of the kernel and the vDSO."""
    folder = Path(image).parent
    for path in (folder / "parts.txt", plugin_path):
        if not Path(path).is_file():
            raise plugin.PluginError(f"no file {path}, without which there is no memory to show: "
                                     "--no-memory leaves it out")
    lines = [line.split(maxsplit=2) for line in (folder / "parts.txt").read_text().splitlines()]
    programs = [read_program(name, path) for kind, name, path in lines if kind == "program"]
    return programs, folder / "microkernel/kernel.elf", folder / "libs/executor/vdso.elf"


def stage_names(programs):
    """Those of all marks; the first is for code that no mark names."""
    names = ["other"]
    for program in programs:
        for mark in program.marks:
            word, _, name = mark.text.partition(" ")
            if word in ("stage", ENTRY) and name not in names:
                names.append(name)
    if len(names) > STAGES:
        raise plugin.PluginError(f"the benchmark marks more than {STAGES - 1} stages")
    return names


def layout(programs, stages, rows):
    """The plugin's layout file. rows: names, in the order in which they are measured."""
    out = []
    for program in programs:
        entries = [mark.text.partition(" ")[2] for mark in program.marks
                   if mark.text.startswith(ENTRY)]
        entry = stages.index(entries[0]) if entries else 0
        out.append(f"program {program.start:x} {program.start + len(program.code):x} "
                   f"{fnv(program.code):x} {entry}")
    for i, program in enumerate(programs):
        for mark in program.marks:
            word, _, name = mark.text.partition(" ")
            if word not in (*KINDS, ENTRY):
                raise plugin.PluginError(f"{program.path}: unknown mark {mark.text!r}")
            if word != ENTRY:
                stage = stages.index(name) if name else 0
                out.append(f"mark {i} {mark.address:x} {KINDS.index(word)} {stage}")
    for name in rows:
        flight = IN_FLIGHT.match(name)
        out.append(f"together {flight[1] if flight else 1}")
    return "\n".join(out) + "\n"


# ---------------------------------------------------------------- what the plugin wrote


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


@dataclass
class Boot:
    """How the machine is booted: what plugin.boot asks for."""
    plugin: str
    kernel: str
    guard: int
    smp: int = 1
    cpu: str | None = None
    append: str = "asid=off"  # the model has no ASIDs
    real_time: bool = False
    in_turn: bool = False


def measure(image, plugin_path, guard, names, read_row):
    """Boot the image. names: of its rows, in the order in which they are measured; read_row: what
    makes (name, columns) of a line of the console, or None. Value: a Report. Raises PluginError."""
    programs, kernel, vdso = read_parts(image, plugin_path)
    boot = Boot(str(plugin_path), str(kernel), guard)
    stages, console = stage_names(programs), []
    lines = plugin.boot(boot, image, [("mode", "memory"), ("ram", f"{RAM_BYTES:x}")],
                        files=[("layout", layout(programs, stages, names))], output=console)
    rows, spaces = parse(lines, stages)
    said = dict(filter(None, map(read_row, console)))
    return Report(join(rows, said), Names(programs, kernel, vdso, spaces))


# ---------------------------------------------------------------- names


class Names:
    """What lies at an address of a space."""

    def __init__(self, programs, kernel, vdso, spaces):
        self.programs, self.spaces = programs, spaces
        self.kernel, self.vdso = symbols.Objects.of(kernel), symbols.Objects.of(vdso)
        self.paths = {"kernel": kernel, "vdso": vdso}
        self.known, self.aliases, self.lines = {}, {}, {}
        for space in spaces:
            root = (space & SPACE_ROOT) << 12
            for page, name in PROCESS:
                self.aliases[root + page] = name, space

    def program(self, space):
        number = self.spaces.get(space)
        return self.programs[number] if number is not None else None

    def space(self, space):
        program = self.program(space)
        return program.name if program else "kernel" if space == 0 else f"space {space:#x}"

    def file(self, space, address):
        """The ELF file that the code at an address is in, or None."""
        if address >= KERNEL_FROM:
            return self.paths["kernel"]
        part = next(name for start, name in PARTS if start <= address)
        program = self.program(space)
        return self.paths["vdso"] if part == "vdso" else program.path if program else None

    def find_sources(self, places):
        """Look up the source lines of (space, address), all at once."""
        files = {}
        for space, address in places:
            files.setdefault(self.file(space, address), set()).add(address)
        for path, addresses in files.items():
            if path:
                found = symbols.sources(path, addresses)
                self.lines.update({(path, address): line for address, line in found.items()})

    def source(self, space, address):
        return self.lines.get((self.file(space, address), address), "")

    def of(self, space, address):
        """The symbol or the part of the address space, with an offset."""
        if address >= IMAGE_FROM:
            return f"kernel {self.kernel.name(address)}"
        if address >= KERNEL_FROM:
            return self.of_physical(address - KERNEL_FROM)
        name, start = next((name, start) for start, name in PARTS if start <= address)
        program = self.program(space)
        if name == "vdso":
            return f"vdso {self.vdso.name(address)}"
        if name == "image" and program:
            if program.name not in self.known:
                self.known[program.name] = symbols.Objects.of(program.path)
            return f"{program.name} {self.known[program.name].name(address)}"
        if name == "stack":
            return f"{self.space(space)} stack top-{abi.constant['STACK_TOP'] - address:#x}"
        return f"{self.space(space)} {name}+{address - start:#x}"

    def of_physical(self, address):
        if self.kernel.covers(address + IMAGE_FROM):
            return f"kernel {self.kernel.name(address + IMAGE_FROM)}"
        known = self.aliases.get(address & ~0xfff)
        if known:
            return f"{self.space(known[1])} {known[0]}+{address & 0xfff:#x}"
        return f"physical {address:#x}"


@dataclass
class Report:
    rows: dict
    names: Names

    def stages(self, name):
        """The table of a row's stages, for each operation."""
        row = self.rows[name]
        width = max(len(stage.name) for stage in row.stages.values())
        head = "".join(f"{cost:>8}" for cost in COSTS)
        out = [f"{name}: for each operation; pages and lines for each {row.together} in flight",
               f"{'':<{width}}  {'instr':>7}{'cycles':>8}{'pages':>7}{'lines':>7}  of which:{head}"]
        for stage in row.stages.values():
            if stage.instructions < EMPTY:
                continue
            costs = "".join(f"{stage.costs[cost]:>8.1f}" for cost in COSTS)
            out.append(f"{stage.name:<{width}}  {stage.instructions:>7.1f}{stage.cycles:>8.1f}"
                       f"{stage.pages:>7.1f}{stage.lines:>7.1f}  {'':>9}{costs}")
        costs = "".join(f"{sum(s.costs[cost] for s in row.stages.values()):>8.1f}" for cost in COSTS)
        out.append(f"{'all':<{width}}  {row.each(0):>7.1f}{row.each(1):>8.1f}"
                   f"{row.touched(0):>7}{row.touched(1):>7}  {'':>9}{costs}")
        return "\n".join(out)

    def touched(self, name):
        """The pages and lines of the row's last window by name."""
        row = self.rows[name]
        pages = [thing for thing in row.things if not thing.line]
        self.names.find_sources((home(row, thing), thing.pc) for thing in row.things)
        out = [f"{name}: {len(pages)} pages (misses: walks for each operation)"]
        for thing in sorted(pages, key=lambda thing: (thing.space, thing.kind, thing.address)):
            out.append(f"  {self.names.space(thing.space):<13} {('fetch', 'data')[thing.kind]:<5} "
                       f"{thing.address:#018x} {PAGES[thing.level]} {thing.misses:>6.2f}  "
                       f"{self.names.of(thing.space, thing.virtual)}")
        for kind, title in ((FETCH, "code"), (DATA, "data"), (TABLE, "page table")):
            out += self.lines(row, kind, title)
        return "\n".join(out + crowded(row))

    def lines(self, row, kind, title):
        lines = [thing for thing in row.things if thing.line and thing.kind == kind]
        out = [f"{row.name}: {len(lines)} {title} lines by L1 set, what they hold, and what touched them "
               "first (misses for each operation)"]
        for thing in sorted(lines, key=lambda thing: (thing.set, thing.address)):
            space = home(row, thing)
            stages = [stage.name for number, stage in row.stages.items() if thing.stages >> number & 1]
            what = self.names.of(space, thing.virtual)
            if kind == TABLE:
                what = f"{PAGES[thing.level]} entry, {what}"
            by = "" if kind == FETCH else self.names.of(space, thing.pc)
            out.append(f"  set {thing.set:>2} {thing.address:#012x} {thing.misses:>6.2f}  {what:<40} "
                       f"{by:<36} {self.names.source(space, thing.pc):<24} {'; '.join(stages)}")
        return out


def crowded(row):
    """Sets of the data cache that more lines want than there are ways: they drive each other out."""
    wanted = {}
    for thing in row.things:
        if thing.line and thing.kind != FETCH:
            wanted.setdefault(thing.set, set()).add(thing.address)
    found = [f"set {number}: {len(lines)}" for number, lines in sorted(wanted.items())
             if len(lines) > WAYS]
    return [f"{row.name}: lines of data and page tables where more than {WAYS} want a set: "
            f"{', '.join(found) or 'none'}"]


def home(row, line):
    """The space of the page that a line lies in, or for which a table's line was read."""
    if line.virtual >= KERNEL_FROM and line.pc >= KERNEL_FROM:
        return 0
    address = line.virtual if line.virtual < KERNEL_FROM else line.pc
    for page in row.things:
        inside = page.address <= address < page.address + (4096 << 9 * page.level)
        if not page.line and page.space and inside and page.stages & line.stages:
            return page.space
    return 0
