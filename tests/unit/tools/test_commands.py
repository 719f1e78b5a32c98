# SPDX-License-Identifier: BSD-2-Clause
"""The commands' help, and the one clear line with which each of them refuses."""
import os
import socket
import subprocess
import unittest

import paths


def run(tool, *arguments, **environment):
    return subprocess.run([paths.ROOT / "tools" / tool, *map(str, arguments)], capture_output=True,
                          text=True, check=False, stdin=subprocess.DEVNULL,
                          env={**os.environ, **environment})


class Commands(unittest.TestCase):
    def refused(self, done, words):
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(words, done.stderr)

    def test_help(self):
        tools = sorted(path.name for path in (paths.ROOT / "tools").iterdir() if path.is_file()
                       and os.access(path, os.X_OK))
        self.assertIn("run", tools)
        for tool in tools:
            done = run(tool, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(f"usage: tools/{tool}", done.stdout)
            self.assertIn(f"| `{tool}` |", (paths.ROOT / "tools/README.md").read_text(encoding="utf-8"))

    def test_busy_port(self):
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", 0))
            busy.listen()
            port = busy.getsockname()[1]
            self.refused(run("run", "--port", port), f"port {port} is in use")

    def test_missing_files(self):
        self.refused(run("run", "--disk", "/no/disk"), "no disk image /no/disk")
        self.refused(run("run", "--system", "/no/file"), "no system file /no/file")
        for tool in ("stretch", "coverage"):
            self.refused(run(tool, "--image", "/no/image", "--plugin", "/no/plugin"),
                         "no file /no/image")
        for tool in ("bench", "scaling"):
            self.refused(run(tool, "--image", "/no/image"), "no image /no/image")
        self.refused(run("trace", "/no/file"), "/no/file: No such file")
        self.refused(run("trace", paths.ROOT / "README.md"), "neither trace rings nor")
        self.refused(run("system", "check", "/no/file"), "/no/file: No such file")

    def test_image(self):
        self.refused(run("image", "--platform", "sifive_u", "--system", "/no/file", "-o", "x"),
                     "no system file /no/file")
        done = run("image", "--platform", "nowhere", "--app", "shell", "-o", "x")
        self.assertEqual(done.returncode, 2)
        self.assertIn("choose from 'qemu-virt', 'rocket-chip', 'sifive_u'", done.stderr)

    def test_bad_numbers(self):
        for arguments in (("--smp", "0"), ("--smp", "9"), ("--port", "x"), ("--port", "65536")):
            done = run("run", *arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"argument {arguments[0]}: {arguments[1]}", done.stderr)

    def test_system_check(self):
        done = run("system", "check", paths.ROOT / "system.toml")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("8 processes", done.stdout)
        self.assertIn('"web" -> "net"', run("system", "draw", paths.ROOT / "system.toml").stdout)


if __name__ == "__main__":
    unittest.main()
