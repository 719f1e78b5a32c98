# SPDX-License-Identifier: BSD-2-Clause
"""Print what the kernel's trace rings hold, one event a line.

FILE is the memory of one or more rings, 64 KiB each (as QEMU's pmemsave writes it), or a text with
what the shell's `trace dump` printed, such as a console's transcript. Events of all harts are put in
one order by the clock readings between them; between two of those, time goes by the cycle counter.
"""
import argparse
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import abi

EVENTS = {value: name.removeprefix("TRACE_") for name, value in abi.constant.items()
          if name.startswith("TRACE_") and name not in
          ("TRACE_MAGIC", "TRACE_BYTES", "TRACE_RECORDS", "TRACE_TIME_EVERY")}
RECORDS = abi.constant["TRACE_RECORDS"]
LINE = re.compile(r"^trace record (\d+) (\d+) ([0-9a-f]{16}) ([0-9a-f]{16}) ([0-9a-f]{16}) "
                  r"([0-9a-f]{16})\s*$", re.MULTILINE)
NAME = re.compile(r"^trace name (\d+) (\S+)\s*$", re.MULTILINE)
CLOCK = re.compile(r"^trace clock (\d+)\s*$", re.MULTILINE)
INTERRUPTS = {1: "another hart", 5: "timer", 9: "device"}
CAUSES = {0: "misaligned fetch", 1: "fetch access", 2: "illegal instruction", 3: "breakpoint",
          4: "misaligned load", 5: "load access", 6: "misaligned store", 7: "store access",
          8: "system call", 12: "fetch page", 13: "load page", 15: "store page"}


class TraceError(Exception):
    """A message for the user."""


@dataclass
class Record:
    number: int
    cycles: int
    instructions: int
    task: int
    event: int
    detail: int
    value: int
    us: float = 0.0


@dataclass
class Ring:
    hart: int
    head: int  # records written since boot
    records: list = field(default_factory=list)


@dataclass
class Dump:
    hz: int
    rings: list
    names: dict  # {number of a process: name}

    def task(self, task):
        """How a listing names a task."""
        if not task:
            return "-"
        name = self.names.get(task >> 8, f"process {task >> 8}")
        return f"{name}.{task & 0xff}" if task & 0xff else name


def read_ring(data, offset):
    """A ring from memory; its records that were not overwritten."""
    magic, head, hz, hart, *_ = abi.unpack("trace_header", data, offset)
    if magic != abi.constant["TRACE_MAGIC"]:
        raise TraceError(f"no trace ring at byte {offset:#x}")
    ring, bytes_each = Ring(hart, head), abi.size("trace_record")
    for number in range(max(0, head - RECORDS), head):
        at = offset + abi.size("trace_header") + number % RECORDS * bytes_each
        ring.records.append(Record(number, *abi.unpack("trace_record", data, at)))
    return ring, hz


def read_memory(data):
    rings, hz = [], 0
    if len(data) % abi.constant["TRACE_BYTES"]:
        raise TraceError(f"{len(data)} bytes are no whole number of rings")
    for offset in range(0, len(data), abi.constant["TRACE_BYTES"]):
        ring, hz = read_ring(data, offset)
        rings.append(ring)
    return Dump(hz, rings, {})


def read_text(text):
    """What `trace dump` printed last."""
    text = text.replace("\r", "")
    clocks = list(CLOCK.finditer(text))
    if not clocks:
        raise TraceError("neither trace rings nor the text of `trace dump`")
    text, rings = text[clocks[-1].start():], {}
    for hart, number, *words in LINE.findall(text):
        cycles, instructions, packed, value = (int(word, 16) for word in words)
        ring = rings.setdefault(int(hart), Ring(int(hart), 0))
        ring.records.append(Record(int(number), cycles, instructions, packed & 0xffffffff,
                                   packed >> 32 & 0xffff, packed >> 48, value))
        ring.head = int(number) + 1
    return Dump(int(clocks[-1][1]), list(rings.values()),
                {int(number): name for number, name in NAME.findall(text)})


def read(path):
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from error
    magic = abi.constant["TRACE_MAGIC"].to_bytes(8, "little")
    try:
        return read_memory(data) if data.startswith(magic) else read_text(data.decode(errors="replace"))
    except TraceError as error:
        raise TraceError(f"{path}: {error}") from None


def set_times(dump):
    """Microseconds of every record, since the first clock reading of all."""
    clock = abi.constant["TRACE_TIME"]
    readings = {ring.hart: [(r.cycles, r.value) for r in ring.records if r.event == clock]
                for ring in dump.rings}
    first = min((value for found in readings.values() for _, value in found), default=0)
    for ring in dump.rings:
        found = readings[ring.hart]
        rate = cycles_per_tick(found)
        for record in ring.records:
            base = max((one for one in found if one[0] <= record.cycles), default=found[0] if found
                       else (record.cycles, first))
            ticks = base[1] - first + (record.cycles - base[0]) / rate
            record.us = ticks * 1e6 / max(dump.hz, 1)


def cycles_per_tick(readings):
    if len(readings) < 2 or readings[-1][1] == readings[0][1]:
        return 1.0
    return max((readings[-1][0] - readings[0][0]) / (readings[-1][1] - readings[0][1]), 1e-9)


def interrupts(value):
    return ", ".join(name for bit, name in INTERRUPTS.items() if value >> bit & 1) or f"{value:#x}"


def describe(dump, record):
    """Who did what."""
    task, kind = dump.task(record.task), EVENTS.get(record.event)
    detail, value = record.detail, record.value
    if kind == "SYSTEM_CALL":
        name = abi.system_calls[detail] if detail < len(abi.system_calls) else str(detail)
        return f"{task}: {name}" + (f" of capability {value}" if value else "")
    if kind == "SWITCH":
        return f"{task} runs, priority {detail}, after {dump.task(value)}"
    if kind in ("WAKE", "DOORBELL"):
        return f"{'wake' if kind == 'WAKE' else 'doorbell'} for {task}, slot {detail}, priority {value}"
    if kind == "DELIVER":
        return (f"message for {task}, slot {detail}, request {value & 0xffffffff:#x}, "
                f"label {value >> 32 & 0xffff}, priority {value >> 48 & 0xff}")
    if kind == "INTERRUPT":
        return f"interrupt of {task}: {interrupts(value)}"
    if kind == "FAULT":
        return f"{task} faults: {CAUSES.get(detail, detail)} at {value:#x}"
    if kind == "IDLE":
        return "idle"
    if kind == "TIME":
        return f"the clock shows {value}"
    return f"event {record.event} of {task}: {detail}, {value:#x}"


def listing(dump, clock=False):
    """The lines, times ascending. clock: with the clock readings."""
    out = []
    for ring in dump.rings:
        lost = ring.records[0].number if ring.records else ring.head
        out.append(f"hart {ring.hart}: {ring.head} events, {lost} of them overwritten")
    set_times(dump)
    rows = [(record.us, ring.hart, record.number, record)
            for ring in dump.rings for record in ring.records]
    before = {}
    out.append(f"{'us':>12}  {'hart':>4}  {'instr.':>9}  event")
    for us, hart, _, record in sorted(rows, key=lambda row: row[:3]):
        spent = record.instructions - before.get(hart, record.instructions)
        if record.event != abi.constant["TRACE_TIME"] or clock:
            out.append(f"{us:>12.3f}  {hart:>4}  {'+' + str(spent):>9}  {describe(dump, record)}")
            before[hart] = record.instructions
    return out


def main():
    parser = argparse.ArgumentParser(prog="tools/trace", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE", help="rings or transcript")
    parser.add_argument("--clock", action="store_true", help="list the clock readings as well")
    args = parser.parse_args()
    try:
        print("\n".join(listing(read(args.file), args.clock)))
    except TraceError as error:
        sys.exit(f"tools/trace: {error}")


if __name__ == "__main__":
    main()
