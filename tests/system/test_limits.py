# SPDX-License-Identifier: BSD-2-Clause
"""A system file's limits in time hold: a budget in every period, and the harts that are named."""
import re

import harness

HAD = re.compile(r"watch: (\w+) had (\d+) us of (\d+)")


class Limits(harness.SystemTest):
    def shares(self, **machine):
        guest = self.start(image=harness.GUEST / "test-limits.img", port=None, **machine)
        guest.wait_for("watch: told")
        return guest.text(), {name: int(had) / int(of) for name, had, of in HAD.findall(guest.text())}

    def test_budget(self):
        text, shares = self.shares(icount=True)
        self.assertIn("apart is not started: its harts: this machine has none of them", text)
        self.assertNotIn("apart", shares)
        self.assertTrue(0.09 < shares["frugal"] < 0.11, shares)

    def test_harts(self):
        """Who computes for ever, without a budget, runs, and takes nothing from those on hart 0."""
        text, _ = self.shares(smp=2)
        self.assertIn("watch: apart runs", text)


if __name__ == "__main__":
    harness.main()
