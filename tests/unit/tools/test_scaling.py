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
import scaling_harts

HARTS = {("harts", harts, flight): 512 for flight in (1, 32) for harts in (1, 2, 4, 8)} | {
    ("across", 1, 1): 6000}
REAL = {key: (1000.0, 900.0, 1200.0) for key in HARTS}
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
            scaling.write(folder, FLAT, HARTS, REAL)
            listed = json.loads((folder / "scaling.json").read_text(encoding="utf-8"))
            rows = {row["name"]: row["instructions"] for row in listed}
            with open(folder / "scaling.csv", newline="", encoding="utf-8") as file:
                table = list(csv.reader(file))
            drawing = (folder / "scaling.svg").read_text(encoding="utf-8")
        self.assertEqual(rows, {f"{kind}_{number}": cost for kind, line in FLAT.items()
                                for number, cost in line.items()} |
                         {f"{kind}_{harts}_flight_{flight}": cost
                          for (kind, harts, flight), cost in HARTS.items()})
        row = next(row for row in listed if row["name"] == "harts_8_flight_32")
        self.assertEqual((row["ns"], row["ns_low"], row["ns_high"]), (1000, 900, 1200))
        self.assertEqual(row["contended"], scaling_harts.cores() < 8)
        self.assertEqual([row[2] for row in table[1:]], [str(cost) for cost in rows.values()])
        xml.etree.ElementTree.fromstring(drawing)
        for words in ("calls in flight", "coroutines in the executor", "processes", "nanoseconds"):
            self.assertIn(words, drawing)


class Harts(unittest.TestCase):
    def test_judgement(self):
        self.assertEqual(scaling_harts.growth(HARTS, 0.05), [])
        found = scaling_harts.growth(HARTS | {("harts", 8, 32): 600}, 0.05)
        self.assertEqual(found, ["call with 32 in flight: 600 instructions on 8 harts, 512 on one"])

    def test_lines_of_the_guest(self):
        text = "scaling: across 1, in flight 32, round 5: 3424074 instructions, 3424 us, 10080 calls"
        self.assertEqual(scaling_harts.LINE.search(text).groups(),
                         ("across", "1", "32", "3424074", "3424", "10080"))

    def test_interval_holds_the_median_and_narrows(self):
        few, many = [90, 100, 110, 300], [90, 100, 110, 300] * 50
        low, high = scaling_harts.interval(few)
        self.assertTrue(90 <= low <= 105 <= high <= 300)
        again = scaling_harts.interval(many)
        self.assertLess(again[1] - again[0], high - low)

    def test_table_says_what_is_contended(self):
        rows = scaling_harts.table(HARTS, REAL).splitlines()
        self.assertEqual(len(rows), 1 + len(HARTS))
        self.assertEqual("contended" in rows[4], scaling_harts.cores() < 8)


class Plot(unittest.TestCase):
    def test_is_xml_with_every_point(self):
        lines = {"a & b": [(1, 10), (10, 20), (100, 5)], "c": [(1, 0), (100, 7)]}
        text = plot.svg([plot.panel("title", "x", "y", lines)] * 2)
        root = xml.etree.ElementTree.fromstring(text)
        circles = [item for item in root.iter() if item.tag.endswith("circle")]
        self.assertEqual(len(circles), 2 * 3)
        words = {item.text for item in root.iter() if item.tag.endswith("text")}
        self.assertTrue({"title", "x", "y", "a & b", "c", "100", "20"} <= words)

    def test_intervals_are_drawn_and_fit(self):
        text = plot.panel("t", "x", "y", {"a": [(1, 10, 8, 50), (2, 10, 9, 12)]})
        self.assertEqual(text.count('stroke="#888"'), 2)
        self.assertIn(">50<", text)

    def test_ticks_are_round_and_cover(self):
        for highest in (0.3, 1, 7, 99, 353, 60000):
            rows = plot.ticks(highest)
            self.assertGreaterEqual(rows[-1], highest)
            self.assertLessEqual(len(rows), 8)

    def test_one_point_is_a_plot_too(self):
        self.assertIn("circle", plot.panel("t", "x", "y", {"a": [(5, 5)]}))


if __name__ == "__main__":
    unittest.main()
