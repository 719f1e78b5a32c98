# SPDX-License-Identifier: BSD-2-Clause
"""What was made for a process comes back when it has died."""
import re

import harness

FREE = re.compile(r"watch: (\d+) KiB are free")
DEAD = ("small", "large", "maker")
LEAST_KIB = 5 * 1024 + 1024  # the heap of one, the untyped memory of another


class Returned(harness.SystemTest):
    def check(self, **machine):
        guest = self.start(image=harness.GUEST / "test-returned.img", port=None, **machine)
        dead = [f"root: {name}: gave up" for name in DEAD]
        harness.wait_until(lambda: all(line in guest.text() for line in dead), "three have died")
        told = len(FREE.findall(guest.text())) + 2  # one may be on its way
        harness.wait_until(lambda: len(FREE.findall(guest.text())) >= told, "what is free now")
        free = [int(kib) for kib in FREE.findall(guest.text())]
        self.assertGreaterEqual(free[-1] - free[0], LEAST_KIB, free)

    def test_one_hart(self):
        self.check(icount=True)

    def test_four_harts(self):
        self.check(smp=4)


if __name__ == "__main__":
    harness.main()
