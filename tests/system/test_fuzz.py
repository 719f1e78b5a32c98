# SPDX-License-Identifier: BSD-2-Clause
"""The system call fuzzer (fuzz/): the first process of test-fuzz.img, on the kernel that checks itself.

On one hart time is counted in instructions, so that a seed repeats a run exactly; on several it is
not. HEDDLE_SEED=N chooses the seed, HEDDLE_LONG=1 makes the runs fifty times as long.
"""
import os
import random
import re

import harness

SHORT_CALLS, LONG_CALLS = 10_000_000, 500_000_000
SEED = int(os.environ.get("HEDDLE_SEED", random.SystemRandom().randrange(1, 1 << 48)))
LONG = os.environ.get("HEDDLE_LONG") == "1"
GUARD = 20_000 if LONG else 800  # seconds until a run is taken for hung
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

    def test_replays(self):
        first = self.fuzz(200_000, extra=REPEATABLE)[1:]
        self.assertEqual(first, self.fuzz(200_000, extra=REPEATABLE)[1:])
        self.assertNotEqual(first, self.fuzz(200_000, seed=SEED + 1, extra=REPEATABLE)[1:])


if __name__ == "__main__":
    harness.main()
