# SPDX-License-Identifier: BSD-2-Clause
"""User interrupts end to end: wakes reach the executor in the midst of a computation, either way."""
import re

import harness

RESULT = re.compile(r"compute: interrupted (\d+) times, (\d+) wrong sums")
TIMES = 200  # compute.c


class Interrupts(harness.SystemTest):
    def check(self, way, **machine):
        guest = self.start(image=harness.GUEST / "test-compute.img", port=None, **machine)
        guest.wait_for("wrong sums")
        interrupted, wrong = map(int, RESULT.search(guest.text()).groups())
        self.assertIn(f"user interrupts: {way}", guest.text())
        self.assertEqual(wrong, 0)
        # An alarm that is due before the computation begins does not interrupt it.
        self.assertTrue(0 < interrupted <= TIMES, interrupted)

    def test_upcall(self):
        self.check("upcall")

    def test_virtual_time(self):
        self.check("upcall", icount=True)

    def test_four_harts(self):
        self.check("upcall", smp=4)

    def test_n_extension(self):
        self.check("N", bios=harness.GUEST / "tests/system/nmock/nmock.bin")


if __name__ == "__main__":
    harness.main()
