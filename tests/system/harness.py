# SPDX-License-Identifier: BSD-2-Clause
"""What the system tests share: boot Heddle in QEMU, talk to its console, fetch from its web server.

A test waits for text, never for a length of time; the guards below only end a test that hangs: in
which the console has shown nothing new for so long.
When a test fails, the end of the console's transcript is printed, and whether the machine still
answers.
"""
import atexit
import errno
import functools
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/lib"))
import disk
import qemu

GUEST = Path(os.environ.get("HEDDLE_GUEST", ROOT / "build/guest"))
GUARD = 120  # seconds of wall clock without anything new until something is taken for hung
PROMPT = "heddle> "
SOURCES = range(10000, 32768)  # ports for Guest.connect: below those that the host gives out
TAIL_LINES = 60
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PANIC = "kernel: panic"
# What is printed while the system starts, in any order; then it can be used. (Another process may
# print between the pieces of a long line, and in the middle of the shell's prompt.)
STARTED = {"the filesystem's line": re.compile(r"fs: (?s:.{0,200}?)(ext4|no filesystem)"),
           "the network's address": re.compile(r"net: (?s:.{0,200}?)[\d./]+ (?s:.{0,200}?)gateway "),
           "the web server's line": re.compile(r"web: (?s:.{0,200}?)listening on port 80")}


@functools.cache
def preload():
    """The library of listen.c, made once for each run of Python."""
    folder = Path(tempfile.mkdtemp(prefix="heddle-listen-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    library = folder / "listen.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", str(library),
                    str(Path(__file__).with_name("listen.c"))], check=True)
    return str(library)


class Quiet:
    """Tells when a number has stayed the same for too long, however slow the host is."""

    def __init__(self, seconds):
        self.seconds, self.last, self.since = seconds, None, time.monotonic()

    def too_long(self, number):
        if number != self.last:
            self.last, self.since = number, time.monotonic()
        return time.monotonic() - self.since > self.seconds


class Guest:
    """A running machine. Its console is a pipe in each direction."""

    def __init__(self, **machine):
        machine.setdefault("image", GUEST / "heddle.img")
        machine.setdefault("port", qemu.free_port())
        self.machine = qemu.Machine(**machine)
        self.port = self.machine.port
        self.raw, self.at, self.ended = bytearray(), 0, False
        self.sources = iter(SOURCES)
        self.changed = threading.Condition()
        self.process = subprocess.Popen(self.machine.command(interactive=False),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, bufsize=0,
                                        env={**os.environ, "LD_PRELOAD": preload()})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while data := self.process.stdout.read(4096):
            with self.changed:
                self.raw += data
                self.changed.notify_all()
        with self.changed:
            self.process.wait()
            self.ended = True  # and all that it printed is in raw
            self.changed.notify_all()

    def text(self):
        """Everything that the console printed, without escapes and carriage returns."""
        return ESCAPES.sub("", bytes(self.raw).decode(errors="replace")).replace("\r", "")

    def tail(self):
        lines = self.text().splitlines()
        return "\n".join(f"    | {line}" for line in lines[-TAIL_LINES:])

    def _wait(self, probe, what, guard):
        """Wait until probe says something true of the console's text. Value: that."""
        quiet = Quiet(guard)
        with self.changed:
            while True:
                text = self.text()
                if found := probe(text):
                    return found
                if PANIC in text:
                    raise AssertionError(f"the kernel panicked before the console showed {what}")
                if self.ended:
                    raise AssertionError(f"QEMU ended before the console showed {what}")
                if quiet.too_long(len(self.raw)):
                    raise AssertionError(f"the console did not show {what}, nor anything new "
                                         f"for {guard} s")
                self.changed.wait(1)

    def wait_for(self, wanted, guard=GUARD):
        """Wait for a text after the last one waited for. Value: what stood before it."""
        def probe(text):
            at = text.find(wanted, self.at)
            return None if at < 0 else (text[self.at:at], at + len(wanted))

        before, self.at = self._wait(probe, repr(wanted), guard)
        return before

    def wait_ready(self, guard=GUARD):
        """Wait until files, network and shell can be used: a connection that came too early is
        refused, or repeated by QEMU only after 6 s."""
        start = self.at
        for what, pattern in STARTED.items():
            self._wait(lambda text: pattern.search(text, start), what, guard)
        self.at = len(self.text())
        self.send("\r")
        self.wait_for("\n" + PROMPT, guard)

    def send(self, text):
        self.process.stdin.write(text.encode())

    def command(self, line, guard=GUARD):
        """Run a shell command. Value: what it printed."""
        self.send(line + "\r")
        self.wait_for(line, guard)
        return self.wait_for("\n" + PROMPT, guard).strip("\n")

    def examine(self, guard=10):
        """Whether what is left of the machine still answers, on both ways in. For who reads why a
        test failed. (Cleaned up already: then it has ended.)"""
        if self.process.poll() is not None:
            return f"QEMU has ended: {self.process.returncode}"
        found = []
        for line in ("ps", "mem") if PROMPT in self.text() else ():
            try:
                found.append(f"{line}:\n{self.command(line, guard)}")
            except (AssertionError, OSError) as error:
                found.append(f"{line}: {error}")
        if self.port:
            try:
                with urllib.request.urlopen(self.url(), timeout=guard) as page:
                    found.append(f"the web server answers: {page.status}")
            except (OSError, http.client.HTTPException) as error:
                found.append(f"the web server: {error}")
        return "\n".join(found) or "QEMU still runs, without a shell or a web server to ask"

    def wait_exit(self, guard=GUARD):
        """Wait until the machine has powered itself off. Value: QEMU's exit code."""
        quiet = Quiet(guard)
        while True:
            try:
                return self.process.wait(1)
            except subprocess.TimeoutExpired:
                if quiet.too_long(len(self.raw)):
                    raise AssertionError("the machine did not power off, and showed nothing for "
                                         f"{guard} s") from None

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(10)
        self.process.stdin.close()
        self.process.stdout.close()

    def connect(self, guard=GUARD):
        """A connection to the web server, from a port that this guest has not seen: QEMU's network
        confuses a new connection with one from the same port that it still remembers, and then
        repeats its SYN for up to 75 s."""
        while True:
            client = socket.socket()
            client.settimeout(guard)
            try:
                client.bind(("127.0.0.1", next(self.sources)))
                client.connect(("127.0.0.1", self.port))
                return client
            except OSError as error:
                client.close()
                if error.errno not in (errno.EADDRINUSE, errno.EADDRNOTAVAIL):
                    raise

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{urllib.parse.quote(path)}"


class SystemTest(unittest.TestCase):
    """Base of the tests: folders that vanish, guests that end, transcripts of what failed."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="heddle-test-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def run(self, result=None):
        self.result = result or self.defaultTestResult()
        self.before, self.guests = self.bad_news(), []
        return super().run(self.result)

    def bad_news(self):
        return len(self.result.failures) + len(self.result.errors)

    def tearDown(self):
        """After a failure: what the machines printed, and whether they are still alive."""
        if self.bad_news() == self.before:
            return
        for guest in self.guests:
            print(f"console of {self.id()}:\n{guest.tail()}\n{guest.examine()}", flush=True)

    def start(self, **machine):
        """Start a guest without waiting for anything."""
        guest = Guest(**machine)
        self.guests.append(guest)
        self.addCleanup(guest.close)
        return guest

    def boot(self, **machine):
        """Start a guest and wait until it can be used."""
        guest = self.start(**machine)
        guest.wait_ready()
        return guest

    def make_disk(self, files=None, name="disk.img", **options):
        """An ext4 image of {path: bytes}; of one small index.html if none are given."""
        tree = self.folder / f"{name}.tree"
        for path, data in (files or {"index.html": b"<h1>hello</h1>\n"}).items():
            target = tree / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return disk.make(self.folder / name, tree, **options)

    def curl(self, guest, path="/", *options, guard=GUARD):
        """Status and body of a GET by the host's curl."""
        body = self.folder / "body"
        body.unlink(missing_ok=True)
        done = subprocess.run(
            ["curl", "-sS", "--path-as-is", "--noproxy", "*", "-m", str(guard), "-o", str(body),
             "-w", "%{http_code}", *options, guest.url(path)],
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, f"curl {path}: {done.stderr.strip()}")
        return int(done.stdout), body.read_bytes() if body.exists() else b""

    def assert_alive(self, guest):
        """Shell, root and web server still answer, and nobody died."""
        self.assertIn("shell", guest.command("ps"))
        self.assertEqual(self.curl(guest)[0], 200)
        self.assertNotIn(PANIC, guest.text())


def wait_until(probe, what, guard=GUARD, pause=0.5):
    """Repeat probe until it returns something true. Value: that."""
    deadline = time.monotonic() + guard
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not so after {guard} s")
        time.sleep(pause)


def main():
    unittest.main(verbosity=2)
