# SPDX-License-Identifier: BSD-2-Clause
"""Calls in registers among all others, and beside a server that lies (calls/)."""
import harness

STRAY = "client: channel liar: liar answered a request that is not open (said once)"


class Calls(harness.SystemTest):
    def run_on(self, harts, **machine):
        guest = self.start(image=harness.GUEST / "test-calls.img", port=None, smp=harts, **machine)
        guest.wait_for(" wrong", guard=120)
        text = guest.text()
        self.assertIn("client: 4000 steps, 0 wrong", text)
        self.assertIn(STRAY, text)
        self.assertEqual(text.count("channel"), 1, "a channel was dropped, or more was odd")

    def test_one_hart(self):
        self.run_on(1)

    def test_four_harts(self):
        self.run_on(4)

    def test_virtual_time(self):
        self.run_on(1, icount=True)


if __name__ == "__main__":
    harness.main()
