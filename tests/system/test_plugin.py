# SPDX-License-Identifier: BSD-2-Clause
"""tools/stretch and tools/coverage on the kernel's conformance suite, and a planted loop that both
must find."""
import json
import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

import harness
import image
import plugin
import symbols
import test_fuzz

PLUGIN = Path(os.environ.get("HEDDLE_PLUGIN",
                             harness.ROOT / "build/host/tools/plugin/heddle-plugin.so"))
IMAGE = harness.GUEST / "test-kernel.img"
KERNEL = harness.GUEST / "microkernel/kernel.elf"
FUZZ_CALLS = 200_000
COVERAGE = 85  # percent of the kernel's instructions
COVERAGE_WITH_FUZZER = 90  # with what the fuzzer reaches in addition, on four harts
FUZZ_ARGUMENTS = "seed=1 calls=500000"  # not random: the figure shall not depend on luck

# lui t0, 2; 1: addi t0, t0, -1; bnez t0, 1b; li a0, 0; li a1, 0; ret
LOOP = struct.pack("<6I", 0x000022b7, 0xfff28293, 0xfe029ee3, 0x00000513, 0x00000593, 0x00008067)
FENCE, NOTHING = 0x12000073, 0x00000013  # sfence.vma x0, x0; addi x0, x0, 0
LOOP_INSTRUCTIONS = 1 + 2 * 0x2000 + 3


def jump(offset):
    """The instruction `j offset`."""
    bits = offset & 0x1fffff
    return struct.pack("<I", 0x6f | (bits >> 20) << 31 | (bits >> 1 & 0x3ff) << 21 |
                       (bits >> 11 & 1) << 20 | (bits >> 12 & 0xff) << 12)


class Plugin(harness.SystemTest):
    def tool(self, name, *options, path=IMAGE, kernel=KERNEL):
        given = ["--kernel", kernel] if kernel else []
        done = subprocess.run([harness.ROOT / "tools" / name, "--image", path, *given,
                               "--plugin", PLUGIN, *map(str, options)], capture_output=True,
                              text=True, check=False, stdin=subprocess.DEVNULL)
        print(done.stdout, done.stderr, flush=True)
        return done

    def planted(self):
        """The suite's image with a loop in `yield`, which lies where the kernel's panic was."""
        known = symbols.Symbols.of(KERNEL)
        start, panic = known.matching("light_yield")[0], known.matching("kernel_panic")[0]
        self.assertLessEqual(len(LOOP), panic.end - panic.start)
        data = bytearray(IMAGE.read_bytes())
        for at, code in ((panic.start, LOOP), (start.start, jump(panic.start - start.start))):
            at -= plugin.LINK_GAP + image.KERNEL_BASE
            data[at:at + len(code)] = code
        path = self.folder / "planted.img"
        path.write_bytes(data)
        return path

    def test_stretch(self):
        """Over the suite nothing exceeds the limit of tools/stretch."""
        self.assertEqual(self.tool("stretch").returncode, 0)

    def test_stretch_of_the_fuzzer(self):
        """Nor does anything that the fuzzer happens to do."""
        print(f"HEDDLE_SEED={test_fuzz.SEED}", flush=True)
        done = self.tool("stretch", "--append", f"seed={test_fuzz.SEED} calls={FUZZ_CALLS}",
                         path=harness.GUEST / "test-fuzz.img",
                         kernel=harness.GUEST / "microkernel/kernel-check.elf")
        self.assertEqual(done.returncode, 0)

    def test_stretch_finds_a_loop(self):
        done = self.tool("stretch", path=self.planted())
        self.assertEqual(done.returncode, 1)
        found = [line for line in done.stderr.splitlines() if line.startswith("light_yield: ")]
        self.assertEqual(len(found), 1)
        self.assertGreater(int(found[0].split()[1]), LOOP_INSTRUCTIONS)

    def test_coverage(self):
        self.assertEqual(self.tool("coverage", "--min", COVERAGE).returncode, 0)
        self.assertEqual(self.tool("coverage", "--min", 100).returncode, 1)

    def test_coverage_with_the_fuzzer(self):
        """Of the shipped kernel's functions, in the kernel that checks itself."""
        ran, kernel = self.folder / "ran", harness.GUEST / "microkernel/kernel-check.elf"
        options = ("--only", KERNEL, "--ran", ran)
        suite = self.tool("coverage", "--save", ran, path=harness.GUEST / "test-kernel-check.img",
                          kernel=kernel)
        self.assertEqual(suite.returncode, 0)
        both = self.tool("coverage", *options, "--smp", 4, "--in-turn", "--append", FUZZ_ARGUMENTS,
                         "--partly", "--min", COVERAGE_WITH_FUZZER,
                         path=harness.GUEST / "test-fuzz.img", kernel=kernel)
        self.assertEqual(both.returncode, 0)

    def test_coverage_finds_a_loop(self):
        self.assertIn("  kernel_panic\n", self.tool("coverage").stdout)
        self.assertNotIn("  kernel_panic\n", self.tool("coverage", path=self.planted()).stdout)

    def bench(self, *options, path):
        return self.tool("bench", *options, path=path, kernel=None)

    def bench_image(self):
        """A copy, beside what tools/bench looks for there."""
        folder = self.folder / "guest"
        folder.mkdir()
        for name in ("bench.img", "parts.txt"):
            shutil.copy(harness.GUEST / name, folder)
        for name in ("microkernel", "libs"):
            (folder / name).symlink_to(harness.GUEST / name)
        return folder / "bench.img"

    def test_memory_names_a_regression(self):
        """A fence that drops the kernel's global entries, too, costs cycles in the kernel's stages,
        and no instruction."""
        path, rows = self.bench_image(), self.folder / "rows.json"
        self.assertEqual(self.bench("--json", rows, path=path).returncode, 0)
        before = {row["name"]: row for row in json.loads(rows.read_text())}["async_call_1"]
        self.assertGreater(before["predicted_cycles"], before["instructions"])
        self.assertEqual(round(sum(stage["predicted_cycles"] for stage in before["stages"])),
                         before["predicted_cycles"])
        self.plant_fences(path, FENCE)
        done = self.bench("--compare", rows, "--stages", "--touched", path=path)
        self.assertEqual(done.returncode, 1)
        found = re.findall(r"^async_call_1: was \d+ predicted cycles, now \d+ \((.*)\)$", done.stderr,
                           re.MULTILINE)
        self.assertEqual(len(found), 1, done.stderr)
        for stage in ("kernel, client calls", "kernel, server replies"):
            self.assertIn(f"{stage} ", found[0])
        self.assertNotIn(" instructions, now", done.stderr)
        self.assertRegex(done.stdout, r"(?m)^  bench +fetch .* bench six_body")
        self.assertRegex(done.stdout, r"(?m)^  set +\d+ .* kernel light_deliver")

    def test_memory_misses_a_fence(self):
        """Without the fence the core would use another process's translations."""
        path = self.bench_image()
        self.plant_fences(path, NOTHING)
        done = self.bench(path=path)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "the model lost track of the guest: [0-9]+ accesses")

    def plant_fences(self, path, instruction):
        """Instead of sfence.vma x0, REGISTER in light_deliver."""
        function, = symbols.Symbols.of(KERNEL).matching("light_deliver")
        gap = plugin.LINK_GAP + image.KERNEL_BASE
        data = bytearray(path.read_bytes())
        planted = 0
        for at in range(function.start - gap, function.end - gap, 2):
            word, = struct.unpack_from("<I", data, at)
            if word & 0xfe0fffff == FENCE:
                struct.pack_into("<I", data, at, instruction)
                planted += 1
        self.assertGreater(planted, 0)
        path.write_bytes(data)

    def test_several_harts_at_once(self):
        """Real time: counts vary, but the run must end and be read."""
        done = self.tool("stretch", "--smp", 4, "--limit", 10 ** 9)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    harness.main()
