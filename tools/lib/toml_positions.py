# SPDX-License-Identifier: BSD-2-Clause
"""Read a subset of TOML and keep the line and column of every key and value.

The subset: [tables], [[arrays of tables]], bare keys, strings on one line, integers (decimal, hex,
octal, binary, underscores), booleans, arrays (over several lines too), comments. All else of TOML
is reported as an error. The reader goes on at the next line, so that it reports every error.
"""
import re
from dataclasses import dataclass, field

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
INTEGER = re.compile(r"[+-]?(0x[0-9a-fA-F]+(_[0-9a-fA-F]+)*|0o[0-7]+(_[0-7]+)*|0b[01]+(_[01]+)*"
                     r"|0|[1-9][0-9]*(_[0-9]+)*)")
WORD = re.compile(r"[^\s,\]#]+")
ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass
class Node:
    """One value: kind is string, integer, boolean, array, table or tables (an array of tables)."""
    kind: str
    data: object
    line: int
    column: int
    keys: dict = field(default_factory=dict)  # table: name -> (line, column) of the key

    def plain(self):
        """The value as Python's own types, without positions."""
        if self.kind == "table":
            return {name: node.plain() for name, node in self.data.items()}
        if self.kind in ("array", "tables"):
            return [node.plain() for node in self.data]
        return self.data


class TomlError(Exception):
    """An error at a place of the text."""

    def __init__(self, line, column, message):
        super().__init__(message)
        self.line, self.column, self.message = line, column, message


class Reader:
    """A cursor over the text; line and column count from 1."""

    def __init__(self, text):
        self.text, self.at, self.line, self.start = text, 0, 1, 0
        self.root = Node("table", {}, 1, 1)
        self.current = self.root
        self.defined = set()  # tables that had their own [header]
        self.errors = []

    @property
    def column(self):
        return self.at - self.start + 1

    def fail(self, message, line=None, column=None):
        raise TomlError(line or self.line, column or self.column, message)

    def peek(self):
        return self.text[self.at] if self.at < len(self.text) else ""

    def take(self, pattern):
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
            return match.group()
        return None

    def newline(self):
        self.at += 1
        self.line += 1
        self.start = self.at

    def skip_blanks(self):
        while self.peek() in (" ", "\t", "\r") and self.peek():
            self.at += 1

    def skip_lines(self):
        """Skip blanks, comments and line ends."""
        while True:
            self.skip_blanks()
            if self.peek() == "#":
                self.skip_rest()
            elif self.peek() == "\n":
                self.newline()
            else:
                return

    def skip_rest(self):
        while self.peek() not in ("", "\n"):
            self.at += 1

    def end_of_line(self):
        self.skip_blanks()
        if self.peek() == "#":
            self.skip_rest()
        if self.peek() not in ("", "\n"):
            self.fail(f"unexpected {self.peek()!r}: the line should end here")

    # ------------------------------------------------------------ values

    def value(self):
        line, column, char = self.line, self.column, self.peek()
        if char == "":
            self.fail("a value is missing")
        if char in "\"'":
            return Node("string", self.string(char), line, column)
        if char == "[":
            return Node("array", self.array(), line, column)
        if char == "{":
            self.fail("inline tables are not supported here: use a [table] of its own")
        word = self.take(WORD)
        if word is None:
            self.fail("a value is missing")
        if word in ("true", "false"):
            return Node("boolean", word == "true", line, column)
        if INTEGER.fullmatch(word):
            return Node("integer", int(word.replace("_", ""), 0), line, column)
        self.fail(f"{word!r} is not a value: expected a string in quotes, an integer, "
                  "true, false or an array", line, column)

    def string(self, quote):
        if self.text.startswith(quote * 3, self.at):
            self.fail("strings over several lines are not supported here")
        line, column, out = self.line, self.column, []
        self.at += 1
        while self.peek() != quote:
            char = self.peek()
            if char in ("", "\n"):
                self.fail("this string does not end on its line", line, column)
            if char == "\\" and quote == '"':
                out.append(self.escape())
            elif ord(char) < 32 and char != "\t":
                self.fail("a control character in a string: write it as an escape")
            else:
                out.append(char)
                self.at += 1
        self.at += 1
        return "".join(out)

    def escape(self):
        code = self.text[self.at + 1:self.at + 2]
        digits = {"u": 4, "U": 8}.get(code)
        if digits:
            hexadecimal = self.text[self.at + 2:self.at + 2 + digits]
            if re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", hexadecimal) and self.scalar(hexadecimal):
                self.at += 2 + digits
                return chr(int(hexadecimal, 16))
        elif code in ESCAPES and code:
            self.at += 2
            return ESCAPES[code]
        self.fail(f"no such escape: \\{code.strip()}")

    @staticmethod
    def scalar(hexadecimal):
        number = int(hexadecimal, 16)
        return number < 0x110000 and not 0xd800 <= number < 0xe000

    def array(self):
        line, column, items = self.line, self.column, []
        self.at += 1
        while True:
            self.skip_lines()
            if self.peek() == "":
                self.fail("this array has no end: ']' is missing", line, column)
            if self.peek() == "]":
                self.at += 1
                return items
            items.append(self.value())
            self.skip_lines()
            if self.peek() == ",":
                self.at += 1
            elif self.peek() not in ("]", ""):
                self.fail("expected ',' or ']' in this array")

    # ------------------------------------------------------------ lines

    def key(self):
        name = self.take(BARE_KEY)
        if name is None:
            self.fail(f"expected a key (letters, digits, _ and -), found {self.peek()!r}")
        return name

    def pair(self):
        line, column, name = self.line, self.column, self.key()
        self.skip_blanks()
        if self.peek() == ".":
            self.fail("dotted keys are not supported here: use a [table]")
        if self.peek() != "=":
            self.fail(f"expected '=' after the key {name!r}")
        self.at += 1
        self.skip_blanks()
        value = self.value()
        self.end_of_line()
        if name in self.current.data:
            first = self.current.keys.get(name, (value.line, 0))[0]
            self.fail(f"{name!r} is given twice, first in line {first}", line, column)
        self.current.data[name] = value
        self.current.keys[name] = (line, column)

    def header(self):
        line, column = self.line, self.column
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        names = []
        while True:
            self.skip_blanks()
            names.append(self.key())
            self.skip_blanks()
            if self.peek() != ".":
                break
            self.at += 1
        close = "]]" if many else "]"
        if not self.text.startswith(close, self.at):
            self.fail(f"expected '{close}' at the end of this header")
        self.at += len(close)
        self.end_of_line()
        self.current = Node("table", {}, line, column)  # so that a failed header swallows its keys
        self.current = self.open_table(names, many, line, column)

    def open_table(self, names, many, line, column):
        """Find or make the table that a header names; the last [[entry]] of each array counts."""
        table = self.root
        for name in names[:-1]:
            node = table.data.get(name)
            if node is None:
                node = table.data[name] = Node("table", {}, line, column)
                table.keys[name] = (line, column)
            if node.kind not in ("table", "tables"):
                self.fail(f"{name!r} is a value, not a table", line, column)
            table = node.data[-1] if node.kind == "tables" else node
        return self.last_table(table, names[-1], many, line, column)

    def last_table(self, table, name, many, line, column):
        node = table.data.get(name)
        fresh = Node("table", {}, line, column)
        if many:
            if node is None:
                node = table.data[name] = Node("tables", [], line, column)
                table.keys[name] = (line, column)
            if node.kind != "tables":
                self.fail(f"{name!r} is not an array of tables: see line {node.line}", line, column)
            node.data.append(fresh)
            return fresh
        if node is not None and (node.kind != "table" or id(node) in self.defined):
            self.fail(f"{name!r} is given twice, first in line {node.line}", line, column)
        if node is None:
            node = table.data[name] = fresh
            table.keys[name] = (line, column)
        self.defined.add(id(node))
        return node

    def read(self):
        while True:
            self.skip_lines()
            if self.peek() == "":
                return
            try:
                self.header() if self.peek() == "[" else self.pair()
            except TomlError as error:
                self.errors.append(error)
                self.skip_rest()


def parse(text):
    """Value: the root table, and the list of TomlErrors in the order of the text."""
    reader = Reader(text)
    reader.read()
    return reader.root, reader.errors
