# SPDX-License-Identifier: BSD-2-Clause
"""Install the Debian packages that are missing."""
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

LIST = Path(__file__).with_name("packages.toml")


def missing(packages):
    """Those of the packages that are not installed."""
    if not shutil.which("dpkg-query"):
        sys.exit("this is no Debian system: install what stands in tools/lib/packages.toml by hand, "
                 "then start again with HEDDLE_NO_INSTALL=1")
    done = subprocess.run(["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *packages],
                          capture_output=True, text=True, check=False)
    installed = {line.split()[0] for line in done.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in installed]


def as_root(command):
    """The command, with sudo where it is needed. Ends with one line where that is impossible."""
    if os.geteuid() == 0:
        return command
    if shutil.which("sudo"):
        return ["sudo"] + ([] if sys.stdin and sys.stdin.isatty() else ["-n"]) + command
    return None


def install(groups):
    """Install what is missing of the groups of packages.toml ("run", "test")."""
    if os.environ.get("HEDDLE_NO_INSTALL"):
        return
    with open(LIST, "rb") as file:
        lists = tomllib.load(file)
    absent = missing([package for group in groups for package in lists[group]])
    if not absent:
        return
    print("Installing Debian packages, which can take some minutes:", *absent, flush=True)
    by_hand = "as root: apt-get install " + " ".join(absent)
    apt = as_root(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y",
                   "-o", "Dpkg::Use-Pty=0"])
    if apt is None:
        sys.exit(f"packages are missing, and there is no sudo; {by_hand}")
    subprocess.run([*apt, "update"], stdout=subprocess.DEVNULL, check=False)
    done = subprocess.run([*apt, "install", "--no-install-recommends", *absent], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print("\n".join(done.stdout.splitlines()[-15:]), file=sys.stderr)
        sys.exit(f"apt-get could not install what is missing; {by_hand}")
