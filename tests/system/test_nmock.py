# SPDX-License-Identifier: BSD-2-Clause
"""The mock firmware with the N extension (nmock/) keeps the rules, and its self-test would notice if not."""
import re

import harness

FOLDER = harness.GUEST / "tests/system/nmock"
SOURCES = harness.ROOT / "tests/system/nmock"
RULE = re.compile(r"(?m)^rule ([\w-]+) (kept|broken)$")


class Nmock(harness.SystemTest):
    def rules(self, firmware):
        """{rule: whether it is kept} of the self-test on a firmware."""
        guest = self.start(image=FOLDER / "nmock-selftest.bin", bios=FOLDER / f"{firmware}.bin",
                           port=None)
        self.assertEqual(guest.wait_exit(), 0)
        guest.reader.join(harness.GUARD)
        return {name: result == "kept" for name, result in RULE.findall(guest.text())}

    def test_rules(self):
        rules = self.rules("nmock")
        self.assertEqual([name for name, kept in rules.items() if not kept], [])
        wanted = re.findall(r'rule\("([\w-]+)"', (SOURCES / "arch/riscv64/selftest.c").read_text())
        self.assertEqual(sorted([*rules, "no-trap-that-nobody-expects"]), sorted(wanted))

    def test_planted_bugs_are_noticed(self):
        plants = [plant for file in ("n.c", "arch/riscv64/trap.c") for plant in
                  re.findall(r"(?m)^#ifdef (PLANT_\w+)", (SOURCES / file).read_text())]
        self.assertGreaterEqual(len(plants), 10)
        for plant in plants:
            with self.subTest(plant):
                broken = [name for name, kept in self.rules(f"nmock-{plant}").items() if not kept]
                self.assertTrue(broken, "the self-test does not notice it")
                print(f"{plant}: {broken[0]}")


if __name__ == "__main__":
    harness.main()
