# SPDX-License-Identifier: BSD-2-Clause
"""The harness itself: what it must find, it finds."""
import contextlib
import io
import unittest

import harness
import test_files


class Finds(harness.SystemTest):
    def fails(self, test):
        """Run one test of another file in this process. Value: its messages; it must fail."""
        result = unittest.TestResult()
        test.run(result)
        messages = [text for _, text in result.failures + result.errors]
        self.assertTrue(messages, f"{test.id()} passed")
        return "\n".join(messages)

    def test_wrong_byte(self):
        """One byte of one file of the image differs from what is expected."""
        right = test_files.make_files

        def one_byte_off(seed):
            files = right(seed)
            name = "one/two/size65537"
            # The disk gets the right bytes of a file; the comparison another last one.
            wrong = files[name][:-1] + bytes([files[name][-1] ^ 1])
            return Doctored(files, name, wrong)

        test_files.make_files = one_byte_off
        self.addCleanup(setattr, test_files, "make_files", right)
        self.assertIn("one/two/size65537", self.fails(test_files.Files("test_4k_blocks")))

    def test_missing_text(self):
        guest = self.boot(disk=self.make_disk())
        with self.assertRaisesRegex(AssertionError, "did not show 'no such text'"):
            guest.wait_for("no such text", guard=1)

    def test_machine_that_ends(self):
        guest = self.boot(disk=self.make_disk())
        guest.send("poweroff\r")
        with self.assertRaisesRegex(AssertionError, "QEMU ended"):
            guest.wait_for("no such text")

    def test_examines_what_failed(self):
        """Who reads of a failure learns whether the machine was alive."""
        class Failing(harness.SystemTest):
            def nothing(self):
                self.boot(disk=self.make_disk())
                self.fail("planted")

        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.fails(Failing("nothing"))
        self.assertRegex(out.getvalue(), r"(?s)ps:\n.*shell.*mem:\n.*the web server answers: 200")

    def test_panic(self):
        """A kernel without a boot bundle behind it panics, and the test ends at once."""
        guest = self.start(image=harness.GUEST / "microkernel/kernel.bin")
        with self.assertRaisesRegex(AssertionError, "panicked"):
            guest.wait_for(harness.PROMPT)


class Doctored(dict):
    """Files of which one is another when they are looked at for the second time."""

    def __init__(self, files, name, wrong):
        super().__init__(files)
        self.changed, self.looks = {**files, name: wrong}, 0

    def items(self):
        self.looks += 1
        return super().items() if self.looks == 1 else self.changed.items()


if __name__ == "__main__":
    harness.main()
