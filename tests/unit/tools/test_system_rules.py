# SPDX-License-Identifier: BSD-2-Clause
"""Rules about whole system files, at their limits; warnings; and what none of them minds."""
import random
import re
import unittest

import paths
import system_file
import system_hints
import system_limits
from test_authority import channel, process
from test_system_file import CIRCLE, MANY, PAIR, SYNC, THREADS

SERVER_A = 'server = "a"'
DEVICE = '[[process.device]]\nname = "d"\ncompatible = "x"\n'


def errors_of(text):
    try:
        system_file.parse(text, "file.toml")
    except system_file.SystemFileError as error:
        return str(error).splitlines()
    return []


def warnings_of(text):
    return system_hints.warnings(system_file.parse(text, "file.toml"))


def line_of(text, wanted, which=0):
    return [i + 1 for i, line in enumerate(text.splitlines()) if line == wanted][which]


class Circles(unittest.TestCase):
    def test_place(self):
        """The last channel closes it."""
        found, = errors_of(CIRCLE)
        self.assertTrue(found.startswith(f"file.toml:{line_of(CIRCLE, SERVER_A)}:10: "))

    def test_asynchronous_circles_are_allowed(self):
        self.assertEqual(errors_of(CIRCLE.replace("rendezvous", "fs")), [])
        last = CIRCLE.rindex("rendezvous")
        self.assertEqual(errors_of(CIRCLE[:last] + "fs" + CIRCLE[last + len("rendezvous"):]), [])

    def test_two_ways_are_no_circle(self):
        text = PAIR + THREADS.format("c") + SYNC.format("b", "c") + SYNC.format("a", "c")
        self.assertEqual(errors_of(text), [])

    def test_each_circle_is_named(self):
        text = CIRCLE + CIRCLE.replace('"a"', '"x"').replace('"b"', '"y"').replace('"c"', '"z"')
        found = errors_of(text)
        self.assertEqual(len(found), 2)
        self.assertIn("a -> b -> c -> a", found[0])
        self.assertIn("x -> y -> z -> x", found[1])

    def test_random(self):
        """There is an error exactly if there is a circle; without the channels named there is none."""
        seed = random.randrange(1 << 32)
        rng = random.Random(seed)
        for _ in range(60):
            names = [f"p{i}" for i in range(rng.randrange(2, 9))]
            pairs = [rng.sample(names, 2) for _ in range(rng.randrange(12))]
            text = "".join(map(THREADS.format, names))
            text += "".join(SYNC.format(*pair) + f'name = "n{i}"\nserver_name = "n{i}"\n'
                            for i, pair in enumerate(pairs))
            found = errors_of(text)
            self.assertEqual(bool(found), self.is_circular(pairs), f"seed {seed}")
            lines = text.splitlines()
            bad = {int(line.split(":")[1]) - 1 for line in found}
            left = [(lines[i - 1].split('"')[1], line.split('"')[1]) for i, line in enumerate(lines)
                    if line.startswith("server =") and i not in bad]
            self.assertFalse(self.is_circular(left), f"seed {seed}")

    @staticmethod
    def is_circular(pairs):
        pairs = [tuple(pair) for pair in pairs]
        while pairs:
            servers = {server for _, server in pairs}
            rest = [pair for pair in pairs if pair[0] in servers]
            if len(rest) == len(pairs):
                return True
            pairs = rest
        return False


class Limits(unittest.TestCase):
    def test_they_are_those_of_root(self):
        text = (paths.ROOT / "servers/root/root.h").read_text(encoding="utf-8")
        for name in ("PROCESSES_MAX", "CHANNELS_MAX", "DEVICES_MAX"):
            self.assertIn(str(system_limits.LIMITS[name]), re.search(rf"#define {name} .*", text).group())
        with self.assertRaisesRegex(ValueError, "x.h has no #define GONE_MAX with a number"):
            system_limits.read("#define GONE_MAX (1 << 3)\n", "GONE_MAX", "x.h")

    def test_as_many_as_root_holds(self):
        most = system_limits.LIMITS
        text = "".join(THREADS.format(f"p{i}") for i in range(most["PROCESSES_MAX"] - 1))
        self.assertEqual(errors_of(text), [])
        self.assertEqual(len(errors_of(text + THREADS.format("one-more"))), 1)
        text = MANY["channels"] + "".join(SYNC.format("a", "b") + f'name = "d{i}"\nserver_name = "d{i}"\n'
                                          for i in range(4))
        self.assertEqual(errors_of(text), [])
        found, = errors_of(text + SYNC.format("a", "b") + 'name = "e"\nserver_name = "e"\n')
        self.assertIn("1023 channels, root can hold 1022", found)

    def test_256_processes(self):
        names = [f"p{i}" for i in range(256)]
        text = "".join(map(process, names)) + "".join(map(channel, names, names[1:]))
        self.assertEqual(errors_of(text), [])
        self.assertEqual(warnings_of(text), [])


class Warnings(unittest.TestCase):
    def assert_warned(self, text, wanted, line, column, words):
        """One warning, at the column of the line-th that is as wanted."""
        found = warnings_of(text)
        self.assertEqual(len(found), 1, found)
        self.assertEqual(found[0][:2], (line_of(text, wanted, line), column))
        self.assertIn(words, found[0][2])

    def test_nothing(self):
        self.assertEqual(warnings_of(process("a") + process("b") + channel("a", "b")), [])
        self.assertEqual(warnings_of((paths.ROOT / "system.toml").read_text(encoding="utf-8")), [])

    def test_alone(self):
        rest = process("a") + process("b") + channel("a", "b")
        self.assert_warned(rest + process("c"), 'name = "c"', 0, 8, "'c' reaches nobody and nobody reaches it")
        for more in (DEVICE, "debug = true\n", 'untyped = "4K"\n'):
            self.assertEqual(warnings_of(rest + process("c", more)), [])

    def test_slow_server(self):
        text = process("a") + process("b").replace("9", "12") + channel("a", "b")
        self.assert_warned(text, 'server = "b"', 0, 10, "'b' answers 'a' at priority 12 at best, worse than "
                                                         "the client's 9")
        self.assertEqual(warnings_of(text.replace("12", "12\nceiling = 9")), [])
        text = PAIR.replace("priority = 8", "priority = 9", 2).replace("priority = 9", "priority = 8", 1)
        self.assert_warned(text, 'server = "b"', 0, 10, "give the server a priority of 8 or better")

    def test_high_ceiling(self):
        text = process("a", "ceiling = 3\n") + process("b") + channel("a", "b")
        self.assert_warned(text, "ceiling = 3", 0, 11, "the ceiling 3 of 'a' is better than its priority and all")
        self.assertIn("9 would do", warnings_of(text)[0][2])
        text = process("a", "ceiling = 3\n") + process("b").replace("9", "3") + channel("a", "b")
        self.assertEqual(warnings_of(text), [])

    def test_many_clients(self):
        names = [f"p{i}" for i in range(17)]
        text = "".join(map(process, names)) + "".join(channel(name, "root", "system") for name in names)
        self.assert_warned(text, 'server = "root"', 16, 10, "root serves only 16 clients")


if __name__ == "__main__":
    unittest.main()
