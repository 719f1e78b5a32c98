# SPDX-License-Identifier: BSD-2-Clause
"""Choose from a system what some of its processes need, as far as a platform has the devices."""
from dataclasses import replace

import system_file


class SelectionError(Exception):
    """What was asked for cannot be had; its text says why."""


class Selection:
    """One choice; `missing` says of each process that cannot serve on the platform why not."""

    def __init__(self, system, devices):
        """devices: the `compatible` names of the platform."""
        self.system, self.devices = system, devices
        self.processes = {process.name: process for process in system.processes}
        self.missing = {}
        self.find_missing()

    def servers(self, name, optional):
        """Names of the servers of a process, root aside: of channels that are optional, or not."""
        return [channel.server for channel in self.system.channels
                if channel.client == name and channel.optional == optional
                and channel.server != system_file.ROOT]

    def lacks(self, process):
        """Why the process cannot serve; None: it can, as far as is known yet."""
        wanted = {}
        for device in process.devices:
            wanted.setdefault(device.name, []).append(device)
        for name, alternatives in wanted.items():
            if not alternatives[-1].optional and not any(
                    device.compatible in self.devices for device in alternatives):
                kinds = " or ".join(device.compatible for device in alternatives)
                return f"it has no device {kinds} for the {name} of {process.name}"
        for server in self.servers(process.name, optional=False):
            if server in self.missing:
                return self.missing[server]
        return None

    def find_missing(self):
        """A process whose server is missing is missing too: until nothing changes."""
        before = -1
        while before < len(self.missing):
            before = len(self.missing)
            for process in self.system.processes:
                why = self.lacks(process)
                if why and process.name not in self.missing:
                    self.missing[process.name] = why

    def choose(self, names):
        """The System of these processes and of the servers that they need."""
        todo, chosen = list(names), set()
        for name in names:
            if name not in self.processes:
                raise SelectionError(f"no process {name!r} in {self.system.path}"
                                     f"{system_file.guess(name, self.processes)}")
            if name in self.missing:
                raise SelectionError(f"{name} cannot run on this platform: {self.missing[name]}")
        while todo:
            name = todo.pop()
            if name in chosen:
                continue
            chosen.add(name)
            todo += self.servers(name, optional=False)
            todo += [server for server in self.servers(name, optional=True)
                     if server not in self.missing]
        ends = chosen | {system_file.ROOT}
        return replace(
            self.system,
            processes=[process for process in self.system.processes if process.name in chosen],
            channels=[channel for channel in self.system.channels
                      if channel.client in ends and channel.server in ends])

    def left_out(self, chosen):
        """A line for each optional server that the chosen System lacks."""
        names = {process.name for process in chosen.processes}
        return [f"{server} is left out ({client} serves without it): {self.missing[server]}"
                for client in sorted(names) for server in self.servers(client, optional=True)
                if server not in names]
