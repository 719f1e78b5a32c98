# SPDX-License-Identifier: BSD-2-Clause
"""The bundle maker: layout as declared in the ABI, refusal of what root could not map."""
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import paths
import abi
import bundle
import elf

BASE = abi.constant["IMAGE_BASE"]
READ, WRITE, EXECUTE = elf.PF_READ, elf.PF_WRITE, elf.PF_EXECUTE
TEXT = (BASE, b"code", 4, READ | EXECUTE)
DATA = (abi.constant["DATA_BASE"], b"data", 0x2000, READ | WRITE)


def make_elf(*segments, entry=BASE, machine=243, kind=2):
    """A minimal ELF64 with these (vaddr, bytes, bytes in memory, flags)."""
    headers, body = b"", b""
    start = 64 + 56 * len(segments)
    for vaddr, data, bytes_memory, flags in segments:
        headers += struct.pack("<IIQQQQQQ", 1, flags, start + len(body), vaddr, vaddr, len(data),
                               bytes_memory, 4096)
        body += data
    head = b"\x7fELF\2\1\1" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, entry, 64, 0, 0, 64, 56, len(segments),
                        64, 0, 0)
    return head + headers + body


class BundleTest(unittest.TestCase):
    def test_layout(self):
        made = bundle.Bundle()
        made.add_image("prog", make_elf(TEXT, DATA))
        made.add_file("empty", b"")
        made.add_file("file", b"f" * 5000)
        data = made.data()
        self.assertEqual(data[:8], b"HEDDUNDL")
        self.assertEqual(len(data) % 4096, 0)
        image, empty, file = bundle.read(data)
        self.assertEqual((image["name"], image["entry"], image["bytes"]), ("prog", BASE, 0))
        text, writable = image["segments"]
        self.assertEqual(text[4], 1 | 4)
        self.assertEqual(writable[4], 1 | 2)
        self.assertEqual(writable[2:4], (4, 0x2000))
        self.assertEqual(data[writable[1]:writable[1] + 6], b"data\0\0")
        self.assertEqual((text[1] % 4096, writable[1] % 4096, file["offset"] % 4096), (0, 0, 0))
        self.assertEqual(empty["bytes"], 0)
        self.assertEqual(data[file["offset"]:][:5000], b"f" * 5000)

    def test_struct_sizes_agree_with_the_c_header(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "abi").mkdir()
            source = Path(folder) / "sizes.c"
            names = ("bundle_header", "bundle_entry", "bundle_segment", "boot_info")
            source.write_text("#include <abi/abi.h>\n" + "".join(
                f"_Static_assert(sizeof(struct {name}) == {abi.size(name)}, \"{name}\");\n"
                for name in names))
            directory = paths.ROOT / "microkernel/abi"
            subprocess.run([sys.executable, directory / "generate.py", directory / "abi.toml",
                            "--header", f"{folder}/abi/abi.h"], check=True)
            subprocess.run(["gcc", "-I", folder, "-fsyntax-only", source], check=True)

    def test_refusals(self):
        top = abi.constant["STACKS_BASE"]
        cases = {
            "writable and executable": [TEXT, (DATA[0], b"", 1, READ | WRITE | EXECUTE)],
            "overlap or share": [TEXT, (BASE, b"", 1, READ)],
            "does not begin on a page": [(BASE + 8, b"code", 4, READ | EXECUTE)],
            "lies outside": [TEXT, (top - 0x1000, b"", 0x1001, READ)],
            "outside of 0x10410000": [TEXT, (DATA[0] + 0x1000, b"data", 4, READ | WRITE)],
            "no segment": [],
            "5 segments": [(BASE + i * 4096, b"", 1, READ | EXECUTE) for i in range(5)],
            "entry point": [DATA],
        }
        for message, segments in cases.items():
            with self.subTest(message), self.assertRaisesRegex(bundle.BundleError, message):
                bundle.Bundle().add_image("x", make_elf(*segments))
        with self.assertRaisesRegex(bundle.BundleError, "lies outside"):
            bundle.Bundle().add_image("x", make_elf((0, b"code", 4, READ | EXECUTE), entry=0))

    def test_not_our_elf(self):
        for data, message in ((b"text", "not an ELF"), (b"\x7fELF\1\1" + bytes(60), "64-bit"),
                              (make_elf(TEXT, machine=62), "not for RISC-V"),
                              (make_elf(TEXT, kind=3), "not a linked executable"),
                              (make_elf(TEXT)[:-2], "does not lie in the file"),
                              (make_elf(TEXT)[:80], "program headers")):
            with self.subTest(message), self.assertRaisesRegex(elf.ElfError, message):
                bundle.Bundle().add_image("x", data)

    def test_names(self):
        made = bundle.Bundle()
        made.add_file("a" * 31, b"")
        for name, message in (("a" * 31, "twice"), ("b" * 32, "1..31"), ("", "1..31")):
            with self.assertRaisesRegex(bundle.BundleError, message):
                made.add_file(name, b"")

    def test_command(self):
        tool = paths.ROOT / "tools/lib/bundle.py"
        with tempfile.TemporaryDirectory() as folder:
            image, out = Path(folder, "p.elf"), Path(folder, "out")
            image.write_bytes(make_elf(TEXT, DATA))
            subprocess.run([tool, "-o", out, "--image", f"p={image}", "--file", f"f={image}"], check=True)
            listing = subprocess.run([tool, "--list", out], check=True, capture_output=True, text=True)
            self.assertIn("image  p", listing.stdout)
            self.assertIn("r-x", listing.stdout)
            bad = subprocess.run([tool, "-o", out, "--image", f"p={folder}/none"],
                                 capture_output=True, text=True, check=False)
            self.assertEqual(bad.returncode, 1)
            self.assertEqual(bad.stderr, f"bundle: {folder}/none: No such file or directory\n")


if __name__ == "__main__":
    unittest.main()
