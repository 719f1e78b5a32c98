# SPDX-License-Identifier: BSD-2-Clause
"""Which processes of a system file go into an image for a platform."""
import unittest

import paths
import selection
import system_file

SYSTEM = """
[[process]]
name = "uart"
priority = 8
[[process.device]]
name = "uart"
compatible = ["ns16550a", "sifive,uart0"]
optional = true
[[process]]
name = "disk"
priority = 8
[[process.device]]
name = "disk"
compatible = ["ata", "virtio,blk"]
[[process]]
name = "files"
priority = 16
[[process]]
name = "shell"
priority = 20
[[process]]
name = "web"
priority = 24
[[channel]]
client = "files"
server = "disk"
protocol = "blk"
[[channel]]
client = "shell"
server = "uart"
protocol = "console"
[[channel]]
client = "shell"
server = "files"
protocol = "fs"
optional = true
[[channel]]
client = "shell"
server = "root"
protocol = "system"
[[channel]]
client = "web"
server = "files"
protocol = "fs"
"""


def choose(apps, devices):
    choice = selection.Selection(system_file.parse(SYSTEM, "s.toml"), devices)
    system = choice.choose(apps)
    return ([process.name for process in system.processes],
            [channel.server for channel in system.channels], choice.left_out(system))


class Selection(unittest.TestCase):
    def test_all_devices(self):
        self.assertEqual(choose(["shell"], ["ns16550a", "virtio,blk"]),
                         (["uart", "disk", "files", "shell"], ["disk", "uart", "files", "root"], []))
        self.assertEqual(choose(["web"], ["ata"])[0], ["disk", "files", "web"])

    def test_optional_server_is_left_out(self):
        names, servers, notes = choose(["shell"], [])
        self.assertEqual((names, servers), (["uart", "shell"], ["uart", "root"]))
        self.assertEqual(notes, ["files is left out (shell serves without it): it has no device ata "
                                 "or virtio,blk for the disk of disk"])

    def test_refusals(self):
        with self.assertRaisesRegex(selection.SelectionError, "web cannot run .* no device ata or"):
            choose(["web"], ["ns16550a"])
        with self.assertRaisesRegex(selection.SelectionError, "no process 'shel' in s.toml: did you"):
            choose(["shel"], [])

    def test_alternatives_of_a_device(self):
        uart, disk = system_file.parse(SYSTEM, "s.toml").processes[:2]
        self.assertEqual([(device.name, device.compatible, device.optional)
                          for device in uart.devices + disk.devices],
                         [("uart", "ns16550a", True), ("uart", "sifive,uart0", True),
                          ("disk", "ata", True), ("disk", "virtio,blk", False)])
        for bad in ("[]", "[1]", '["a", ["b"]]', f'["{"x" * 32}"]'):
            with self.assertRaisesRegex(system_file.SystemFileError, "must hold strings of at most 31"):
                system_file.parse(SYSTEM.replace('["ata", "virtio,blk"]', bad), "s.toml")


if __name__ == "__main__":
    unittest.main()
