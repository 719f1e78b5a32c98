# SPDX-License-Identifier: BSD-2-Clause
"""The judgement on costs that grow, and the plots."""
import csv
import json
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

import paths  # noqa: F401
import plot
import scaling

FLAT = {"flight": {1: 500, 32: 300, 1024: 310}, "coroutines": {1: 90, 10: 50, 100000: 52},
        "processes": {2: 500, 256: 501}}


class Scaling(unittest.TestCase):
    def test_what_stays_the_same_passes(self):
        self.assertEqual(scaling.growth(FLAT), [])

    def test_each_cost_that_grows_is_named(self):
        for kind, number, named in (("flight", 1024, "with 1024 calls in flight, 300 with 32"),
                                    ("coroutines", 100000, "100000 coroutines in the executor"),
                                    ("processes", 256, "256 processes")):
            with self.subTest(kind):
                rows = FLAT | {kind: FLAT[kind] | {number: 600}}
                found = scaling.growth(rows)
                self.assertEqual(len(found), 1)
                self.assertIn(named, found[0])

    def test_rows_that_are_missing_are_no_success(self):
        self.assertEqual(len(scaling.growth({kind: {} for kind in FLAT})), 3)

    def test_what_is_written_holds_every_row(self):
        with tempfile.TemporaryDirectory() as holder:
            folder = Path(holder) / "new/folder"
            scaling.write(folder, FLAT)
            rows = {row["name"]: row["instructions"]
                    for row in json.loads((folder / "scaling.json").read_text(encoding="utf-8"))}
            with open(folder / "scaling.csv", newline="", encoding="utf-8") as file:
                table = list(csv.reader(file))
            drawing = (folder / "scaling.svg").read_text(encoding="utf-8")
        self.assertEqual(rows, {f"{kind}_{number}": cost for kind, line in FLAT.items()
                                for number, cost in line.items()})
        self.assertEqual([row[2] for row in table[1:]], [str(cost) for cost in rows.values()])
        xml.etree.ElementTree.fromstring(drawing)
        for words in ("calls in flight", "coroutines in the executor", "processes"):
            self.assertIn(words, drawing)


class Plot(unittest.TestCase):
    def test_is_xml_with_every_point(self):
        lines = {"a & b": [(1, 10), (10, 20), (100, 5)], "c": [(1, 0), (100, 7)]}
        text = plot.svg([plot.panel("title", "x", "y", lines)] * 2)
        root = xml.etree.ElementTree.fromstring(text)
        circles = [item for item in root.iter() if item.tag.endswith("circle")]
        self.assertEqual(len(circles), 2 * 3)
        words = {item.text for item in root.iter() if item.tag.endswith("text")}
        self.assertTrue({"title", "x", "y", "a & b", "c", "100", "20"} <= words)

    def test_ticks_are_round_and_cover(self):
        for highest in (0.3, 1, 7, 99, 353, 60000):
            rows = plot.ticks(highest)
            self.assertGreaterEqual(rows[-1], highest)
            self.assertLessEqual(len(rows), 8)

    def test_one_point_is_a_plot_too(self):
        self.assertIn("circle", plot.panel("t", "x", "y", {"a": [(5, 5)]}))


if __name__ == "__main__":
    unittest.main()
