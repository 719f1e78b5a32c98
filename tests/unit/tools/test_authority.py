# SPDX-License-Identifier: BSD-2-Clause
"""Who can reach whom: directly, through others, through root, and by DMA."""
import random
import unittest

import paths
import authority
import system_file


def graph_of(text):
    return authority.Authority(system_file.parse(text, "file.toml"))


def process(name, more=""):
    return f'[[process]]\nname = "{name}"\npriority = 9\n{more}'


def channel(client, server, protocol="fs", more=""):
    return f'[[channel]]\nclient = "{client}"\nserver = "{server}"\nprotocol = "{protocol}"\n{more}'


DISK = '''[[process.device]]
name = "disk"
compatible = "virtio,mmio"
virtio = "block"
'''
CHAIN = (process("driver", DISK) + process("server") + process("app") + process("stranger") +
         channel("app", "server", more="region = 4096\n") + channel("server", "driver", "blk"))
ROOTED = CHAIN + channel("app", "root", "system")


class Reach(unittest.TestCase):
    def setUp(self):
        self.graph = graph_of(CHAIN)

    def test_calls_and_their_calls(self):
        self.assertEqual(list(self.graph.reached("app")), ["server", "driver"])
        self.assertEqual(self.graph.way("app", "driver"), [("fs", "server"), ("blk", "driver")])
        self.assertEqual(self.graph.reached("driver"), {})
        self.assertEqual(self.graph.reached("stranger"), {})
        self.assertEqual(authority.way_text(self.graph, "app", "driver"),
                         "app -[fs]-> server -[blk]-> driver")

    def test_harm_goes_the_other_way(self):
        self.assertEqual(self.graph.harmed_by("driver"), ["server", "app"])
        self.assertEqual(self.graph.harmed_by("app"), [])

    def test_devices(self):
        for name, devices in (("app", ["disk"]), ("driver", ["disk"]), ("stranger", [])):
            self.assertEqual([unit.name for unit in self.graph.devices(name)], devices, name)

    def test_alternatives_are_one_device(self):
        file = system_file.load(paths.ROOT / "system.toml")
        uart, = authority.Authority(file).units["console"]
        self.assertEqual((uart.kind, uart.optional, uart.masters), ("ns16550a or 3 others", True, False))

    def test_memory(self):
        text = authority.reach_text(self.graph, "driver")
        self.assertIn("everybody  by DMA of the device disk", text)
        text = authority.reach_text(self.graph, "server")
        self.assertIn("app     fs: rings of 32 messages, region of 4 KiB", text)
        self.assertNotIn("everybody", text)

    def test_root_is_told_apart(self):
        graph = graph_of(ROOTED)
        self.assertEqual(list(graph.reached("app")), ["server", "root", "driver"])
        self.assertEqual(list(graph.reached_by_root("app")), ["stranger"])
        self.assertEqual(graph.way("app", "stranger"), [("system", "root"), ("stats", "stranger")])
        self.assertEqual(graph.reached_by_root("server"), {})
        self.assertEqual(set(graph.reached_by_root("root")), {"driver", "server", "app", "stranger"})
        self.assertIn("harms, if it lies or stops\n    everybody", authority.reach_text(graph, "root"))

    def test_root_asks_no_threads(self):
        graph = graph_of(ROOTED.replace('"stranger"\npriority = 9', '"stranger"\npriority = 9\nthreads = true'))
        self.assertEqual(graph.reached_by_root("app"), {})

    def test_a_rendezvous_shares_no_memory(self):
        graph = graph_of(process("a", "threads = true\n") + process("b", "threads = true\n") +
                         channel("a", "b", "rendezvous"))
        self.assertEqual(graph.shared("a"), [])
        self.assertEqual(list(graph.reached("a")), ["b"])

    def test_circle(self):
        graph = graph_of("".join(map(process, "abc")) + channel("a", "b") + channel("b", "c") +
                         channel("c", "a"))
        for name in "abc":
            self.assertEqual(set(graph.reached(name)), set("abc") - {name})
            self.assertEqual(set(graph.harmed_by(name)), set("abc") - {name})

    def test_long_ways_are_cut(self):
        names = [f"p{i}" for i in range(40)]
        graph = graph_of("".join(map(process, names)) + "".join(map(channel, names, names[1:])))
        text = authority.way_text(graph, "p0", "p39")
        self.assertTrue(text.endswith("-[fs]-> p39"))
        self.assertIn("-[fs]-> p8 -> (23 between) -[fs]-> p32", text)

    def test_random_graphs(self):
        """Each way is made of channels that are there, and exactly the closure is reached."""
        seed = random.randrange(1 << 32)
        rng = random.Random(seed)
        for _ in range(20):
            names = [f"p{i}" for i in range(rng.randrange(2, 12))]
            pairs = {tuple(rng.sample(names, 2)) for _ in range(rng.randrange(16))}
            graph = graph_of("".join(map(process, names)) +
                             "".join(channel(*pair, more=f'name = "to-{pair[1]}"\n')
                                     for pair in sorted(pairs)))
            closure = set(pairs)
            while True:
                more = {(a, d) for a, b in closure for c, d in closure if b == c} | closure
                if more == closure:
                    break
                closure = more
            for a in names:
                self.assertEqual(set(graph.reached(a)) | {a}, {b for x, b in closure if x == a} | {a},
                                 f"seed {seed}")
                self.assertEqual(set(graph.harmed_by(a)) | {a}, {x for x, b in closure if b == a} | {a},
                                 f"seed {seed}")
                for b in graph.reached(a):
                    before = a
                    for _, step in graph.way(a, b):
                        self.assertIn((before, step), pairs, f"seed {seed}")
                        before = step
                    self.assertEqual(before, b, f"seed {seed}")


if __name__ == "__main__":
    unittest.main()
