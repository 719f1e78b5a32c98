# SPDX-License-Identifier: BSD-2-Clause
"""Hostile processes: each attack is denied, its supervisor learns why, and nobody else notices."""
import re
import tomllib

import harness
from abi import constant

SYSTEM = harness.ROOT / "tests/system/isolation.toml"
KERNEL = 0xffffffff80200000
STACK = 64 << 10  # the system file says less; all up to the end of the large page is mapped
BEATS = 20

# How each attack on memory must end: the fault, and the addresses where it may be.
FAULTS = {
    "read-kernel": ("load page fault", KERNEL),
    "read-kernel-window": ("load page fault", 0xffffffc080200000),
    "write-kernel": ("store page fault", KERNEL),
    "read-foreign": ("load page fault", constant["DATA_BASE"] + 0x280000),
    "read-unmapped": ("load page fault", 8),
    "execute-data": ("instruction page fault", range(constant["DATA_BASE"], constant["CHANNEL_BASE"])),
    "write-code": ("store page fault", range(constant["IMAGE_BASE"], constant["STACK_TOP"])),
    "write-vdso": ("store page fault", constant["VDSO_BASE"]),
    "write-bitmap": ("store page fault", constant["GLOBAL_BITMAP_BASE"]),
    "write-startup": ("store page fault", constant["STARTUP_BASE"]),
    "stack-guard": ("stack overflow: store page fault", range(constant["STACK_TOP"] - STACK - 4096,
                                              constant["STACK_TOP"] - STACK)),
    "numbers": ("unknown system call", range(254, 1 << 40, 256)),
    # Its own page, which it may write: it spoils itself, in whatever way.
    "executor-page-ones": ("fault", None),
    "executor-page-kernel": ("fault", None),
    "executor-page-zero": ("fault", None),
}
REFUSED = ("capabilities", "wakes", "types")
HOLDS_CPU = "claim-priority"
FAULT = re.compile(r"(?m)^root: (\S+): (.*) at (0x[0-9a-f]+), pc (0x[0-9a-f]+): stopped$")
TRIES = re.compile(r"(?m)^(\S+): (\d+) of (\d+) refused$")


def is_expected(name, kind, address):
    wanted, where = FAULTS[name]
    if where is None:
        return wanted in kind
    return wanted == kind and (address in where if isinstance(where, range) else address == where)


def complaints(text):
    """What is wrong with a transcript: an empty list if every attack was denied."""
    out = [line for line in text.splitlines() if "survived" in line or "gave up" in line]
    faults = {}
    for name, kind, address, _ in FAULT.findall(text):
        faults.setdefault(name, []).append((kind, int(address, 16)))
    for name in FAULTS:
        seen = faults.pop(name, [])
        if len(seen) != 1 or not is_expected(name, *seen[0]):
            out.append(f"{name}: {seen or 'no fault'}")
    out += [f"{name}: {seen}, but it was to live" for name, seen in faults.items()]
    tries = {name: (int(refused), int(tried)) for name, refused, tried in TRIES.findall(text)}
    for name in REFUSED:
        refused, tried = tries.get(name, (0, 0))
        if not 0 < tried == refused:
            out.append(f"{name}: {refused} of {tried} refused")
    return out


def unheard(text):
    """The attacks that have not ended yet, in whatever way."""
    ended = {name for name, *_ in FAULT.findall(text)} | {name for name, *_ in TRIES.findall(text)}
    ended |= set(re.findall(r"(?m)^(\S+): .*(?:survived|gave up)", text))
    return {*FAULTS, *REFUSED} - ended


class Isolation(harness.SystemTest):
    def attacked(self):
        """A machine on which every attack has had its time, and the witness beats on."""
        guest = self.start(image=harness.GUEST / "test-isolation.img", port=None)
        guest.wait_for(f"{HOLDS_CPU}: claims every priority")
        guest.wait_for("beat ")
        first = int(guest.wait_for("\n"))
        guest.wait_for(f"witness: beat {first + BEATS}\n")
        return guest

    def test_attacks(self):
        self.assertEqual(complaints(self.attacked().text()), [])

    def test_four_harts(self):
        """Each runs when it comes to its turn: the witness beats by the clock."""
        guest = self.start(image=harness.GUEST / "test-isolation.img", port=None, smp=4)
        harness.wait_until(lambda: not unheard(guest.text()), "every attack's end")
        guest.wait_for(f"witness: beat {BEATS}\n")
        self.assertEqual(complaints(guest.text()), [])

    def test_every_attack_is_judged(self):
        with open(SYSTEM, "rb") as file:
            names = {process["name"] for process in tomllib.load(file)["process"]}
        self.assertEqual(names, {*FAULTS, *REFUSED, HOLDS_CPU, "witness"})

    def test_judge_finds_planted_bugs(self):
        """Each of these changes of a good transcript is a complaint."""
        good = self.attacked().text()
        self.assertEqual(complaints(good), [])
        for name, (kind, _) in FAULTS.items():
            line = re.search(rf"(?m)^root: {name}: .*$", good).group()
            for bad in ("", f"{name}: survived", re.sub("(page )?fault|call", "wish", line),
                        line.replace(name, "witness"), f"{line}\n{line}"):
                self.assertTrue(complaints(good.replace(line, bad)), f"{line} as {bad!r}")
        for name in REFUSED:
            line = re.search(rf"(?m)^{name}: .* refused$", good).group()
            for bad in ("", f"{name}: 0 of 0 refused", re.sub(r": \d+ of", ": 1 of", line)):
                self.assertTrue(complaints(good.replace(line, bad)), f"{line} as {bad!r}")


if __name__ == "__main__":
    harness.main()
