# SPDX-License-Identifier: BSD-2-Clause
"""The devices of a flattened device tree (Devicetree Specification 0.4, chapter 5), as root sees them:
nodes with registers that are okay, by what they are compatible with.
"""
import struct
from dataclasses import dataclass, field

MAGIC = 0xd00dfeed
BEGIN, END, PROPERTY, NOP, LAST = 1, 2, 3, 4, 9


class TreeError(Exception):
    """The file is no device tree."""


@dataclass
class Node:
    name: str
    properties: dict = field(default_factory=dict)
    parent: object = None

    def cells(self, name, otherwise):
        value = self.properties.get(name, b"")
        return int.from_bytes(value, "big") if len(value) == 4 else otherwise

    def strings(self, name):
        return self.properties.get(name, b"").decode(errors="replace").split("\0")[:-1]

    @property
    def okay(self):
        return "status" not in self.properties or self.strings("status")[:1] in (["okay"], ["ok"])

    @property
    def registers(self):
        """Address and bytes of the first; None: it has none."""
        address = self.parent.cells("#address-cells", 2) if self.parent else 2
        size = self.parent.cells("#size-cells", 1) if self.parent else 1
        value = self.properties.get("reg", b"")
        if not 0 < address <= 2 or size > 2 or len(value) < 4 * (address + size):
            return None
        return (int.from_bytes(value[:4 * address], "big"),
                int.from_bytes(value[4 * address:4 * (address + size)], "big"))


def tokens(data):
    """(BEGIN, name), (PROPERTY, name, value) and (END,) of the structure."""
    magic, total, at, names = struct.unpack_from(">4I", data)
    if magic != MAGIC or total > len(data):
        raise TreeError("not a whole flattened device tree")
    while True:
        token, = struct.unpack_from(">I", data, at)
        at += 4
        if token == BEGIN:
            end = data.index(b"\0", at)
            yield BEGIN, data[at:end].decode(errors="replace")
            at = (end + 4) & -4
        elif token == PROPERTY:
            length, name = struct.unpack_from(">2I", data, at)
            name += names
            yield PROPERTY, data[name:data.index(b"\0", name)].decode(), data[at + 8:at + 8 + length]
            at = (at + 8 + length + 3) & -4
        elif token == END:
            yield (END,)
        elif token == LAST:
            return
        elif token != NOP:
            raise TreeError(f"an unknown token {token} in the device tree")


def read(data):
    """All Nodes of a tree."""
    nodes, current = [], None
    try:
        for token, *rest in tokens(data):
            if token == BEGIN:
                current = Node(rest[0], parent=current)
                nodes.append(current)
            elif current is None:
                raise TreeError("the device tree has something outside of its nodes")
            elif token == PROPERTY:
                current.properties[rest[0]] = rest[1]
            else:
                current = current.parent
    except (struct.error, ValueError) as error:
        raise TreeError("the device tree is damaged") from error
    return nodes


def matching(nodes, compatible):
    """Nodes that are okay and compatible, in the order of their addresses; one for each address."""
    found = {}
    for node in nodes:
        if compatible in node.strings("compatible") and node.okay:
            registers = node.registers
            if registers and registers[1]:
                found.setdefault(registers[0], node)
    return [found[address] for address in sorted(found)]
