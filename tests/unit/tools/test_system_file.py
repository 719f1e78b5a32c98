# SPDX-License-Identifier: BSD-2-Clause
"""The system file's checker: every kind of error, with its place, all of a file at once."""
import unittest

import paths
import system_file

IMAGES = ["root", "driver", "server", "app"]
GOOD = '''
[[process]]
name = "driver"
priority = 8
[[process.device]]
name = "disk"
compatible = "virtio,mmio"
virtio = "block"
dma = "64K"
[[process]]
name = "server"
priority = 16
ceiling = 12
heap = "1M"
[[process]]
name = "client"
image = "app"
priority = 24
[[channel]]
client = "server"
server = "driver"
protocol = "blk"
region = "1M"
dma = true
[[channel]]
client = "client"
server = "server"
name = "files"
protocol = "fs"
depth = 64
'''
THREADS = ("\n[[process]]\nname = \"{0}\"\nimage = \"app\"\npriority = 8\nthreads = true\n")
SYNC = "[[channel]]\nclient = \"{0}\"\nserver = \"{1}\"\nprotocol = \"rendezvous\"\n"
PAIR = THREADS.format("a") + THREADS.format("b") + SYNC.format("a", "b")
CIRCLE = (PAIR + THREADS.format("c") + SYNC.format("b", "c") + SYNC.format("c", "a"))
MANY = {"processes": "".join(THREADS.format(f"p{i}") for i in range(318)),
        "channels": PAIR + "".join(SYNC.format("a", "b") + f'name = "c{i}"\nserver_name = "c{i}"\n'
                                   for i in range(1017)),
        "devices": "".join(f'\n[[process.device]]\nname = "d{i}"\ncompatible = ["x{i}", "y{i}"]'
                           for i in range(32))}
# what is replaced, by what, the line of the error and what it says
BAD = [
    ('name = "disk"', 'name = "disk"\ncolour = 1', "unknown key 'colour' in [[process.device]]"),
    ("priority = 16", "priorty = 16", "unknown key 'priorty' in [[process]]: did you mean 'priority'?"),
    ('server = "driver"', 'server = "drivr"', "no process 'drivr' for this server: did you mean 'driver'?"),
    ('client = "client"', 'client = "nobody"', "no process 'nobody' for this client"),
    ('name = "server"', 'name = "driver"', "the process 'driver' is given twice, first in line 3"),
    ('image = "app"', 'image = "ap"', "no program 'ap': did you mean 'app'?"),
    ("ceiling = 12", "ceiling = 17", "priority 16 is above the ceiling 17 of 'server'"),
    ("priority = 24", "priority = 64", "priority 64 is out of range: 0 to 63"),
    ("priority = 24", 'priority = "high"', "'priority' must be an integer, not the string 'high'"),
    ('heap = "1M"', 'heap = "1X"', "'heap' is no size"),
    ('heap = "1M"', "heap = 1000", "heap of 1000 bytes is no multiple of 4096"),
    ('heap = "1M"', 'heap = "1G"', "heap of 1073741824 bytes is out of range"),
    ('heap = "1M"', "heap = true", "'heap' is no size"),
    ("depth = 64", "depth = 65", "depth 65 is no power of two"),
    ("depth = 64", "depth = 2048", "depth 2048 is out of range"),
    ('protocol = "fs"', 'protocol = "fss"', "no protocol 'fss' in libs/protocol: did you mean 'fs'?"),
    ('name = "client"', 'name = "cl ient"', "letters, digits"),
    ('name = "client"', f'name = "{"c" * 32}"', "is longer than 31 letters"),
    ('name = "client"', 'name = "root"', "'root' needs no entry"),
    ('virtio = "block"', 'virtio = "blok"', "unknown virtio device 'blok': did you mean 'block'?"),
    ('virtio = "block"', "", "the key 'virtio' belongs to"),
    ('compatible = "virtio,mmio"', "", "the key 'compatible' is missing here"),
    ('dma = true', 'dma = "yes"', "'dma' must be a boolean"),
    ('region = "1M"', "", "'dma' needs a region"),
    ("depth = 64", "depth = 64\ndma = true\nregion = 4096", "'server' has no device that could use 'dma'"),
    ("depth = 64", "depth = 64\nceiling = 3", "ceiling 3 is above the ceiling 12 of 'server'"),
    ('name = "files"', 'name = "supervisor"', "in 'client' the channel name 'supervisor' is given twice"),
    ('client = "client"', 'client = "server"', "'server' cannot be its own server"),
    ('client = "client"', 'client = "root"', "root's own channels"),
    ("[[channel]]", "[channel]", "write [[channel]] for each channel"),
    ("heap = ", "[[process.device]]\nname = \"d\"\ncompatible = \"virtio,mmio\"\nvirtio = \"block\"\n#",
     "the device 'virtio,mmio' is given to 'driver' already"),
    ("dma = \"64K\"", "[[process.device]]\nname = \"disk\"\ncompatible = \"x\"\n#",
     "in 'driver' the device 'disk' is given twice"),
    ("[[process]]", "protocols = [1]\n[[process]]", "a protocol's name is expected, not the integer 1"),
    ("[[process]]", "[proces]\n[[process]]", "unknown key 'proces' in the file: did you mean 'process'?"),
    ("depth = 64", "depth = ", "a value is missing"),
    ("heap = ", 'untyped = "12K"\n#', "untyped of 12288 bytes is no power of two"),
    ("heap = ", 'budget = "2ms"\n#', "'budget' says nothing without 'period'"),
    ("heap = ", 'period = "2ms"\n#', "'period' says nothing without 'budget'"),
    ("heap = ", 'budget = "3ms"\nperiod = "2ms"\n#', "a budget of 3000 us is more than its period of 2000"),
    ("heap = ", 'budget = "2 hours"\nperiod = "1s"\n#', "budget '2 hours' is no length of time"),
    ("heap = ", 'budget = "0ms"\nperiod = "1s"\n#', "budget '0ms' is out of range"),
    ("heap = ", 'budget = "1s"\nperiod = "61s"\n#', "period '61s' is out of range: 1us to 60s"),
    ("heap = ", 'budget = 2\nperiod = "1s"\n#', "'budget' must be a string"),
    ("heap = ", "harts = [8]\n#", "a hart's number is expected, 0 to 7, not the integer 8"),
    ("heap = ", "harts = [1, 1]\n#", "hart 1 is named twice"),
    ("heap = ", "harts = []\n#", "no hart is named: leave the key out for all of them"),
    ("heap = ", "harts = 1\n#", "'harts' must be an array"),
    ("depth = 64", CIRCLE, "synchronous calls in a circle: a -> b -> c -> a could wait for each other"),
    ("depth = 64", PAIR + SYNC.format("b", "a") + 'name = "back"\nserver_name = "back"\n',
     "in a circle: a -> b -> a could wait"),
    ("depth = 64", PAIR + SYNC.format("b", "client"), "a rendezvous joins processes of threads: 'client' is"),
    ("depth = 64", PAIR + SYNC.format("b", "root"), "a rendezvous joins processes of threads: 'root' is"),
    ("depth = 64", PAIR + "region = 4096\n", "a rendezvous has no memory: leave 'region' out"),
    ("depth = 64", PAIR + "depth = 8\n", "a rendezvous has no memory: leave 'depth' out"),
    ("depth = 64", MANY["processes"], "321 processes, root can hold 320: PROCESSES_MAX"),
    ("depth = 64", MANY["channels"], "1020 channels, root can hold 1019 and its own"),
    ('dma = "64K"', MANY["devices"], "65 devices, alternatives counted, root can hold 64: DEVICES_MAX"),
    ("heap = ", '[[process.device]]\nname = "d"\ncompatible = ["x", "virtio,mmio"]\nvirtio = "block"\n#',
     "the device 'virtio,mmio' is given to 'driver' already"),
    ('dma = "64K"', '[[process.device]]\nname = "d"\ncompatible = ["x", "x"]\n#',
     "the device 'x' is given to 'driver' already"),
    ('compatible = "virtio,mmio"', 'compatible = "virtio,mmio"\noptional = 1', "'optional' must be a"),
    ('image = "app"', f'arguments = "{"x" * 256}"\nimage = "app"', "'arguments' has 256 bytes"),
]


def errors_of(text):
    try:
        system_file.parse(text, "file.toml", IMAGES)
    except system_file.SystemFileError as error:
        return str(error).splitlines()
    return []


class SystemFile(unittest.TestCase):
    def test_time(self):
        text = GOOD.replace("priority = 24", 'priority = 24\nbudget = "500us"\nperiod = "1s"\nharts = [0, 3]')
        *_, server, client = system_file.parse(text, "file.toml", IMAGES).processes
        self.assertEqual((client.budget_us, client.period_us, client.harts), (500, 1000000, [0, 3]))
        self.assertEqual((server.budget_us, server.period_us, server.harts), (0, 0, []))

    def test_good(self):
        system = system_file.parse(GOOD, "file.toml", IMAGES)
        driver, server, client = system.processes
        self.assertEqual((driver.ceiling, server.ceiling, client.image), (8, 12, "app"))
        self.assertEqual((driver.devices[0].virtio, driver.devices[0].dma_bytes), (2, 65536))
        disk, files = system.channels
        self.assertEqual((disk.name, disk.server_name, disk.dma), ("driver", "server", True))
        self.assertEqual((files.name, files.depth, files.region_bytes), ("files", 64, 0))
        self.assertEqual((disk.ceiling, files.ceiling), (12, 24))

    def test_each_error(self):
        for old, new, message in BAD:
            with self.subTest(message):
                self.assertIn(old, GOOD)
                text = GOOD.replace(old, new, 1)
                found = errors_of(text)
                self.assertTrue(any(message in line for line in found), found)
                for line in found:
                    self.assertRegex(line, r"^file\.toml:\d+:\d+: ")

    def test_places(self):
        text = GOOD.replace("depth = 64", "depth = 65").replace('image = "app"', '  image = "ap"')
        lines = text.splitlines()
        self.assertEqual(errors_of(text), [
            "file.toml:%d:11: no program 'ap': did you mean 'app'?" % (lines.index('  image = "ap"') + 1),
            "file.toml:%d:9: depth 65 is no power of two" % (lines.index("depth = 65") + 1)])

    def test_all_errors_at_once(self):
        text = GOOD
        for old, new, _ in BAD[:2]:
            text = text.replace(old, new, 1)
        text += "[[channel]]\nclient = \"x\"\nserver = \"y\"\nprotocol = \"z\"\n"
        self.assertEqual(len(errors_of(text)), 6)

    def test_own_protocol(self):
        text = GOOD.replace('protocol = "fs"', 'protocol = "mine"')
        self.assertEqual(len(errors_of(text)), 1)
        self.assertEqual(errors_of('protocols = ["mine"]\n' + text), [])

    def test_empty(self):
        self.assertEqual(errors_of(""), ["file.toml:1:1: no [[process]]: nothing would run"])

    def test_any_prefix_and_any_lost_line(self):
        """No input makes the checker itself fail."""
        lines = GOOD.splitlines()
        for i in range(len(lines)):
            errors_of("\n".join(lines[:i]))
            errors_of("\n".join(lines[:i] + lines[i + 1:]))
            errors_of("\n".join(lines[:i] + ["x = 0"] + lines[i:]))

    def test_the_system_of_this_tree(self):
        system = system_file.load(paths.ROOT / "system.toml")
        self.assertEqual(len(system.processes) + 1, 8)


if __name__ == "__main__":
    unittest.main()
