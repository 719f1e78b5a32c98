#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Generate the ABI header and the reference manual from abi.toml.

usage: generate.py abi.toml --header FILE --syscalls FILE --manual FILE
"""
import argparse
import re
import sys
import tomllib

WIDTH = {"u64": 8, "u32": 4, "u16": 2, "u8": 1, "char": 1}
CTYPE = {"u64": "uint64_t", "u32": "uint32_t", "u16": "uint16_t", "u8": "uint8_t", "char": "char"}


def number(value):
    """A constant that C and the assembler both read."""
    return str(value) if value < 4096 and value >= 0 else hex(value)


def layout(struct, known):
    """Offsets and size of a struct; every field must fall on its natural alignment."""
    offset, align, rows = 0, 1, []
    for ftype, fname, doc in struct["fields"]:
        base, count = re.fullmatch(r"(\w+?)(?:\[(\d+)\])?", ftype).groups()
        size, falign = known[base] if base in known else (WIDTH[base], WIDTH[base])
        if offset % falign:
            sys.exit(f"abi.toml: {struct['name']}.{fname}: offset {offset} is not aligned to {falign}")
        rows.append((base, int(count or 0), fname, offset, doc))
        offset += size * int(count or 1)
        align = max(align, falign)
    if offset % align:
        sys.exit(f"abi.toml: {struct['name']}: size {offset} is not a multiple of {align}")
    known[struct["name"]] = (offset, align)
    return rows, offset


def header(abi):
    out = ["/* SPDX-License-Identifier: BSD-2-Clause */",
           "/* Generated from microkernel/abi/abi.toml: the contract between kernel and user space. */",
           "#pragma once", ""]
    for group in abi["constant"]:
        out.append(f"/* {group['group']} */")
        out += [f"#define {name} {number(value)} /* {doc} */" for name, value, doc in group["values"]]
        out.append("")
    out.append("/* System call numbers: bits 7..0 of a7 */")
    out += [f"#define SYS_{call['name'].upper()} {i}" for i, call in enumerate(abi["syscall"])]
    out += [f"#define SYS_COUNT {len(abi['syscall'])}", ""]
    known, layouts = {}, []
    for struct in abi["struct"]:
        layouts.append((struct, *layout(struct, known)))
    out.append("/* Offsets of fields, for assembly */")
    for struct, rows, size in layouts:
        out += [f"#define {struct['name'].upper()}_{name.upper()} {offset}"
                for _, _, name, offset, _ in rows]
        out.append(f"#define SIZEOF_{struct['name'].upper()} {size}")
    out += ["", "#ifndef __ASSEMBLER__", "#include <stdint.h>", "",
            "/* Results of system calls and server calls: zero, a count, or one of these. */",
            "enum error {"]
    out += [f"    {error['name']} = {-i}, /* {error['doc']} */" for i, error in enumerate(abi["error"])]
    out += ["};", "", f"#define ERROR_COUNT {len(abi['error'])}", "",
            "/* One line for each error, for error_text(). */",
            "#define ERROR_TEXTS \\"]
    out += [f'    "{error["doc"]}", \\' for error in abi["error"]]
    out += ["", "/* One line for each system call: its name, what it invokes, its arguments in order. */",
            "#define SYSCALL_TEXTS \\"]
    out += [f'    {{"{call["name"]}", "{call.get("cap", "")}", "{" ".join(call["args"])}"}}, \\'
            for call in abi["syscall"]]
    out += ["", "/* The names of the types of kernel objects. */", "#define OBJECT_TEXTS \\"]
    out += [f'    "{obj["name"]}", \\' for obj in abi["object"]]
    out += ["", "/* Types of kernel objects */", "enum object_type {"]
    out += [f"    OBJECT_{obj['name']}, /* {obj['doc']} */" for obj in abi["object"]]
    out += ["    OBJECT_COUNT,", "};", ""]
    for struct, rows, size in layouts:
        out += [f"/* {struct['doc']} */", f"struct {struct['name']} {{"]
        for base, count, name, _, doc in rows:
            ctype = CTYPE.get(base, f"struct {base}")
            array = f"[{count}]" if count else ""
            out.append(f"    {ctype} {name}{array};" + (f" /* {doc} */" if doc else ""))
        out += ["};", f"_Static_assert(sizeof(struct {struct['name']}) == {size}, \"layout\");", ""]
    out.append("#endif")
    return "\n".join(out) + "\n"


def syscalls(abi):
    """The kernel's table of the calls that have a handler: all but the first `light` ones."""
    calls = [call for call in abi["syscall"] if not call.get("light")]
    out = ["/* SPDX-License-Identifier: BSD-2-Clause */",
           "/* Generated from microkernel/abi/abi.toml: the handlers of the system calls. */",
           "#pragma once", ""]
    out += [f"long sys_{call['name']}(struct process *, struct slot *, uint64_t *);" for call in calls]
    out += ["", "/* types and rights of the invoked capability, further results, threads only */",
            "#define SYSCALL_ROWS \\"]
    for call in calls:
        types = call.get("type", f"1u << OBJECT_{call['cap']}" if "cap" in call else "0")
        rights = " | ".join(f"RIGHT_{right}" for right in call.get("rights", [])) or "0"
        threads = "true" if call.get("threads") else "false"
        out.append(f"    [SYS_{call['name'].upper()}] = {{sys_{call['name']}, {types}, {rights}, "
                   f"{call.get('results', 0)}, {threads}}}, \\")
    return "\n".join(out) + "\n\n"


def manual(abi):
    out = [f"# {abi['title']}", "", "Generated from `microkernel/abi/abi.toml`.", "", "## System calls", ""]
    for i, call in enumerate(abi["syscall"]):
        args = ([f"{call['cap'].lower()}"] if "cap" in call else []) + call["args"]
        out += [f"### {i}. `{call['name']}({', '.join(args)})`", "", call["doc"], ""]
        if "rights" in call:
            out += ["Rights of the invoked capability: " + ", ".join(call["rights"]).lower() + ".", ""]
    out += ["## Objects", ""] + [f"- **{obj['name']}**: {obj['doc']}" for obj in abi["object"]]
    out += ["", "## Errors", ""]
    out += [f"- `{error['name']}` ({-i}): {error['doc']}" for i, error in enumerate(abi["error"])]
    out += ["", "## Structs", ""]
    known = {}
    for struct in abi["struct"]:
        rows, size = layout(struct, known)
        out += [f"### `struct {struct['name']}` ({size} bytes)", "", struct["doc"], "",
                "| offset | type | field | meaning |", "|---|---|---|---|"]
        out += [f"| {offset} | {base}{f'[{count}]' if count else ''} | {name} | {doc} |"
                for base, count, name, offset, doc in rows]
        out.append("")
    out += ["## Constants", ""]
    for group in abi["constant"]:
        out += [f"**{group['group']}**", ""]
        out += [f"- `{name}` = {number(value)}: {doc}" for name, value, doc in group["values"]] + [""]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("abi", help="abi.toml")
    parser.add_argument("--header", required=True, help="C header to write")
    parser.add_argument("--syscalls", help="C header with the kernel's table to write")
    parser.add_argument("--manual", help="reference manual (Markdown) to write")
    args = parser.parse_args()
    with open(args.abi, "rb") as file:
        abi = tomllib.load(file)
    with open(args.header, "w") as file:
        file.write(header(abi))
    if args.syscalls:
        with open(args.syscalls, "w") as file:
            file.write(syscalls(abi))
    if args.manual:
        with open(args.manual, "w") as file:
            file.write(manual(abi))


if __name__ == "__main__":
    main()
