#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Make or list a boot bundle: what the kernel finds behind itself in the boot image.

    bundle_header | bundle_entry ... | pages of segments and files

The structs are declared in microkernel/abi/abi.toml. Every segment and file begins on a page of
its own, so that root can map the pages as they lie.
"""
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import abi
import elf

PAGE = 4096
C = abi.constant
RIGHTS = ((elf.PF_READ, "RIGHT_READ"), (elf.PF_WRITE, "RIGHT_WRITE"),
          (elf.PF_EXECUTE, "RIGHT_EXECUTE"))


class BundleError(Exception):
    """An image or file cannot go into a bundle."""


def page_up(number):
    return (number + PAGE - 1) & -PAGE


def check_segment(segment):
    end = segment.vaddr + segment.bytes_memory
    where = f"segment {segment.vaddr:#x}..{end:#x}"
    if segment.vaddr % PAGE:
        raise BundleError(f"{where} does not begin on a page")
    if segment.flags & elf.PF_WRITE and segment.flags & elf.PF_EXECUTE:
        raise BundleError(f"{where} is writable and executable")
    data = segment.flags & elf.PF_WRITE
    low, high = (C["DATA_BASE"], C["CHANNEL_BASE"]) if data else (C["IMAGE_BASE"], C["STACKS_BASE"])
    if segment.vaddr < low or end > high or data and segment.vaddr != low:
        raise BundleError(f"{where} lies outside of {low:#x}..{high:#x}")


def check_image(entry, segments):
    """Refuse what root could not map with the rights that the segments ask for."""
    if not segments:
        raise BundleError("no segment to load")
    if len(segments) > C["BUNDLE_SEGMENTS"]:
        raise BundleError(f"{len(segments)} segments, at most {C['BUNDLE_SEGMENTS']} are possible")
    for segment in segments:
        check_segment(segment)
    ordered = sorted(segments, key=lambda segment: segment.vaddr)
    for low, high in zip(ordered, ordered[1:]):
        if page_up(low.vaddr + low.bytes_memory) > high.vaddr:
            raise BundleError(f"segments {low.vaddr:#x} and {high.vaddr:#x} overlap or share a page")
    if not any(segment.flags & elf.PF_EXECUTE and
               segment.vaddr <= entry < segment.vaddr + segment.bytes_memory
               for segment in segments):
        raise BundleError(f"the entry point {entry:#x} is not in an executable segment")


class Bundle:
    """Collects entries; data() lays them out."""

    def __init__(self):
        self.entries = []  # (name, entry point, [Segment]) or (name, bytes)

    def check_name(self, name):
        if not 0 < len(name.encode()) < C["BUNDLE_NAME_BYTES"]:
            raise BundleError(f"the name must have 1..{C['BUNDLE_NAME_BYTES'] - 1} bytes")
        if any(entry[0] == name for entry in self.entries):
            raise BundleError("the name is given twice")

    def add_image(self, name, data):
        self.check_name(name)
        entry, segments = elf.read(data)
        check_image(entry, segments)
        self.entries.append((name, entry, segments))

    def add_file(self, name, data):
        self.check_name(name)
        self.entries.append((name, data))

    def data(self):
        head = abi.size("bundle_header") + len(self.entries) * abi.size("bundle_entry")
        body, packed = bytearray(), []
        base = page_up(head)

        def place(data):
            offset = base + len(body)
            body.extend(data)
            body.extend(bytes(page_up(len(body)) - len(body)))
            return offset

        for entry in self.entries:
            packed.append(pack_image(*entry, place) if len(entry) == 3 else pack_file(*entry, place))
        total = base + len(body)
        header = abi.pack("bundle_header", C["BUNDLE_MAGIC"], total, len(self.entries), 0)
        return (header + b"".join(packed)).ljust(base, b"\0") + bytes(body)


def pack_image(name, entry, segments, place):
    fields = []
    for segment in segments:
        rights = sum(C[right] for flag, right in RIGHTS if segment.flags & flag)
        fields += [segment.vaddr, place(segment.data), len(segment.data), segment.bytes_memory,
                   rights]
    fields += [0] * 5 * (C["BUNDLE_SEGMENTS"] - len(segments))
    return abi.pack("bundle_entry", name.encode(), 0, 0, entry, len(segments), *fields)


def pack_file(name, data, place):
    return abi.pack("bundle_entry", name.encode(), place(data), len(data), 0, 0,
                    *[0] * 5 * C["BUNDLE_SEGMENTS"])


def read(data):
    """Entries of a bundle: dicts with name, offset, bytes, entry and segments (tuples)."""
    if len(data) < abi.size("bundle_header"):
        raise BundleError("too short for a bundle")
    magic, total, count, _ = abi.unpack("bundle_header", data)
    if magic != C["BUNDLE_MAGIC"] or total > len(data) or total % PAGE:
        raise BundleError("not a whole bundle")
    out = []
    for i in range(count):
        name, offset, length, entry, used, *rest = abi.unpack(
            "bundle_entry", data, abi.size("bundle_header") + i * abi.size("bundle_entry"))
        out.append({"name": name.rstrip(b"\0").decode(), "offset": offset, "bytes": length,
                    "entry": entry, "segments": [tuple(rest[j * 5:j * 5 + 5]) for j in range(used)]})
    return out


def show(data):
    for entry in read(data):
        if not entry["segments"]:
            print(f"file   {entry['name']:<16} {entry['bytes']:>8} bytes")
            continue
        print(f"image  {entry['name']:<16} entry {entry['entry']:#x}")
        for vaddr, _, _, length, rights in entry["segments"]:
            letters = "".join(letter if rights & C[right] else "-" for letter, right in
                              zip("rwx", ("RIGHT_READ", "RIGHT_WRITE", "RIGHT_EXECUTE")))
            print(f"         {vaddr:#10x}  {length:>8} bytes  {letters}")


def assignment(text):
    name, equals, path = text.partition("=")
    if not equals or not name or not path:
        raise argparse.ArgumentTypeError(f"{text!r}: expected NAME=FILE")
    return name, path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", help="bundle to write")
    parser.add_argument("--image", metavar="NAME=ELF", action="append", type=assignment, default=[],
                        help="add a program")
    parser.add_argument("--file", metavar="NAME=FILE", action="append", type=assignment, default=[],
                        help="add a file as it is")
    parser.add_argument("--list", metavar="BUNDLE", help="show what a bundle holds")
    args = parser.parse_args()
    if bool(args.list) == bool(args.output):
        parser.error("give either --output or --list")
    path = args.list
    try:
        if args.list:
            show(Path(path).read_bytes())
            return
        bundle = Bundle()
        for add, items in ((bundle.add_image, args.image), (bundle.add_file, args.file)):
            for name, path in items:
                add(name, Path(path).read_bytes())
        path = args.output
        Path(path).write_bytes(bundle.data())
    except (OSError, elf.ElfError, BundleError) as error:
        sys.exit(f"bundle: {path}: {getattr(error, 'strerror', None) or error}")


if __name__ == "__main__":
    main()
