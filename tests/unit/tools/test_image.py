# SPDX-License-Identifier: BSD-2-Clause
"""The boot image: kernel with its zeroed memory, then the bundle of what the system file names."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import paths
import bundle
import elf
import image
from test_bundle import DATA, TEXT, make_elf

KERNEL = (image.KERNEL_BASE, b"kernel", 0x1800, elf.PF_READ | elf.PF_WRITE | elf.PF_EXECUTE)
SYSTEM = '[[process]]\nname = "a"\npriority = 8\n[[process]]\nname = "b"\nimage = "a"\npriority = 9\n'


class Image(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.write("kernel", make_elf(KERNEL, entry=image.KERNEL_BASE))
        for name in ("root", "a", "unused"):
            self.write(name, make_elf(TEXT, DATA))
        self.write("vdso", b"vdso")
        self.write("system.toml", SYSTEM.encode())
        self.write("parts.txt", "".join(
            f"{kind} {name} {self.folder / name}\n" for kind, name in
            (("kernel", "kernel"), ("file", "vdso"), ("program", "root"), ("program", "a"),
             ("program", "unused"))).encode())

    def write(self, name, data):
        (self.folder / name).write_bytes(data)

    def run_tool(self):
        return subprocess.run([sys.executable, paths.ROOT / "tools/lib/image.py", "--build",
                               self.folder, "--system", self.folder / "system.toml", "-o",
                               self.folder / "out.img"], capture_output=True, text=True, check=False)

    def test_image(self):
        done = self.run_tool()
        self.assertEqual(done.returncode, 0, done.stderr)
        data = (self.folder / "out.img").read_bytes()
        self.assertEqual(data[:0x2000], b"kernel".ljust(0x2000, b"\0"))
        entries = bundle.read(data[0x2000:])
        self.assertEqual([entry["name"] for entry in entries], ["root", "a", "vdso", "system.bin"])

    def test_errors_are_one_line(self):
        self.write("system.toml", SYSTEM.replace('"a"\npriority = 9', '"c"\npriority = 9').encode())
        done = self.run_tool()
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"{self.folder}/system.toml:6:9: no program 'c'\n")
        self.write("system.toml", SYSTEM.encode())
        self.write("a", b"broken")
        self.assertEqual(self.run_tool().stderr, f"image: {self.folder}/a: not an ELF file\n")
        self.write("a", make_elf(TEXT))
        self.write("kernel", make_elf((0x80000000, b"k", 1, 5), entry=0x80000000))
        self.assertIn("does not begin at 0x80200000", self.run_tool().stderr)
        (self.folder / "vdso").unlink()
        self.assertEqual(self.run_tool().stderr,
                         f"image: {self.folder}/vdso: No such file or directory\n")


if __name__ == "__main__":
    unittest.main()
