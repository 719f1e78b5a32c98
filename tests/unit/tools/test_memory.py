# SPDX-License-Identifier: BSD-2-Clause
"""What the plugin is told of the benchmark, and what is made of its answer."""
import struct
import unittest

import paths  # noqa: F401
import memory
import memory_names
import memory_rows
import plugin

STAMPS = """
  100010:\tc00027f3          \trdcycle\ta5
  100014:\tc0202773          \trdinstret\ta4
  100020:\tc0202673          \trdinstret\ta2
  100024:\tc00026f3          \trdcycle\ta3
  100040:\tc0202673          \trdinstret\ta2
"""
ANSWER = """row 4 2
sample 100 300
sample 200 400
window 3 5 1
window 4 6 2
window 5 7 3
stage 1 180 6 9 180 10 0 0 0 0 0 0
stage 33 120 3 3 120 0 4 0 0 0 26 0
page 0 8000000000000001 100000 0 100010 100010 2 4
page 1 0 ffffffc080000000 2 ffffffc080001000 ffffffff80200010 200000000 0
line 0 0 80001000 0 100010 100010 2 1
line 1 0 80002040 0 ffffffc080002040 ffffffff80200010 200000000 2
line 2 0 80003000 0 100010 100010 2 0
line 1 0 8000a040 0 100010 100010 2 0
line 1 0 8000b040 0 100010 100010 2 0
line 2 0 8000c040 0 100010 100010 2 0
line 2 0 8000d040 0 100010 100010 2 0
line 2 0 80002040 0 100010 100010 2 0
line 1 0 8000e040 0 100010 100010 2 0
space 8000000000000001 0
space 8000000000000002 -
""".splitlines()


def program(*marks, name="p", code=b"ab"):
    return memory.Program(name, "/no/file", 0x100000, code, [memory.Mark(*mark) for mark in marks])


class Memory(unittest.TestCase):
    def test_hash(self):
        self.assertEqual(memory.fnv(b""), 0xcbf29ce484222325)
        self.assertEqual(memory.fnv(b"a"), 0xaf63dc4c8601ec8c)

    def test_marks(self):
        data = struct.pack("<Q", 0x100010) + b"operation\0" + struct.pack("<Q", 0x100020) + b"stage x y\0"
        self.assertEqual(memory.parse_marks(data), [memory.Mark(0x100010, "operation"),
                                                    memory.Mark(0x100020, "stage x y")])
        self.assertEqual(memory.parse_marks(b""), [])

    def test_stamps(self):
        """A stamp that starts ends with the instructions; the last one here is no stamp."""
        self.assertEqual(memory.parse_stamps(STAMPS)[:2],
                         [memory.Mark(0x100018, "start"), memory.Mark(0x100020, "stop")])
        self.assertEqual(memory.parse_stamps("  10:\tc0202673  \trdinstret\ta2\n"), [])

    def test_layout(self):
        programs = [program((0x100000, "entry waits")), program((0x100004, "stage works"),
                                                                (0x100002, "row"))]
        names = memory.stage_names(programs)
        self.assertEqual(names, ["other", "waits", "works"])
        code = f"{memory.fnv(b'ab'):x}"
        self.assertEqual(memory.layout(programs, names, ["null_call", "async_call_8"]).splitlines(),
                         [f"program 100000 100002 {code} 1", f"program 100000 100002 {code} 0",
                          "mark 1 100004 6 2", "mark 1 100002 5 0", "together 1", "together 8"])
        with self.assertRaisesRegex(plugin.PluginError, "unknown mark 'nonsense'"):
            memory.layout([program((1, "nonsense"))], ["other"], [])
        with self.assertRaisesRegex(plugin.PluginError, "more than 31 stages"):
            memory.stage_names([program(*((i, f"stage {i}") for i in range(32)))])

    def test_answer(self):
        rows, spaces = memory_rows.parse(ANSWER, ["other", "works"])
        row, = memory_rows.join(rows, {"async_call_2": {"instructions": 50}}).values()
        self.assertEqual((row.each(0), row.each(1)), (50, 150))
        self.assertEqual(row.as_json(), {
            "pages": 4, "lines": 6, "table_lines": 2, "predicted_cycles": 150, "stages": [
                {"name": "works", "instructions": 45, "pages": 2, "lines": 3, "predicted_cycles": 47.5},
                {"name": "kernel, works", "instructions": 30, "pages": 1, "lines": 1,
                 "predicted_cycles": 37.5}]})
        self.assertEqual(spaces, {0x8000000000000001: 0, 0x8000000000000002: None})
        self.assertEqual([thing.set for thing in row.things if thing.line][:3], [0, 1, 0])
        self.assertEqual(memory_names.crowded(row), ["async_call_2: lines of data and page tables where more "
                                               "than 4 want a set: set 1: 6"])

    def test_answer_that_is_not_understood(self):
        with self.assertRaisesRegex(plugin.PluginError, "'nonsense 1'"):
            memory_rows.parse(["nonsense 1"], [])
        memory_rows.parse(["mistakes 0"], [])
        with self.assertRaisesRegex(plugin.PluginError, "lost track of the guest: 3 accesses"):
            memory_rows.parse(["mistakes 3"], [])
        with self.assertRaisesRegex(plugin.PluginError, "saw 1 rows, the guest printed 0"):
            memory_rows.join([memory_rows.Row(1, 1)], {})
        with self.assertRaisesRegex(plugin.PluginError, "a: the plugin saw no complete sample"):
            memory_rows.join([memory_rows.Row(0, 1)], {"a": {"instructions": 1}})
        with self.assertRaisesRegex(plugin.PluginError, "a: the plugin counted 90.0 instructions, the guest 50"):
            memory_rows.join([memory_rows.Row(1, 1, [(90, 90)], [(1, 1, 1)])], {"a": {"instructions": 50}})


if __name__ == "__main__":
    unittest.main()
