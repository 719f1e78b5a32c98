# SPDX-License-Identifier: BSD-2-Clause
"""Limits of root's tables, read from its sources, so that they stand in one place."""
import re

import abi

SOURCES = {"servers/root/root.h": ("PROCESSES_MAX", "CHANNELS_MAX", "DEVICES_MAX"),
           "servers/root/system_server.c": ("CLIENTS_MAX",)}


def read(text, name, path):
    """The number of a #define."""
    found = re.search(rf"(?m)^#define {name}\s+(\d+)\b", text)
    if not found:
        raise ValueError(f"{path} has no #define {name} with a number: correct tools/lib/system_limits.py")
    return int(found.group(1))


def read_all():
    out = {}
    for path, names in SOURCES.items():
        text = (abi.ROOT / path).read_text(encoding="utf-8")
        out |= {name: read(text, name, path) for name in names}
    return out


LIMITS = read_all()
