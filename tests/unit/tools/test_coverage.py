# SPDX-License-Identifier: BSD-2-Clause
"""The share of instructions that ran, from what the plugin writes."""
import tempfile
import unittest
from pathlib import Path

import paths  # noqa: F401
import coverage
import plugin
import symbols

BASE = 0xffffffff80200000
KNOWN = symbols.Symbols([symbols.Function("whole", BASE, BASE + 8),
                         symbols.Function("half", BASE + 8, BASE + 16),
                         symbols.Function("never", BASE + 16, BASE + 20)])
INSTRUCTIONS = [(BASE + offset, 4) for offset in range(0, 20, 4)]


class Coverage(unittest.TestCase):
    def rows(self, *lines):
        return coverage.reached(coverage.parse(lines), INSTRUCTIONS, KNOWN)

    def test_share(self):
        rows = self.rows(f"ran {BASE + 8:x} 4", f"ran {BASE:x} 4", f"ran {BASE + 4:x} 4")
        self.assertEqual([(row.name, row.ran, row.total) for row in rows],
                         [("whole", 2, 2), ("half", 1, 2), ("never", 0, 1)])
        self.assertEqual(coverage.percent(rows), 60)

    def test_before_translation(self):
        self.assertEqual(coverage.parse(["ran 80200000 8"]), [(BASE, BASE + 8)])

    def test_overlaps_and_gaps(self):
        self.assertEqual(coverage.merge([(5, 9), (1, 3), (8, 12), (3, 4)]), [(1, 4), (5, 12)])
        self.assertEqual(coverage.percent(self.rows()), 0)

    def test_table(self):
        text = coverage.table(self.rows(f"ran {BASE:x} 12"), True)
        self.assertIn("3 of 5 instructions of the kernel ran: 60.0 %", text)
        self.assertIn("1  never", text)
        self.assertIn("1  of     2  half", text)

    def test_what_ran_earlier(self):
        with tempfile.TemporaryDirectory() as folder:
            kernel, ran = Path(folder) / "kernel.elf", Path(folder) / "ran"
            kernel.write_bytes(b"one")
            coverage.save(ran, kernel, [(BASE, BASE + 4), (BASE + 8, BASE + 12)])
            self.assertEqual(coverage.saved(ran, kernel), [(BASE, BASE + 4), (BASE + 8, BASE + 12)])
            kernel.write_bytes(b"another")
            with self.assertRaisesRegex(plugin.PluginError, "the same kernel"):
                coverage.saved(ran, kernel)

    def test_garbage(self):
        with self.assertRaisesRegex(plugin.PluginError, "'walked 1 2'"):
            coverage.parse(["walked 1 2"])


if __name__ == "__main__":
    unittest.main()
