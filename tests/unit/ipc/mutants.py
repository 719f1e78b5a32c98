#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Take each defence of mutants.toml out of a copy of libs/ipc: a hostile suite must then fail.

Only what a defence stands in is compiled anew. A text that does not occur once is a failure: the
table is to be made anew. Without names: all of them.
"""
import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parents[2] / "libs/ipc"
GUARD = 60  # seconds; a suite takes two


class MutantError(Exception):
    """A mutant that cannot be tried."""


def compile_commands(build, target, compiler):
    """{source's name: its compile command as a list} of a target."""
    out = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if f"/{target}.dir/" in entry["command"]:
            command = shlex.split(entry["command"])
            start = command.index(compiler)  # behind the checker of awaits
            out[Path(entry["file"]).relative_to(SOURCES)] = command[start:]
    return out


def plant(mutant, folder):
    """A copy of the library with the mutant (None: without one). Value: the copy, and what is to be
    compiled; None: all, for it is a header."""
    copy = folder / "ipc"
    shutil.copytree(SOURCES, copy)
    if mutant is None:
        return copy, None
    path = copy / mutant["file"]
    text = path.read_text()
    if text.count(mutant["text"]) != 1:
        raise MutantError(f"its text occurs {text.count(mutant['text'])} times in {mutant['file']}")
    path.write_text(text.replace(mutant["text"], mutant["instead"]))
    return copy, [Path(mutant["file"])] if mutant["file"].endswith(".c") else None


def compile_mutant(mutant, folder, commands):
    """The objects that differ."""
    copy, names = plant(mutant, folder)
    objects = []
    for name in names or commands:
        command = list(commands[name])
        source, target = str(SOURCES / name), str(folder / f"{len(objects)}.o")
        command[command.index("-o") + 1] = target
        command = [str(copy / name) if word == source else word for word in command]
        command += ["-O1", "-g0", "-w"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MutantError(f"it does not compile:\n{done.stderr}")
        objects.append(target)
    return objects


def find(mutant, build, suites, libraries, compiler):
    """What found the mutant, or None."""
    commands = compile_commands(build, "ipc_attacked", compiler)
    with tempfile.TemporaryDirectory(prefix="heddle-mutant-") as name:
        folder = Path(name)
        objects = compile_mutant(mutant, folder, commands)
        for role, suite in suites.items():
            if mutant and not mutant["name"].startswith((role, "an end")):
                continue
            program = folder / "suite"
            done = subprocess.run([compiler, "-fsanitize=address,undefined", "-o", str(program),
                                   *suite.split(";"), *objects, *libraries, "-lcmocka"],
                                  capture_output=True, text=True, check=False)
            if done.returncode:
                raise MutantError(f"it does not link:\n{done.stderr}")
            if reason := verdict(program):
                return reason
    return None


def verdict(program):
    """Why the suite failed; None if it did not."""
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=1:color=never"}
    try:
        done = subprocess.run([str(program)], capture_output=True, text=True, errors="replace",
                              env=environment, timeout=GUARD, check=False)
    except subprocess.TimeoutExpired:
        return "it hangs"
    if done.returncode == 0:
        return None
    lines = [line for line in (done.stdout + done.stderr).splitlines()
             if "ERROR" in line or "runtime error" in line]
    return lines[0].strip() if lines else f"exit code {done.returncode}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True, help="the host's build folder")
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("--suite", action="append", required=True, nargs=2,
                        metavar=("VICTIM", "OBJECTS"), help="objects, with ; between")
    parser.add_argument("--library", action="append", default=[])
    parser.add_argument("names", nargs="*", metavar="NAME", help="parts of names (default: all)")
    args = parser.parse_args()
    mutants = tomllib.loads((HERE / "mutants.toml").read_text())["mutant"]
    if args.names:
        mutants = [m for m in mutants if any(part in m["name"] for part in args.names)]

    def attempt(mutant):
        try:
            return find(mutant, args.build, dict(args.suite), args.library, args.compiler)
        except MutantError as error:
            return error

    if bad := attempt(None):
        sys.exit(f"without a mutant: {bad}")
    wrong = []
    with ThreadPoolExecutor(2) as pool:
        for mutant, found in zip(mutants, pool.map(attempt, mutants)):
            good = isinstance(found, str)
            print(f"{'ok  ' if good else 'FAIL'} {mutant['name']}: {found or 'NOT FOUND'}", flush=True)
            wrong += [] if good else [mutant["name"]]
    if wrong or not mutants:
        sys.exit(f"wrong: {', '.join(wrong) or 'no mutant of that name'}")
    print(f"{len(mutants)} defences, each missed when it is away")


if __name__ == "__main__":
    main()
