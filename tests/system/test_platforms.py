# SPDX-License-Identifier: BSD-2-Clause
"""The same kernel binary on another board, whose first hart cannot run it."""
import harness


class Platforms(harness.SystemTest):
    def test_sifive_u(self):
        guest = self.start(image=harness.GUEST / "test-sifive_u.img", machine="sifive_u", smp=2,
                           port=None)
        banner = guest.wait_for("root: 4 processes started")
        self.assertRegex(banner, r"Heddle on hart [1-4]: time 1000000 Hz, timer: sbi")
        guest.wait_for(harness.PROMPT)
        listing = guest.command("ps")
        for name in ("root", "console", "fs", "shell"):
            self.assertRegex(listing, rf"(?m)^{name}\b")
        self.assertIn("device is missing", guest.command("ls /"))
        self.assertNotIn(harness.PANIC, guest.text())


if __name__ == "__main__":
    harness.main()
