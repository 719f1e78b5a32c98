# SPDX-License-Identifier: BSD-2-Clause
"""Tracing the whole system: the shell's command, the rings, tools/trace."""
import subprocess

import harness
import trace


class Trace(harness.SystemTest):
    def listing(self, guest):
        """What tools/trace makes of the transcript."""
        path = self.folder / "transcript"
        path.write_text(guest.text())
        done = subprocess.run([harness.ROOT / "tools/trace", path], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def check(self, **machine):
        """Trace a page that is fetched. Value: the events, and the listing."""
        guest = self.boot(disk=self.make_disk({"index.html": b"<h1>hello</h1>\n"}), **machine)
        self.assertEqual(guest.command("trace on"), "")
        self.assertEqual(self.curl(guest), (200, b"<h1>hello</h1>\n"))
        guest.command("trace dump")
        dump = trace.read_text(guest.text())
        for ring in dump.rings:
            numbers = [record.number for record in ring.records]
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
            stamps = [record.cycles for record in ring.records]
            self.assertEqual(stamps, sorted(stamps))
        self.assert_alive(guest)
        return dump, self.listing(guest)

    def test_a_page(self):
        dump, text = self.check()
        self.assertEqual(len(dump.rings), 1)
        # A request goes through these, each named, and by messages with their request ids.
        for name in ("virtio-net", "net", "web"):
            self.assertRegex(text, rf"(?m)  {name} runs, priority \d+, after ")
        self.assertRegex(text, r"message for \S+, slot \d+, request 0x[0-9a-f]+")
        for word in ("doorbell", "idle", "interrupt of", "wake for virtio-net"):
            self.assertIn(word, text)

    def test_four_harts(self):
        dump, text = self.check(smp=4)
        self.assertEqual(sorted(ring.hart for ring in dump.rings), [0, 1, 2, 3])
        self.assertRegex(text, r"(?m)  [123] +\+\d+  \S+ runs, priority")

    def test_off_is_off(self):
        guest = self.boot(disk=self.make_disk())
        guest.command("trace dump")
        self.assertEqual([ring for ring in trace.read_text(guest.text()).rings if ring.records], [])
        guest.command("trace on")
        guest.command("trace off")
        guest.command("trace dump")
        before = [record.number for record in trace.read_text(guest.text()).rings[0].records]
        self.curl(guest)
        guest.command("trace dump")
        after = [record.number for record in trace.read_text(guest.text()).rings[0].records]
        self.assertEqual(after, before)
        self.assertIn("nonsense", guest.command("trace nonsense"))


if __name__ == "__main__":
    harness.main()
