# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark's table and its judgement of regressions."""
import unittest

import paths  # noqa: F401
import bench


def rows(**values):
    return {name: {"value": float(value), "unit": "instructions"} for name, value in values.items()}


class Bench(unittest.TestCase):
    def test_line(self):
        self.assertEqual(bench.ROW.search("bench: null_call 57 instructions").groups(),
                         ("null_call", "57", "instructions"))
        self.assertIsNone(bench.ROW.search("bench: null_call many instructions"))

    def test_table_shows_goal_and_what_is_missing(self):
        text = bench.table(rows(a=10, b=20), {"a": 5, "c": 7}, rows(a=11)).splitlines()
        self.assertIn("over the goal", text[1])
        self.assertIn("11", text[1])
        self.assertNotIn("over", text[2])
        self.assertIn("not measured", text[3])

    def test_regressions_name_the_row(self):
        found = bench.regressions(rows(a=100, b=102, d=1), rows(a=100, b=100, c=5))
        self.assertEqual([line.split(":")[0] for line in found], ["b", "c"])
        self.assertEqual(bench.regressions(rows(a=100.4, b=50), rows(a=100, b=60)), [])


if __name__ == "__main__":
    unittest.main()
