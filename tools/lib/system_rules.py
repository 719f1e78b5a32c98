# SPDX-License-Identifier: BSD-2-Clause
"""Rules about a whole system file: what root can hold, and calls that could wait for each other.

Each rule reports to the Checker of system_file.py, at the place that is to be changed.
"""
from system_limits import LIMITS

SYNCHRONOUS = "rendezvous"  # the protocol between thread processes, whose calls block the caller


def check_limits(checker, system):
    """Root's tables hold root, its channel to each process, and each alternative of a device."""
    processes = LIMITS["PROCESSES_MAX"] - 1
    channels = LIMITS["CHANNELS_MAX"] - len(system.processes)
    devices = [device for process in system.processes for device in process.devices]
    if len(system.processes) > processes:
        checker.at(system.processes[processes].node, "name",
                   f"{len(system.processes)} processes, root can hold {processes}: PROCESSES_MAX in "
                   "servers/root/root.h")
    elif len(system.channels) > channels:
        checker.at(system.channels[channels].node, "client",
                   f"{len(system.channels)} channels, root can hold {channels} and its own to each "
                   "process: CHANNELS_MAX in servers/root/root.h")
    if len(devices) > LIMITS["DEVICES_MAX"]:
        checker.at(devices[LIMITS["DEVICES_MAX"]].node, "name",
                   f"{len(devices)} devices, alternatives counted, root can hold {LIMITS['DEVICES_MAX']}: "
                   "DEVICES_MAX in servers/root/root.h")


def check_threads(checker, system):
    """Who takes part in synchronous calls has threads; and there is no memory between them."""
    threads = {process.name: process.threads for process in system.processes} | {"root": False}
    for channel in system.channels:
        if channel.protocol != SYNCHRONOUS:
            continue
        for side in ("client", "server"):
            name = getattr(channel, side)
            if not threads.get(name, True):
                checker.at(channel.node, side, f"a rendezvous joins processes of threads: {name!r} "
                                               "is without 'threads = true'")
        for key in ("region", "dma", "depth"):
            if key in channel.node.data:
                checker.at(channel.node, key, f"a rendezvous has no memory: leave {key!r} out")


def check_circles(checker, system):
    """No circle of synchronous calls, in which each could wait for the next for ever. One error for
    each channel that closes a circle; without those channels there is none."""
    calls = {process.name: [] for process in system.processes}
    for channel in system.channels:
        if channel.protocol == SYNCHRONOUS and {channel.client, channel.server} <= calls.keys() \
                and channel.client != channel.server:
            calls[channel.client].append(channel)
    done = set()
    for first in calls:
        way, rest = [first], [iter(calls[first])]  # those that are being followed
        while way and first not in done:
            channel = next(rest[-1], None)
            if channel is None:
                done.add(way.pop())
                rest.pop()
            elif channel.server in way:
                circle = way[way.index(channel.server):] + [channel.server]
                checker.at(channel.node, "server",
                           f"synchronous calls in a circle: {' -> '.join(circle)} could wait for each "
                           "other for ever; make one of these channels asynchronous, by another protocol")
            elif channel.server not in done:
                way.append(channel.server)
                rest.append(iter(calls[channel.server]))
