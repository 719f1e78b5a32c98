# SPDX-License-Identifier: BSD-2-Clause
"""The judgement of stretches, from what the plugin writes."""
import unittest

import paths  # noqa: F401
import plugin
import stretch
import symbols

KNOWN = symbols.Symbols([symbols.Function("trap_entry", 0x100, 0x200),
                         symbols.Function("sys_long", 0x200, 0x300),
                         symbols.Function("sys_wait", 0x300, 0x400)])
LINES = """boot 0 5000
length 12 3
cause 200 10 2 4000 0 0
first 100 110 200 210 100
block 100 10 1
block 110 5 2
block 200 10 398
cause 300 7 0 9000 8000 1
first 100
block 300 9000 1
cause 0 100 0 50 0 0
first 100
""".splitlines()


class Stretch(unittest.TestCase):
    def setUp(self):
        self.result = stretch.parse(LINES, KNOWN)

    def test_the_most_work_comes_first(self):
        self.assertEqual([cause.name for cause in self.result.causes],
                         ["sys_long", "sys_wait", "(none)"])
        self.assertEqual(self.result.causes[0].first, ["trap_entry", "sys_long", "trap_entry"])
        self.assertEqual(self.result.causes[0].profile, {"trap_entry": 20, "sys_long": 3980})

    def test_table(self):
        text = stretch.table(self.result, 3000, 2)
        self.assertIn("boot of hart 0: 5,000 instructions", text)
        self.assertIn("117 stretches", text)
        self.assertIn("trap_entry > sys_long > trap_entry", text)
        self.assertIn("99.5%  sys_long", text)
        self.assertIn("1 causes more", text)
        self.assertNotIn("longest of sys_wait", text)
        self.assertIn("longest of sys_wait", stretch.table(self.result, 3000, 2, ["sys_wait"]))

    def test_the_walk_is_not_judged(self):
        known = symbols.Symbols([symbols.Function("sys_check", 0x200, 0x300)])
        self.assertEqual(stretch.parse(["cause 200 1 1 90000 0 0"], known).causes, [])

    def test_waiting_is_not_judged(self):
        self.assertEqual(stretch.problems(self.result, 3000),
                         ["sys_long: 4000 instructions with interrupts off, over 3000"])
        self.assertEqual(len(stretch.problems(self.result, 999)), 2)
        self.assertEqual(stretch.problems(self.result, 4000), [])

    def test_garbage(self):
        with self.assertRaisesRegex(plugin.PluginError, "'nonsense 1'"):
            stretch.parse(["nonsense 1"], KNOWN)

    def test_a_kernel_without_poll_point(self):
        with self.assertRaisesRegex(plugin.PluginError, "no function take_interrupt"):
            stretch.parameters(symbols.Symbols([symbols.Function("sys_long", 0x200, 0x300)]), 3000)


if __name__ == "__main__":
    unittest.main()
