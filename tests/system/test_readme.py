# SPDX-License-Identifier: BSD-2-Clause
"""What the README promises: its commands exist and do it."""
import os
import re
import shlex
import signal
import subprocess

import harness

PIECE = 40  # bytes of a line that come in one piece
README = harness.ROOT / "README.md"


def shape(text):
    """The text's lines with every number as # and blanks squeezed: what must be the same in every
    run. Who runs at this moment may differ too."""
    text = re.sub(r"\b(idle|ready|running) +(-|\d+)", "STATE", text)
    return [re.sub(r"\d+(\.\d+)?", "#", " ".join(line.split())) for line in text.strip().splitlines()]


class Readme(harness.SystemTest):
    def test_names_files_that_exist(self):
        text = README.read_text(encoding="utf-8")
        for command in ("tools/run", "tools/test"):
            self.assertIn(command, text)
        for path in set(re.findall(r"\b(?:tools|apps|libs|servers|microkernel|tests|platforms)/[\w./-]*\w",
                                   text)):
            self.assertTrue((harness.ROOT / path).exists(), f"README.md names {path}")

    def assert_like(self, printed, shown, what):
        """What was printed is what is shown, numbers apart; "..." stands for lines left out."""
        printed, shown = shape(printed), shape(shown)
        if "..." in shown:
            at = shown.index("...")
            left_out = len(printed) - (len(shown) - 1)
            self.assertGreater(left_out, 0, f"of {what}")
            del printed[at:at + left_out]
            shown.remove("...")
        self.assertEqual(printed, shown, f"of {what}")

    def test_session_is_true(self):
        """The README's console session prints what stands there."""
        blocks = re.findall(r"```[a-z]*\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
        sessions = [block for block in blocks if harness.PROMPT in block]
        self.assertTrue(sessions, "README.md shows no console session")
        boot, *parts = sessions[0].split(harness.PROMPT)
        guest = self.boot(disk=harness.disk.demo(self.folder / "disk.img"))
        printed = "\n".join(shape(guest.text()))
        for line in boot.splitlines():  # another may print between the pieces of a long line
            self.assertIn("".join(shape(line[:PIECE])), printed)
        commands = [part.partition("\n") for part in parts]
        for line, _, shown in commands[:-1]:
            self.assert_like(guest.command(line), shown, line)
        self.assertEqual(commands[-1][0], "poweroff")
        guest.send("poweroff\r")
        self.assertEqual(guest.wait_exit(), 0)

    def run_command(self, line):
        """A command of a README, with its files in the test's folder instead of build/."""
        words = [word.replace("build/", f"{self.folder}/", 1) for word in shlex.split(line, comments=True)]
        if words[0] == "tools/image":
            words += ["--guest", str(harness.GUEST)]
            done = subprocess.run(words, cwd=harness.ROOT, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, f"{line}: {done.stderr}")
        elif words[0] == harness.qemu.PROGRAM:
            with subprocess.Popen(["timeout", str(harness.GUARD), *words], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as machine:
                printed = b""
                while harness.PROMPT.encode() not in printed:
                    byte = machine.stdout.read(1)
                    self.assertTrue(byte, f"{line} ended: {printed.decode(errors='replace')}")
                    printed += byte
                machine.terminate()
        else:
            self.assertEqual(line.split("#")[0].strip(), "tools/bench")  # bench/instructions runs it

    def test_image_commands(self):
        """What the READMEs of the platforms and of bench say about tools/image is so."""
        files = [*(harness.ROOT / "platforms").rglob("README.md"), harness.ROOT / "apps/bench/README.md"]
        lines = re.findall(r"`(tools/image[^`]*-o [^`]*)`", README.read_text(encoding="utf-8"))
        for path in files:
            for block in re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
                lines += block.replace("\\\n", " ").splitlines()
        self.assertGreater(len(lines), 8)
        for line in lines:
            with self.subTest(line):
                self.run_command(line)

    def until(self, run, wanted):
        """What the command prints, up to the text that is wanted."""
        seen = b""
        while wanted.encode() not in seen:
            byte = run.stdout.read(1)
            if not byte:
                print(seen.decode(errors="replace"))
                self.fail(f"it ended before it printed {wanted!r}")
            seen += byte
        return seen.decode(errors="replace")

    def check_run(self, *options):
        """tools/run builds, boots, and the page comes from the demo disk. Value: the running one."""
        port = harness.qemu.free_port()
        run = subprocess.Popen(
            [str(harness.ROOT / "tools/run"), *options, "--port", str(port), "--build",
             str(harness.GUEST.parent)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, bufsize=0, start_new_session=True)
        self.addCleanup(self.end, run)
        self.assertIn(f"http://localhost:{port}/", self.until(run, "processes started"))
        page = harness.wait_until(lambda: self.page(port), "the page comes")
        self.assertEqual(page, (harness.disk.DEMO / "index.html").read_bytes())
        return run

    @staticmethod
    def end(run):
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGTERM)
        run.communicate()

    def test_run_command(self):
        """Both ways to run: one only prints the console, the other gives a shell."""
        self.end(self.check_run("--headless"))
        run = self.check_run()
        self.until(run, "Type help for the commands.")
        run.stdin.write(b"cat /index.html\r")
        self.until(run, "</html>")
        run.stdin.write(b"poweroff\r")
        self.assertEqual(run.wait(harness.GUARD), 0)

    @staticmethod
    def page(port):
        done = subprocess.run(["curl", "-sf", "--noproxy", "*", "-m", "10",
                               f"http://localhost:{port}/"], capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None


if __name__ == "__main__":
    harness.main()
