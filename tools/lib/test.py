# SPDX-License-Identifier: BSD-2-Clause
"""Build Heddle and its tests, and run every test: unit, model, style and system tests."""
import argparse
import os
import subprocess
import sys

import build
import packages


def arguments():
    parser = argparse.ArgumentParser(prog="tools/test", description=__doc__)
    parser.add_argument("-R", metavar="PATTERN", help="only the tests whose name matches")
    parser.add_argument("-j", metavar="N", type=int, default=os.cpu_count() or 1,
                        help="tests at once (default: one for each CPU)")
    parser.add_argument("--long", action="store_true",
                        help="the long forms: some hours, among them 500 million fuzzed calls")
    parser.add_argument("--build", metavar="DIR", default=build.DEFAULT, help="build folder")
    return parser.parse_args()


def main():
    args = arguments()
    packages.install(["run", "test"])
    build.build("guest", args.build)
    host = build.build("host", args.build)
    command = ["ctest", "--test-dir", str(host), "--output-on-failure", "--no-tests=error",
               "-j", str(args.j)]
    if args.R:
        command += ["-R", args.R]
    environment = {**os.environ, "HEDDLE_LONG": "1"} if args.long else os.environ
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False, env=environment)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
