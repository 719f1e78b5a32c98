# SPDX-License-Identifier: BSD-2-Clause
"""Make disk images with the host's mke2fs."""
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "tools/demo"


class DiskError(Exception):
    """mke2fs could not make the image."""


def tool(name):
    """Path of a program of e2fsprogs, which Debian keeps out of the PATH of plain users."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise DiskError(f"{name} is missing: install Debian's e2fsprogs")
    return found


def make(path, folder, size="64M", block_bytes=None, options=()):
    """An ext4 image of the folder with mke2fs's default features. block_bytes: 1024 or 4096."""
    command = [tool("mke2fs"), "-q", "-F", "-t", "ext4", "-L", "heddle", "-d", str(folder), *options]
    if block_bytes:
        command += ["-b", str(block_bytes)]
    part = Path(f"{path}.part")
    part.unlink(missing_ok=True)
    done = subprocess.run([*command, str(part), size], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)
    if done.returncode:
        part.unlink(missing_ok=True)
        raise DiskError(f"mke2fs: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
    part.rename(path)
    return path


def demo(path):
    """The demo disk, made anew when a file of tools/demo is newer."""
    sources = [DEMO, *DEMO.rglob("*")]
    if not path.exists() or path.stat().st_mtime < max(file.stat().st_mtime for file in sources):
        print(f"Making the demo disk {path} ...", flush=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path, DEMO)
    return path
