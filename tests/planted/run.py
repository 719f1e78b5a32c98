#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Plant each bug of this folder into a copy of the tree, and demand that the tests find it.

Each *.patch is applied by itself; of the copy only the kernel is built anew. The conformance suite
runs on the kernel that checks itself, and if it finds nothing, the fuzzer. A bug that both miss, or
a patch that no longer applies or builds, is a failure. Without names: three bugs, others each day.
"""
import argparse
import datetime
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tools/lib"))
import qemu

GUEST = Path(os.environ.get("HEDDLE_GUEST", ROOT / "build/guest"))
IMAGES = ("test-kernel-check", "test-fuzz")
A_DAY = 3
GUARD = 120  # seconds until a machine is taken for hung
FUZZ_CALLS = 300_000
# Seed, harts: they take turns. Where harts meet, about one run in three finds what is wrong.
FUZZ_RUNS = ((1, 1), (2, 1), (3, 1), (4, 4), (5, 2), *((seed, 8) for seed in range(6, 18)))
HARTS = 4  # at once, in real time
AT_ONCE_RUNS = 4  # none is like another
AT_ONCE_GUARD = 400  # a busy host slows them down
FAILED = re.compile(r"(?m)^(?:case (\S+) failed.*|kernel: (panic.*|invariant broken.*)"
                    r"|fuzz: (failed.*))$")


class PlantError(Exception):
    """A patch that cannot be tried."""


def patches():
    return sorted(path.stem for path in HERE.glob("*.patch"))


def what(name):
    """The patch's first line says what it breaks."""
    return (HERE / f"{name}.patch").read_text().splitlines()[0]


def run(command, error, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise PlantError(f"{error}:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def copy_tree(tree):
    """Make the copy like the tree; what has not changed keeps its time, so little is built."""
    listed = run(["git", "ls-files", "-co", "--exclude-standard", "-z"], "git ls-files", cwd=ROOT)
    names = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    for old in [path for path in tree.rglob("*") if path.is_file()]:
        if str(old.relative_to(tree)) not in names:
            old.unlink()  # moved or deleted since; a build would find it
    for name in sorted(names):
        source, target = ROOT / name, tree / name
        if target.is_file() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


class Plant:
    """The copy and its build; both stay for the next run."""

    def __init__(self, folder):
        self.tree, self.build = folder / "tree", folder.parent / "planted-guest"
        copy_tree(self.tree)
        run(["cmake", "--preset", "guest", "-S", str(self.tree), "-B", str(self.build)],
            "the copy cannot be configured", cwd=self.tree)
        self.make()

    def make(self):
        run(["ninja", "-C", str(self.build), *(f"{image}.img.target" for image in IMAGES)],
            "it does not build")

    def boot(self, image, append=None, smp=1, in_turn=True):
        """What the machine printed; a machine that hangs has printed so, too."""
        machine = qemu.Machine(image=str(self.build / f"{image}.img"), append=append, smp=smp,
                               extra=["-icount", "shift=0,sleep=off"] if in_turn else [])
        with subprocess.Popen(machine.command(interactive=False), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            try:
                return read_until_bad(process, GUARD if in_turn else AT_ONCE_GUARD)
            finally:
                process.kill()

    def try_one(self, name):
        """What found the bug, or None."""
        touched = apply(self.tree, name)
        try:
            self.make()
            return self.find()
        finally:
            for path in touched:
                shutil.copy(ROOT / path, self.tree / path)

    def find(self):
        found = self.boot("test-kernel-check")
        if found:
            return f"conformance: {found}"
        for seed, harts in FUZZ_RUNS:
            found = self.boot("test-fuzz", f"seed={seed} calls={FUZZ_CALLS}", harts)
            if found:
                return f"fuzzer, seed {seed}, {harts} harts: {found}"
        for _ in range(AT_ONCE_RUNS):
            found = self.boot("test-kernel-check", smp=HARTS, in_turn=False)
            if found:
                return f"conformance, {HARTS} harts at once: {found}"
        return None


def read_until_bad(process, guard):
    """The first line that tells a failure, or None if the machine powers off without one."""
    hung = threading.Event()

    def end():
        hung.set()
        process.kill()

    timer = threading.Timer(guard, end)
    timer.start()
    try:
        for line in process.stdout:
            match = FAILED.match(line.decode(errors="replace").rstrip("\r\n"))
            if match:
                return match[0]
    finally:
        timer.cancel()
    return f"nothing more for {guard} s" if hung.is_set() else None


def apply(tree, name, *options):
    """Apply a patch. Value: the files that it changes."""
    text = (HERE / f"{name}.patch").read_text()
    run(["patch", "-p1", "--force", "--no-backup-if-mismatch", "-r", "-", *options],
        f"{name} does not apply", cwd=tree, input=text)
    return re.findall(r"(?m)^\+\+\+ b/(\S+)", text)


def stale():
    """The patches that no longer apply, whether it is their day or not."""
    names = []
    for name in patches():
        try:
            apply(ROOT, name, "--dry-run")
        except PlantError as error:
            print(error)
            names.append(name)
    return names


def of_today():
    names = patches()
    first = datetime.date.today().toordinal() * A_DAY
    return [names[(first + i) % len(names)] for i in range(A_DAY)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="patches without their suffix")
    parser.add_argument("--all", action="store_true", help="every one")
    parser.add_argument("--list", action="store_true", help="only tell what there is")
    args = parser.parse_args()
    if args.list:
        print("\n".join(f"{name}: {what(name)}" for name in patches()))
        return
    everything = args.all or os.environ.get("HEDDLE_LONG") == "1"
    names = patches() if everything else args.names or of_today()
    if old := stale():
        sys.exit(f"planted: to be made anew: {', '.join(old)}")
    try:
        plant = Plant(GUEST.resolve().parent / "planted")
        # The same tests find nothing where nothing is planted.
        missed = ["(no bug)"] if (found := plant.find()) else []
        print(f"without a bug: {found or 'nothing found'}", flush=True)
    except PlantError as error:
        sys.exit(f"planted: {error}")
    for name in names:
        try:
            found = plant.try_one(name)
        except PlantError as error:
            found = None
            print(error)
        print(f"{name} ({what(name)}): {found or 'NOT FOUND'}", flush=True)
        missed += [] if found else [name]
    if missed:
        sys.exit(f"planted: wrong: {', '.join(missed)}")
    print(f"planted: {len(names)} bugs, all found")


if __name__ == "__main__":
    main()
