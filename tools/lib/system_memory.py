# SPDX-License-Identifier: BSD-2-Clause
"""How much memory a system needs: what root takes for each process, object by object.

This follows servers/root (process.c, image.c, channel.c, space.c) for a machine that has every
device, with one page of registers each. Where memory is scattered root takes small pages instead of
a large one, and one page table more for each; else the sums are what the shell's `mem` says of each
process. All of them together take somewhat more, for memory comes in blocks: `rounding`.
"""
from dataclasses import dataclass, field

import abi
import elf
import image
import system_file
import system_rules

C = abi.constant
PAGE, LARGE = 4096, 2 << 20
OBJECT, THREAD, PROCESS, SLOT = 128, 1 << 10, 16 << 10, 32  # bytes; SLOT: of a CNode
CO_SLOT = WAKE_SLOT = 32  # struct co_slot and wake_slot of libs/executor
STARTUP, STARTUP_CHANNEL, STARTUP_DEVICE = 400, 136, 112  # at most, of libs/sys/include/sys/startup.h
OWN_CAPABILITIES, MAKER_SLOTS = 2, 67  # of servers/root/process.c
SUPERVISOR_DEPTH = 4
CHANNEL, CHANNEL_EACH = 256, 96  # bytes of a channel, and for each message of its depth
FIRMWARE = 2 << 20  # below the kernel
KERNEL, KERNEL_HART = 1140 << 10, 72 << 10  # its tables, and of each hart: stack, trace ring
BLOCK = 16 << 10  # the least of memory.c
PARTS = ("stack", "data", "heap", "tables", "rounding", "channels", "DMA", "untyped", "objects")


def page_up(count):
    return -(-count // PAGE) * PAGE


def power_of_two(number):
    return 1 << max(number - 1, 0).bit_length()


@dataclass
class Space:
    """Bytes that one process takes, by PARTS, and the page tables that its addresses need."""
    bytes: dict = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    tables: set = field(default_factory=set)
    slots: int = 1  # wake slots; the timer's
    channel_next: int = C["CHANNEL_BASE"]
    device_next: int = C["DEVICE_BASE"]

    def add(self, part, count):
        self.bytes[part] += count

    def small(self, address, count):
        """Small pages are mapped there."""
        if count:
            self.tables |= {(0, at) for at in range(address // LARGE, (address + count - 1) // LARGE + 1)}
            self.tables.add((1, address >> 30))

    def area(self, address, count):
        """Large pages and then small ones."""
        self.small(address + count // LARGE * LARGE, count % LARGE)
        if count >= LARGE:
            self.tables.add((1, address >> 30))

    def fresh(self, address, count):
        """Large pages only where one fits."""
        count = page_up(count)
        while count:
            some = min(count, LARGE - address % LARGE)
            self.area(address, some)
            address, count = address + some, count - some

    def place(self, count):
        """A place for a part of a channel."""
        at = page_up(self.channel_next)
        if count >= LARGE:
            at = -(-at // LARGE) * LARGE
        self.channel_next = at + count
        self.area(at, count)

    def total(self):
        return sum(self.bytes.values()) + len(self.tables) * PAGE


@dataclass
class Need:
    """What the system takes: spaces by process name, root's too."""
    spaces: dict
    kernel: int  # at most, with what lies below and in the boot image
    left_out: list  # names of programs whose data is not known
    rounding: int  # at most: what blocks have beyond what is made in them

    def total(self):
        return sum(space.total() for space in self.spaces.values())


def data_bytes(path):
    """Bytes of a program's writable memory, and where its other segments lie: [(address, bytes)]."""
    segments = elf.read(path.read_bytes())[1]
    data = sum(page_up(segment.bytes_memory) for segment in segments if segment.flags & elf.PF_WRITE)
    return data, [(segment.vaddr, page_up(segment.bytes_memory)) for segment in segments
                  if not segment.flags & elf.PF_WRITE]


class Measure:
    """One calculation. built: what image.parts() found, or None."""

    def __init__(self, system, built, memory):
        self.system, self.left_out, self.rounding = system, [], 0
        self.programs = built["program"] if built else {}
        self.spaces = {process.name: Space() for process in system.processes} | {"root": Space()}
        self.kernel = self.measure_kernel(built)
        # A quarter of the memory at most goes to rounding up.
        self.plenty = len(self.spaces) <= max(memory - self.kernel, 0) // 4 // LARGE

    def program(self, name):
        if name in self.programs:
            return data_bytes(self.programs[name])
        if name not in self.left_out:
            self.left_out.append(name)
        return 0, [(C["IMAGE_BASE"], PAGE)]

    def measure_kernel(self, built):
        out = FIRMWARE + KERNEL + system_file.HARTS * KERNEL_HART
        if {"root", *(process.image for process in self.system.processes)} <= self.programs.keys():
            out += len(image.make_of(built, self.system)) + self.program("root")[0]
        return out

    def blocks(self, *counts):
        """Memory of its own for something that is not a process."""
        self.rounding += sum(max(BLOCK, power_of_two(count)) - count for count in counts if count)

    # ------------------------------------------------------------ parts of root's work

    def channel(self, number, depth, region, ends, payer):
        rings = page_up(64 * (27 + 4 * (number % 8)) + CHANNEL + CHANNEL_EACH * depth)
        self.blocks(rings, region)
        self.spaces[payer].add("channels", rings + region)
        for name in ends:
            space = self.spaces[name]
            space.slots += 1
            space.add("objects", OBJECT)
            for count in (rings, region):
                if count:
                    space.place(count)

    def channels(self):
        number = 0
        for process in self.system.processes:
            if not process.threads:
                self.channel(number, SUPERVISOR_DEPTH, 0, ("root", process.name), process.name)
                number += 1
        for channel in self.system.channels:
            if channel.protocol == system_rules.SYNCHRONOUS:
                self.spaces[channel.server].add("objects", 2 * OBJECT)
            else:
                self.channel(number, channel.depth, channel.region_bytes,
                             (channel.client, channel.server), channel.client)
            number += 1

    def objects(self, process):
        space = self.spaces[process.name]
        ends = [channel for channel in self.system.channels
                if process.name in (channel.client, channel.server)]
        capabilities = 1 + 2 * len(ends) + len(process.devices) + OWN_CAPABILITIES
        capabilities += MAKER_SLOTS if process.untyped_bytes else 0
        slots = max(16, power_of_two(capabilities + 1))
        space.add("objects", PROCESS + slots * SLOT + OBJECT + (THREAD if process.threads else 0))
        space.add("untyped", process.untyped_bytes)
        space.slots += bool(process.untyped_bytes)
        space.small(C["EXECUTOR_BASE"], PAGE)
        startup = STARTUP + STARTUP_CHANNEL * (1 + len(ends)) + STARTUP_DEVICE * len(process.devices)
        space.add("objects", page_up(startup))
        space.small(C["STARTUP_BASE"], page_up(startup))

    def devices(self, process):
        space = self.spaces[process.name]
        for device in {id(device.node): device for device in process.devices}.values():
            space.small(space.device_next, PAGE)
            space.device_next += PAGE
            if device.dma_bytes >= LARGE:
                space.device_next = -(-space.device_next // LARGE) * LARGE
            space.area(space.device_next, device.dma_bytes)
            space.device_next += device.dma_bytes
            space.add("DMA", device.dma_bytes)
            self.blocks(device.dma_bytes)
            space.add("objects", OBJECT)
            space.slots += 1

    def private(self, process):
        """Stack, data, heap and tables lie side by side; rounded up to a large page if there is
        plenty of memory."""
        space = self.spaces[process.name]
        data, others = self.program(process.image)
        for address, count in others:
            space.small(address, count)
        space.small(C["VDSO_BASE"], PAGE)
        tables = CO_SLOT * power_of_two(process.coroutines + 1) + WAKE_SLOT * space.slots
        parts = {"stack": process.stack_bytes, "data": data, "heap": process.heap_bytes, "tables": tables}
        large = C["DATA_BASE"] // LARGE * LARGE
        end, stack = C["DATA_BASE"] + data + process.heap_bytes + tables, process.stack_bytes
        if self.plenty or end - large >= LARGE:
            stack = max(stack, C["STACK_TOP"] - large)
        if self.plenty:
            end = max(end, large + LARGE)
        begin = C["STACK_TOP"] - stack
        space.fresh(begin, end - begin)
        for part, count in parts.items():
            space.add(part, count)
        space.add("rounding", page_up(end - begin) - sum(parts.values()))

    def root(self):
        """Its heap grows with the processes; the kernel made its first page tables."""
        space, count = self.spaces["root"], len(self.spaces)
        first = C["DATA_BASE"] + self.program("root")[0]
        heap = (256 + 16 * count) << 10
        tables = CO_SLOT * power_of_two(64 + count) + WAKE_SLOT * (space.slots + 1)  # and the faults'
        space.fresh(first, heap + tables)
        space.add("heap", heap)
        space.add("tables", tables)
        space.add("rounding", page_up(heap + tables) - heap - tables)
        ends = sum(not process.threads for process in self.system.processes) + sum(
            "root" in (channel.client, channel.server) for channel in self.system.channels)
        space.add("objects", 2 * OBJECT + page_up(STARTUP + STARTUP_CHANNEL * ends))
        space.small(C["DEVICE_BASE"], PAGE)  # its window
        space.tables -= {(1, 0), (0, C["DATA_BASE"] // LARGE)}

    def run(self):
        for process in self.system.processes:
            self.devices(process)
        self.channels()
        for process in self.system.processes:
            self.objects(process)
            self.private(process)
        self.root()
        self.rounding += 2 * BLOCK * len(self.spaces)
        return Need(self.spaces, self.kernel, sorted(self.left_out), self.rounding)


def measure(system, built, memory):
    """The Need of a checked system on a machine of so many bytes."""
    return Measure(system, built, memory).run()


def parts_of(guest):
    """What a guest build has; None: there is no build."""
    return image.parts(guest) if (guest / "parts.txt").exists() else None


# ------------------------------------------------------------ for people

def table(need):
    """Lines: KiB of each process by what it is for; "tables" of coroutines and wakes, "pages" of page
    tables."""
    shown = [part for part in PARTS if any(space.bytes[part] for space in need.spaces.values())]
    heads = ["process", *shown, "pages", "all"]
    rows = [[name, *(space.bytes[part] for part in shown), len(space.tables) * PAGE, space.total()]
            for name, space in need.spaces.items()]
    sums = ["together", *(sum(column) for column in list(zip(*rows))[1:])]
    wide = max(len(row[0]) for row in [heads, *rows, sums])
    lines = [f"{'KiB':<{wide}}" + "".join(f"{head:>10}" for head in heads[1:])]
    return lines + [f"{row[0]:<{wide}}" + "".join(f"{-(-count // 1024):>10}" for count in row[1:])
                    for row in [*rows, sums]]


def problem(system, need, memory):
    """(node, text) of what is too much for the machine; None: it fits."""
    left = memory - need.kernel
    wanted = need.total() + need.rounding
    if wanted <= left:
        return None
    most = max(system.processes, key=lambda process: need.spaces[process.name].total())
    return most.node, (
        f"the system needs {-(-wanted // 1024)} KiB; of {memory >> 10} KiB the kernel leaves "
        f"{max(left, 0) >> 10}: most goes to {most.name!r}, {need.spaces[most.name].total() >> 10} KiB; give "
        "it less heap or smaller regions, or the machine more memory")
