# SPDX-License-Identifier: BSD-2-Clause
"""Disks that are damaged, foreign or missing: a clear error each, and the system lives on."""
import os
import random
import shutil

import harness
from test_web import exchange

SEED = int(os.environ.get("HEDDLE_SEED", "2024"))
FILES = {"index.html": b"<h1>hello</h1>\n", "big.bin": random.Random(7).randbytes(6 << 20)}


class Disks(harness.SystemTest):
    def check_without_files(self, disk, why):
        """The system comes up and says why there are no files; ls and curl fail at once."""
        guest = self.boot(disk=disk)
        self.assertRegex(guest.text(), f"fs: no filesystem: .*{why}")
        answer = guest.command("ls /")
        self.assertIn("ls", answer)
        self.assertEqual(len(answer.splitlines()), 1, answer)
        self.assertIn(self.curl(guest)[0], (500, 503))
        self.assertIn("shell", guest.command("ps"))
        guest.close()

    def image(self, data):
        path = self.folder / "disk.img"
        path.write_bytes(data)
        return path

    def test_zeros(self):
        self.check_without_files(self.image(bytes(4 << 20)), "magic")

    def test_random_bytes(self):
        self.check_without_files(self.image(random.Random(1).randbytes(4 << 20)), "magic")

    def test_tiny(self):
        for length in (0, 1, 512, 700):
            self.check_without_files(self.image(bytes(length)), "truncated")

    def test_no_disk(self):
        self.check_without_files(None, "does not answer")

    def test_superblock_magic_only(self):
        data = bytearray(random.Random(2).randbytes(4 << 20))
        data[1024 + 56:1024 + 58] = b"\x53\xef"
        self.check_without_files(self.image(data), "")

    def test_truncated(self):
        """A filesystem that is longer than its device is refused as a whole."""
        whole = self.make_disk(FILES, size="32M")
        for part in (31 << 20, 3 << 20, 64 << 10, 2 << 10):
            path = self.folder / f"cut-{part}.img"
            shutil.copy(whole, path)
            os.truncate(path, part)
            self.check_without_files(path, "truncated")

    def test_damaged(self):
        """Bytes are changed all over the disk: whatever can be read no more is an error. File data
        carry no checksum in ext4, so the pages need not be right."""
        print(f"seed {SEED} (HEDDLE_SEED)", flush=True)
        numbers = random.Random(SEED)
        whole = self.make_disk(FILES, size="32M").read_bytes()
        for changes in (10, 1000, 100000):
            data = bytearray(whole)
            for _ in range(changes):
                data[numbers.randrange(2048, len(data))] = numbers.randrange(256)
            guest = self.boot(disk=self.image(data))
            guest.command("ls /")
            for path in ("/", "/big.bin"):
                self.assertIn(self.cut_off_or_status(guest, path), (0, 200, 404, 500, 503))
            self.assertIn("shell", guest.command("ps"))
            guest.close()

    @staticmethod
    def cut_off_or_status(guest, path):
        """The status of a GET whose body may end early; 0: not even a status."""
        answer = exchange(guest.port, f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return int(answer.split()[1]) if answer.startswith(b"HTTP/1.") else 0


if __name__ == "__main__":
    harness.main()
