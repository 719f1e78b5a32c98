# SPDX-License-Identifier: BSD-2-Clause
"""Compile a C file and reject what a coroutine's body may not do.

  awaits.py COMPILER ARGUMENT...     as CMAKE_C_COMPILER_LAUNCHER

A body goes on after an await in a new call, so no local survives it; and an operation that is begun
must be awaited. The compiler does not know. But gcc's first SSA dump shows both: where the paths
"done at once" and "resumed" of an await meet there is a PHI for each local that is used behind it,
and a call whose result is dropped has no left side. So each file that speaks of coroutines is
compiled once, with that dump, and the dump is searched. Errors have the compiler's form; the object
file is removed.

  local      a local (or a part of an expression) has its value from before an await
  memory     the same for one that has an address: an array, a structure
  address    the address of a local goes to the operation that is awaited, and may outlive it
  dropped    the result of an operation is not looked at: who knows whether it is pending?

What it does not see: an address that reaches the operation inside of another object.
"""
import os
import re
import subprocess
import sys

SPEAKS = ("co_await", "enum co_state")
FUNCTION = re.compile(r"^;; Function (\S+) \(", re.M)
PLACE = re.compile(r"\[([^][:]+:\d+:\d+)\] ?")
ODDS = re.compile(r" ?\[(?:INV|count:[^]]*|[\d.]+%)\]")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.S)
# Its quotes are not escaped.
ASSEMBLY = re.compile(r'(__asm__[^("]*)\("(?:(?!"\);\n|" : ).)*"', re.S)
CAST = re.compile(r"\((?:\w+ )*\w+(?: \*+)?\) (?=[\w&*(.])")
BLOCK = re.compile(r"^\s*<bb (\d+)>")
GOTO = re.compile(r"goto <bb (\d+)>")
LABEL = re.compile(r"^\s*(?:<?)(\w[\w.]*)(?:>?):$")
RESUME = re.compile(r"co_resume_\d+")
PHI = re.compile(r"^\s*# (\S+) = PHI <(.*)>$")
LOCAL = re.compile(r"^  (?!static )(?:.*[ *])?([A-Za-z_]\w*|D\.\d+)(?:\[[^;]*\])*;$")
CALL = re.compile(r"(?:^|= )([A-Za-z_][\w.]*|\w+_\d+(?:\(\w+\))*) \((.*)\);")
NAME = re.compile(r"[A-Za-z_.][\w.]*_\d+|_\d+")
UNSET = re.compile(r"(?<![\w.])([A-Za-z_]\w*)_\d+\(D\)")


LOST = "`%s` is used after an await that it does not survive"


class Block:
    def __init__(self):
        self.lines = []  # (place, statement)
        self.phis = []  # (place, result, values)
        self.labels = []
        self.after = set()


class Function:
    """What the dump says of one function."""

    def __init__(self, name, text):
        self.name = name
        self.returns_state = bool(re.search(rf"^(?:.* )?co_state {re.escape(name)} \(", text, re.M))
        head = text[:text.index("<bb 2>")] if "<bb 2>" in text else text
        parameters = re.search(rf"{re.escape(name)} \((.*)\)\n", head)
        self.parameters = set(re.findall(r"(\w+)(?:, |$)", parameters[1] if parameters else ""))
        self.locals = {m[1] for m in map(LOCAL.match, head.split("\n")) if m}
        self.text = text
        self.read_blocks(text)

    def read_blocks(self, text):
        self.blocks, self.dispatch, block, order = {}, 0, None, []
        for line in text.split("\n"):
            places = PLACE.findall(line)
            plain = CAST.sub("", ODDS.sub("", PLACE.sub("", line))).strip()
            if not plain or plain.startswith(("//", "# DEBUG", ".ASAN_MARK")):
                continue
            if start := BLOCK.match(plain):
                block = self.blocks.setdefault(int(start[1]), Block())
                order.append(int(start[1]))
            elif block is None:
                continue
            elif phi := PHI.match(plain):
                block.phis.append((places[0] if places else "", phi[1], phi[2]))
            elif label := LABEL.match(plain):
                block.labels.append(label[1])
            else:
                block.lines.append((places[0] if places else "", plain))
        self.link(order)

    def link(self, order):
        labels = {label: n for n, block in self.blocks.items() for label in block.labels}
        resumes = {n for label, n in labels.items() if RESUME.fullmatch(label)}
        self.resumes = sorted(resumes)
        for n, following in zip(order, order[1:] + [None]):
            block = self.blocks[n]
            last = block.lines[-1][1] if block.lines else ""
            for _, line in block.lines:
                block.after |= {int(to) for to in GOTO.findall(line)}
                if line.startswith("switch"):
                    block.after |= {labels[label] for label in re.findall(r"<(L\d+)>", line)
                                    if label in labels}
            if re.match(r"goto [a-z_]", last):
                block.after |= resumes
                self.dispatch = n
            elif not re.match(r"(goto|return|switch|if|else)\b", last) and following is not None:
                block.after.add(following)

    def is_body(self):
        return bool(self.resumes)

    def uses(self, name):
        """How often the value of this SSA name is used."""
        pattern = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\d)")
        lines = [line for block in self.blocks.values() for _, line in block.lines]
        lines += [values for block in self.blocks.values() for _, _, values in block.phis]
        return sum(len(pattern.findall(line)) for line in lines) - 1

    def before_dispatch(self):
        """The blocks that run on each resume: those that lead to the jump."""
        found = {self.dispatch}
        while True:
            more = {n for n, block in self.blocks.items() if block.after & found} | found
            if more == found:
                return {n for n in found if n <= self.dispatch}
            found = more

    def memory_locals(self):
        """Those that are not only values: with an address, or larger than a word."""
        for name in sorted(self.locals):
            if not re.fullmatch(r"_\d+", name) and not self.is_value(name):
                yield name

    def is_value(self, name):
        pattern = re.compile(rf"(?<![\w.>]){re.escape(name)}(?![\w(])")
        return not any(pattern.search(line) for block in self.blocks.values()
                       for _, line in block.lines)


def base(ssa):
    return re.sub(r"_\d+(\(\w+\))*$", "", ssa)


def values_of(phi):
    return {re.sub(r"\(\d+\)$", "", value.strip()) for value in phi.split(", ")}


def check_values(function):
    for n in function.resumes:
        block = function.blocks[n]
        place = next((p for p, _ in block.lines if p), "")
        for where, result, values in block.phis:
            if len({re.sub(r"\(ab\)", "", value) for value in values_of(values)}) > 1:
                name = base(result)
                yield where or place, "local", (LOST % name if name else
                                                "a part of an expression does not survive an await")
    for block in function.blocks.values():
        for place, line in block.lines:
            for name in UNSET.findall(line):
                if name in function.locals and name not in function.parameters:
                    yield place, "local", LOST % name


def mention(line, name):
    """How a statement names a memory local: "write", "read" or None."""
    pattern = rf"(?<![\w.>]){re.escape(name)}(?![\w(])"
    if not re.search(pattern, line):
        return None
    left = line.split(" = ")[0] if " = " in line else line if "={v}" in line else ""
    if re.search(rf"&{pattern}", line) or re.search(rf"^{pattern}", left):
        return "write"
    return "read"


def check_memory(function):
    prologue = function.before_dispatch()
    for name in function.memory_locals():
        mentions = {n: [(p, mention(line, name)) for p, line in block.lines if mention(line, name)]
                    for n, block in function.blocks.items()}
        changed = any(how == "write" for n, list_ in mentions.items() if n not in prologue
                      for _, how in list_)
        fresh = any(how == "write" for n in prologue for _, how in mentions.get(n, []))
        if fresh and not changed:
            continue  # computed anew on each resume
        seen, todo = set(), list(function.resumes)
        while todo:
            n = todo.pop()
            if n in seen:
                continue
            seen.add(n)
            if mentions[n]:
                place, how = mentions[n][0]
                if how == "read":
                    yield place, "memory", LOST % name
                continue
            todo += function.blocks[n].after


def addresses(function):
    """The SSA names that hold addresses of locals, and the pattern of such an address."""
    names = list(function.memory_locals())
    if not names:
        return None
    direct = re.compile(r"&(" + "|".join(map(re.escape, names)) + r")(?![\w(])")
    held = {}
    for _ in range(4):
        for block in function.blocks.values():
            for _, line in block.lines:
                left, _, right = line.partition(" = ")
                if not right or "(" in re.sub(r"\((?:D|ab)\)", "", right):
                    continue
                if found := direct.search(right):
                    held[left] = found[1]
                for name in NAME.findall(right):
                    if name in held and "->" not in right and "*" not in right:
                        held[left] = held[name]
    return held, direct


def check_addresses(function, operations):
    result = addresses(function)
    if not result:
        return
    held, direct = result
    for n, block in function.blocks.items():
        for index, (_, line) in enumerate(block.lines):
            if not re.search(r"&co_resume_\d+", line):
                continue
            for place, call, arguments in calls_of_await(function, n, index, operations):
                names = [found[1] for found in direct.finditer(arguments)]
                names += [held[name] for name in NAME.findall(arguments) if name in held]
                for name in names:
                    yield place, "address", f"`{name}` may be gone before {call} has ended"


def calls_of_await(function, n, index, operations):
    """The operations between the store of the resume address and its label."""
    seen, todo = set(), [(n, index)]
    while todo:
        n, index = todo.pop()
        for place, line in function.blocks[n].lines[index:]:
            call = CALL.search(line)
            if call and (call[1] in operations or re.search(r"_\d+", call[1])):
                yield place, call[1], call[2]
        for to in function.blocks[n].after:
            if to not in seen and to not in function.resumes:
                seen.add(to)
                todo.append((to, 0))


def check_dropped(function, operations):
    for block in function.blocks.values():
        for place, line in block.lines:
            call = CALL.search(line)
            if not call or call[1] not in operations:
                continue
            left = line.split(" = ")[0] if " = " in line else None
            if left is None or (NAME.fullmatch(left) and function.uses(left) == 0):
                yield place, "dropped", f"the operation {call[1]} is begun, but not awaited"


def operations_of(source_text, functions):
    """The names of functions that return enum co_state: all that the file has seen."""
    names = set(re.findall(r"\benum co_state\s+(\w+)\s*\(", source_text))
    return names | {f.name for f in functions if f.returns_state}


def check_dump(dump, declarations):
    dump = STRING.sub('""', ASSEMBLY.sub(r'\1(""', dump))
    starts = [(m.start(), m[1]) for m in FUNCTION.finditer(dump)]
    functions = [Function(name, dump[at:end]) for (at, name), end in
                 zip(starts, [s for s, _ in starts[1:]] + [len(dump)])]
    operations = operations_of(declarations, functions)
    for function in functions:
        found = list(check_dropped(function, operations))
        if function.is_body():
            found += check_values(function)
            found += check_memory(function)
            found += check_addresses(function, operations)
        for place, rule, text in dict.fromkeys(found):
            yield f"{place or '?'}: error: {function.name}: {text} [await-{rule}]"


def declarations_of(command):
    """The file as the compiler sees it."""
    arguments = [a for i, a in enumerate(command)
                 if a != "-c" and a != "-o" and command[i - 1] != "-o"
                 and not a.startswith("-M") and command[i - 1] not in ("-MF", "-MT", "-MQ")]
    return subprocess.run(arguments + ["-E", "-P"], capture_output=True, text=True,
                          check=True).stdout


def main():
    command = sys.argv[1:]
    source = next((a for a in command if a.endswith(".c")), None)
    target = command[command.index("-o") + 1] if "-o" in command else None
    if not source or not target or "-c" not in command:
        os.execvp(command[0], command)
    with open(source, encoding="utf-8") as file:
        text = file.read()
    if not any(word in text for word in SPEAKS):
        os.execvp(command[0], command)
    dump = target + ".ssa"
    result = subprocess.run(command + [f"-fdump-tree-ssa-lineno={dump}"], check=False)
    if result.returncode:
        sys.exit(result.returncode)
    try:
        with open(dump, encoding="utf-8") as file:
            errors = list(check_dump(file.read(), declarations_of(command)))
        os.unlink(dump)
    except FileNotFoundError:
        errors = []  # the file defines no function
    if errors:
        print("\n".join(errors), file=sys.stderr)
        os.unlink(target)
        sys.exit(1)


if __name__ == "__main__":
    main()
