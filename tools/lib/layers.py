# SPDX-License-Identifier: BSD-2-Clause
"""Check that the parts of the tree include only what their layer may know.

  abi       microkernel/abi                   <stdint.h>
  pure      libs/executor, bundle, fdt        abi and the compiler's headers
  kernel    microkernel                       abi, executor, bundle, fdt and the compiler's headers
  libs      the other libs                    abi, libs (no cycles) and libc
  programs  servers, apps, tests/system       their own folder, abi, libs and libc

Besides: control registers and inline assembly stand under an arch/ folder, nothing outside of
platforms/ depends on a platform's name, and each source file names its licence.
"""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

COMPILER = {"stdint.h", "stdbool.h", "stddef.h", "stdarg.h", "stdalign.h", "limits.h", "string.h",
            "asm_offsets.h"}  # the last is generated from C
PURE = ("libs/executor", "libs/fdt", "libs/bundle")
FOREIGN = {"lwip": "servers/net", "netif": "servers/net"}
LONG_LINES = 400
SOURCE = {".c", ".h", ".S", ".ld", ".py", ".cmake", ".pml"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LICENCE = "SPDX-License-Identifier: BSD-2-Clause"
ASSEMBLY = re.compile(r"\b(?:__asm__|__asm|asm)\b\s*(?:(?:volatile|__volatile__|goto|inline)\s*)*\(")
REGISTER = re.compile(
    r"\b(?:csr[rwsc][a-z]*|[sum]status|[sum]tvec|[sum]epc|[sum]cause|[sum]tval|[sum]scratch|satp"
    r"|[sum]ie|[sum]ip|stimecmp|[sum]counteren|[ms][ei]deleg|[ms]envcfg|misa|mhartid)\b")
PLATFORM = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b.*"
                      r"(?:QEMU|ROCKET|SIFIVE|FPGA|PLATFORM|BOARD|MACHINE_)", re.IGNORECASE)
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)


def without_comments(text):
    """The text with comments blanked and strings left, line by line as before."""
    return COMMENT.sub(lambda match: match.group() if match.group().startswith('"')
                       else re.sub(r"[^\n]", " ", match.group()), text)


def module_of(path):
    """The part of the tree that a file belongs to: microkernel, libs/x, servers/x, ..."""
    parts = path.parts
    if parts[0] in ("libs", "servers", "apps", "platforms") and len(parts) > 2:
        return "/".join(parts[:2])
    if parts[:2] == ("microkernel", "abi"):
        return "abi"
    if parts[:2] == ("tests", "system") and len(parts) > 3:
        return "/".join(parts[:3])
    return parts[0]


class Tree:
    """All source files below root and what they say wrong."""

    def __init__(self, root):
        self.root, self.problems, self.notes, self.edges = Path(root), [], [], {}
        self.files = sorted(path.relative_to(self.root) for path in self.root.rglob("*")
                            if path.is_file() and self.is_source(path.relative_to(self.root)))
        self.headers = {"abi/abi.h": {"abi"}, "abi/syscalls.h": {"abi"}}  # tail of a header's path -> modules that hold one
        for path in self.files:
            for i in range(1, len(path.parts) if path.suffix == ".h" else 0):
                self.headers.setdefault("/".join(path.parts[i:]), set()).add(module_of(path))

    @staticmethod
    def is_source(path):
        parts = path.parts
        if parts[0].startswith(("build", ".git")) or "__pycache__" in parts:
            return False
        return path.suffix in SOURCE or path.name == "CMakeLists.txt"

    def problem(self, path, line, message):
        self.problems.append(f"{path}:{line}: {message}")

    def check(self):
        for path in self.files:
            text = (self.root / path).read_text(encoding="utf-8", errors="replace")
            if LICENCE not in "\n".join(text.splitlines()[:3]):
                self.problem(path, 1, f"the line '{LICENCE}' is missing at the top")
            lines = text.count("\n")
            if lines > LONG_LINES:
                self.notes.append(f"{path}: {lines} lines, more than {LONG_LINES}")
            if path.suffix in (".c", ".h", ".S"):
                self.check_code(path, without_comments(text))
        self.check_cycles()

    def check_code(self, path, text):
        in_arch = "arch" in path.parts[:-1]
        if path.suffix == ".S" and not in_arch:
            self.problem(path, 1, "assembly outside of an arch/ folder")
        for number, line in enumerate(text.splitlines(), 1):
            included = INCLUDE.match(line)
            if included:
                self.check_include(path, number, *included.groups())
            elif PLATFORM.match(line) and path.parts[0] != "platforms":
                self.problem(path, number, "depends on a platform: use data of the device tree")
            elif not in_arch and path.parts[0] != "tests":
                self.check_machine(path, number, line)

    def check_machine(self, path, number, line):
        bare = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
        if ASSEMBLY.search(bare):
            self.problem(path, number, "inline assembly outside of an arch/ folder")
        register = REGISTER.search(bare)
        if register:
            self.problem(path, number, f"control register {register.group()!r} outside of an arch/ folder")

    # ------------------------------------------------------------ includes

    def check_include(self, path, number, bracket, name):
        module = module_of(path)
        if module == "tests":
            return  # unit tests look into everything
        if bracket == '"' or name.startswith("."):
            self.check_local(path, number, name)
            return
        owners = self.headers.get(name, set()) if "/" in name else set()
        owner = module if module in owners else min(owners, default=None)
        if owner is None:
            self.check_foreign(path, number, module, name)
        elif owner != module:
            reason = self.refusal(module, owner)
            if reason:
                self.problem(path, number, f"includes <{name}>: {reason}")
            else:
                self.edges.setdefault((module, owner), f"{path}:{number}")

    def check_local(self, path, number, name):
        target = (self.root / path.parent / name).resolve()
        try:
            module = module_of(target.relative_to(self.root.resolve()))
        except ValueError:
            module = "outside"
        if module != module_of(path) and (target.exists() or ".." in Path(name).parts):
            self.problem(path, number, f'includes "{name}", a file of {module}: leave the folder only '
                                       "by <module/file.h>")

    def check_foreign(self, path, number, module, name):
        if module == "abi" and name != "stdint.h":
            self.problem(path, number, f"includes <{name}>: the ABI includes only <stdint.h>")
        elif module in ("microkernel", *PURE) and name not in COMPILER:
            if "arch" not in path.parts or "host" not in path.parts:
                self.problem(path, number, f"includes <{name}>: only the compiler's headers, abi, "
                                           "executor, bundle and fdt are known here")
        elif "/" in name and FOREIGN.get(name.split("/")[0], module) != module:
            self.problem(path, number, f"includes <{name}>: only {FOREIGN[name.split('/')[0]]} may")

    @staticmethod
    def refusal(module, owner):
        """Why module may not include what owner offers; None: it may."""
        if owner == "abi":
            return None
        if module in PURE:
            return f"{module} depends on nothing but the ABI"
        if module == "microkernel":
            return None if owner in PURE else "the kernel shares only executor, bundle, fdt and the ABI"
        if not owner.startswith("libs/"):
            return f"{module} must not know {owner}"
        return None

    def check_cycles(self):
        graph = {}
        for module, owner in self.edges:
            graph.setdefault(module, set()).add(owner)
        reported = set()
        for start in sorted(graph):
            cycle = find_cycle(graph, start)
            if cycle and frozenset(cycle) not in reported:
                reported.add(frozenset(cycle))
                places = [self.edges[edge] for edge in zip(cycle, cycle[1:])]
                self.problems.append(f"{places[0]}: a cycle: {' -> '.join(cycle)} "
                                     f"(also {', '.join(places[1:])})")


def find_cycle(graph, start):
    """A path from start back to start, or None."""
    stack, seen = [(start, [start])], set()
    while stack:
        module, path = stack.pop()
        for after in sorted(graph.get(module, ())):
            if after == start:
                return path + [start]
            if after not in seen:
                seen.add(after)
                stack.append((after, path + [after]))
    return None


def check_generated(root, problems):
    """The generated ABI header includes nothing but <stdint.h>."""
    folder = root / "microkernel/abi"
    if not (folder / "generate.py").exists():
        return
    with tempfile.NamedTemporaryFile("r", suffix=".h") as header:
        subprocess.run([sys.executable, str(folder / "generate.py"), str(folder / "abi.toml"),
                        "--header", header.name], check=True)
        for number, line in enumerate(header, 1):
            included = INCLUDE.match(line)
            if included and included.group(2) != "stdint.h":
                problems.append(f"abi.h (generated):{number}: includes <{included.group(2)}>")


def main():
    parser = argparse.ArgumentParser(prog="tools/check-layers",
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description=__doc__)
    parser.add_argument("--root", metavar="DIR", default=Path(__file__).resolve().parents[2],
                        type=Path, help="tree to check (default: this one)")
    tree = Tree(parser.parse_args().root)
    tree.check()
    check_generated(tree.root, tree.problems)
    for note in tree.notes:
        print(f"note: {note}")
    for problem in tree.problems:
        print(problem)
    if tree.problems:
        sys.exit(f"check-layers: {len(tree.problems)} violations")
    print(f"check-layers: {len(tree.files)} files, no violation")


if __name__ == "__main__":
    main()
