# SPDX-License-Identifier: BSD-2-Clause
"""The ABI's constants and struct layouts for host tools, read from microkernel/abi/abi.toml."""
import re
import struct
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODES = {"u64": "Q", "u32": "I", "u16": "H", "u8": "B"}

with open(ROOT / "microkernel/abi/abi.toml", "rb") as _file:
    _abi = tomllib.load(_file)

constant = {name: value for group in _abi["constant"] for name, value, _ in group["values"]}
errors = [error["name"] for error in _abi["error"]]
system_calls = [call["name"] for call in _abi["syscall"]]
_fields = {entry["name"]: entry["fields"] for entry in _abi["struct"]}


def _code(name):
    """The struct module's format of one ABI struct (all fields are naturally aligned)."""
    out = ""
    for kind, _, _ in _fields[name]:
        base, count = re.fullmatch(r"(\w+?)(?:\[(\d+)\])?", kind).groups()
        if base == "char":
            out += f"{count}s"
        else:
            out += (CODES[base] if base in CODES else _code(base)) * int(count or 1)
    return out


def size(name):
    """Bytes of an ABI struct."""
    return struct.calcsize("<" + _code(name))


def pack(name, *values):
    """The bytes of an ABI struct; nested structs and arrays are given flat."""
    return struct.pack("<" + _code(name), *values)


def unpack(name, data, offset=0):
    """All fields of an ABI struct, flat."""
    return struct.unpack_from("<" + _code(name), data, offset)
