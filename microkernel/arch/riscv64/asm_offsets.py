#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Turn the compiled asm_offsets.c (assembly text) into a header.  usage: asm_offsets.py IN.s OUT.h"""
import re
import sys

with open(sys.argv[1]) as source:
    rows = re.findall(r"^@(\w+) (\d+)", source.read(), re.M)
if not rows:
    sys.exit(f"{sys.argv[1]}: no offsets found")
with open(sys.argv[2], "w") as out:
    out.write("/* Generated from asm_offsets.c. */\n#pragma once\n")
    out.writelines(f"#define {name} {value}\n" for name, value in rows)
