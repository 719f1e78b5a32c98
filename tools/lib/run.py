# SPDX-License-Identifier: BSD-2-Clause
"""Build Heddle and boot it in QEMU, with its console on this terminal."""
import argparse
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import build
import disk
import packages
import qemu


def harts(text):
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= 8:
        raise argparse.ArgumentTypeError(f"{text}: Heddle runs on 1 to 8 harts")
    return number


def port_number(text):
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: 1 to 65535")
    return number


def arguments():
    parser = argparse.ArgumentParser(prog="tools/run", description=__doc__)
    parser.add_argument("--headless", action="store_true",
                        help="only print the console; read no keys; Ctrl-C ends")
    parser.add_argument("--smp", metavar="N", type=harts, default=1, help="harts (default 1)")
    parser.add_argument("--port", metavar="P", type=port_number, default=8080,
                        help="port of this host that leads to the web server (default 8080)")
    parser.add_argument("--disk", metavar="FILE", help="ext4 disk image (default: a demo disk)")
    parser.add_argument("--memory", metavar="SIZE", default="256M", help="RAM (default 256M)")
    parser.add_argument("--system", metavar="FILE", help="system file (default system.toml)")
    parser.add_argument("--append", metavar="TEXT", help="boot arguments, such as asid=off")
    parser.add_argument("--cpu", metavar="CPU", help="QEMU's CPU, such as rv64,sstc=off")
    parser.add_argument("--build", metavar="DIR", default=build.DEFAULT, help="build folder")
    return parser.parse_args()


def check(args):
    """Everything that can be told before the long part."""
    if args.disk and not Path(args.disk).is_file():
        sys.exit(f"tools/run: no disk image {args.disk}")
    if args.system and not Path(args.system).is_file():
        sys.exit(f"tools/run: no system file {args.system}")
    if not qemu.port_is_free(args.port):
        sys.exit(f"tools/run: port {args.port} is in use: choose another one with --port")


def boot(machine, headless):
    command = machine.command(interactive=not headless)
    if not shutil.which(command[0]):
        sys.exit(f"tools/run: {command[0]} is missing: install Debian's qemu-system-misc")
    print(f"\nHeddle boots. Web server: http://localhost:{machine.port}/   "
          f"To end: {'Ctrl-C' if headless else 'Ctrl-A x, or poweroff'}\n", flush=True)
    start = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL if headless else None) as process:
        if headless:
            signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:
                if headless:
                    process.terminate()
    if code > 0 and time.monotonic() - start < 3:
        sys.exit(f"tools/run: QEMU did not start (exit code {code}): see its message above")
    return max(code, 0)


def main():
    args = arguments()
    check(args)
    packages.install(["run"])
    try:
        folder = build.build("guest", args.build)
        image = build.image(folder, args.system)
        drive = args.disk or disk.demo(Path(args.build) / "disk.img")
    except disk.DiskError as error:
        sys.exit(f"tools/run: {error}")
    machine = qemu.Machine(image, drive, args.port, args.smp, args.memory, args.cpu, args.append)
    check(args)
    sys.exit(boot(machine, args.headless))


if __name__ == "__main__":
    main()
