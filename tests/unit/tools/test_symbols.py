# SPDX-License-Identifier: BSD-2-Clause
"""Functions and instructions from what binutils print."""
import unittest

import paths  # noqa: F401
import symbols

READELF = """
Symbol table '.symtab' contains 9 entries:
   Num:    Value          Size Type    Bind   Vis      Ndx Name
     0: 0000000000000000     0 NOTYPE  LOCAL  DEFAULT  UND
     1: ffffffff80200000     0 SECTION LOCAL  DEFAULT    1 .text
     2: ffffffff80200000     0 NOTYPE  GLOBAL DEFAULT    1 _start
     3: ffffffff80200010    32 FUNC    LOCAL  DEFAULT    1 walk.isra.0
     4: ffffffff80200018     0 NOTYPE  LOCAL  DEFAULT    1 inner
     5: ffffffff80200030    16 FUNC    GLOBAL DEFAULT    1 last
     6: ffffffff80200050    48 OBJECT  LOCAL  DEFAULT    1 rows
     7: 0000000000000040     0 NOTYPE  LOCAL  DEFAULT  ABS constant
     8: ffffffff80200012     0 NOTYPE  LOCAL  DEFAULT    1 $x
"""
OBJDUMP = """
ffffffff80200010 <walk.isra.0>:
ffffffff80200010:\t1141                \taddi\tsp,sp,-16
ffffffff80200012:\t00000297          \tauipc\tt0,0x0
ffffffff80200016:\t8082                \tret
\t...
"""


class Symbols(unittest.TestCase):
    def setUp(self):
        self.symbols = symbols.Symbols(symbols.parse_functions(READELF))

    def test_functions(self):
        names = [function.name for function in self.symbols.functions]
        self.assertEqual(names, ["_start", "walk", "inner", "last"])
        self.assertEqual(self.symbols.functions[0].end, 0xffffffff80200010)

    def test_find(self):
        base = 0xffffffff80200000
        self.assertEqual(self.symbols.name(base), "_start")
        self.assertEqual(self.symbols.name(base + 0x17), "walk")
        self.assertEqual(self.symbols.name(base + 0x1f), "inner")
        self.assertEqual(self.symbols.name(base + 0x3f), "last")
        self.assertIsNone(self.symbols.find(base + 0x40))
        self.assertIsNone(self.symbols.find(base + 0x50))
        self.assertIsNone(self.symbols.find(base - 1))
        self.assertEqual(self.symbols.name(0x40), "0x40")

    def test_matching_is_of_whole_names(self):
        self.assertEqual([f.name for f in self.symbols.matching("l[a-z]+|wal")], ["last"])

    def test_instructions(self):
        self.assertEqual(symbols.parse_instructions(OBJDUMP),
                         [(0xffffffff80200010, 2), (0xffffffff80200012, 4),
                          (0xffffffff80200016, 2)])

    def test_objects(self):
        base = 0xffffffff80200000
        objects = symbols.Objects(symbols.parse_names(READELF))
        self.assertEqual([objects.name(base + at) for at in (0, 0x12, 0x18, 0x50, 0x58, 0x100)],
                         ["_start", "walk+0x2", "inner", "rows", "rows+0x8", "rows+0xb0"])
        self.assertEqual(objects.name(0x40), "0x40")
        self.assertTrue(objects.covers(base + 0x20))
        self.assertFalse(objects.covers(base + 0x100))
        self.assertFalse(symbols.Objects({}).covers(0))

    def test_sources(self):
        text = "/a/kernel/ipc/ring.c:12\n??:0\n/a/kernel/sched.h:3 (discriminator 2)\n??:?\n"
        self.assertEqual(symbols.parse_sources([1, 2, 3, 4], text),
                         {1: "ipc/ring.c:12", 3: "kernel/sched.h:3"})

    def test_no_file(self):
        with self.assertRaisesRegex(symbols.SymbolsError, "/no/file"):
            symbols.Symbols.of("/no/file")


if __name__ == "__main__":
    unittest.main()
