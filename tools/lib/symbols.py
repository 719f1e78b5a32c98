# SPDX-License-Identifier: BSD-2-Clause
"""The functions and instructions of an ELF file, by binutils."""
import bisect
import re
import subprocess
from dataclasses import dataclass

PREFIX = "riscv64-unknown-elf-"
# Num: Value Size Type Bind Vis Ndx Name
SYMBOL = re.compile(r"\s*\d+: ([0-9a-f]+)\s+(\w+) (FUNC|NOTYPE|OBJECT)\s+\w+\s+\w+\s+(\w+) (\S+)$")
SUFFIX = re.compile(r"\.(constprop|isra|part|cold)\b.*$")  # of a compiler's variant
SOURCE = re.compile(r"(?:.*/)?([^/]+/[^/]+:\d+)\b")
INSTRUCTION = re.compile(r"([0-9a-f]+):\t([0-9a-f]{4}(?:[0-9a-f]{4})?)\s")


class SymbolsError(Exception):
    """A message for the user."""


@dataclass(frozen=True)
class Function:
    name: str
    start: int
    end: int


def run(tool, *arguments):
    try:
        done = subprocess.run([PREFIX + tool, *map(str, arguments)], capture_output=True, text=True,
                              check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise SymbolsError(f"{PREFIX}{tool} is missing: install Debian's "
                           "binutils-riscv64-unknown-elf") from None
    if done.returncode:
        raise SymbolsError(done.stderr.strip().splitlines()[-1])
    return done.stdout


def parse_functions(text):
    """Functions of `readelf -sW`, in order of their addresses. Labels of assembly have no size:
    they reach to the next symbol."""
    sized, labels, starts = {}, {}, set()
    for line in text.splitlines():
        found = SYMBOL.match(line)
        if not found or found[4] in ("UND", "ABS") or found[5].startswith("$"):
            continue
        start, size, kind = int(found[1], 16), int(found[2], 0), found[3]
        starts.add(start)
        name = SUFFIX.sub("", found[5])
        if kind == "FUNC" and size:
            sized[start] = Function(name, start, start + size)
        elif kind == "NOTYPE":
            labels.setdefault(start, name)
    starts = sorted(starts)
    for start, name in labels.items():
        after = bisect.bisect_right(starts, start)
        if start not in sized and after < len(starts):
            sized[start] = Function(name, start, starts[after])
    return [sized[start] for start in sorted(sized)]


def parse_instructions(text):
    """Address and size of each instruction of `objdump -d`."""
    found = (INSTRUCTION.match(line.lstrip()) for line in text.splitlines())
    return [(int(match[1], 16), len(match[2]) // 2) for match in found if match]


class Symbols:
    """The functions of a program, and the one at an address."""

    def __init__(self, functions):
        self.functions = functions
        self.starts = [function.start for function in functions]

    @classmethod
    def of(cls, path):
        functions = parse_functions(run("readelf", "-sW", path))
        if not functions:
            raise SymbolsError(f"{path} has no symbols")
        return cls(functions)

    def find(self, address):
        """The function at the address, or None. A label inside of a sized function is that function
        from there on."""
        at = bisect.bisect_right(self.starts, address) - 1
        while at >= 0 and self.functions[at].end <= address:
            at -= 1
        return self.functions[at] if at >= 0 else None

    def name(self, address):
        function = self.find(address)
        return function.name if function else f"{address:#x}"

    def matching(self, pattern):
        """The functions whose whole name matches."""
        return [function for function in self.functions if re.fullmatch(pattern, function.name)]


def instructions(path, symbols):
    """(address, size) of every instruction that lies in a function, each once."""
    return [(address, size) for address, size in parse_instructions(run("objdump", "-d", path))
            if symbols.find(address)]


def sources(path, addresses):
    """{address: FOLDER/FILE:LINE}, of inlined code the innermost; what is not known is left out."""
    addresses = sorted(set(addresses))
    text = run("addr2line", "-e", path, *map(hex, addresses)) if addresses else ""
    return parse_sources(addresses, text)


def parse_sources(addresses, text):
    """The same of what `addr2line` prints, a line for each address."""
    found = (SOURCE.match(line) for line in text.splitlines())
    return {address: match[1] for address, match in zip(addresses, found) if match}


def parse_names(text):
    """{address: name} of `readelf -sW`, of functions, data and labels."""
    starts = {}
    for line in text.splitlines():
        found = SYMBOL.match(line)
        if found and found[4] not in ("UND", "ABS") and not found[5].startswith("$"):
            address, sized = int(found[1], 16), int(found[2], 0) > 0
            if sized or address not in starts:
                starts[address] = SUFFIX.sub("", found[5])
    return starts


class Objects:
    """Names of functions and data, with offsets."""

    def __init__(self, starts):
        self.starts = sorted(starts.items())  # (address, name)

    def covers(self, address):
        """Whether it lies between the first symbol and the last."""
        return bool(self.starts) and self.starts[0][0] <= address <= self.starts[-1][0]

    @classmethod
    def of(cls, path):
        return cls(parse_names(run("readelf", "-sW", path)))

    def name(self, address):
        at = bisect.bisect_right(self.starts, (address, "\x7f")) - 1
        if at < 0:
            return f"{address:#x}"
        start, name = self.starts[at]
        return f"{name}+{address - start:#x}" if address > start else name
