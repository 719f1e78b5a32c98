# SPDX-License-Identifier: BSD-2-Clause
"""Each command of the shell, its line editing, and its errors."""
import harness

COMMANDS = ("help", "ps", "ls", "cat", "echo", "mem", "uptime", "trace", "reboot", "poweroff")
FILES = {
    "index.html": b"<h1>hello</h1>\n",
    "poem.txt": b"Up go the odd ones,\ndown go the even.\n",
    "empty.txt": b"",
    "folder/inner.txt": b"inside\n",
    "big.txt": b"".join(b"line %06d\n" % i for i in range(9000)),
}


class Shell(harness.SystemTest):
    def setUp(self):
        super().setUp()
        self.guest = self.boot(disk=self.make_disk(FILES))

    def test_commands(self):
        guest = self.guest
        listing = guest.command("help")
        for name in COMMANDS:
            self.assertIn(name, listing)
        self.assertEqual(guest.command("echo one  two three").split(), ["one", "two", "three"])
        self.assertIn("root", guest.command("ps"))
        self.assertRegex(guest.command("mem"), r"\d")
        self.assertRegex(guest.command("uptime"), r"\d")
        listing = guest.command("ls /")
        for name in ("index.html", "poem.txt", "folder", "lost+found"):
            self.assertIn(name, listing)
        self.assertIn("inner.txt", guest.command("ls /folder"))
        self.assertEqual(guest.command("cat /poem.txt") + "\n", FILES["poem.txt"].decode())
        self.assertEqual(guest.command("cat /empty.txt"), "")

    def test_long_output(self):
        self.assertEqual(self.guest.command("cat /big.txt") + "\n", FILES["big.txt"].decode())

    def test_errors(self):
        guest = self.guest
        for line, wanted in (("nosuchthing", "nosuchthing"), ("cat /nosuchfile", "nosuchfile"),
                             ("ls /nosuchfolder", "nosuchfolder"), ("cat /folder", "folder"),
                             ("cat", "cat"), ("cat /poem.txt/x", "poem.txt")):
            answer = guest.command(line)
            self.assertIn(wanted, answer, f"{line!r} should say what is wrong")
            self.assertEqual(len(answer.splitlines()), 1, f"{line!r}: one line, not {answer!r}")
        self.assertNotIn("inside", guest.command("cat /folder"))
        self.assertEqual(guest.command(""), "")
        guest.command("echo " + "x" * 2000)
        self.assert_alive(guest)

    def test_editing(self):
        guest = self.guest
        guest.send("echo abcX\x7fd\r")  # backspace
        guest.wait_for("\nabcd\n" + harness.PROMPT)
        guest.send("\x1b[A\r")  # the last line again
        guest.wait_for("\nabcd\n" + harness.PROMPT)
        guest.send("echo bc\x1b[D\x1b[Da\x1b[C\x1b[Cd\r")  # left and right
        guest.wait_for("\nabcd\n" + harness.PROMPT)
        guest.send("nonsense\x15echo fresh\r")  # Ctrl-U
        guest.wait_for("\nfresh\n" + harness.PROMPT)
        guest.send("nonsense\x03")  # Ctrl-C
        guest.wait_for(harness.PROMPT)
        self.assertEqual(guest.command("echo after"), "after")

    def test_control_bytes(self):
        self.guest.send("".join(map(chr, [1, 2, 4, 5, 6, 11, 12, 14, 16, 27, 27, 91, 0, 31, 127])))
        self.guest.send("\x15\r")
        self.guest.wait_for(harness.PROMPT)
        self.assert_alive(self.guest)

    def test_reboot(self):
        self.guest.send("reboot\r")
        self.guest.wait_for("OpenSBI")
        self.guest.wait_ready()
        self.assert_alive(self.guest)

    def test_poweroff(self):
        self.guest.send("poweroff\r")
        self.assertEqual(self.guest.wait_exit(), 0)


if __name__ == "__main__":
    harness.main()
