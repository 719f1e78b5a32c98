# SPDX-License-Identifier: BSD-2-Clause
"""The layering check finds each kind of violation, planted one at a time in a small clean tree."""
import subprocess
import tempfile
import unittest
from pathlib import Path

import paths

LICENCE = "/* SPDX-License-Identifier: BSD-2-Clause */\n"
CLEAN = {
    "libs/executor/include/executor/co.h": "#include <abi/abi.h>\n",
    "libs/executor/co.c": "#include <executor/co.h>\n#include <executor/arch.h>\n",
    "libs/executor/arch/host/executor/arch.h": "#include <pthread.h>\n",
    "libs/fdt/include/fdt/fdt.h": "#include <stdint.h>\n",
    "libs/sys/include/sys/program.h": "#include <executor/co.h>\n",
    "libs/sys/program.c": "#include <stdio.h>\n#include <sys/program.h>\n",
    "libs/protocol/include/protocol/blk.h": "#include <sys/program.h>\n",
    "microkernel/include/kernel/cap.h": "#include <executor/co.h>\n/* satp, asm(\"x\") */\n",
    "microkernel/cap/cap.c": "#include <kernel/cap.h>\n#include <fdt/fdt.h>\n",
    "microkernel/arch/riscv64/cpu.c": "static void f(void) { __asm__ volatile(\"csrr a0, satp\"); }\n",
    "servers/fs/fs.c": '#include "fs.h"\n#include <protocol/blk.h>\n',
    "servers/fs/fs.h": "",
    "servers/net/net.c": "#include <lwip/tcp.h>\n",
    "apps/web/web.c": "#include <protocol/blk.h>\n",
}
PLANTED = {  # path: text added, what is said about it
    "kernel includes a library": ("microkernel/cap/cap.c", "#include <sys/program.h>", "kernel shares only"),
    "kernel includes libc": ("microkernel/cap/cap.c", "#include <stdio.h>", "only the compiler's"),
    "executor includes sys": ("libs/executor/co.c", "#include <sys/program.h>", "nothing but the ABI"),
    "executor includes libc": ("libs/executor/co.c", "#include <stdlib.h>", "only the compiler's"),
    "fdt includes executor": ("libs/fdt/include/fdt/fdt.h", "#include <executor/co.h>", "nothing but the ABI"),
    "server includes server": ("servers/net/net.c", '#include "../fs/fs.h"', "a file of servers/fs"),
    "app includes kernel": ("apps/web/web.c", "#include <kernel/cap.h>", "must not know microkernel"),
    "server leaves its folder": ("servers/net/net.c", '#include "../gone.h"', "leave the folder"),
    "lwip in another server": ("servers/fs/fs.c", "#include <lwip/tcp.h>", "only servers/net may"),
    "cycle": ("libs/sys/program.c", "#include <protocol/blk.h>", "a cycle"),
    "inline assembly": ("servers/fs/fs.c", 'void g(void) { __asm__ volatile ("nop"); }', "inline assembly"),
    "control register": ("microkernel/cap/cap.c", "int x = read_csr(sstatus);", "control register 'sstatus'"),
    "platform": ("servers/fs/fs.c", "#ifdef CONFIG_QEMU_VIRT\n#endif", "depends on a platform"),
    "assembly file": ("servers/fs/start.S", "nop", "assembly outside"),
}


class Layers(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name)
        for path, text in CLEAN.items():
            self.add(path, text)

    def add(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        before = target.read_text() if target.exists() else LICENCE
        target.write_text(before + text + "\n")

    def check(self):
        return subprocess.run([paths.ROOT / "tools/check-layers", "--root", self.root],
                              capture_output=True, text=True, check=False)

    def test_clean_tree(self):
        done = self.check()
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_each_violation_is_found_with_its_place(self):
        for name, (path, text, message) in PLANTED.items():
            with self.subTest(name):
                before = (self.root / path).read_text() if (self.root / path).exists() else None
                self.add(path, text)
                done = self.check()
                (self.root / path).unlink() if before is None else (self.root / path).write_text(before)
                self.assertEqual(done.returncode, 1)
                lines = done.stdout.splitlines()
                self.assertEqual(len(lines), 1, lines)
                self.assertRegex(lines[0], rf"\b{path}:\d+.*{message}|{message}.*\b{path}:\d+")

    def test_licence(self):
        (self.root / "servers/fs/new.c").write_text("int x;\n")
        self.assertIn("servers/fs/new.c:1: the line 'SPDX-License", self.check().stdout)

    def test_long_file_is_a_note(self):
        self.add("servers/fs/fs.c", "\n" * 500)
        done = self.check()
        self.assertEqual(done.returncode, 0)
        self.assertIn("note: servers/fs/fs.c", done.stdout)


if __name__ == "__main__":
    unittest.main()
