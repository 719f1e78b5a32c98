#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Bounded proofs by cbmc: each function of proofs.toml does what its harness says, for all inputs
within the bounds; and each proof can fail.

For every proof three things are asked.
  proved   all properties hold: those of the harness, no access outside of an object, no undefined
           shift or overflow, no loop longer than the bound, no function without a body.
  reached  every COVER(...) of the harness can be true: the assumptions exclude nothing of it.
  refuted  with each planted mistake of the proof's table the proof fails.
Where there is no cbmc nothing is proved: the step says so and ends with status 77 ("skipped").
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SKIPPED = 77
SOURCES = ["microkernel", "libs", "servers/root", "tests/proof"]
COMPILER = "riscv64-unknown-elf-gcc"
INCLUDES = ["tests/proof/include", "generated", "microkernel/include",
            "microkernel/arch/riscv64/include", "libs/executor/include",
            "libs/executor/arch/riscv64", "libs/executor", "libs/fdt/include",
            "libs/bundle/include", "libs/ipc/include", "libs/ipc/arch/riscv64", "libs/sys/include",
            "libs/sys/arch/riscv64", "servers/root", "."]


class Failure(Exception):
    """Why a proof does not count, one line."""


class Setup:
    """What all proofs share: the checker, a copy of the sources, the options."""

    def __init__(self, cbmc, folder, arguments):
        self.cbmc = cbmc
        self.folder = folder
        self.arguments = arguments
        self.tree = folder / "tree"
        for name in SOURCES:
            shutil.copytree(ROOT / name, self.tree / name)
        header = self.tree / "generated/abi/abi.h"
        header.parent.mkdir(parents=True)
        abi = self.tree / "microkernel/abi"
        subprocess.run([sys.executable, abi / "generate.py", abi / "abi.toml", "--header", header,
                        "--syscalls", header.parent / "syscalls.h", "--manual",
                        folder / "manual.md"], check=True)


# ------------------------------------------------------------------------------ one run of cbmc

def preprocess(setup, proof, tree, defines):
    """The harness with all that it includes, as one file."""
    output = tree / f"{proof['name']}.i"
    command = [COMPILER, "-E", "-std=gnu11", "--specs=picolibc.specs", "-ffreestanding"]
    for folder in proof.get("include", []) + INCLUDES:
        command += ["-I", tree / folder]
    command += [f"-D{define}" for define in proof.get("define", []) + defines]
    command += ["-o", output, tree / "tests/proof" / proof["harness"]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"the harness does not compile:\n{done.stderr.rstrip()}")
    return output


def check(setup, proof, file, options):
    """Run cbmc; value: its properties (name, status, description) and the seconds."""
    command = [setup.cbmc, "--arch", "riscv64", "--json-ui", "--drop-unused-functions",
               "--function", f"proof_{proof['name']}", "--unwind", str(proof.get("unwind", 1)),
               "--unwinding-assertions", *options]
    for loop in proof.get("unwindset", []):
        command += ["--unwindset", loop]
    command += [*proof.get("options", []), file]
    begin = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=setup.arguments.timeout)
    except subprocess.TimeoutExpired:
        raise Failure(f"no verdict within {setup.arguments.timeout} s")
    seconds = time.monotonic() - begin
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise Failure(f"cbmc ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    results = [entry["result"] for entry in answer if "result" in entry]
    if done.returncode not in (0, 10) or not results:
        errors = [entry["messageText"] for entry in answer
                  if entry.get("messageType") in ("ERROR", "WARNING")]
        raise Failure(f"cbmc ended with {done.returncode}: {'; '.join(errors)[-500:]}")
    return results[0], seconds


def place(result):
    """Where a property stands, for a reader."""
    location = result.get("sourceLocation", {})
    file = location.get("file", "?").split("/tree/")[-1]
    return f"{file}:{location.get('line', '?')}: {result.get('description', result['property'])}"


def failed(results):
    return [result for result in results if result["status"] != "SUCCESS"]


# ------------------------------------------------------------------------------ the three questions

def replace_once(tree, file, before, after):
    """Change the text of a file of the copy; it must occur exactly once."""
    path = tree / file
    if not path.is_file():
        raise Failure(f"{file} does not exist: the table is out of date")
    text = path.read_text()
    if text.count(before) != 1:
        raise Failure(f"{file} has {text.count(before)} times, not once: {before.splitlines()[0]}")
    path.unlink()
    path.write_text(text.replace(before, after))


def copy_tree(setup, name, changes):
    """A copy of the copy, changed; files that stay are linked."""
    tree = setup.folder / name / "tree"
    shutil.copytree(setup.tree, tree, copy_function=os.link)
    for change in changes:
        replace_once(tree, change["file"], change["from"], change["to"])
    return tree


def prove(setup, proof, tree):
    """All properties hold. Value: their number and the seconds."""
    results, seconds = check(setup, proof, preprocess(setup, proof, tree, []), [])
    wrong = failed(results)
    own = [r for r in results if ".assertion." in r["property"]]
    if wrong:
        raise Failure("not proved:\n" + "\n".join(f"      {place(result)}" for result in wrong))
    if not own:
        raise Failure("the harness checks nothing")
    return len(results), seconds


def reach(setup, proof, tree):
    """Each COVER can be true: asserted to be false, it must be refuted. Value: how many."""
    file = preprocess(setup, proof, tree, ["PROOF_COVER"])
    results, _ = check(setup, proof, file, ["--no-standard-checks", "--no-unwinding-assertions"])
    covers = [result for result in results if result.get("description", "").startswith("cover: ")]
    unreached = [result for result in covers if result["status"] == "SUCCESS"]
    if not covers:
        raise Failure("the harness has no COVER")
    if unreached:
        raise Failure("not reached:\n" + "\n".join(f"      {place(r)}" for r in unreached))
    return len(covers)


def refute(setup, proof, index, mutation):
    """The proof fails with the mistake, and for a reason of its own."""
    name = f"{proof['name']}.{index}"
    tree = copy_tree(setup, name, [*proof.get("replace", []), mutation])
    try:
        file = preprocess(setup, proof, tree, [])
        wrong = failed(check(setup, proof, file, [])[0])
    finally:
        shutil.rmtree(setup.folder / name)
    if [r for r in wrong if ".no-body." in r["property"]]:
        raise Failure(f"mistake {index + 1} leaves a function without a body")
    if not wrong:
        raise Failure(f"mistake {index + 1} is not noticed: {mutation['file']}: "
                      f"{mutation['from'].splitlines()[0]} -> {mutation['to'].strip()}")
    if setup.arguments.verbose:
        print(f"     {proof['name']} mistake {index + 1}: {place(wrong[0])}", flush=True)


def examine(setup, proof):
    """All of one proof. Value: (ok, text for the table, seconds of the proof itself)."""
    mutations = proof.get("mutation", [])
    begin = time.monotonic()
    try:
        if not mutations:
            raise Failure("no planted mistake: nobody knows whether it can fail")
        tree = copy_tree(setup, proof["name"], proof.get("replace", []))
        properties, seconds = prove(setup, proof, tree)
        covers = reach(setup, proof, tree)
        if not setup.arguments.quick:
            for index, mutation in enumerate(mutations):
                refute(setup, proof, index, mutation)
        shutil.rmtree(setup.folder / proof["name"])
    except Failure as failure:
        return False, f"FAIL: {failure}", time.monotonic() - begin
    mistakes = "not tried" if setup.arguments.quick else f"{len(mutations)} refuted"
    return True, f"{properties} properties, {covers} reached, mistakes: {mistakes}", seconds


# ------------------------------------------------------------------------------ the command

def find_cbmc(given):
    """The checker: the option, $CBMC, what tools/fetch-cbmc has made, the path. Else None."""
    for choice in (given, os.environ.get("CBMC"), ROOT / "build/cbmc/cbmc", shutil.which("cbmc")):
        if choice and shutil.which(choice):
            return str(choice)
        if choice and choice in (given, os.environ.get("CBMC")):
            sys.exit(f"{choice} cannot be executed")
    return None


def read_table():
    """The proofs, each with what the sets that it uses add to it."""
    with open(HERE / "proofs.toml", "rb") as file:
        table = tomllib.load(file)
    for proof in table["proof"]:
        for name in proof.get("use", []):
            for key, value in table["set"][name].items():
                proof[key] = value + proof.get(key, [])
    return table["proof"]


def stale(proofs):
    """Lines about changes of the table that no longer fit the sources."""
    for proof in proofs:
        for change in proof.get("replace", []) + proof.get("mutation", []):
            path = ROOT / change["file"]
            count = path.read_text().count(change["from"]) if path.is_file() else 0
            if count != 1:
                yield (f"{proof['name']}: {change['file']} has {count} times, not once: "
                       f"{change['from'].splitlines()[0].strip()}")


def report(rows, seconds):
    """The table, and the sum."""
    width = max(len(proof["name"]) for proof, _ in rows)
    functions = {name for proof, (ok, _, _) in rows if ok for name in proof["functions"]}
    print()
    for proof, (ok, text, own) in rows:
        first = text.splitlines()[0]
        print(f"{'ok  ' if ok else 'FAIL'} {proof['name']:{width}} {own:6.1f} s  {first}")
    good = sum(ok for _, (ok, _, _) in rows)
    print(f"{good} of {len(rows)} proofs hold, of {len(functions)} functions; {seconds:.0f} s")
    return good == len(rows)


def parse(names):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("proofs", nargs="*", metavar="NAME",
                        help="which ones, by name or by function (default: all)")
    parser.add_argument("--cbmc", metavar="FILE", help="the checker (default: $CBMC, then "
                        "build/cbmc/cbmc, which tools/fetch-cbmc makes, then the path)")
    parser.add_argument("--quick", action="store_true", help="leave out the planted mistakes")
    parser.add_argument("--list", action="store_true", help="print what there is, prove nothing")
    parser.add_argument("--verbose", action="store_true", help="say what refutes each mistake")
    parser.add_argument("--timeout", type=int, default=900, metavar="SECONDS",
                        help="for one run of the checker (default: 900)")
    parser.add_argument("-j", type=int, default=1, metavar="N", help="proofs at once (default: 1)")
    arguments = parser.parse_args()
    for name in arguments.proofs:
        if name not in names:
            parser.error(f"no proof or function {name}; --list prints them")
    return arguments


def main():
    table = read_table()
    arguments = parse({name for proof in table for name in [proof["name"], *proof["functions"]]})
    chosen = [proof for proof in table if not arguments.proofs or
              set(arguments.proofs) & {proof["name"], *proof["functions"]}]
    if arguments.list:
        for proof in chosen:
            print(f"{proof['name']}: {', '.join(proof['functions'])}\n    {proof['says']}")
        return
    out_of_date = list(stale(chosen))
    if out_of_date:
        sys.exit("\n".join(["the table of proofs is out of date:", *out_of_date]))
    cbmc = find_cbmc(arguments.cbmc)
    if not cbmc:
        print("SKIPPED, nothing is proved: there is no cbmc here. tools/fetch-cbmc gets it; "
              "$CBMC or --cbmc names another.")
        sys.exit(SKIPPED)
    if not shutil.which(COMPILER):
        sys.exit(f"{COMPILER} is not installed")
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        setup = Setup(cbmc, pathlib.Path(folder), arguments)
        rows = []
        with concurrent.futures.ThreadPoolExecutor(arguments.j) as pool:
            answers = pool.map(lambda proof: examine(setup, proof), chosen)
            for proof, answer in zip(chosen, answers):
                ok, text, seconds = answer
                print(f"{'ok  ' if ok else 'FAIL'} {proof['name']}: {text} ({seconds:.1f} s)",
                      flush=True)
                rows.append((proof, answer))
        good = report(rows, time.monotonic() - begin)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
