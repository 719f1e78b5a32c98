# SPDX-License-Identifier: BSD-2-Clause
"""What the rows of the benchmark touch, and the cycles that a model of a Rocket core predicts.

Boots the benchmark under tools/plugin in the mode `memory`, with ASIDs off, as on that core. This
part tells the plugin which code belongs to which program and where the marks of apps/bench are;
memory_rows.py reads the answer, memory_names.py shows it. tools/plugin/rocket.h states the model.
"""
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import elf
import memory_names
import memory_rows
import plugin
import symbols

SECTION = ".heddle_marks"
KINDS = ("start", "stop", "operation", "sample", "forget", "row", "stage")
ENTRY = "entry"  # a mark for this part only
RAM_BYTES = 256 << 20  # of qemu.Machine
COUNTER = re.compile(r"\s*([0-9a-f]+):\s+[0-9a-f]{8}\s+(rdinstret|rdcycle)\s")
HASH_START, HASH_PRIME = 0xcbf29ce484222325, 0x100000001b3


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
    if len(names) > memory_rows.STAGES:
        raise plugin.PluginError(f"the benchmark marks more than {memory_rows.STAGES - 1} stages")
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
        flight = memory_rows.IN_FLIGHT.match(name)
        out.append(f"together {flight[1] if flight else 1}")
    return "\n".join(out) + "\n"


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


def measure(image, plugin_path, guard, measured, read_row):
    """Boot the image. measured: the names of its rows, in their order; read_row: what makes (name,
    columns) of a line of the console, or None. Value: memory_names.Report. Raises PluginError."""
    programs, kernel, vdso = read_parts(image, plugin_path)
    boot = Boot(str(plugin_path), str(kernel), guard)
    stages, console = stage_names(programs), []
    lines = plugin.boot(boot, image, [("mode", "memory"), ("ram", f"{RAM_BYTES:x}")],
                        files=[("layout", layout(programs, stages, measured))], output=console)
    rows, spaces = memory_rows.parse(lines, stages)
    said = dict(filter(None, map(read_row, console)))
    names = memory_names.Names(programs, kernel, vdso, spaces)
    return memory_names.Report(memory_rows.join(rows, said), names)
