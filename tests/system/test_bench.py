# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark as an image for a board: no disk, no network, its table on the console, an end."""
import json
import re

import harness
import bench
from test_platforms import FIRMWARES, PlatformTest

SHORT = {"async_call_2", "async_call_4", "async_call_16"}  # rows that only tools/bench measures
BUDGET = 30_000_000  # instructions, from reset to the end, firmware included


class Bench(PlatformTest):
    def rows(self, text):
        return {row[1]: [int(value) for value in row.groups()[1:]]
                for row in map(bench.ROW.search, text.splitlines()) if row}

    def wanted(self, without=()):
        baseline = json.loads((harness.ROOT / "apps/bench/baseline.json").read_text())
        return {row["name"] for row in baseline} - SHORT - set(without)

    def check(self, rows):
        for name, (least, median, least_cycles, median_cycles) in rows.items():
            self.assertTrue(0 < least <= median, name)
            self.assertTrue(0 < least_cycles <= median_cycles, name)

    def test_on_the_console(self):
        for platform in ("qemu-virt", "rocket-chip"):
            image, _ = self.make_image(platform, "bench")
            for name, bios in FIRMWARES.items():
                with self.subTest(platform=platform, firmware=name):
                    self.check_console(image, bios)

    def check_console(self, image, bios):
        guest = self.start(image=image, bios=bios, port=None, memory="128M", icount=True)
        self.assertEqual(guest.wait_exit(), 0)
        guest.reader.join()
        rows = self.rows(guest.text())
        self.assertEqual(set(rows), self.wanted())
        self.check(rows)
        spent = re.search(r"bench: done: (\d+) instructions and (\d+) cycles since reset",
                          guest.text())
        self.assertLess(int(spent[1]), BUDGET)
        self.assertLess(int(spent[2]), BUDGET)

    def test_on_sifive_u(self):
        """No alarm device, and a machine that cannot switch itself off."""
        image, _ = self.make_image("sifive_u", "bench")
        guest = self.start(image=image, port=None, memory="128M", icount=True, machine="sifive_u",
                           smp=2)
        text = guest.wait_for("cannot switch itself off")
        rows = self.rows(text)
        self.assertEqual(set(rows), self.wanted(["irq_to_user"]))
        self.check(rows)
        self.assertRegex(text, r"irq_to_user +not measured: no alarm device")
        self.assertIn("bench: done: ", text)


if __name__ == "__main__":
    harness.main()
