# SPDX-License-Identifier: BSD-2-Clause
"""One kernel for every board: images of tools/image under each firmware, any boot hart, memory of
any size and shape, a UART that nobody knows, processors without what is optional."""
import json
import re
import subprocess

import harness
import symbols

FW_JUMP = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.bin"
FIRMWARES = {"fw_dynamic": "default", "fw_jump": FW_JUMP}
# Where each platform's image is booted. QEMU has no rocket-chip: virt without virtio stands for it.
MACHINES = {"qemu-virt": ("virt", 1), "sifive_u": ("sifive_u", 2), "rocket-chip": ("virt", 1)}
KIB = 1024
# csrwi mie, 8; 1: wfi; csrr t0, mip; andi t0, t0, 8; beqz t0, 1b; lui t1, 1; jr t1:
# to virt's reset vector, once another hart sends an interrupt.
LATE = (0x30445073, 0x10500073, 0x344022f3, 0x0082f293, 0xfe028ae3, 0x00001337, 0x00030067)
LATE_BASE = 0x20000000  # flash: nobody writes there


class PlatformTest(harness.SystemTest):
    """Base of the tests that make images."""

    def make_image(self, platform, *apps):
        """What tools/image makes. Value: its path and what the tool said."""
        path = self.folder / f"{platform}-{'-'.join(apps)}.img"
        done = subprocess.run(
            [str(harness.ROOT / "tools/image"), "--platform", platform, "--guest",
             str(harness.GUEST), "--app", *apps, "-o", str(path)],
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stderr)
        return path, done.stdout


class Platforms(PlatformTest):
    def prompt(self, guest):
        """Wait for a prompt that no line of another process's start can be in the middle of."""
        guest.wait_for("processes started")
        guest.wait_for("Type help for the commands.")
        guest.send("\r")
        guest.wait_for("\n" + harness.PROMPT)

    def boot_shell(self, **machine):
        """Boot to the shell's prompt and look at the processes. Value: the guest, the kernel's line."""
        guest = self.start(port=None, **machine)
        guest.wait_for("Heddle on hart ")
        line = guest.wait_for("\n")
        self.prompt(guest)
        for name in ("root", "console", "shell"):
            self.assertRegex(guest.command("ps"), rf"(?m)^{name} +(running|ready|idle)")
        self.assertNotIn(harness.PANIC, guest.text())
        return guest, line

    def power_off(self, guest):
        """QEMU's sifive_u can restart but not switch off; -no-reboot makes that an end too."""
        if guest.machine.machine == "sifive_u":
            self.assertIn("not supported by this system", guest.command("poweroff"))
        guest.send("reboot\r" if guest.machine.machine == "sifive_u" else "poweroff\r")
        self.assertEqual(guest.wait_exit(), 0)

    def check_platform(self, platform):
        image, said = self.make_image(platform, "shell")
        machine, harts = MACHINES[platform]
        for name, bios in FIRMWARES.items():
            with self.subTest(name):
                guest, _ = self.boot_shell(image=image, machine=machine, smp=harts, bios=bios,
                                           memory="128M", extra=["-no-reboot"])
                has_disk = platform == "qemu-virt"
                self.assertEqual("fs is left out" in said, not has_disk, said)
                wanted = "does not answer" if has_disk else "missing"
                self.assertIn(wanted, guest.command("ls /"))
                self.power_off(guest)

    def test_qemu_virt(self):
        self.check_platform("qemu-virt")

    def test_sifive_u(self):
        self.check_platform("sifive_u")

    def test_rocket_chip(self):
        self.check_platform("rocket-chip")

    def test_whole_system_in_128m(self):
        image, _ = self.make_image("qemu-virt", "shell", "web")
        guest = self.boot(image=image, memory="128M", bios=FW_JUMP, disk=self.make_disk())
        self.assert_alive(guest)

    def test_boot_hart_1(self):
        """Hart 0 of sifive_u is a monitor core that cannot run Heddle; there is no Sstc."""
        guest = self.start(image=harness.GUEST / "heddle.img", machine="sifive_u", smp=2, port=None)
        self.prompt(guest)
        self.assertRegex(guest.text(), r"Heddle on hart [1-4]: time 1000000 Hz, timer: sbi")

    def late(self, first, harts):
        """QEMU's arguments that let all harts but one reach the firmware only when they are
        started: fw_jump boots on the hart that comes first (QEMU tells fw_dynamic to take hart 0)."""
        code = self.folder / "late.bin"
        code.write_bytes(b"".join(word.to_bytes(4, "little") for word in LATE))
        out = ["-device", f"loader,file={code},addr={LATE_BASE:#x},force-raw=on"]
        for hart in set(range(harts)) - {first}:
            out += ["-device", f"loader,addr={LATE_BASE:#x},cpu-num={hart}"]
        return out

    def test_any_boot_hart(self):
        image, _ = self.make_image("rocket-chip", "shell")
        for hart in range(4):
            with self.subTest(hart):
                guest, line = self.boot_shell(image=image, smp=4, memory="128M", bios=FW_JUMP,
                                              extra=self.late(hart, 4))
                self.assertEqual(line.split(":")[0], str(hart))
                guest.close()

    def test_least_processor(self):
        """What a Rocket core lacks, as far as QEMU can take it away."""
        image, _ = self.make_image("rocket-chip", "shell")
        guest, line = self.boot_shell(image=image, cpu="rv64,sstc=off", append="asid=off",
                                      memory="128M", bios=FW_JUMP)
        self.assertIn("timer: sbi, asid: off", line)
        self.power_off(guest)

    def test_memory(self):
        """Sizes that are no power of two, more than a gigabyte page, and two nodes."""
        nodes = [word for i in (0, 1) for word in
                 ("-object", f"memory-backend-ram,size={(96, 160)[i]}M,id=m{i}",
                  "-numa", f"node,memdev=m{i},cpus={i}")]
        image, _ = self.make_image("rocket-chip", "shell")
        for megabytes, machine in ((200, {}), (129, {"bios": FW_JUMP}), (2048, {}),
                                   (256, {"smp": 2, "extra": nodes})):
            with self.subTest(megabytes):
                guest, _ = self.boot_shell(image=image, memory=f"{megabytes}M", **machine)
                numbers = {line.split()[0]: int(line.split()[1])
                           for line in guest.command("mem").splitlines() if "KiB" in line}
                self.assertEqual(numbers["RAM"], megabytes * KIB)
                self.assertLess(numbers["kernel"], 8 * KIB)
                parts = sum(numbers[name] for name in ("kernel", "free", "processes"))
                self.assertAlmostEqual(numbers["RAM"], parts, delta=3)  # each is rounded down
                guest.close()

    def doctored_tree(self, old, new):
        """virt's device tree with one name changed."""
        tree = self.folder / "virt.dtb"
        subprocess.run(["qemu-system-riscv64", "-machine", f"virt,dumpdtb={tree}", "-m", "128M",
                        "-display", "none"], check=True, capture_output=True)
        source = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", str(tree)], check=True,
                                capture_output=True, text=True).stdout
        self.assertIn(old, source)
        subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", str(tree)], check=True,
                       input=source.replace(old, new), text=True)
        return tree

    def test_unknown_uart(self):
        """A UART that OpenSBI knows ("ns16550") and Heddle does not: output and keys by the firmware."""
        image, _ = self.make_image("rocket-chip", "shell")
        guest, _ = self.boot_shell(image=image, memory="128M", bios=FW_JUMP,
                                   dtb=self.doctored_tree('"ns16550a"', '"ns16550"'))
        self.assertIn("console: no UART of a kind that I know", guest.text())
        self.assertIn("echo", guest.command("help"))
        self.power_off(guest)

    def test_compiled_for_any_core(self):
        """Every file of the guest: rv64imac, and no access that is not aligned."""
        commands = json.loads((harness.GUEST / "compile_commands.json").read_text(encoding="utf-8"))
        self.assertGreater(len(commands), 50)
        for entry in commands:
            words = entry["command"].split()
            for flag in ("-march=rv64imac", "-mabi=lp64", "-mstrict-align"):
                self.assertIn(flag, words, entry["file"])
            for prefix in ("-march=", "-mabi=", "-mno-strict-align", "-mtune", "-mcpu"):
                self.assertLessEqual(len([word for word in words if word.startswith(prefix)]),
                                     1 if prefix in ("-march=", "-mabi=") else 0, entry["file"])

    def test_hot_paths_read_no_clock(self):
        """rdtime traps into the firmware where the core has none of its own: only boot, timers and
        the scheduler's tick, which comes once in a slice, may read it."""
        objects = harness.GUEST / "microkernel/CMakeFiles/kernel_objects.dir"
        readers = set()
        for path in sorted(objects.rglob("*.obj")):
            if re.search(r"\trdtime\t", symbols.run("objdump", "-d", path)):
                readers.add(str(path.relative_to(objects)).removesuffix(".c.obj"))
        self.assertGreater(len(list(objects.rglob("ipc/*.obj"))), 3)
        self.assertIn("boot/boot", readers)  # the search finds what is there
        readers.discard("trap/trace")  # its sync record, once in a while
        for reader in readers:
            self.assertNotRegex(reader, r"^(ipc|cap|trap|arch)/")
        vdso = symbols.run("objdump", "-d", harness.GUEST / "libs/executor/vdso.elf")
        self.assertTrue("<co_run>:" in vdso and "rdtime" not in vdso)


if __name__ == "__main__":
    harness.main()
