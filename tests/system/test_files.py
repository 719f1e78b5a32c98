# SPDX-License-Identifier: BSD-2-Clause
"""curl of every file of a 200-file image, compared byte by byte, with 1 KiB and 4 KiB blocks."""
import os
import random
import subprocess

import harness

SEED = int(os.environ.get("HEDDLE_SEED", "2024"))
COUNT = 200
SIZES = [1, 2, 511, 512, 513, 1023, 1024, 1025, 2048, 4095, 4096, 4097, 12287, 12288, 12289,
         65535, 65536, 65537, 1 << 20, (1 << 20) + 1, 3_000_001, 8 << 20]
NAMES = ["index.html", "with space.txt", "per%cent.txt", "plus+and&.txt", "grüße.txt", "a",
         "n" * 255, ".hidden", "two..dots", "UPPER.TXT"]


def make_files(seed):
    """{path: bytes}: deep folders, long names, a folder of many entries, every size."""
    random_numbers = random.Random(seed)
    deep = "/".join(f"level{i:02}" for i in range(24))
    folders = ["", "one/", "one/two/", deep + "/", "l" * 200 + "/" + "m" * 200 + "/", "many/"]
    names = NAMES + [f"one/two/size{size}" for size in SIZES]
    names += [f"many/{'entry' * 8}-{i:03}" for i in range(100)]
    while len(names) < COUNT:
        names.append(f"{random_numbers.choice(folders)}file{len(names)}.bin")
    files = {}
    for i, name in enumerate(names):
        at = i - len(NAMES)
        size = SIZES[at] if 0 <= at < len(SIZES) else int(2 ** random_numbers.uniform(0, 16))
        files[name] = random_numbers.randbytes(size)
    return files


class Files(harness.SystemTest):
    def fetch_all(self, guest, files):
        """All files by one curl, which keeps its connection as long as the server does."""
        config = self.folder / "curl.config"
        out = self.folder / "out"
        out.mkdir(exist_ok=True)
        lines = []
        for i, name in enumerate(files):
            lines += [f'url = "{guest.url("/" + name)}"', f'output = "{out / str(i)}"']
        config.write_text("\n".join(lines) + "\n")
        done = subprocess.run(["curl", "-sS", "--fail-early", "-f", "--path-as-is", "--noproxy", "*",
                               "-m", str(harness.GUARD * 3), "-K", str(config)],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [(out / str(i)).read_bytes() for i in range(len(files))]

    def check(self, **options):
        print(f"seed {SEED} (HEDDLE_SEED)", flush=True)
        files = make_files(SEED)
        self.assertEqual(len(files), COUNT)
        guest = self.boot(disk=self.make_disk(files, size="96M", **options))
        for (name, wanted), got in zip(files.items(), self.fetch_all(guest, files)):
            self.assertTrue(wanted == got, f"{name}: {len(got)} bytes instead of {len(wanted)}, or "
                                           "other bytes")
        self.assertEqual(self.curl(guest, "/many/no-such-entry")[0], 404)
        self.assert_alive(guest)

    def test_1k_blocks(self):
        self.check(block_bytes=1024)

    def test_4k_blocks(self):
        self.check(block_bytes=4096)

    def test_links_and_holes(self):
        tree = self.folder / "disk.img.tree"
        tree.mkdir()
        (tree / "index.html").write_bytes(b"<h1>hello</h1>\n")
        with open(tree / "sparse.bin", "wb") as file:
            file.write(b"begin")
            file.seek(2 << 20)
            file.write(b"end")
        (tree / "link").symlink_to("index.html")
        (tree / "long-link").symlink_to("./" * 60 + "index.html")
        (tree / "loop").symlink_to("loop")
        guest = self.boot(disk=harness.disk.make(self.folder / "disk.img", tree))
        self.assertEqual(self.curl(guest, "/sparse.bin"), (200, (tree / "sparse.bin").read_bytes()))
        self.assertEqual(guest.command("cat /link"), "<h1>hello</h1>")
        self.assertEqual(guest.command("cat /long-link"), "<h1>hello</h1>")
        self.assertIn("loop", guest.command("cat /loop"))
        self.assert_alive(guest)


if __name__ == "__main__":
    harness.main()
