# SPDX-License-Identifier: BSD-2-Clause
"""The QEMU command line of Heddle's machine: the only place that knows it."""
import socket
from dataclasses import dataclass, field

PROGRAM = "qemu-system-riscv64"


@dataclass
class Machine:
    """What may differ from boot to boot."""
    image: str
    disk: str | None = None
    port: int | None = None  # of 127.0.0.1, forwarded to port 80 of the guest; None: no network
    smp: int = 1
    memory: str = "256M"
    cpu: str | None = None  # such as rv64,sstc=off
    append: str | None = None  # boot arguments: /chosen/bootargs of the device tree
    icount: bool = False  # one instruction is one nanosecond, for every clock
    forwards: list = field(default_factory=list)  # further (host port, guest port)
    extra: list = field(default_factory=list)
    machine: str = "virt"
    bios: str = "default"  # firmware: QEMU's own OpenSBI fw_dynamic, or a file
    dtb: str | None = None  # a device tree in place of the machine's
    console: str = "stdio"  # where the first serial line goes, if nobody types: as -serial has it

    def command(self, interactive):
        """The argument list. interactive: Ctrl-A x ends; else plain bytes on stdin and stdout."""
        out = [PROGRAM, "-machine", self.machine, "-m", self.memory, "-smp", str(self.smp),
               "-bios", str(self.bios), "-global", "virtio-mmio.force-legacy=false",
               "-kernel", str(self.image)]
        out += ["-nographic"] if interactive else ["-display", "none", "-serial", self.console,
                                                   "-monitor", "none"]
        if self.cpu:
            out += ["-cpu", self.cpu]
        if self.dtb:
            out += ["-dtb", str(self.dtb)]
        if self.append:
            out += ["-append", self.append]
        if self.icount:
            # Idle time is skipped, so that it takes as long in every run; but a network's other end
            # is in the host's time, and an idle machine would not wait for it.
            idle = ",sleep=off" if self.port is None else ""
            out += ["-icount", f"shift=0{idle}", "-rtc", "clock=vm"]
        return out + self.disk_arguments() + self.network_arguments() + self.extra

    def disk_arguments(self):
        if not self.disk:
            return []
        file = str(self.disk).replace(",", ",,")
        return ["-drive", f"if=none,id=disk,format=raw,file={file}",
                "-device", "virtio-blk-device,drive=disk"]

    def network_arguments(self):
        if self.port is None:
            return ["-nic", "none"]
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{host}-:{guest}"
                           for host, guest in [(self.port, 80), *self.forwards])
        return ["-netdev", f"user,id=net{forwards}", "-device", "virtio-net-device,netdev=net"]


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
