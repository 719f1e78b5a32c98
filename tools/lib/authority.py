# SPDX-License-Identifier: BSD-2-Clause
"""Who can reach whom in a system, and by which way.

A process makes another run by calling it on a channel, or by calling one that calls on; each way is
the shortest one. A channel is also memory that both ends write, and a wake in each direction, so a
server that lies or stops harms whoever calls it, directly or through others. Root asks every process
without threads for its numbers on the channel "supervisor", which stands in no file: who calls root
reaches the others that way too, and these ways are told apart.
"""
from dataclasses import dataclass

import system_file

ROOT = system_file.ROOT
SUPERVISOR = "stats"  # the protocol of root's channel to each process

LONG = 16  # steps of a way that are printed; of a longer one those at its ends


@dataclass(frozen=True)
class Unit:
    """A device of the file with all its alternatives."""
    owner: str
    name: str
    kinds: tuple  # names of the device tree, best first
    virtio: str
    dma_bytes: int
    optional: bool

    @property
    def masters(self):
        """Whether it reads and writes memory by itself."""
        return bool(self.dma_bytes or self.virtio)

    @property
    def kind(self):
        if self.virtio:
            return f"virtio {self.virtio}"
        more = len(self.kinds) - 1
        return self.kinds[0] + (f" or {more} other{'s' * (more > 1)}" if more else "")


def units(process):
    """The devices of a process, one for each [[process.device]]."""
    tables = {}
    for device in process.devices:
        tables.setdefault(id(device.node), []).append(device)
    kinds = {number: name for name, number in system_file.VIRTIO.items()}
    return [Unit(process.name, rows[0].name, tuple(row.compatible for row in rows),
                 kinds.get(rows[0].virtio, ""), rows[0].dma_bytes, rows[-1].optional)
            for rows in tables.values()]


class Authority:
    """The graph of a checked system."""

    def __init__(self, system):
        self.system = system
        self.processes = {process.name: process for process in system.processes}
        self.names = [*self.processes, ROOT]
        self.units = {name: units(process) for name, process in self.processes.items()} | {ROOT: []}
        self.calls = {name: [] for name in self.names}  # client -> (protocol, server)
        self.callers = {name: [] for name in self.names}  # server -> (protocol, client)
        for channel in system.channels:
            self.calls[channel.client].append((channel.protocol, channel.server))
            self.callers[channel.server].append((channel.protocol, channel.client))
        self.cache = {}

    @staticmethod
    def spread(found, todo, steps):
        """Add to {name: (protocol, from whom)} whom the steps lead to from `todo`, nearest first."""
        for name in todo:  # it grows
            for protocol, peer in steps[name]:
                if peer not in found:
                    found[peer] = protocol, name
                    todo.append(peer)
        return found

    def reached(self, name):
        """{whom it can make run: (protocol, from whom)} by the channels of the file."""
        if name not in self.cache:
            found = self.spread({name: None}, [name], self.calls)
            del found[name]
            self.cache[name] = found
        return self.cache[name]

    def reached_by_root(self, name):
        """The same for those whom only root's channels lead to."""
        known = {name: None} | self.reached(name)
        found = dict(known)
        if ROOT in found:
            todo = [process.name for process in self.system.processes
                    if not process.threads and process.name not in found]
            found |= {peer: (SUPERVISOR, ROOT) for peer in todo}
            self.spread(found, todo, self.calls)
        return {peer: step for peer, step in found.items() if peer not in known}

    def way(self, name, peer):
        """How `name` reaches a peer: [(protocol, to whom)]."""
        found = self.reached(name)
        if peer != name and peer not in found:
            found = found | self.reached_by_root(name)
        way = []
        while peer != name:
            protocol, before = found[peer]
            way.append((protocol, peer))
            peer = before
        return way[::-1]

    def harmed_by(self, name):
        """Names of those who are harmed when it lies or stops: its clients, and theirs."""
        found = self.spread({name: None}, [name], self.callers)
        del found[name]
        return list(found)

    def devices(self, name):
        """Its own devices, and those whose drivers it reaches by the file's channels: Units."""
        return [unit for owner in (name, *self.reached(name)) for unit in self.units[owner]]

    def shared(self, name):
        """[(peer, channel)] of memory that it and a peer write."""
        return [(channel.server if channel.client == name else channel.client, channel)
                for channel in self.system.channels
                if name in (channel.client, channel.server) and channel.protocol != "rendezvous"]


def size_text(count):
    """Bytes as the file would write them."""
    for unit, bytes_ in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count and count % bytes_ == 0:
            return f"{count // bytes_} {unit}"
    return f"{count} bytes"


def way_text(graph, name, peer):
    steps = [f" -[{protocol}]-> {step}" for protocol, step in graph.way(name, peer)]
    if len(steps) > LONG:
        steps[LONG // 2:-LONG // 2] = [f" -> ({len(steps) - LONG} between)"]
    return name + "".join(steps)


def memory_rows(graph, name):
    rows = []
    for peer, channel in graph.shared(name):
        region = f", region of {size_text(channel.region_bytes)}" if channel.region_bytes else ""
        rows.append((peer, f"{channel.protocol}: rings of {channel.depth} messages{region}"))
    masters = [unit.name for unit in graph.units[name] if unit.masters]
    return rows + [("everybody", f"by DMA of the device {unit}: nothing checks its addresses")
                   for unit in masters]


def sections_of_process(process):
    """What one may do that leads to no peer."""
    out = []
    if process.untyped_bytes:
        out.append(f"makes kernel objects of {size_text(process.untyped_bytes)}")
    if process.debug:
        out.append("prints on the firmware's console")
    return out


def sections(graph, name):
    """[(title, [(whom, why)])]."""
    harmed = [(client, way_text(graph, client, name)) for client in graph.harmed_by(name)]
    if name == ROOT:
        harmed = [("everybody", "it makes and stops them")]
    return [
        ("makes run", [(peer, way_text(graph, name, peer)) for peer in graph.reached(name)]),
        ("makes run, for root asks all for their numbers",
         [(peer, way_text(graph, name, peer)) for peer in graph.reached_by_root(name)]),
        ("drives devices", [(unit.name, f"{way_text(graph, name, unit.owner)} -> {unit.kind}")
                            for unit in graph.devices(name)]),
        ("shares memory with", memory_rows(graph, name)),
        ("harms, if it lies or stops", harmed),
    ]


def reach_text(graph, name):
    """What one process reaches, and why, for people."""
    process = graph.processes.get(name)
    if process:
        out = [f"{name}: priority {process.priority}, ceiling {process.ceiling}"]
        out += [f"  {title}" for title in sections_of_process(process)]
    else:
        out = [f"{name}: makes and stops every process, and holds every right"]
    for title, rows in sections(graph, name):
        wide = max((len(left) for left, _ in rows), default=0)
        out += [f"  {title}"] * bool(rows)
        out += [f"    {left:<{wide}}  {right}" for left, right in rows]
    return "\n".join(out)
