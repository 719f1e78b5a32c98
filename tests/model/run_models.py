#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Check the protocol models with spin: each model must hold, and each of its broken twins must not.

A model is a .pml file beside this script. Its twins are the TWIN_... macros that it tests; a twin
that spin does not refute means that the model has lost its teeth, and is a failure.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def twins_of(model):
    """The TWIN_ macros that the model's text tests, in order of appearance."""
    found = re.findall(r"^#\s*if(?:n?def)\s+(TWIN_\w+)", model.read_text(), re.MULTILINE)
    return list(dict.fromkeys(found))


def run(command, folder):
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")
    return result.stdout


def defines(twin, long):
    return [f"-D{name}" for name in (twin, "LONG" if long else None) if name]


def search(model, twin, folder, long):
    """(errors, states, what went wrong) of one exhaustive search."""
    define = defines(twin, long)
    shutil.copy(model, folder) # the trail is written beside it
    run(["spin", "-a", *define, model.name], folder)
    run(["gcc", "-O1", "-w", "-DSAFETY", "-DVECTORSZ=2048", "-o", "pan", "pan.c"], folder)
    output = run(["./pan", "-m200000"], folder)
    errors = re.search(r"errors: (\d+)", output)
    states = re.search(r"(\d+) states, stored", output)
    if not errors or not states or "max search depth too small" in output:
        sys.exit(f"{model.name} {twin or ''}: the search is not complete:\n{output}")
    reason = re.search(r"pan:\d+: (.*?)(?: \(at depth|$)", output, re.MULTILINE)
    return int(errors.group(1)), int(states.group(1)), reason.group(1) if reason else ""


def check(model, show_trail, long):
    """True if the model holds and all its twins fail."""
    good = True
    for twin in [None, *twins_of(model)]:
        name = f"{model.stem} {twin}" if twin else model.stem
        with tempfile.TemporaryDirectory() as folder:
            errors, states, reason = search(model, twin, folder, long)
            expected = errors > 0 if twin else errors == 0
            verdict = "refuted: " + reason if errors else "holds"
            mark = "ok  " if expected else "FAIL"
            print(f"{mark} {name}: {verdict} ({states} states)", flush=True)
            if errors and (show_trail or not twin):
                print(run(["spin", "-t", "-p", "-g", *defines(twin, long), model.name], folder))
        good = good and expected
    return good


def main():
    models = sorted(path.stem for path in HERE.glob("*.pml"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help=f"which ones (default: all: {', '.join(models)})")
    parser.add_argument("--trail", action="store_true", help="show the steps that refute each twin")
    parser.add_argument("--long", action="store_true", default=os.environ.get("HEDDLE_LONG") == "1",
                        help="the larger sizes")
    arguments = parser.parse_args()
    for tool in ("spin", "gcc"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed: apt-get install {tool}")
    for name in arguments.models:
        if name not in models:
            parser.error(f"no model {name}; there are {', '.join(models)}")
    results = [check(HERE / f"{name}.pml", arguments.trail, arguments.long)
               for name in arguments.models or models]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
