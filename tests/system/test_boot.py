# SPDX-License-Identifier: BSD-2-Clause
"""The system comes up, on every kind of machine that QEMU offers."""
import harness

PROCESSES = ("root", "console", "virtio-blk", "virtio-net", "fs", "net", "web", "shell")


class Boot(harness.SystemTest):
    def check(self, **machine):
        guest = self.boot(disk=self.make_disk(), **machine)
        self.assertIn(f"root: {len(PROCESSES)} processes started", guest.text())
        listing = guest.command("ps")
        for name in PROCESSES:
            self.assertRegex(listing, rf"(?m)^\s*(\d+\s+)?{name}\b")
        status, body = self.curl(guest)
        self.assertEqual((status, body), (200, b"<h1>hello</h1>\n"))
        self.assert_alive(guest)
        return guest

    def test_one_hart(self):
        self.check()

    def test_four_harts(self):
        self.check(smp=4)

    def test_without_sstc(self):
        guest = self.check(cpu="rv64,sstc=off")
        self.assertIn("timer: sbi", guest.text())

    def test_without_asids(self):
        guest = self.check(append="asid=off")
        self.assertIn("asid: off", guest.text())

    def test_little_memory(self):
        self.check(memory="64M")

    def test_virtual_time(self):
        self.check(icount=True)


if __name__ == "__main__":
    harness.main()
