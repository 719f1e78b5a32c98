# SPDX-License-Identifier: BSD-2-Clause
"""Hostile peers (hostile/): the calls of the honest are untouched, and the log says what was done."""
import re
import tomllib

import harness

SYSTEM = harness.ROOT / "tests/system/hostile.toml"
IMAGE = "test-hostile.img"
ROUNDS = 2  # whole ones after the last attack

MORE_CALLS, MORE_REPLIES = "more calls than the ring holds", "more replies than requests"
OPEN, STRAY = "a request id that is still open", "answered a request that is not open (said once)"

# What the victim must say of each, and what it may say besides; the others are not noticed.
TOLD = {
    "c-tail-far": {MORE_CALLS}, "c-tail-back": {MORE_CALLS}, "c-same-id": {OPEN},
    "c-garbage": {MORE_CALLS, OPEN},
    "s-tail-far": {MORE_REPLIES}, "s-tail-back": {MORE_REPLIES}, "s-twice": {STRAY},
    "s-stale": {STRAY}, "s-out-of-range": {STRAY}, "s-unwritten": {STRAY},
    "s-garbage": {MORE_REPLIES, STRAY}, "s-flood": {MORE_REPLIES, STRAY},
}
MAYBE = {"c-flips": {MORE_CALLS, OPEN}}  # a race, which nobody need win
# A line comes in pieces of 48 bytes, and another process may print between two of them. So a line
# may begin in the midst of another; these are one piece, whole or up to where they are read.
SERVED = re.compile(r"(?m)judge: (\d+): served (\d+) of (\d+), wrong (\d+)$")
OVER = re.compile(r"(?m)judge: (\d+): over, victims (\d+) of (\d+), (\d+) done$")
NUMBER = re.compile(r"(?m)judge: (\d+): (\w+) (?:holds|counts) (.*)$")
SAID = re.compile(r"(server|judge): channel (\S+)( dropped)?: ")
CUT = re.compile(rf"{SAID.pattern}[^\n]*(?:judge|server|root): ")
FAULT = re.compile(r"root: (\S+): store page fault at 0x8, ")


def attackers():
    with open(SYSTEM, "rb") as file:
        return {p["name"] for p in tomllib.load(file)["process"]} - {"server", "judge"}


def dying():
    return {name for name in attackers() if "-die-" in name}


def numbers(text, number):
    """{(process, what): value} of one round."""
    out = {}
    for found, process, rest in NUMBER.findall(text):
        words = rest.split()
        if int(found) == number:
            out |= {(process, words[i]): int(words[i + 1]) for i in range(0, len(words), 2)}
    return out


def last_round(text):
    """The last whole round; None until all attacks are over, and ROUNDS more."""
    clients = {name for name in attackers() if name.startswith("c-")} - dying()
    over = [int(n) for n, ended, victims, done in OVER.findall(text)
            if 0 < int(victims) == int(ended) and int(done) == len(clients)]
    ended = {name for name in FAULT.findall(text)} >= dying()
    return over[-1] if ended and len(over) > ROUNDS else None


def complaints_of_lines(text):
    """What the victims say, where nobody cuts their lines in two."""
    out, dropped = [], set()
    said = {}
    for victim, name, end in SAID.findall(text):
        said.setdefault(name, []).append(bool(end))
        if victim != ("server" if name.startswith("c-") else "judge"):
            out.append(f"{victim} speaks of {name}")
        if end:
            dropped.add(name)
    for name in TOLD:
        reasons = TOLD[name]
        if name not in said:
            out.append(f"{name}: nobody says anything")
        elif name not in dropped and STRAY not in reasons:
            out.append(f"{name}: not dropped")
        elif name in dropped and reasons == {STRAY}:
            out.append(f"{name}: dropped")
    out += [f"{name}: spoken of" for name in said if name not in TOLD and name not in MAYBE]
    cut = len(CUT.findall(text))
    for reason in (MORE_CALLS, MORE_REPLIES, OPEN, STRAY):
        least = sum(reasons == {reason} for reasons in TOLD.values())
        most = sum(reason in reasons for reasons in [*TOLD.values(), *MAYBE.values()])
        if not least - cut <= text.count(reason) <= most:
            out.append(f"{text.count(reason)} times: {reason}")
    return out, dropped


def complaints(text, whole=True):
    """What is wrong with a transcript: an empty list if the honest were untouched."""
    out = []
    served = SERVED.findall(text)
    if [int(n) for n, *_ in served] != list(range(len(served))) or not served:
        out.append("rounds are missing")
    out += [f"round {n}: {a} of {b}, {wrong} wrong" for n, a, b, wrong in served
            if a != b or int(wrong)]
    faults = FAULT.findall(text)
    if sorted(faults) != sorted(dying()):
        out.append(f"faults: {sorted(faults)}")
    if whole:
        lines, dropped = complaints_of_lines(text)
        out += lines
    last = last_round(text)
    if last is None:
        return [*out, "not all attacks have ended"]
    before, after = numbers(text, 0), numbers(text, last)
    if whole:
        ended = {n for n in dropped | dying() if n.startswith("c-")}
        before["server", "cids"] = before.get(("server", "cids"), 0) - len(ended)
    else:
        before.pop(("server", "cids"), None)
        after.pop(("server", "cids"), None)
    if len(before) < (8 if whole else 7):
        out.append(f"numbers are missing: {before}")
    out += [f"{' '.join(key)}: {before.get(key)}, then {after.get(key)}"
            for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
    return out


class Hostile(harness.SystemTest):
    def attacked(self, **machine):
        """The transcript of a machine on which all attacks have ended."""
        guest = self.start(image=harness.GUEST / IMAGE, port=None, **machine)
        harness.wait_until(lambda: last_round(guest.text()), "the end of all attacks", guard=120)
        return guest.text()

    def test_one_hart(self):
        self.assertEqual(complaints(self.attacked()), [])

    def test_four_harts(self):
        """Really at the same time; lines of the log may be cut in two."""
        self.assertEqual(complaints(self.attacked(smp=4), whole=False), [])

    def test_judge_finds_planted_bugs(self):
        """Each of these changes of a good transcript is a complaint."""
        good = self.attacked()
        self.assertEqual(complaints(good), [])
        last = last_round(good)
        bad = [(f"judge: {last}: served ", f"judge: {last}: served 1"),
               ("wrong 0\n", "wrong 1\n"), ("holds frames ", "holds frames 1"),
               ("counts cids ", "counts cids 1"), ("counts heap ", "counts heap 1"),
               ("root: c-die-after-tail: ", "root: c-wakes: "), (OPEN, "a wish"),
               ("channel c-tail-far dropped:", "channel c-wakes dropped:"),
               ("channel s-twice:", "channel s-twice dropped:"),
               ("judge: channel s-stale:", "server: channel s-stale:")]
        for text, instead in bad:
            self.assertIn(text, good)
            self.assertTrue(complaints(good.replace(text, instead, 1)), f"{text!r} as {instead!r}")


if __name__ == "__main__":
    harness.main()
