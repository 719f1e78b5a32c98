# SPDX-License-Identifier: BSD-2-Clause
"""Warnings of a system file: what is allowed, and probably not meant."""
from system_limits import LIMITS

import system_rules


def place(table, key):
    node = table.data.get(key, table)
    return node.line, node.column


def alone(system):
    """Processes that nobody reaches and that reach nothing."""
    ends = {name for channel in system.channels for name in (channel.client, channel.server)}
    for process in system.processes:
        if process.name not in ends and not (process.devices or process.debug or process.untyped_bytes):
            yield *place(process.node, "name"), (
                f"{process.name!r} reaches nobody and nobody reaches it: give it a [[channel]] or a "
                "[[process.device]], or leave it out")


def slow_servers(system):
    """Calls that wait longer than their client's priority lets one expect."""
    processes = {process.name: process for process in system.processes}
    for channel in system.channels:
        client, server = processes.get(channel.client), processes.get(channel.server)
        if not client or not server:
            continue
        synchronous = channel.protocol == system_rules.SYNCHRONOUS
        best = server.priority if synchronous else channel.ceiling
        if best > client.priority:
            key = "priority" if synchronous else "ceiling"
            yield *place(channel.node, "server"), (
                f"{channel.server!r} answers {channel.client!r} at priority {best} at best, worse than the "
                f"client's {client.priority}: its calls wait behind all between; give the server a {key} "
                f"of {client.priority} or better (0 is the highest)")


def high_ceilings(system):
    """Ceilings that neither the process nor anybody that it talks to has a use for."""
    processes = {process.name: process for process in system.processes}
    peers = {name: [] for name in processes}
    for channel in system.channels:
        for name, peer in ((channel.client, channel.server), (channel.server, channel.client)):
            if name in peers and peer in processes:
                peers[name].append(processes[peer].ceiling)
    for process in system.processes:
        needed = min(process.priority, *peers[process.name], process.priority)
        if process.ceiling < needed:
            yield *place(process.node, "ceiling"), (
                f"the ceiling {process.ceiling} of {process.name!r} is better than its priority and all that "
                f"it talks to need: {needed} would do, and it could take less time from others")


def many_clients(system):
    """Clients of root's protocol that root does not serve."""
    clients = [channel for channel in system.channels
               if channel.server == "root" and channel.protocol == "system"]
    for channel in clients[LIMITS["CLIENTS_MAX"]:]:
        yield *place(channel.node, "server"), (
            f"root serves only {LIMITS['CLIENTS_MAX']} clients of the protocol \"system\" (CLIENTS_MAX in "
            f"servers/root/system_server.c): {channel.client!r} will wait for ever")


def warnings(system):
    """(line, column, text) of a checked system, in the order of the file."""
    return sorted(hint for rule in (alone, slow_servers, high_ceilings, many_clients)
                  for hint in rule(system))
