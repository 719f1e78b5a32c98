# SPDX-License-Identifier: BSD-2-Clause
"""Devices of a system file on a machine: missing, given twice under different names, in one page."""
import random
import struct
import tempfile
import unittest
from pathlib import Path

import paths
import device_tree
import system_devices
import system_file
from test_authority import process
from test_commands import run


def blob(nodes, cells=2):
    """A flattened tree: a root, a bus with so many cells, and on it nodes (name, {property: bytes})."""
    names, body = b"", b""

    def begin(name):
        return struct.pack(">I", 1) + name.encode() + b"\0" * (4 - len(name) % 4)

    def prop(name, value):
        nonlocal names
        at, names = len(names), names + name.encode() + b"\0"
        return struct.pack(">3I", 3, len(value), at) + value + b"\0" * (-len(value) % 4)

    body += begin("") + begin("soc") + prop("#address-cells", struct.pack(">I", cells))
    body += prop("#size-cells", struct.pack(">I", cells)) + struct.pack(">I", 4)
    for name, properties in nodes:
        body += begin(name) + b"".join(prop(*item) for item in properties.items()) + struct.pack(">I", 2)
    body += struct.pack(">3I", 2, 2, 9)
    head = struct.pack(">10I", 0xd00dfeed, 40 + len(body) + len(names), 40, 40 + len(body), 0, 17, 16, 0,
                       len(names), len(body))
    return head + body + names


def node(address, kinds, count=0x100, **more):
    return (f"node@{address:x}", {"compatible": b"".join(kind.encode() + b"\0" for kind in kinds),
                                  "reg": struct.pack(">2Q", address, count), **more})


def device(kind, name="d", more=""):
    kinds = kind if kind.startswith("[") else f'"{kind}"'
    return f'[[process.device]]\nname = "{name}"\ncompatible = {kinds}\n{more}'


NODES = [node(0x30000000, ["uart", "old-uart"]), node(0x10000000, ["uart", "old-uart"]),
         node(0x20000000, ["timer"], 0x1000), node(0x20001000, ["clock"], 0x100),
         node(0x20001800, ["dog"], 0x100), node(0x5000, ["off"], status=b"disabled\0"),
         node(0x6000, ["virtio,mmio"]), node(0x40000000, ["wide"], 0x3000),
         node(0x40002000, ["inner"], 0x1000)]


def problems(text, nodes=NODES):
    system = system_file.parse(text, "file.toml")
    return list(system_devices.problems(system, device_tree.read(blob(nodes))))


class Devices(unittest.TestCase):
    def assert_refused(self, text, line, words):
        found = problems(text)
        self.assertEqual(len(found), 1, found)
        self.assertEqual(found[0][:2], (line, 14))
        self.assertIn(words, found[0][2])

    def test_read(self):
        nodes = device_tree.read(blob(NODES))
        self.assertEqual([one.name for one in nodes[:3]], ["", "soc", "node@30000000"])
        self.assertEqual(nodes[2].strings("compatible"), ["uart", "old-uart"])
        self.assertEqual([one.registers[0] for one in device_tree.matching(nodes, "old-uart")],
                         [0x10000000, 0x30000000])
        self.assertEqual(device_tree.matching(nodes, "off"), [])
        small = device_tree.read(blob([("x", {"compatible": b"x\0", "reg": struct.pack(">2I", 4, 8)})], 1))
        self.assertEqual(small[2].registers, (4, 8))

    def test_one_each(self):
        self.assertEqual(problems(process("a", device("uart")) + process("b", device("timer"))), [])
        self.assertEqual(problems(process("a", device("uart")) +
                                  process("b", device("old-uart", more="index = 1\n"))), [])

    def test_two_names_of_one(self):
        self.assert_refused(process("a", device("uart", "one")) + process("b", device("old-uart", "two")), 12,
                            "the device 'two' of 'b' (node@10000000) is the device 'one' of 'a' "
                            "(node@10000000), in line 4")
        self.assert_refused(process("a", device("uart") + device("old-uart", "e")), 9, "is the device 'd'")
        self.assert_refused(process("a", device('["none", "uart"]')) + process("b", device("old-uart")), 12,
                            "is the device 'd' of 'a'")

    def test_one_page(self):
        self.assert_refused(process("a", device("clock")) + process("b", device("dog")), 12,
                            "(node@20001800) shares a page of registers with the device 'd' of 'a'")
        self.assert_refused(process("a", device("wide")) + process("b", device("inner")), 12, "shares a page")

    def test_missing(self):
        self.assert_refused(process("a", device("off")), 6, "this machine has no off for the device 'd' of 'a'")
        self.assert_refused(process("a", device('["x", "y"]')), 6, "has no x or y")
        self.assert_refused(process("a", device("uart", more="index = 2\n")), 6, "has no uart")
        self.assertEqual(problems(process("a", device("off", more="optional = true\n"))), [])

    def test_virtio_slots(self):
        def virtio(kind):
            return device("virtio,mmio", kind, f'virtio = "{kind}"\n')
        self.assertEqual(problems(process("a", virtio("net")) + process("b", virtio("block"))), [])
        self.assertEqual(len(problems(process("a", virtio("net")), NODES[:2])), 1)

    def test_damaged_trees(self):
        """Whatever the file holds, it is read, or refused in words."""
        seed = random.randrange(1 << 32)
        rng, good = random.Random(seed), blob(NODES)
        for _ in range(400):
            bad = bytearray(good[:rng.randrange(len(good))] if rng.random() < 0.3 else good)
            for _ in range(rng.randrange(1, 4)):
                if bad:
                    bad[rng.randrange(len(bad))] = rng.randrange(256)
            try:
                for one in device_tree.read(bytes(bad)):
                    device_tree.matching([one], "uart")
            except device_tree.TreeError:
                pass
            except Exception as error:
                raise AssertionError(f"seed {seed}") from error

    def test_command(self):
        with tempfile.TemporaryDirectory() as folder:
            tree, file = Path(folder, "m.dtb"), paths.ROOT / "system.toml"
            tree.write_bytes(blob([node(0x1000, ["virtio,mmio"]), node(0x3000, ["ns16550a"])]))
            done = run("system", "check", file, "--dtb", tree)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            tree.write_bytes(blob([node(0x3000, ["ns16550a"])]))
            done = run("system", "check", file, "--dtb", tree)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 2))
            self.assertIn("no virtio,mmio for the device 'disk' of 'virtio-blk'", done.stderr)
            tree.write_bytes(b"nothing")
            done = run("system", "check", file, "--dtb", tree)
            self.assertIn(f"tools/system: {tree}: the device tree is damaged", done.stderr)


if __name__ == "__main__":
    unittest.main()
