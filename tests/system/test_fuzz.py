# SPDX-License-Identifier: BSD-2-Clause
"""The system call fuzzer (fuzz/): the first process of test-fuzz.img, on the kernel that checks itself.

Where time is counted in instructions a seed repeats a run exactly, on several harts as well: they
run one after the other then, and change where one waits or a timer is due. Harts that run at the
same moment, in real time, meet between any two instructions, but no run is like another.
HEDDLE_SEED=N chooses the seed, HEDDLE_LONG=1 makes the runs fifty times as long.
"""
import os
import random
import re
import subprocess

import harness
import qemu

SHORT_CALLS, LONG_CALLS = 10_000_000, 500_000_000
IN_TURN_CALLS, AT_ONCE_CALLS = 1_000_000, 100_000  # on several harts; LONG: fifty times as many
SEED = int(os.environ.get("HEDDLE_SEED", random.SystemRandom().randrange(1, 1 << 48)))
LONG = os.environ.get("HEDDLE_LONG") == "1"
GUARD = 20_000 if LONG else 800  # seconds until a run is taken for hung
REPLAY_CALLS = 100_000
TRIES = 6  # of one seed, until two runs are equal
DONE = re.compile(r"(?m)^fuzz: done: (\d+) calls, (\d+) walks, (\d+) worlds, digest (\w+)$")
CALL = re.compile(r"(?m)^fuzz: call (\w+): (\d+), of which (\d+) succeeded$")
APART = re.compile(r"(?m)^fuzz: at most (\d+) calls between two walks$")
# Time is instructions, idle time is skipped: nothing depends on the host.
REPEATABLE = ["-icount", "shift=0,sleep=off", "-rtc", "clock=vm,base=2020-01-01"]
# They end the machine, need a right that no actor has, or do not return (or another value) when
# they succeed.
NEVER = {"power", "debug_put", "debug_get", "deliver", "trace_control", "upcall_return"}


class Fuzz(harness.SystemTest):
    def fuzz(self, calls, seed=SEED, **machine):
        """Run the fuzzer. Value: the guest, calls made, walks of the invariants, digest."""
        print(f"HEDDLE_SEED={seed}", flush=True)
        guest = self.start(image=harness.GUEST / "test-fuzz.img", port=None,
                           append=f"seed={seed} calls={calls}", **machine)
        self.assertEqual(guest.wait_exit(GUARD), 0)
        guest.reader.join(harness.GUARD)
        text = guest.text()
        for broken in ("fuzz: failed", "invariant broken", harness.PANIC):
            self.assertNotIn(broken, text)
        done = DONE.search(text)
        self.assertIsNotNone(done, "the fuzzer did not come to its end")
        made, walks = int(done[1]), int(done[2])
        self.assertGreaterEqual(made, calls)
        return guest, made, walks, done[4]

    def test_one_hart(self):
        guest, made, walks, _ = self.fuzz(LONG_CALLS if LONG else SHORT_CALLS, extra=REPEATABLE)
        self.assertGreaterEqual(walks, made // 1000)
        print(f"{made} calls, {walks} walks, at most {APART.search(guest.text())[1]} apart")
        # Every call was made, and all but a few succeeded at some time.
        rows = CALL.findall(guest.text())
        self.assertEqual([name for name, count, _ in rows if count == "0"], ["power"])
        self.assertEqual([name for name, _, good in rows if good == "0" and name not in NEVER], [])

    def several_harts(self, calls, **machine):
        _, made, walks, _ = self.fuzz(calls * (50 if LONG else 1), **machine)
        self.assertGreater(walks, 0)
        print(f"{made} calls, {walks} walks")

    def test_four_harts_in_turn(self):
        self.several_harts(IN_TURN_CALLS, smp=4, extra=REPEATABLE)

    def test_two_harts_at_once(self):
        self.several_harts(AT_ONCE_CALLS, smp=2)

    def test_four_harts_at_once(self):
        self.several_harts(AT_ONCE_CALLS, smp=4)

    def digest(self, seed, harts):
        """Of a run whose console is a file: whatever wakes QEMU's main loop moves a timer's
        interrupt by some instructions now and then, and a pipe does that often."""
        path = self.folder / "console"
        machine = qemu.Machine(harness.GUEST / "test-fuzz.img", smp=harts,
                               append=f"seed={seed} calls={REPLAY_CALLS}", extra=REPEATABLE,
                               console=f"file:{path}")
        subprocess.run(machine.command(interactive=False), stdin=subprocess.DEVNULL, check=True,
                       timeout=GUARD)
        return DONE.search(path.read_text())[4]

    def test_replays(self):
        """The same seed, the same run. If a run depended on the host as such, no two of some were
        equal."""
        print(f"HEDDLE_SEED={SEED}", flush=True)
        for harts in (1, 4):
            seen = []
            while (found := self.digest(SEED, harts)) not in seen:
                seen.append(found)
                self.assertLess(len(seen), TRIES, f"no two runs are equal: {seen}")
            self.assertNotIn(self.digest(SEED + 1, harts), seen)


if __name__ == "__main__":
    harness.main()
