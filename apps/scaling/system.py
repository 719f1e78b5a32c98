#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Write a system file of apps/scaling: the leader, the far end of its calls, and a chain of links; or,
with --harts, the leader and pairs of processes, each on a hart of its own or across two."""
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

PAIRS = 8
HARTS = """# Made by apps/scaling/system.py.
protocols = ["bench", "signal", "pair"]

[[process]]
name = "scaling"
image = "scaling-harts"
priority = 16
harts = [0]
debug = true

[[channel]]
client = "scaling"
server = "root"
name = "system"
protocol = "system"
region = "64K"
"""
PAIR = """
[[process]]
name = "{name}"
image = "scaling-pair"
priority = 16
harts = [{near}]
debug = true

[[process]]
name = "{name}-far"
image = "bench-server"
priority = 16
harts = [{far}]
debug = true

[[channel]]
client = "scaling"
server = "{name}"
protocol = "pair"

[[channel]]
client = "{name}"
server = "{name}-far"
name = "bench"
protocol = "bench"

[[channel]]
client = "{name}"
server = "{name}-far"
name = "pong"
server_name = "pong"
protocol = "signal"
"""


def chain():
    before, text = "scaling", HEAD
    for number in range(1, LINKS + 1):
        text += LINK.format(number=number, before=before)
        before = f"link-{number}"
    return text


def pairs():
    return HARTS + "".join(PAIR.format(name=f"pair-{i}", near=i, far=i) for i in range(PAIRS)) + \
        PAIR.format(name="across", near=0, far=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--harts", action="store_true", help="pairs of processes instead")
    parser.add_argument("file", metavar="FILE")
    args = parser.parse_args()
    with open(args.file, "w", encoding="utf-8") as file:
        file.write(pairs() if args.harts else chain())


if __name__ == "__main__":
    main()
