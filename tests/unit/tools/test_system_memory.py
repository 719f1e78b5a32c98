# SPDX-License-Identifier: BSD-2-Clause
"""How much memory a system needs, by hand for a small one; tests/system/test_memory.py asks the
machine itself."""
import re
import tempfile
import unittest
from pathlib import Path

import paths
import system_file
import system_memory
from test_authority import channel, process
from test_commands import run

KIB, MIB = 1 << 10, 1 << 20
SMALL, LARGE = 16 * MIB, 256 * MIB
DMA = '[[process.device]]\nname = "d"\ncompatible = "x"\ndma = "{}"\n'


def need_of(text, memory=SMALL):
    return system_memory.measure(system_file.parse(text, "file.toml"), None, memory)


def number(path, pattern):
    return int(re.search(pattern, (paths.ROOT / path).read_text(encoding="utf-8")).group(1))


class Memory(unittest.TestCase):
    def test_one_process(self):
        """Its stack, heap and tables, a channel to root, objects, page tables."""
        space = need_of(process("a"), 9 * MIB).spaces["a"]
        tables = 32 * 128 + 32 * 2  # 64 coroutines and the statistics' one; timer and channel
        self.assertEqual(space.bytes, {
            "stack": 16 * KIB, "data": 0, "heap": 64 * KIB, "tables": tables, "rounding": 4096 - 64,
            "channels": 4096, "DMA": 0, "untyped": 0,
            "objects": 16 * KIB + 16 * 32 + 128 + 4096 + 128})  # Process, CNode, Timer, startup, bell
        self.assertEqual(len(space.tables), 4)  # 1 GiB; fixed pages and image; stack and heap; channels

    def test_plenty_is_rounded_up(self):
        few, many = (need_of(process("a"), memory).spaces["a"] for memory in (9 * MIB, LARGE))
        self.assertEqual(many.total() - few.total(), 2 * MIB - (16 + 64 + 8) * KIB - 4096)

    def test_what_a_process_asks_for(self):
        """Each key takes what it says, and little more."""
        base = need_of(process("a")).total()
        for more, part, count in (('heap = "6M"\n', "heap", 6 * MIB - 64 * KIB),
                                  ('stack = "1M"\n', "stack", MIB - 16 * KIB),
                                  ('untyped = "256K"\n', "untyped", 256 * KIB),
                                  ("coroutines = 8191\n", "tables", 32 * (8192 - 128)),
                                  (DMA.format("2M"), "DMA", 2 * MIB), ("threads = true\n", "objects", 0)):
            need = need_of(process("a", more))
            self.assertGreaterEqual(need.spaces["a"].bytes[part], count, more)
            self.assertAlmostEqual(need.total() - base, count, delta=64 * KIB, msg=more)

    def test_channels(self):
        """The client pays for rings and region; both ends need tables of pages."""
        two = process("a") + process("b")
        base = need_of(two)
        need = need_of(two + channel("a", "b", more='depth = 1024\nregion = "4M"\n'))
        self.assertEqual(need.spaces["a"].bytes["channels"] - base.spaces["a"].bytes["channels"],
                         4 * MIB + 25 * 4096)
        self.assertEqual(need.spaces["b"].bytes["channels"], base.spaces["b"].bytes["channels"])
        sync = need_of("".join(process(name, "threads = true\n") for name in "ab") +
                       channel("a", "b", "rendezvous"))
        self.assertEqual(sync.spaces["a"].bytes["channels"], 0)

    def test_alternatives_count_once(self):
        one = DMA.format("64K")
        self.assertEqual(need_of(process("a", one)).spaces["a"].bytes["DMA"], 64 * KIB)
        three = one.replace('"x"', '["x", "y", "z"]')
        self.assertEqual(need_of(process("a", three)).total(), need_of(process("a", one)).total())

    def test_it_grows_with_each_process(self):
        before = 0
        for count in (1, 2, 64, 256):
            names = [f"p{i}" for i in range(count)]
            total = need_of("".join(map(process, names))).total()
            self.assertGreater(total, before)
            before = total

    def test_constants_are_those_of_the_sources(self):
        self.assertEqual(system_memory.CO_SLOT, 1 << number(
            "libs/executor/include/executor/executor.h", r"#define CO_SLOT_SHIFT (\d+)"))
        self.assertEqual(system_memory.WAKE_SLOT, number(
            "libs/executor/include/executor/executor.h", r"sizeof\(struct wake_slot\) == (\d+)"))
        self.assertEqual(system_memory.OWN_CAPABILITIES, number(
            "servers/root/process.c", r"#define OWN_CAPABILITIES (\d+)"))
        self.assertEqual(system_memory.MAKER_SLOTS, number(
            "servers/root/process.c", r"#define MAKER_SLOTS +\((\d+) \+") + number(
                "libs/sys/include/sys/startup.h", r"#define STARTUP_EMPTY_SLOTS (\d+)"))
        self.assertEqual(system_memory.CHANNEL_EACH, 64 + 8 * number(
            "libs/ipc/include/ipc/channel.h", r"\(depth\) \* \((\d+) \* sizeof\(uint64_t\)"))
        self.assertEqual(system_memory.SUPERVISOR_DEPTH, number(
            "servers/root/main.c", r"#define SUPERVISOR_DEPTH (\d+)"))

    def test_too_much(self):
        text = process("a") + process("b", 'heap = "24M"\n')
        system = system_file.parse(text, "file.toml")
        for memory, fits in ((SMALL, False), (2 * SMALL, True)):
            found = system_memory.problem(system, system_memory.measure(system, None, memory), memory)
            self.assertEqual(found is None, fits)
        node, text = system_memory.problem(system, need_of(text), SMALL)
        self.assertEqual((node.line, node.column), (4, 1))
        self.assertIn("of 16384 KiB the kernel leaves 12620: most goes to 'b'", text)

    def test_table_adds_up(self):
        lines = system_memory.table(need_of(process("a") + process("b") + channel("a", "b")))
        self.assertEqual([line.split()[0] for line in lines], ["KiB", "a", "b", "root", "together"])
        self.assertEqual({len(line) for line in lines}, {len(lines[0])})
        for line in lines[1:]:
            *parts, total = map(int, line.split()[1:])
            self.assertAlmostEqual(sum(parts), total, delta=len(parts))  # each is rounded up

    def test_command(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "a.toml")
            file.write_text(process("a", 'image = "shell"\nheap = "24M"\n'), encoding="utf-8")
            done = run("system", "check", file, "--memory", "16M", "--guest", folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{folder}: not built: root, shell: their data", done.stderr)
            self.assertIn(f"{file}:1:1: the system needs ", done.stderr)
            done = run("system", "check", file, "--memory", "--guest", folder)
            self.assertEqual(done.returncode, 0)
            self.assertIn(" of 262144 KiB\n", done.stdout)
            self.assertRegex(done.stdout, r"\ntogether +\d+")
            done = run("system", "check", file, "--memory", "12")
            self.assertEqual(done.returncode, 2)
            self.assertIn("'12' is no size such as 64M or 1G", done.stderr)
            Path(folder, "parts.txt").write_text(f"program shell {file}\n", encoding="utf-8")
            done = run("system", "check", file, "--memory", "--guest", folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"tools/system: {folder}: not an ELF file", done.stderr)


if __name__ == "__main__":
    unittest.main()
