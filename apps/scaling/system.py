#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Write the system file of apps/scaling: the leader, the far end of its calls, and a chain of links."""
import argparse

LINKS = 255  # and the leader
HEAD = """# Made by apps/scaling/system.py.
protocols = ["bench", "signal", "relay"]

[[process]]
name = "scaling"
arguments = "long"
priority = 16
coroutines = 131000
heap = "32M"
debug = true

[[process]]
name = "far"
image = "bench-server"
priority = 16
coroutines = 8
heap = "1M" # libs/ipc's table of a channel this deep
debug = true

[[channel]]
client = "scaling"
server = "far"
name = "bench"
protocol = "bench"
depth = 1024

[[channel]]
client = "scaling"
server = "far"
name = "pong"
server_name = "pong"
protocol = "signal"

[[channel]]
client = "scaling"
server = "root"
name = "system"
protocol = "system"
region = "64K"
"""
LINK = """
[[process]]
name = "link-{number}"
image = "scaling-link"
priority = 16
coroutines = 2
heap = "16K"
debug = true

[[channel]]
client = "{before}"
server = "link-{number}"
name = "next"
protocol = "relay"
depth = 4
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", metavar="FILE")
    out = parser.parse_args().file
    before, text = "scaling", HEAD
    for number in range(1, LINKS + 1):
        text += LINK.format(number=number, before=before)
        before = f"link-{number}"
    with open(out, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
