# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's conformance suite (kernel/): it is the first process, and alone."""
import re

import harness

SOURCES = harness.ROOT / "tests/system/kernel/cases"
CASE = re.compile(r"(?m)^(?:KNOWN_)?CASE\((\w+), (\w+)")
RESULT = re.compile(r"(?m)^case (\w+/\w+) (passed|failed|known)(.*)$")
SUMMARY = re.compile(r"(?m)^kernel-test: (\d+) passed, (\d+) failed, (\d+) known$")
WALKS = re.compile(r"(?m)^kernel-test: (\d+) walks of the invariants$")


def cases_in_sources():
    return sorted("/".join(found) for path in SOURCES.glob("*.c")
                  for found in CASE.findall(path.read_text()))


class Kernel(harness.SystemTest):
    """In the host's time, where a tick may come between any two instructions, on one hart and on
    several; what else there is to try on one hart, in virtual time."""

    def check(self, image="test-kernel.img", **machine):
        guest = self.start(image=harness.GUEST / image, port=None, **machine)
        self.assertEqual(guest.wait_exit(), 0)
        guest.reader.join(harness.GUARD)
        results = RESULT.findall(guest.text())
        failed = [f"{name}{why}" for name, result, why in results if result == "failed"]
        self.assertEqual(failed, [])
        for name, result, why in results:
            if result == "known":
                print(f"known: {name}{why}")
        # What user space does makes the kernel say nothing.
        self.assertNotIn("faulted:", guest.text())
        # A case that silently did not run is a failure too.
        self.assertEqual(sorted(name for name, _, _ in results), cases_in_sources())
        passed, failures, known = map(int, SUMMARY.search(guest.text()).groups())
        self.assertEqual((passed + known, failures), (len(results), 0))
        # The kernel that is shipped has no way to look at itself; the other one did after each case.
        walks = len(results) if image == "test-kernel-check.img" else 0
        self.assertEqual(int(WALKS.search(guest.text())[1]), walks)
        return guest

    def test_default(self):
        self.assertIn("user interrupts: upcall", self.check().text())

    def test_without_sstc(self):
        self.assertIn("timer: sbi", self.check(cpu="rv64,sstc=off", icount=True).text())

    def test_without_asids(self):
        self.assertIn("asid: off", self.check(append="asid=off", icount=True).text())

    def test_four_harts(self):
        self.check(smp=4)

    def test_invariants(self):
        self.check(image="test-kernel-check.img", icount=True)

    def check_n_extension(self, **machine):
        guest = self.check(bios=harness.GUEST / "tests/system/nmock/nmock.bin", **machine)
        self.assertIn("user interrupts: N", guest.text())

    def test_n_extension(self):
        self.check_n_extension(icount=True)

    def test_n_extension_four_harts_without_sstc(self):
        self.check_n_extension(smp=4, cpu="rv64,sstc=off")

    def test_traced(self):
        """Tracing all the time: every system call takes its careful way."""
        self.check(append="trace=on", icount=True)
        self.check(append="trace=on", smp=4)

    def test_virtual_time(self):
        self.check(icount=True)


if __name__ == "__main__":
    harness.main()
