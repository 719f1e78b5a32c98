# SPDX-License-Identifier: BSD-2-Clause
"""Read and check a system file: which processes there are, and what each of them may reach.

Every error names its place as FILE:LINE:COLUMN; all errors of a file are reported together.
tools/README.md explains the keys.
"""
import difflib
import re
from dataclasses import dataclass, field
from pathlib import Path

import abi
import system_rules
import toml_positions

ROOT = "root"  # the process that needs no entry
# "rendezvous" is the kernel's own: synchronous calls between thread processes.
PROTOCOLS = sorted(path.stem for path in
                   (abi.ROOT / "libs/protocol/include/protocol").glob("*.h")) + [system_rules.SYNCHRONOUS]
VIRTIO = {"net": 1, "block": 2, "console": 3, "entropy": 4}  # virtio 1.2 §5: device types
PAGE = 4096
TIMES = {"us": 1, "ms": 1000, "s": 1_000_000}
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
C = abi.constant
HEAP_MAX = (C["CHANNEL_BASE"] - C["DATA_BASE"]) // 2
STACK_MAX = 16 << 20
HARTS = 8  # that the kernel may use: process_harts in microkernel/abi/abi.toml
REGION_MAX = C["DEVICE_BASE"] - C["CHANNEL_BASE"]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class SystemFileError(Exception):
    """One or more errors of a system file; its text is a line for each."""


@dataclass
class Device:
    node: object  # the table in the file, for messages
    name: str
    compatible: str
    virtio: int  # wanted virtio device type; 0: any device with this compatible
    index: int  # which of the devices that match, from 0
    dma_bytes: int
    optional: bool  # where the machine has none, the process goes without


@dataclass
class Process:
    node: object
    name: str
    image: str
    arguments: str
    priority: int
    ceiling: int
    stack_bytes: int
    heap_bytes: int
    coroutines: int
    debug: bool  # may print on the firmware's console
    threads: bool  # runs threads, not coroutines
    untyped_bytes: int = 0  # memory of which it may make kernel objects
    budget_us: int = 0  # of every period; 0: no limit
    period_us: int = 0
    harts: list = field(default_factory=list)  # where it may run; empty: everywhere
    devices: list = field(default_factory=list)


@dataclass
class Channel:
    node: object
    client: str
    server: str
    protocol: str
    name: str  # at the client
    server_name: str  # at the server
    depth: int
    region_bytes: int
    dma: bool  # the server learns the physical address of the region
    ceiling: int  # best priority of the client's messages at the server
    optional: bool  # the client serves without it: an image for a machine without the server's device
    reply_ceiling: int = 0  # and of the server's at the client: the client's own ceiling


@dataclass
class System:
    path: str
    processes: list
    channels: list


class Checker:
    """Turns the tables of one file into a System and collects what is wrong."""

    def __init__(self, path, images):
        self.path, self.images, self.errors = path, images, []
        self.protocols = list(PROTOCOLS)

    def error(self, line, column, message):
        self.errors.append((line, column, message))

    def at(self, table, key, message):
        """An error at the value of a key, or at the table's header where the key is absent."""
        node = table.data.get(key, table)
        self.error(node.line, node.column, message)

    def key_error(self, table, key, message):
        self.error(*table.keys[key], message)

    # ------------------------------------------------------------ single values

    def known_keys(self, table, allowed, where):
        for key in table.data:
            if key not in allowed:
                self.key_error(table, key, f"unknown key {key!r} in {where}{guess(key, allowed)}")

    def get(self, table, key, kind, default=None):
        """The value of a key; default where it is absent or wrong. No default: it must be there."""
        node = table.data.get(key)
        if node is None:
            if default is None:
                self.error(table.line, table.column, f"the key {key!r} is missing here")
            return default
        if node.kind != kind:
            article = "an" if kind[0] in "aeiou" else "a"
            self.at(table, key, f"{key!r} must be {article} {kind}, not {describe(node)}")
            return default
        return node.data

    def name(self, table, key, default=None, longest=31):
        value = self.get(table, key, "string", default)
        if value is not None and key in table.data:
            if not NAME.fullmatch(value):
                self.at(table, key, f"{key} {value!r}: letters, digits, '_', '-' and '.' only")
            elif len(value) > longest:
                self.at(table, key, f"{key} {value!r} is longer than {longest} letters")
        return value

    def text(self, table, key, default, longest):
        value = self.get(table, key, "string", default)
        if value is not None and len(value.encode()) > longest:
            self.at(table, key, f"{key!r} has {len(value.encode())} bytes, at most {longest} are possible")
        return value

    def number(self, table, key, low, high, default=None):
        value = self.get(table, key, "integer", default)
        if key in table.data and value is not None and not low <= value <= high:
            self.at(table, key, f"{key} {value} is out of range: {low} to {high}")
            return default
        return value

    def size(self, table, key, default, low, high):
        """A size such as 4096, "64K" or "1M": whole pages."""
        node = table.data.get(key)
        if node is None:
            return default
        value = node.data if node.kind == "integer" else None
        if node.kind == "string":
            match = re.fullmatch(r"([0-9]+) ?([KMG]?)(?:iB)?", node.data)
            value = int(match.group(1)) * UNITS[match.group(2)] if match else None
        if value is None:
            self.at(table, key, f"{key!r} is no size: write bytes, or a string such as \"256K\" or \"1M\"")
        elif value % PAGE:
            self.at(table, key, f"{key} of {value} bytes is no multiple of {PAGE}")
        elif not low <= value <= high:
            self.at(table, key, f"{key} of {value} bytes is out of range: {low} to {high}")
        else:
            return value
        return default

    def duration(self, table, key, high):
        """Microseconds of a length of time such as "500us" or "10ms"; 0 where it is absent."""
        text = self.get(table, key, "string", "")
        match = re.fullmatch(r"([0-9]+) ?(us|ms|s)", text)
        value = int(match.group(1)) * TIMES[match.group(2)] if match else 0
        if text and not match:
            self.at(table, key, f"{key} {text!r} is no length of time: write \"500us\", \"10ms\" or \"1s\"")
        elif text and not 0 < value <= high:
            self.at(table, key, f"{key} {text!r} is out of range: 1us to {high // TIMES['s']}s")
            return 0
        return value

    def budget(self, table):
        """(budget, period) in microseconds: both, or neither."""
        budget, period = (self.duration(table, key, C["BUDGET_PERIOD_MS_MAX"] * TIMES["ms"])
                          for key in ("budget", "period"))
        for key, other in (("budget", "period"), ("period", "budget")):
            if key in table.data and other not in table.data:
                self.at(table, key, f"{key!r} says nothing without {other!r}: so much time in each period")
        if budget > period > 0:
            self.at(table, "budget", f"a budget of {budget} us is more than its period of {period} us")
        return budget, period

    def harts(self, table):
        """Numbers of harts; none: all."""
        out = []
        for node in self.get(table, "harts", "array", []):
            if node.kind != "integer" or not 0 <= node.data < HARTS:
                self.error(node.line, node.column, "a hart's number is expected, 0 to "
                           f"{HARTS - 1}, not {describe(node)}")
            elif node.data in out:
                self.error(node.line, node.column, f"hart {node.data} is named twice")
            else:
                out.append(node.data)
        if "harts" in table.data and table.data["harts"].kind == "array" and not table.data["harts"].data:
            self.at(table, "harts", "no hart is named: leave the key out for all of them")
        return out

    # ------------------------------------------------------------ tables

    def tables(self, table, key):
        """The entries of an array of tables."""
        node = table.data.get(key)
        if node is None:
            return []
        if node.kind != "tables":
            self.error(node.line, node.column, f"write [[{key}]] for each {key}")
            return []
        return node.data

    def process(self, table):
        self.known_keys(table, ("name", "image", "arguments", "priority", "ceiling", "stack", "heap",
                                "coroutines", "debug", "threads", "untyped", "budget", "period",
                                "harts", "device"),
                        "[[process]]")
        name = self.name(table, "name")
        priority = self.number(table, "priority", 0, C["PRIORITY_COUNT"] - 1)
        ceiling = self.number(table, "ceiling", 0, C["PRIORITY_COUNT"] - 1, priority or 0)
        out = Process(table, name, self.name(table, "image", name or "?"),
                      self.text(table, "arguments", "", 255), priority, ceiling,
                      self.size(table, "stack", 16 << 10, PAGE, STACK_MAX),
                      self.size(table, "heap", 64 << 10, 0, HEAP_MAX),
                      self.number(table, "coroutines", 1, 131071, 64),
                      *(self.get(table, flag, "boolean", False)
                        for flag in ("debug", "threads")),
                      self.size(table, "untyped", 0, PAGE, 64 << 20), *self.budget(table),
                      self.harts(table))
        if out.untyped_bytes & (out.untyped_bytes - 1):
            self.at(table, "untyped", f"untyped of {out.untyped_bytes} bytes is no power of two")
        if priority is not None and priority < ceiling:
            self.at(table, "priority", f"priority {priority} is above the ceiling {ceiling} of "
                                       f"{name!r} (0 is the highest)")
        if name == ROOT:
            self.at(table, "name", "'root' needs no entry: it is always there")
        if name and self.images is not None and out.image not in self.images:
            self.at(table, "image" if "image" in table.data else "name",
                    f"no program {out.image!r}{guess(out.image, self.images)}")
        out.devices = [device for node in self.tables(table, "device")
                       for device in self.alternatives(node)]
        return out

    def alternatives(self, table):
        """The Devices of one table: one for each string of `compatible`, best first. Root gives the
        first that the machine has."""
        self.known_keys(table, ("name", "compatible", "virtio", "index", "dma", "optional"),
                        "[[process.device]]")
        last = self.get(table, "optional", "boolean", False)
        node = table.data.get("compatible")
        if node is None or node.kind != "array":
            return [self.device(table, self.text(table, "compatible", None, 31), last)]
        names = [item.data for item in node.data if item.kind == "string"]
        if not names or len(names) < len(node.data) or max(map(len, names)) > 31:
            self.at(table, "compatible", "'compatible' must hold strings of at most 31 letters")
            return []
        return [self.device(table, name, last or i + 1 < len(names)) for i, name in enumerate(names)]

    def device(self, table, compatible, optional):
        virtio = self.get(table, "virtio", "string", "")
        if virtio and virtio not in VIRTIO:
            self.at(table, "virtio", f"unknown virtio device {virtio!r}{guess(virtio, VIRTIO)}")
        if (compatible == "virtio,mmio") != ("virtio" in table.data):
            self.at(table, "compatible", "the key 'virtio' belongs to compatible = \"virtio,mmio\": "
                                         "both or neither")
        return Device(table, self.name(table, "name"), compatible, VIRTIO.get(virtio, 0),
                      self.number(table, "index", 0, 255, 0),
                      self.size(table, "dma", 0, 0, 64 << 20), optional)

    def channel(self, table):
        self.known_keys(table, ("client", "server", "protocol", "name", "server_name", "depth",
                                "region", "dma", "ceiling", "optional"), "[[channel]]")
        client, server = self.name(table, "client"), self.name(table, "server")
        protocol = self.name(table, "protocol", longest=15)
        if protocol and protocol not in self.protocols:
            self.at(table, "protocol", f"no protocol {protocol!r} in libs/protocol"
                                       f"{guess(protocol, self.protocols)}")
        depth = self.number(table, "depth", 4, 1024, 32)
        if depth & (depth - 1):
            self.at(table, "depth", f"depth {depth} is no power of two")
        out = Channel(table, client, server, protocol, self.name(table, "name", server or "?"),
                      self.name(table, "server_name", client or "?"), depth,
                      self.size(table, "region", 0, 0, REGION_MAX),
                      self.get(table, "dma", "boolean", False),
                      self.number(table, "ceiling", 0, C["PRIORITY_COUNT"] - 1, -1),
                      self.get(table, "optional", "boolean", False))
        if out.dma and not out.region_bytes:
            self.at(table, "dma", "'dma' needs a region")
        return out

    # ------------------------------------------------------------ the whole

    def check_unique(self, items, what):
        """items: (name, table, key)."""
        first = {}
        for name, table, key in items:
            if name in first:
                self.at(table, key, f"{what} {name!r} is given twice, first in line {first[name]}")
            elif name is not None:
                first[name] = table.data.get(key, table).line

    def check_devices(self, system):
        """No device has two owners: a device is what compatible, virtio and index select."""
        owner = {}
        for process in system.processes:
            tables = {id(device.node): device for device in process.devices}.values()
            self.check_unique([(device.name, device.node, "name") for device in tables],
                              f"in {process.name!r} the device")
            for device in process.devices:
                key = (device.compatible, device.virtio, device.index)
                if key in owner and device.compatible:
                    self.at(device.node, "compatible",
                            f"the device {device.compatible!r} is given to {owner[key][0]!r} already, "
                            f"in line {owner[key][1]}")
                owner.setdefault(key, (process.name, device.node.line))

    def check_channels(self, system):
        known = {process.name: process for process in system.processes if process.name}
        for channel in system.channels:
            for side in ("client", "server"):
                peer = getattr(channel, side)
                if peer is not None and peer not in known and peer != ROOT:
                    self.at(channel.node, side, f"no process {peer!r} for this {side}"
                                                f"{guess(peer, [*known, ROOT])}")
            self.check_channel(channel, known)
        for name in [*known, ROOT]:
            ends = [(channel.name, channel.node, "name") for channel in system.channels
                    if channel.client == name]
            ends += [(channel.server_name, channel.node, "server_name")
                     for channel in system.channels if channel.server == name]
            ends += [("supervisor", process.node, "name") for process in system.processes
                     if process.name == name]
            self.check_unique(ends[-1:] + ends[:-1] if name != ROOT else ends,
                              f"in {name!r} the channel name")
            regions = sum(channel.region_bytes for channel in system.channels
                          if name in (channel.client, channel.server))
            if regions > REGION_MAX // 2 and name != ROOT:
                self.at(known[name].node, "name", f"the regions of {name!r} add up to {regions} bytes, "
                                                  f"at most {REGION_MAX // 2} fit its address space")

    def check_channel(self, channel, known):
        if channel.client is not None and channel.client == channel.server:
            self.at(channel.node, "server", f"{channel.client!r} cannot be its own server")
        if ROOT == channel.client:
            self.at(channel.node, "client", "root's own channels (\"supervisor\") are implicit")
        server, client = known.get(channel.server), known.get(channel.client)
        if channel.dma and server and not server.devices:
            self.at(channel.node, "dma", f"{channel.server!r} has no device that could use 'dma'")
        if channel.ceiling < 0:
            channel.ceiling = client.ceiling if client else 0
        if server and server.ceiling is not None:
            if "ceiling" in channel.node.data and channel.ceiling < server.ceiling:
                self.at(channel.node, "ceiling", f"ceiling {channel.ceiling} is above the ceiling "
                                                 f"{server.ceiling} of {channel.server!r}")
            channel.ceiling = max(channel.ceiling, server.ceiling)
        channel.reply_ceiling = client.ceiling if client else 0

    def system(self, root):
        self.known_keys(root, ("protocols", "process", "channel"), "the file")
        for node in self.get(root, "protocols", "array", []):
            if node.kind != "string" or not NAME.fullmatch(node.data):
                self.error(node.line, node.column, f"a protocol's name is expected, not {describe(node)}")
            else:
                self.protocols.append(node.data)
        processes = [self.process(table) for table in self.tables(root, "process")]
        channels = [self.channel(table) for table in self.tables(root, "channel")]
        if not processes:
            self.error(1, 1, "no [[process]]: nothing would run")
        out = System(self.path, processes, channels)
        self.check_unique([(process.name, process.node, "name") for process in processes], "the process")
        self.check_devices(out)
        self.check_channels(out)
        system_rules.check_limits(self, out)
        system_rules.check_threads(self, out)
        system_rules.check_circles(self, out)
        return out


def describe(node):
    kind = {"tables": "array of tables"}.get(node.kind, node.kind)
    return f"the {kind} {node.data!r}" if node.kind in ("string", "integer", "boolean") else f"a {kind}"


def guess(word, known):
    near = difflib.get_close_matches(word, list(known), 1, 0.6)
    return f": did you mean {near[0]!r}?" if near else ""


def parse(text, path, images=None):
    """A System from the text. images: names of the programs that exist; None: not checked."""
    root, syntax = toml_positions.parse(text)
    checker = Checker(str(path), images)
    for error in syntax:
        checker.error(error.line, error.column, error.message)
    system = checker.system(root)
    if checker.errors:
        raise SystemFileError("\n".join(f"{path}:{line}:{column}: {message}"
                                        for line, column, message in sorted(checker.errors)))
    return system


def load(path, images=None):
    """parse() of a file."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise SystemFileError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[:error.start].count(b"\n") + 1
        raise SystemFileError(f"{path}:{line}:1: not UTF-8") from error
    return parse(text, path, images)
