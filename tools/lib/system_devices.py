# SPDX-License-Identifier: BSD-2-Clause
"""The devices of a system file on one machine: each is there, and has one owner.

Names of different kinds may mean one node of the device tree, and two nodes may share a page of
registers; only the tree shows it. What sits in a slot of "virtio,mmio" it does not tell.
"""
import device_tree

PAGE = 4096


def chosen(nodes, alternatives):
    """(device, node) that root gives; None: the machine has none of them."""
    for device in alternatives:
        found = device_tree.matching(nodes, device.compatible)
        if device.index < len(found):
            return device, found[device.index]
    return None


def pages(node):
    address, count = node.registers
    return range(address // PAGE, (address + count - 1) // PAGE + 1)


def problems(system, nodes):
    """(line, column, text) of what root would refuse."""
    owner = {}  # page -> (process, device, node)
    for process in system.processes:
        tables = {}
        for device in process.devices:
            tables.setdefault(id(device.node), []).append(device)
        for alternatives in tables.values():
            value = alternatives[0].node.data["compatible"]
            found = chosen(nodes, alternatives)
            if not found:
                if not alternatives[-1].optional:
                    kinds = " or ".join(device.compatible for device in alternatives)
                    yield value.line, value.column, (
                        f"this machine has no {kinds} for the device {alternatives[0].name!r} of "
                        f"{process.name!r}: another index, or optional = true")
                continue
            device, node = found
            if device.virtio:
                continue
            taken = next((owner[page] for page in pages(node) if page in owner), None)
            if taken:
                name, other, at = taken
                how = "is" if at is node else "shares a page of registers with"
                yield value.line, value.column, (
                    f"the device {device.name!r} of {process.name!r} ({node.name}) {how} the device "
                    f"{other.name!r} of {name!r} ({at.name}), in line {other.node.line}: only one process "
                    "can have it")
            for page in pages(node):
                owner.setdefault(page, (process.name, device, node))
