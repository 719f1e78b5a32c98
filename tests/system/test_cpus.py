# SPDX-License-Identifier: BSD-2-Clause
"""Several virtual CPUs of one process: at the same time on as many harts, and given back."""
import re

import harness

LINES = ("beyond: ", "all hops", "slept on all", "all given back")


class Cpus(harness.SystemTest):
    def run_on(self, harts, **machine):
        """The number of harts that ran its coroutines at once, and of virtual CPUs that moved them."""
        guest = self.start(image=harness.GUEST / "test-cpus.img", port=None, smp=harts, **machine)
        guest.wait_for(" wrong", guard=120)
        text = guest.text()
        self.assertIn("cpus: 4 virtual CPUs", text)
        for line in LINES:
            self.assertIn("cpus: " + line, text)
        self.assertIn("taken again, 0 wrong", text)
        return (int(re.search(r"on (\d+) harts at once", text)[1]),
                int(re.search(r"moved over (\d+) virtual CPUs", text)[1]))

    def test_four_harts(self):
        harts, moved = self.run_on(4)
        self.assertEqual(harts, 4)
        self.assertGreaterEqual(moved, 2)

    def test_two_harts(self):
        self.assertEqual(self.run_on(2)[0], 2)

    def test_one_hart(self):
        self.assertEqual(self.run_on(1)[0], 1)

    def test_virtual_time(self):
        self.assertEqual(self.run_on(1, icount=True)[0], 1)


if __name__ == "__main__":
    harness.main()
