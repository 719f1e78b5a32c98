# SPDX-License-Identifier: BSD-2-Clause
"""Names for what the benchmark's rows touched, and the views of tools/bench."""
from dataclasses import dataclass

import abi
import memory_rows
import symbols

KERNEL_FROM = 0xffffffc000000000  # all physical memory,
IMAGE_FROM = 0xffffffff00000000  # and the kernel's image
PAGES = ("4K", "2M", "1G")
SPACE_ROOT = (1 << 44) - 1  # of the word that selects an address space: the page of its root table
# Pages of a Process object (microkernel/include/kernel/process.h), from its root table on.
PROCESS = ((-0x2000, "Process"), (-0x1000, "executor page"), (0, "root table"), (0x1000, "call rings"))
BASES = {"VDSO_BASE": "vdso", "GLOBAL_BITMAP_BASE": "bitmap", "EXECUTOR_BASE": "executor page",
         "CALL_RINGS_BASE": "call rings", "STARTUP_BASE": "startup", "IMAGE_BASE": "image",
         "DATA_BASE": "image", "CHANNEL_BASE": "channels", "DEVICE_BASE": "devices"}
PARTS = sorted([(abi.constant[base], name) for base, name in BASES.items()] +
               [(0, "nothing"), (abi.constant["STACK_TOP"] - (32 << 20), "stack")], reverse=True)
EMPTY = 0.05  # instructions: a stage that is not worth a line


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
        head = "".join(f"{cost:>8}" for cost in memory_rows.COSTS)
        out = [f"{name}: for each operation; pages and lines for each {row.together} in flight",
               f"{'':<{width}}  {'instr':>7}{'cycles':>8}{'pages':>7}{'lines':>7}  of which:{head}"]
        for stage in row.stages.values():
            if stage.instructions < EMPTY:
                continue
            costs = "".join(f"{stage.costs[cost]:>8.1f}" for cost in memory_rows.COSTS)
            out.append(f"{stage.name:<{width}}  {stage.instructions:>7.1f}{stage.cycles:>8.1f}"
                       f"{stage.pages:>7.1f}{stage.lines:>7.1f}  {'':>9}{costs}")
        costs = "".join(f"{sum(s.costs[cost] for s in row.stages.values()):>8.1f}" for cost in memory_rows.COSTS)
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
        for kind, title in ((memory_rows.FETCH, "code"), (memory_rows.DATA, "data"), (memory_rows.TABLE, "page table")):
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
            if kind == memory_rows.TABLE:
                what = f"{PAGES[thing.level]} entry, {what}"
            by = "" if kind == memory_rows.FETCH else self.names.of(space, thing.pc)
            out.append(f"  set {thing.set:>2} {thing.address:#012x} {thing.misses:>6.2f}  {what:<40} "
                       f"{by:<36} {self.names.source(space, thing.pc):<24} {'; '.join(stages)}")
        return out


def crowded(row):
    """Sets of the data cache that more lines want than there are ways: they drive each other out."""
    wanted = {}
    for thing in row.things:
        if thing.line and thing.kind != memory_rows.FETCH:
            wanted.setdefault(thing.set, set()).add(thing.address)
    found = [f"set {number}: {len(lines)}" for number, lines in sorted(wanted.items())
             if len(lines) > memory_rows.WAYS]
    return [f"{row.name}: lines of data and page tables where more than {memory_rows.WAYS} want a set: "
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
