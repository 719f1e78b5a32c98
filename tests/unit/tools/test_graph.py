# SPDX-License-Identifier: BSD-2-Clause
"""The drawing of the authority graph: well-formed, complete, and nothing lies over anything."""
import random
import re
import unittest
import xml.etree.ElementTree

import paths
import authority
import graph_draw
import graph_layout
import system_file
from test_authority import ROOTED, channel, graph_of, process

SVG = "{http://www.w3.org/2000/svg}"
STATEMENT = re.compile(r'''"(?:[^"\\]|\\.)*"( -> "(?:[^"\\]|\\.)*")?'''
                       r'''( \[(?:(?:, )?\w+ = (?:\w+|"(?:[^"\\]|\\.)*"))+\])?;''')


def big(count, rng):
    """Processes of which each calls up to three of those before it."""
    names = [f"process-{i}" for i in range(count)]
    pairs = [(name, server) for i, name in enumerate(names)
             for server in rng.sample(names[:i], min(i, rng.randrange(1, 4)))]
    return "".join(map(process, names)) + "".join(channel(*pair) for pair in pairs)


def parsed(graph):
    return xml.etree.ElementTree.fromstring(graph_draw.svg(graph, "title <&>"))


def boxes(root):
    """(x0, y0, x1, y1, class) of all nodes."""
    out = []
    for group in root.iter(SVG + "g"):
        if "class" in group.attrib:
            x, y, wide, high = (float(group[0].get(key)) for key in ("x", "y", "width", "height"))
            out.append((x, y, x + wide, y + high, group.get("class")))
    return out


def words(root):
    """(x0, y0, x1, y1, text) of all texts of one coordinate system: of the boxes, or around them."""
    inner = {id(text) for group in root.iter(SVG + "g") for text in group.iter(SVG + "text")}
    inside, outside = [], []
    for text in root.iter(SVG + "text"):
        size = float(text.get("font-size", graph_layout.FONT))
        wide = len(text.text) * graph_layout.LETTER * size / graph_layout.FONT
        x, y = float(text.get("x")), float(text.get("y"))
        x -= {"start": 0, "middle": wide / 2, "end": wide}[text.get("text-anchor")]
        (inside if id(text) in inner else outside).append((x, y - size * 0.8, x + wide, y + size * 0.2,
                                                           text.text))
    return inside, outside


class Drawing(unittest.TestCase):
    def assert_apart(self, areas):
        """No two overlap, half a pixel of rounding aside."""
        areas = sorted(areas, key=lambda area: area[1])
        open_ = []
        for one in areas:
            open_ = [other for other in open_ if other[3] > one[1] + 0.5]
            for other in open_:
                self.assertFalse(one[0] + 0.5 < other[2] and other[0] + 0.5 < one[2], f"{one} and {other}")
            open_.append(one)

    def assert_good(self, graph):
        root = parsed(graph)
        nodes = boxes(root)
        self.assert_apart(nodes)
        inside, outside = words(root)
        self.assert_apart(inside)
        self.assert_apart(outside)
        for x0, y0, x1, y1, text in inside:  # each label lies in a box
            self.assertTrue(any(a <= x0 + 0.5 and b <= y0 and x1 <= c + 0.5 and y1 <= d
                                for a, b, c, d, _ in nodes), text)
        texts = [text.text for text in root.iter(SVG + "text")]
        for name in graph.names:
            self.assertGreaterEqual(texts.count(name), 2, f"{name}: box and table")
        kinds = [node[4] for node in nodes]
        self.assertEqual(kinds.count("process"), len(graph.processes))
        self.assertEqual(kinds.count("channel"), len(graph.system.channels))
        self.assertEqual(kinds.count("device") + kinds.count("master"),
                         sum(map(len, graph.units.values())))
        wide, high = (float(root.get(key)) for key in ("width", "height"))
        for x0, y0, x1, y1, text in outside:
            self.assertTrue(0 <= x0 and 0 <= y0 and x1 <= wide and y1 <= high, text)
        self.assertLessEqual(max(node[2] for node in nodes) + graph_draw.MARGIN, wide)
        return root

    def test_systems_of_this_tree(self):
        files = [paths.ROOT / "system.toml", paths.ROOT / "apps/bench/bench.toml",
                 *sorted((paths.ROOT / "tests/system").glob("*.toml"))]
        self.assertGreater(len(files), 6)
        for file in files:
            with self.subTest(file.name):
                self.assert_good(authority.Authority(system_file.load(file)))

    def test_clients_stand_left(self):
        graph = graph_of(ROOTED)
        nodes, _ = graph_draw.nodes_and_lines(graph)
        column = {node.lines[0]: node.column for node in nodes}
        self.assertLess(column["app"], column["fs"])
        self.assertLess(column["fs"], column["server"])
        self.assertLess(column["server"], column["driver"])
        self.assertLess(column["driver"], column["disk"])

    def test_circle_and_strangers(self):
        self.assert_good(graph_of("".join(map(process, "abcd")) + channel("a", "b") + channel("b", "c") +
                                  channel("c", "a")))
        self.assert_good(graph_of(process("alone")))

    def test_an_arrow_for_each_channel_and_device(self):
        graph = graph_of(ROOTED)
        arrows = [path for path in parsed(graph).iter(SVG + "path") if "marker-end" in path.attrib]
        self.assertEqual(len(arrows), len(graph.system.channels) + 1)

    def test_random_graphs(self):
        seed = random.randrange(1 << 32)
        rng = random.Random(seed)
        with self.subTest(seed=seed):
            for _ in range(6):
                self.assert_good(graph_of(big(rng.randrange(2, 40), rng)))

    def test_256_processes(self):
        text = big(256, random.Random(1))
        root = self.assert_good(graph_of(text))
        self.assertEqual(len(boxes(root)), 257 + text.count("[[channel]]"))

    def test_few_crossings(self):
        """A ladder, listed in disorder, is drawn without any."""
        rng = random.Random(3)
        names = list(range(12))
        rng.shuffle(names)
        graph = graph_of("".join(process(f"c{i}") for i in names) +
                         "".join(process(f"s{i}") for i in range(12)) +
                         "".join(channel(f"c{i}", f"s{i}") for i in names))
        nodes, _ = graph_draw.nodes_and_lines(graph)
        graph_layout.lay_out(nodes)
        columns = {}
        for node in sorted(nodes, key=lambda node: node.y):
            columns.setdefault(node.column, []).append(node)
        self.assertEqual(graph_layout.crossings([columns[i] for i in sorted(columns)]), 0)

    def test_dot(self):
        text = process("driver", '[[process.device]]\nname = "odd"\ncompatible = "a\\"b\\\\"\n')
        lines = graph_draw.dot(graph_of(ROOTED + text.replace('"driver"', '"other"'))).splitlines()
        self.assertEqual((lines[0], lines[-1]), ("digraph system {", "}"))
        for line in lines[3:-1]:
            self.assertTrue(STATEMENT.fullmatch(line.strip()), line)
        self.assertIn('    "app" -> "server" [label = "fs\\n32 deep, 4 KiB"];', lines)
        self.assertIn(r'label = "odd\na\"b\\"', "\n".join(lines))


if __name__ == "__main__":
    unittest.main()
