# SPDX-License-Identifier: BSD-2-Clause
"""Make one flat image for a board: the kernel, root, the chosen programs and the servers they need.

OpenSBI's fw_jump or fw_dynamic starts it at 0x80200000 in supervisor mode, on any hart, with the
device tree's address in a1; it can be linked into fw_payload. The kernel is the same on every
platform: what differs comes from the device tree. platforms/NAME/README.md says how to boot there.
"""
import argparse
import sys
import tomllib
from pathlib import Path

import build
import bundle
import elf
import image
import packages
import selection
import system_file

PLATFORMS = build.ROOT / "platforms"
SYSTEM = build.ROOT / "system.toml"
SPACE = 0x2000000  # fw_jump puts the device tree at 0x82200000, 32 MiB above the image


def fail(message):
    sys.exit(f"tools/image: {message}")


def platforms():
    return sorted(path.parent.name for path in PLATFORMS.glob("*/platform.toml"))


def own_system(app):
    """The system file that an app brings for itself alone."""
    return build.ROOT / "apps" / app / f"{app}.toml"


def system_of(args, programs):
    """The System that the arguments ask for, and notes on it."""
    with open(PLATFORMS / args.platform / "platform.toml", "rb") as file:
        devices = tomllib.load(file)["devices"]
    path = Path(args.system or SYSTEM)
    alone = [app for app in args.app if not args.system and own_system(app).exists()]
    if alone and len(args.app) > 1:
        fail(f"{alone[0]} is a system of its own (apps/{alone[0]}/{alone[0]}.toml): "
             "it cannot share an image")
    if alone:
        path = own_system(alone[0])
    system = system_file.load(path, programs)
    choice = selection.Selection(system, devices)
    whole = [process.name for process in system.processes]
    chosen = choice.choose(whole if alone or not args.app else args.app)
    return chosen, choice.left_out(chosen)


def arguments():
    parser = argparse.ArgumentParser(prog="tools/image", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", metavar="P", required=True, choices=platforms(),
                        help=f"the board: {', '.join(platforms())}")
    parser.add_argument("--app", metavar="NAME", action="extend", nargs="+", default=[],
                        help="a process of the system file, such as shell or web, with the servers "
                             "that it needs; or a program with a system file of its own: bench")
    parser.add_argument("--system", metavar="FILE",
                        help="choose from this system file (default system.toml); without --app: "
                             "all of it")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, type=Path)
    parser.add_argument("--build", metavar="DIR", default=build.DEFAULT, help="build folder")
    parser.add_argument("--guest", metavar="DIR", type=Path,
                        help="take this finished guest build; build nothing")
    args = parser.parse_args()
    if not args.app and not args.system:
        parser.error("name a program with --app, or a system file with --system")
    if args.system and not Path(args.system).is_file():
        fail(f"no system file {args.system}")
    return args


def main():
    args = arguments()
    if not args.guest:
        packages.install(["run"])
        args.guest = build.build("guest", args.build)
    try:
        built = image.parts(args.guest)
        system, notes = system_of(args, built["program"])
        data = image.make_of(built, system)
        if len(data) > SPACE:
            fail(f"the image has {len(data)} bytes; at {image.KERNEL_BASE + SPACE:#x} the firmware "
                 "puts the device tree")
        args.output.write_bytes(data)
    except selection.SelectionError as error:
        fail(f"{args.platform}: {error}")
    except system_file.SystemFileError as error:
        sys.exit(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    except (elf.ElfError, bundle.BundleError) as error:
        fail(error)
    for note in notes:
        print(f"tools/image: {args.platform}: {note}")
    names = ", ".join(process.name for process in system.processes)
    print(f"{args.output}: {len(data) >> 10} KiB for {image.KERNEL_BASE:#x}: kernel, root, {names}")


if __name__ == "__main__":
    main()
