#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Generate the table of system calls that the fuzzer makes from abi.toml.

usage: calls.py abi.toml --output calls.h

What an argument is follows from its name: one that is an object type, or contains one, is a
capability; some others are listed below; a name that nobody knows gets values of every kind. So a
new call is fuzzed as soon as it stands in abi.toml.
"""
import argparse
import sys
import tomllib

# What abi.toml calls a capability where several types will do.
GROUPS = {"BOUND": ["ENDPOINT", "TIMER", "IRQ"], "TASK": ["THREAD", "PROCESS", "VIRTUAL_CPU"]}
# Names of arguments and what they are. {name: kind} or {name: (kind, object type)}.
KINDS = {
    "cnode": ("CAP", "CNODE"), "from_cnode": ("CAP", "CNODE"), "to_cnode": ("CAP", "CNODE"),
    "fault_endpoint": ("CAP", "ENDPOINT"), "irq_object": ("CAP", "IRQ"), "object": ("CAP", "BOUND"),
    "type": "TYPE", "size_bits": "SIZE_BITS", "index": "INDEX", "from_index": "INDEX",
    "to_index": "INDEX", "count": "COUNT", "rights": "RIGHTS", "badge": "BADGE",
    "priority": "PRIORITY", "ceiling": "PRIORITY", "vaddr": "VADDR", "pc": "PC", "sp": "SP",
    "deadline": "DEADLINE", "timeout": "DEADLINE", "slot": "SLOT", "line": "LINE", "mask": "SMALL",
    "operation": "SMALL", "argument": "SMALL", "wait": "SMALL", "header": "HEADER",
    "first": "SMALL", "r0": "PC", "r1": "WORD", "r2": "SP", "r3": "WORD", "r4": "WORD",
    "w0": "WORD", "w1": "WORD", "w2": "WORD", "w3": "WORD", "w4": "WORD", "w5": "WORD",
}
# How often a call is made; 20 where nothing is said. 0: never, it ends the machine.
WEIGHTS = {
    "null": 4, "power": 0, "debug_put": 1, "process_stop": 1, "process_configure": 10,
    "untyped_retype": 60, "cnode_copy": 40, "cnode_mint": 40, "cnode_move": 20, "cnode_revoke": 12,
    "cnode_delete": 24, "untyped_info": 4, "frame_info": 4, "process_info": 6, "fault_read": 6,
    "frame_map": 40, "page_table_map": 30, "process_start": 8, "thread_start": 12, "call": 30,
    "thread_stop": 1, "thread_suspend": 8, "fault_restart": 40, "fault_resume": 30,
    "doorbell": 40, "yield": 30, "deliver": 30, "doorbell_yield": 30,
}


def kind(name, objects):
    """(kind, object type) of an argument."""
    known = KINDS.get(name)
    if known:
        return known if isinstance(known, tuple) else (known, "NULL")
    for obj in sorted(objects, key=len, reverse=True):
        if obj.lower() in name:
            return "CAP", obj
    return "ANY", "NULL"


def row(call, objects):
    name = call["name"]
    args = [kind(arg, objects) for arg in call["args"]]
    kinds = ", ".join(f"{{KIND_{what}, OBJECT_{of}}}" for what, of in args)
    cap = call.get("cap", "NULL")
    threads = "true" if call["doc"].startswith("Threads only") else "false"
    rough = "true" if "sp" in call["args"] or name == "registers_write" else "false"
    return (f'    [SYS_{name.upper()}] = {{"{name}", OBJECT_{cap}, {WEIGHTS.get(name, 20)}, {threads}, '
            f"{rough}, {len(args)}, {{{kinds}}}}},")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("abi", help="abi.toml")
    parser.add_argument("--output", required=True, help="C file to write")
    args = parser.parse_args()
    with open(args.abi, "rb") as file:
        abi = tomllib.load(file)
    objects = [obj["name"] for obj in abi["object"] if obj["name"] != "NULL"]
    names = {call["name"] for call in abi["syscall"]}
    for group, members in GROUPS.items():
        GROUPS[group] = [member for member in members if member in objects]
    caps = {call.get("cap", "NULL") for call in abi["syscall"]}
    if unknown := caps - set(objects) - set(GROUPS) - {"NULL"}:
        sys.exit(f"calls.py: GROUPS does not say which objects a {', '.join(sorted(unknown))} is")
    if unknown := set(WEIGHTS) - names:
        sys.exit(f"calls.py: abi.toml has no call {', '.join(sorted(unknown))}")
    lines = ["/* SPDX-License-Identifier: BSD-2-Clause */",
             "/* Generated from microkernel/abi/abi.toml by calls.py. */",
             "/* Numbers for several types. */", "enum {"]
    lines += [f"    OBJECT_{group} = OBJECT_COUNT + {i}," for i, group in enumerate(GROUPS)]
    lines += ["};", "static const uint8_t groups[][4] = {"]
    lines += [f"    {{{len(members)}, {', '.join(f'OBJECT_{member}' for member in members)}}},"
              for members in GROUPS.values()]
    lines += ["};", "static const struct fuzz_call calls[SYS_COUNT] = {"]
    lines += [row(call, objects) for call in abi["syscall"]] + ["};"]
    with open(args.output, "w") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
