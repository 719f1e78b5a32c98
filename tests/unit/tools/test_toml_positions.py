# SPDX-License-Identifier: BSD-2-Clause
"""The TOML reader: same values as Python's own, right places, and all errors of a file."""
import tomllib
import unittest

import paths  # noqa: F401
import toml_positions

GOOD = '''
# a comment
title = "a # in a string" # behind
hexadecimal = 0xdead_beef
number = -1_000
octal = 0o17
flag = true
words = ["a", 'b\\n', "tab\\tquote\\" \\u00e9"]
nested = [
    [1, 2], # inner
    [],
    [3],
]
[first.second]
key = 1
[[list]]
name = "one"
[[list.inner]]
deep = 1
[[list.inner]]
deep = 2
[[list]]
name = "two"
[first]
late = false
'''


class TomlPositions(unittest.TestCase):
    def test_same_values_as_tomllib(self):
        root, errors = toml_positions.parse(GOOD)
        self.assertEqual(errors, [])
        self.assertEqual(root.plain(), tomllib.loads(GOOD))

    def test_own_system_file(self):
        text = (paths.ROOT / "system.toml").read_text()
        root, errors = toml_positions.parse(text)
        self.assertEqual(errors, [])
        self.assertEqual(root.plain(), tomllib.loads(text))

    def test_windows_line_ends(self):
        root, errors = toml_positions.parse(GOOD.replace("\n", "\r\n"))
        self.assertEqual(errors, [])
        self.assertEqual(root.plain(), tomllib.loads(GOOD))

    def test_positions(self):
        root, _ = toml_positions.parse(GOOD)
        lines = GOOD.splitlines()
        title = root.data["title"]
        self.assertEqual((title.line, title.column), (3, lines[2].index('"') + 1))
        self.assertEqual(root.keys["flag"], (7, 1))
        deep = root.data["list"].data[0].data["inner"].data[1]
        self.assertEqual((deep.line, deep.column), (20, 1))
        self.assertEqual(deep.data["deep"].column, 8)

    def test_each_error_with_its_place(self):
        cases = {
            "a = ": (1, 5, "value is missing"),
            "a 1": (1, 3, "expected '='"),
            'a = "x': (1, 5, "does not end"),
            "a = 1 2": (1, 7, "should end here"),
            "a = 1.5": (1, 5, "not a value"),
            "a = 1979-05-27": (1, 5, "not a value"),
            "a = 01": (1, 5, "not a value"),
            "a = {b = 1}": (1, 5, "inline tables"),
            'a = """x"""': (1, 5, "several lines"),
            "a.b = 1": (1, 2, "dotted keys"),
            '"a" = 1': (1, 1, "expected a key"),
            "a = 1\na = 2": (2, 1, "given twice, first in line 1"),
            "[t]\n[t]": (2, 1, "given twice, first in line 1"),
            "[t]\n[[t]]": (2, 1, "not an array of tables"),
            "a = 1\n[a.b]": (2, 1, "not a table"),
            "[t": (1, 3, "expected ']'"),
            "[[t]": (1, 4, "expected ']]'"),
            "a = [1": (1, 5, "has no end"),
            "a = [1 2]": (1, 8, "expected ','"),
            'a = "\\q"': (1, 6, "no such escape"),
            'a = "\\ud800"': (1, 6, "no such escape"),
            "= 1": (1, 1, "expected a key"),
        }
        for text, (line, column, message) in cases.items():
            with self.subTest(text=text):
                _, errors = toml_positions.parse(text)
                self.assertEqual(len(errors), 1, [error.message for error in errors])
                self.assertEqual((errors[0].line, errors[0].column), (line, column))
                self.assertIn(message, errors[0].message)

    def test_all_errors_are_reported(self):
        root, errors = toml_positions.parse("a = \nb = 2\nc = {}\n[x\nd = 1\n")
        self.assertEqual([error.line for error in errors], [1, 3, 4])
        self.assertEqual(root.data["b"].data, 2)

    def test_any_prefix_ends(self):
        for end in range(len(GOOD)):
            toml_positions.parse(GOOD[:end])


if __name__ == "__main__":
    unittest.main()
