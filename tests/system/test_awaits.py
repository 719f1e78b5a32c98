# SPDX-License-Identifier: BSD-2-Clause
"""Awaits on the target, and stacks of coroutines with and without a guard page."""
import re

import harness

LINES = ("limits of time", "whichever comes first", "no row left", "0 wrong")


class Awaits(harness.SystemTest):
    def run_on(self, harts, **machine):
        guest = self.start(image=harness.GUEST / "test-awaits.img", port=None, smp=harts, **machine)
        guest.wait_for("paged: store page fault at", guard=120)
        guest.wait_for(": stopped")
        if "heap: coroutine" not in guest.text():
            guest.wait_for("has overrun its stack")
        text = guest.text()
        for name in ("paged", "heap"):
            for line in LINES:
                self.assertIn(f"{name}: {line}", text)
        self.assertNotIn("wrong:", text)
        self.assertRegex(text, r"heap: coroutine \d+ has overrun its stack")
        self.assertIn("heap: bare stacks", text)
        # The first access below the stack is the fault: in the page under its lowest one.
        low = int(re.search(r"paged: guarded stacks at 0x([0-9a-f]+)", text)[1], 16)
        fault = int(re.search(r"paged: store page fault at 0x([0-9a-f]+)", text)[1], 16)
        self.assertEqual(fault // 4096, low // 4096 - 1)

    def test_one_hart(self):
        self.run_on(1)

    def test_virtual_time(self):
        self.run_on(1, icount=True)


if __name__ == "__main__":
    harness.main()
