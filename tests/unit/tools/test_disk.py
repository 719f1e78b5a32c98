# SPDX-License-Identifier: BSD-2-Clause
"""The disk maker, judged by debugfs."""
import subprocess
import tempfile
import unittest
from pathlib import Path

import paths  # noqa: F401
import disk


class Disk(unittest.TestCase):
    def test_made_disk_holds_the_files(self):
        with tempfile.TemporaryDirectory() as folder:
            tree, image = Path(folder, "tree"), Path(folder, "disk.img")
            (tree / "inner").mkdir(parents=True)
            (tree / "inner/file").write_bytes(b"content")
            for block_bytes in (1024, 4096):
                disk.make(image, tree, "8M", block_bytes)
                shown = subprocess.run([disk.tool("debugfs"), "-R", "cat /inner/file", image],
                                       capture_output=True, check=True)
                self.assertEqual(shown.stdout, b"content")
                subprocess.run([disk.tool("e2fsck"), "-fn", image], check=True, capture_output=True)

    def test_full_disk_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            tree, image = Path(folder, "tree"), Path(folder, "disk.img")
            tree.mkdir()
            (tree / "big").write_bytes(bytes(range(256)) * 8192)
            with self.assertRaisesRegex(disk.DiskError, "mke2fs: "):
                disk.make(image, tree, "1M")
            self.assertFalse(image.exists())


if __name__ == "__main__":
    unittest.main()
