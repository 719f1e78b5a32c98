# SPDX-License-Identifier: BSD-2-Clause
"""Disks that are damaged, foreign or missing: a clear error each, and the system lives on."""
import os
import random
import shutil

import harness
from test_web import exchange

FILES = {"index.html": b"<h1>hello</h1>\n", "big.bin": random.Random(7).randbytes(6 << 20)}


class Disks(harness.SystemTest):
    def check_without_files(self, disk):
        """The system comes up; ls and curl fail with an error, at once."""
        guest = self.boot(disk=disk)
        answer = guest.command("ls /")
        self.assertIn("ls", answer)
        self.assertEqual(len(answer.splitlines()), 1, answer)
        self.assertGreaterEqual(self.curl(guest)[0], 404)
        self.assertIn("shell", guest.command("ps"))
        return guest

    def test_zeros(self):
        path = self.folder / "zeros.img"
        path.write_bytes(bytes(4 << 20))
        guest = self.check_without_files(path)
        self.assertIn("fs:", guest.text())

    def test_random_bytes(self):
        path = self.folder / "random.img"
        path.write_bytes(random.Random(1).randbytes(4 << 20))
        self.check_without_files(path)

    def test_tiny(self):
        path = self.folder / "tiny.img"
        path.write_bytes(bytes(512))
        self.check_without_files(path)

    def test_no_disk(self):
        self.check_without_files(None)

    def test_superblock_magic_only(self):
        path = self.folder / "magic.img"
        data = bytearray(random.Random(2).randbytes(4 << 20))
        data[1024 + 56:1024 + 58] = b"\x53\xef"
        path.write_bytes(data)
        self.check_without_files(path)

    def test_truncated(self):
        """Half of the disk is gone: what is left may be read, the rest is an error."""
        whole = self.make_disk(FILES, size="32M")
        for part in (3 << 20, 64 << 10, 2 << 10):
            path = self.folder / f"cut-{part}.img"
            shutil.copy(whole, path)
            os.truncate(path, part)
            guest = self.boot(disk=path)
            guest.command("ls /")
            answer = exchange(guest.port, b"GET /big.bin HTTP/1.0\r\n\r\n")
            self.assertNotIn(FILES["big.bin"], answer)
            self.assertIn("shell", guest.command("ps"))
            guest.close()


if __name__ == "__main__":
    harness.main()
