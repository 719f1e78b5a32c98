# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark's table and its judgement of regressions."""
import tempfile
import unittest
from pathlib import Path

import paths  # noqa: F401
import bench


def rows(**values):
    return {name: {"instructions": value, "instructions_min": value} for name, value in values.items()}


class Bench(unittest.TestCase):
    def test_line(self):
        self.assertEqual(bench.ROW.search("sync: sync_call_0      57      58   59  60").groups(),
                         ("sync_call_0", "57", "58", "59", "60"))
        for line in ("bench: row     instr min  median  cycle min  median", "bench: a 1 2 3",
                     "bench: irq_to_user     not measured: no alarm device here"):
            self.assertIsNone(bench.ROW.search(line))

    def test_table_shows_goal_and_what_is_missing(self):
        measured = rows(a=10, b=20)
        measured["b"].update(pages=9, predicted_cycles=80)
        goals = {"a": {"instructions": 5}, "b": {"pages": 9, "predicted_cycles": 80},
                 "c": {"instructions": 7}}
        goals["b"]["peers"] = {"seL4": 33, "MCS": 44, "seL4 cycles": 55}
        text = bench.table(measured, goals, rows(a=11)).splitlines()
        self.assertIn("over the goal: instructions", text[1])
        self.assertIn("11", text[1])
        self.assertRegex(text[2], r" 33 +44 +9 +- +80 +55$")
        measured["b"]["pages"] = 10
        self.assertIn("over the goal: pages", bench.table(measured, goals, {}))
        self.assertNotIn("over", text[2])
        self.assertIn("not measured", text[3])

    def test_regressions_name_the_row(self):
        found = bench.regressions(rows(a=100, b=102, d=1), rows(a=100, b=100, c=5))
        self.assertEqual([line.split(":")[0] for line in found], ["b", "c"])
        self.assertEqual(bench.regressions(rows(a=101, b=50), rows(a=100, b=60)), [])

    def test_regressions_name_the_stage(self):
        def row(works, waits, pages=5):
            return {"async_call_1": {
                "instructions": 10, "pages": pages, "predicted_cycles": works + waits, "stages": [
                    {"name": "works", "predicted_cycles": works, "pages": 1},
                    {"name": "waits", "predicted_cycles": waits, "pages": pages - 1}]}}
        self.assertEqual(bench.regressions(row(103, 100), row(100, 100)), [])
        self.assertEqual(bench.regressions(row(110, 101), row(100, 100)),
                         ["async_call_1: was 200 predicted cycles, now 211 (works 100 -> 110)"])
        self.assertEqual(bench.regressions(row(100, 100, 6), row(100, 100)),
                         ["async_call_1: was 5 pages, now 6 (waits 4 -> 5)"])
        self.assertEqual(bench.regressions(row(100, 100), rows(async_call_1=10)), [])
        more, before = row(100, 100), row(100, 100)
        for rows_, instructions in ((before, 5), (more, 9)):
            rows_["async_call_1"]["instructions"] = 2 * instructions
            rows_["async_call_1"]["stages"][1]["instructions"] = instructions
        self.assertEqual(bench.regressions(more, before),
                         ["async_call_1: was 10 instructions, now 18 (waits 5 -> 9)"])
        other = {"page_map": row(100, 200)["async_call_1"]}
        self.assertEqual(bench.regressions(other, {"page_map": row(1, 1)["async_call_1"]}), [])

    def test_file_of_rows(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "rows.json")
            path.write_text('[{"name": "a", "instructions": 5}]')
            self.assertEqual(bench.read_rows(path)["a"]["instructions"], 5)
            for bad in ('{"a": {"value": 5}}', '[{"name": "a"}]', "[1]", "1", "["):
                path.write_text(bad)
                with self.assertRaisesRegex(SystemExit, "tools/bench: .*rows.json"):
                    bench.read_rows(path)


if __name__ == "__main__":
    unittest.main()
