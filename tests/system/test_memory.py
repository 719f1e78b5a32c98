# SPDX-License-Identifier: BSD-2-Clause
"""`tools/system check --memory` says what the machine then says."""
import bisect
import subprocess

import harness
from test_leaks import numbers

HARTS = 8  # for which the tool counts the kernel's share
KERNEL_HART = 72  # KiB


def check(memory):
    """The command's exit code and what it prints."""
    done = subprocess.run([harness.ROOT / "tools/system", "check", harness.ROOT / "system.toml",
                           "--memory", memory, "--guest", harness.GUEST], capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout + done.stderr


def table(text):
    """{process: KiB} of the table, and what it says of the kernel, and of rounding up."""
    lines = [line.split() for line in text.splitlines()]
    first = next(i for i, line in enumerate(lines) if line[:1] == ["KiB"])
    last = next(i for i, line in enumerate(lines) if line[:1] == ["together"])
    return ({line[0]: int(line[-1]) for line in lines[first + 1:last + 1]},
            int(next(line for line in lines if line[:2] == ["the", "kernel"])[5]),
            int(next(line for line in lines if line[:2] == ["blocks", "of"])[6]))


class Memory(harness.SystemTest):
    def assert_true_on(self, memory):
        code, text = check(memory)
        self.assertEqual(code, 0, text)
        said, kernel, rounding = table(text)
        guest = self.boot(disk=harness.disk.demo(self.folder / "disk.img"), memory=memory)
        found = numbers(guest.command("mem"))
        for name, kib in said.items():
            if name != "together":
                self.assertEqual(-(-kib // 4), found[f"{name} frames"], f"of {name}, on {memory}")
        self.assertLessEqual(0, found["processes"] - said["together"])
        self.assertLessEqual(found["processes"] - said["together"], rounding)
        guest.close()
        self.assertLessEqual(abs(kernel - (HARTS - 1) * KERNEL_HART - found["kernel"]), 64)

    def test_plenty(self):
        self.assert_true_on("256M")

    def test_the_least(self):
        """The smallest machine that it accepts is enough, and one of 2 MiB less is not."""
        sizes = range(8, 256)
        least = sizes[bisect.bisect_left(sizes, True, key=lambda size: check(f"{size}M")[0] == 0)]
        self.assert_true_on(f"{least}M")
        guest = self.start(disk=harness.disk.demo(self.folder / "disk.img"), memory=f"{least - 2}M")
        guest.wait_for("give the machine more memory or this process less")


if __name__ == "__main__":
    harness.main()
