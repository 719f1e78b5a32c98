# SPDX-License-Identifier: BSD-2-Clause
"""The checker of coroutines' bodies finds each kind of mistake, planted one at a time, and nothing
else: it compiles small bodies with this machine's gcc as the build does."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import paths

CHECKER = paths.ROOT / "tools/lib/awaits.py"
EXECUTOR = paths.ROOT / "libs/executor"
HEAD = """
#include <executor/co.h>
struct f { struct co co, child; struct co_event *e; long total, n; char text[32]; bool stop; };
struct pair { long a, b; };
long compute(long);
void fill(char *, long);
long look(const char *);
enum co_state send(struct co *co, const char *text, long bytes);
enum co_state body(struct co *co);
CO_BODY enum co_state body(struct co *co)
{
    struct f *f = co_frame(struct f, co);
"""
TAIL = "\n    co_return(0);\n}\n"

# What stands in the body, and the rules that it breaks.
GOOD = {
    "nothing lives over it": "long n; co_begin(co); co_await(n, co_park(co)); f->total += n;",
    "computed before co_begin": "long n, k = compute(7); co_begin(co); co_await(n, co_park(co));"
                                "f->total = n + k;",
    "a new value after it": "long n, k; co_begin(co); k = compute(1); f->total = k;"
                            "co_await(n, co_park(co)); k = compute(n); f->total += k;",
    "a loop without awaits": "long n; co_begin(co); co_await(n, co_park(co));"
                             "for (long i = 0; i < n; i++) f->total += compute(i);",
    "a loop by the frame": "long n; co_begin(co); for (f->n = 0; f->n < 9; f->n++) {"
                           "co_await(n, co_park(co)); f->total += n; }",
    "an array within a step": "char text[32]; long n; co_begin(co); for (;;) {"
                              "co_await(n, co_park(co)); if (n < 0) break; fill(text, n);"
                              "f->total += look(text); co_await(n, co_yield(co)); }",
    "an array as a constant": "const char text[] = \"abc\"; long n; co_begin(co);"
                              "co_await(n, co_park(co)); f->total = look(text) + n;",
    "the frame's address": "long n; co_begin(co); co_await(n, send(co, f->text, 3)); f->n = n;",
    "await in a switch": "long n; co_begin(co); switch (f->n) { case 1: co_await(n, co_park(co));"
                         "f->n = n; break; default: co_await(n, co_yield(co)); }",
    "a loop around the only await": "long n; co_begin_only(co); while (f->n > 0) {"
                                    "co_await_only(n, send(co, f->text, 3)); f->n -= n; }",
    "an operation that is returned": "if (f->stop) return co_yield(co);",
    "a state that is looked at": "if (co_park(co) == CO_PENDING) return CO_PENDING;",
    "a copy by value": "struct pair p; long n; co_begin(co); p = (struct pair){1, f->n};"
                       "co_await(n, send(co, f->text, p.a + p.b)); f->n = n;",
    "with a limit": "static struct co_timeout t; co_begin(co);"
                    "co_await_until(f->n, &t, 9, co_event_wait(co, f->e)); f->total += f->n;",
    "the address of what is static": "static char text[8]; long n; co_begin(co);"
                                     "co_await(n, send(co, text, 8)); f->n = n;",
    "an address that stays here": "long n; char text[8]; co_begin(co); fill(text, 1);"
                                  "co_await(n, send(co, f->text, look(text))); f->n = n;",
}
BAD = {
    "a scalar over the only await": (
        "long n, k; co_begin_only(co); k = compute(1); co_await_only(n, send(co, f->text, 3));"
        "f->total = n + k;", "local"),
    "an array over the only await": (
        "char text[32]; long n; co_begin_only(co); fill(text, 1);"
        "co_await_only(n, send(co, f->text, 3)); f->total = n + text[n];", "memory"),
    "an address in the only await": (
        "char text[32]; long n; co_begin_only(co); fill(text, 1);"
        "co_await_only(n, send(co, text, 3)); f->n = n;", "address"),
    "a scalar": ("long n, k; co_begin(co); k = compute(1); co_await(n, co_park(co));"
                 "f->total = n + k;", "local"),
    "a scalar with a value at the start": (
        "long n, k = 0; co_begin(co); for (;;) { k++; co_await(n, co_park(co)); if (n < 0) break; }"
        "f->total = k;", "local"),
    "a counter": ("long n; co_begin(co); for (int i = 0; i < 3; i++) { co_await(n, co_park(co));"
                  "f->total += n; }", "local"),
    "the value of the await before": (
        "long n, m; co_begin(co); co_await(n, co_park(co)); co_await(m, co_yield(co));"
        "f->total = n + m;", "local"),
    "a pointer": ("char *p; long n; co_begin(co); p = f->text + f->n; co_await(n, co_park(co));"
                  "*p = (char)n;", "local"),
    "a local of a block": ("long n; co_begin(co); if (compute(2) > 1) { const long k = compute(3);"
                           "co_await(n, co_park(co)); f->total = k + n; }", "local"),
    "over one of two awaits": ("long n, k; co_begin(co); co_await(n, co_park(co)); k = n;"
                               "if (f->stop) co_await(n, co_yield(co)); f->total = k;", "local"),
    "an array": ("char text[32]; long n; co_begin(co); text[0] = (char)compute(1);"
                 "co_await(n, co_park(co)); f->total = text[0] + n;", "memory"),
    "a structure": ("volatile struct pair p; long n; co_begin(co); p.a = compute(1);"
                    "co_await(n, co_park(co)); f->total = p.a + n;", "memory"),
    "a structure with a value at the start": (
        "struct pair p[2] = {{1, 2}, {3, 4}}; long n; co_begin(co); p[f->n].a = compute(1);"
        "co_await(n, co_park(co)); f->total = p[f->n].a + n;", "memory"),
    "an array's address": ("char text[32]; long n; co_begin(co); fill(text, 1);"
                           "co_await(n, send(co, text, 3)); f->n = n;", "address"),
    "an event's address": ("struct co_event e = {0}; long n; co_begin(co);"
                           "co_await(n, co_event_wait(co, &e)); f->n = n;", "address"),
    "an address through a pointer": (
        "char text[32]; const char *p; long n; co_begin(co); fill(text, 1); p = text + f->n;"
        "co_await(n, send(co, p, 3)); f->n = n;", "address"),
    "a child in a local": ("struct f child; long n; co_begin(co);"
                           "co_await(n, co_call(co, &child.co, body)); f->n = n;", "address"),
    "a dropped operation": ("co_park(co);", "dropped"),
    "dropped by a cast": ("(void)co_event_wait(co, f->e);", "dropped"),
    "dropped in a variable": ("enum co_state s = send(co, f->text, 1); (void)s;", "dropped"),
    "dropped in an await": ("long n; co_begin(co); co_await(n, (co_yield(co), co_park(co)));"
                            "f->n = n;", "dropped"),
}


class Awaits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        (Path(cls.folder.name) / "abi").mkdir()
        subprocess.run([sys.executable, "-B", paths.ROOT / "microkernel/abi/generate.py",
                        "--header", Path(cls.folder.name) / "abi/abi.h",
                        paths.ROOT / "microkernel/abi/abi.toml"], check=True)

    def compile(self, text, *flags):
        """Value: the exit status, what was written, and whether there is an object file."""
        folder = Path(self.folder.name)
        source, target = folder / "body.c", folder / "body.o"
        source.write_text(text, encoding="utf-8")
        target.unlink(missing_ok=True)
        result = subprocess.run(
            [sys.executable, "-B", "-S", CHECKER, "gcc", "-std=gnu11", "-O2", *flags,
             "-I", EXECUTOR / "include", "-I", EXECUTOR / "arch/host", "-I", folder,
             "-MD", "-MT", target, "-MF", folder / "body.d", "-o", target, "-c", source],
            capture_output=True, text=True, check=False)
        self.assertEqual(list(folder.glob("*.ssa")), [])
        return result.returncode, result.stderr, target.exists()

    def test_good_bodies(self):
        for flags in (("-g",), ("-fsanitize=address,undefined",)):
            for name, text in GOOD.items():
                with self.subTest(name, flags=flags):
                    self.assertEqual(self.compile(HEAD + text + TAIL, *flags), (0, "", True))

    def test_planted_mistakes(self):
        for flags in (("-g",), ("-fsanitize=address,undefined",)):
            for name, (text, rule) in BAD.items():
                with self.subTest(name, flags=flags):
                    status, output, made = self.compile(HEAD + text + TAIL, *flags)
                    self.assertEqual((status, made), (1, False), output)
                    self.assertIn(f"[await-{rule}]", output)
                    self.assertRegex(output, r"body\.c:\d+:\d+: error: body: ")

    def test_helpers_are_checked_for_dropped_operations(self):
        text = (HEAD + TAIL + "void helper(struct co *co);\n"
                "void helper(struct co *co) { co_yield(co); }\n")
        status, output, _ = self.compile(text)
        self.assertEqual(status, 1)
        self.assertIn("helper: the operation co_yield is begun, but not awaited", output)

    def test_the_compilers_own_errors(self):
        status, output, made = self.compile(HEAD + "undeclared = 1;" + TAIL)
        self.assertEqual((status, made), (1, False))
        self.assertIn("undeclared", output)

    def test_other_files_pass(self):
        self.assertEqual(self.compile("int f(void);\nint f(void) { return 1; }\n"), (0, "", True))


if __name__ == "__main__":
    unittest.main()
