# SPDX-License-Identifier: BSD-2-Clause
"""The commands' help, and the one clear line with which each of them refuses."""
import os
import re
import shlex
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

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
        self.assertEqual(done.stderr, "")
        file = paths.ROOT / "tests/system/limits.toml"
        done = run("system", "check", file)  # a warning is no error
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (0, 1))
        self.assertIn(f"{file}:6:8: warning: 'frugal' reaches nobody", done.stderr)
        self.assertIn("no error, 1 warning\n", done.stdout)

    def test_system_graph(self):
        """What tools/README.md shows of it is so."""
        text = (paths.ROOT / "tools/README.md").read_text(encoding="utf-8")
        commands, shown = re.findall(r"```(?:sh)?\n(.*?)```", text.split("## The authority graph")[1],
                                     re.DOTALL)[:2]
        lines = [shlex.split(line, comments=True) for line in commands.splitlines()]
        self.assertEqual(len(lines), 4)
        with tempfile.TemporaryDirectory() as folder:
            for words in lines:
                self.assertEqual(words[0], "tools/system")
                done = run("system", *(word.replace("build", folder).replace(
                    "system.toml", str(paths.ROOT / "system.toml")) for word in words[1:]))
                self.assertEqual((done.returncode, done.stderr), (0, ""), words)
            self.assertEqual(done.stdout, shown)
            self.assertIn("</svg>", Path(folder, "system.svg").read_text(encoding="utf-8"))
            self.assertIn('"web" -> "net"', Path(folder, "system.dot").read_text(encoding="utf-8"))

    def test_system_graph_refuses(self):
        file = paths.ROOT / "system.toml"
        self.refused(run("system", "graph", file, "-o", "/tmp/x.png"), "name it .svg or .dot")
        self.refused(run("system", "graph", file, "--reach", "wbe"), "did you mean 'web'?")
        self.refused(run("system", "graph", file, "-o", "/no/folder/x.svg"), "/no/folder/x.svg: No such")
        self.assertIn("digraph", run("system", "graph", file, "--format", "dot").stdout)
        self.assertIn("</svg>", run("system", "graph", file).stdout)


if __name__ == "__main__":
    unittest.main()
