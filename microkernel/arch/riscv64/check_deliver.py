#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Check that the quick ways of ipc/deliver.h leave alone what entry.S has not saved.

usage: check_deliver.py OBJDUMP KERNEL.elf
"""
import re
import subprocess
import sys

UNSAVED = r"sp|gp|s[0-9]|s1[01]"
FORBIDDEN = {"light_deliver": re.compile(rf"^(sp|gp|s[0-9]|s1[01]|a[0-7])\b"
                                     rf"|\b({UNSAVED})\b"),
             "light_call": re.compile(rf"^a7\b|\b({UNSAVED}|a[0-5])\b"),
             "light_fault_resume": re.compile(rf"^a[017]\b|\b({UNSAVED})\b"),
             "light_reply_receive": re.compile(rf"^a7\b|\b({UNSAVED}|a[0-5])\b"),
             **dict.fromkeys(("light_doorbell", "light_yield", "light_thread_yield"),
                             re.compile(rf"^a[67]\b|\b({UNSAVED})\b"))}

objdump, kernel = sys.argv[1:]
for function, forbidden in FORBIDDEN.items():
    text = subprocess.run([objdump, "-d", "--no-show-raw-insn", f"--disassemble={function}", kernel],
                          capture_output=True, text=True, check=True).stdout
    code = [line.split("#")[0] for line in text.splitlines() if re.match(r"\s*[0-9a-f]+:\t", line)]
    if not code:
        sys.exit(f"{kernel}: {function} is missing")
    for line in code:
        mnemonic, _, operands = line.split("\t", 1)[-1].partition("\t")
        if re.fullmatch(r"b\w+|s[bhwd]", mnemonic):
            operands = " " + operands  # a branch or a store writes none
        if forbidden.search(re.sub(r"<.*>", "", operands)):
            sys.exit(f"{kernel}: {function} uses a register that is not saved: {line.strip()}")
