# SPDX-License-Identifier: BSD-2-Clause
"""Places for the boxes of a directed graph: columns by dependency, few crossings, no overlap.

    column 0    1         2    3         4
    client --- [channel] --- server ...

Callers stand left of whom they call. A line that passes a column gets a place there too (a Node
without lines of text), so lines do not run through boxes.
"""
from bisect import bisect_left, insort
from dataclasses import dataclass, field

LETTER, LINE = 6.7, 14  # width of a letter and height of a line at FONT, in a monospaced font
FONT = 11  # pixels
PAD_X, PAD_Y, GAP_Y, GAP_X = 8, 5, 12, 46
BEND = 4  # height of a passing line
SWEEPS = 8


@dataclass(eq=False)
class Node:
    kind: str  # "process", "root", "channel", "device"; "" for a passing line
    lines: list
    column: int = 0
    x: float = 0  # of the left edge
    y: float = 0  # of the middle
    left: list = field(default_factory=list)
    right: list = field(default_factory=list)
    span: float = 0  # of a passing line: the column's width

    @property
    def width(self):
        return max(map(len, self.lines)) * LETTER + 2 * PAD_X if self.lines else self.span

    @property
    def height(self):
        return len(self.lines) * LINE + 2 * PAD_Y if self.lines else BEND


def ranks(names, steps):
    """{name: length of the longest chain of calls below it}; a call back into a chain that is being
    followed does not count. steps: {name: [whom it calls]}."""
    rank, open_ = {}, set()
    for first in names:
        stack = [(first, iter(steps[first]))] if first not in rank else []
        if stack:
            open_.add(first)
            rank[first] = 0
        while stack:
            name, rest = stack[-1]
            peer = next(rest, None)
            if peer is None:
                stack.pop()
                open_.remove(name)
                if stack:
                    above = stack[-1][0]
                    rank[above] = max(rank[above], rank[name] + 1)
            elif peer in open_:
                continue
            elif peer in rank:
                rank[name] = max(rank[name], rank[peer] + 1)
            else:
                rank[peer] = 0
                open_.add(peer)
                stack.append((peer, iter(steps[peer])))
    return rank


def join(left, right):
    """A line between nodes; it gets a place in each column between them. Value: its nodes."""
    nodes = [left]
    for column in range(left.column + 1, right.column):
        nodes.append(Node("", [], column))
    nodes.append(right)
    for a, b in zip(nodes, nodes[1:]):
        a.right.append(b)
        b.left.append(a)
    return nodes


def crossings(columns):
    """How often lines between neighbouring columns cross."""
    total = 0
    for one, two in zip(columns, columns[1:]):
        place = {id(node): i for i, node in enumerate(two)}
        seen = []
        for node in one:
            ends = sorted(place[id(peer)] for peer in node.right)
            total += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def reorder(column, before, side):
    """Sort a column by the mean place of each node's neighbours in the column before."""
    place = {id(node): i / len(before) for i, node in enumerate(before)}
    keys = {}
    for i, node in enumerate(column):
        peers = getattr(node, side)
        keys[id(node)] = (sum(place[id(peer)] for peer in peers) / len(peers) if peers
                          else i / len(column))
    column.sort(key=lambda node: keys[id(node)])


def order(columns):
    """Few crossings: sweeps in both directions; the best order is kept."""
    best, least = [list(column) for column in columns], crossings(columns)
    for _ in range(SWEEPS):
        for i in range(1, len(columns)):
            reorder(columns[i], columns[i - 1], "left")
        for i in reversed(range(len(columns) - 1)):
            reorder(columns[i], columns[i + 1], "right")
        count = crossings(columns)
        if count < least:
            best, least = [list(column) for column in columns], count
    columns[:] = best


def settle(column, wanted):
    """Heights nearest to those wanted that keep the order and the gaps: what would overlap moves
    together, to the mean of what its members want."""
    offset, groups = 0, []  # (sum of wanted tops less offsets, members)
    offsets = []
    for node, want in zip(column, wanted):
        offset += node.height / 2
        offsets.append(offset)
        groups.append((want - offset, 1))
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] > groups[-1][0] / groups[-1][1]:
            total, count = groups.pop()
            groups[-1] = (groups[-1][0] + total, groups[-1][1] + count)
        offset += node.height / 2 + GAP_Y
    tops = [total / count for total, count in groups for _ in range(count)]
    for node, top, own in zip(column, tops, offsets):
        node.y = top + own


def place(columns):
    """x and y of all nodes, from (0, 0) on. Value: width and height."""
    x = 0
    for column in columns:
        wide = max((node.width for node in column), default=0)
        for node in column:
            node.span = wide
            node.x = x + (wide - node.width) / 2
        x += wide + GAP_X
    for column in columns:
        settle(column, [0] * len(column))
    for step in range(SWEEPS):
        for column in columns if step % 2 else reversed(columns):
            settle(column, [middle(node) for node in column])
    nodes = [node for column in columns for node in column]
    top = min(node.y - node.height / 2 for node in nodes)
    for node in nodes:
        node.y -= top
    return x - GAP_X, max(node.y + node.height / 2 for node in nodes)


def middle(node):
    """Where it would like to be: between its neighbours."""
    peers = node.left + node.right
    return sum(peer.y for peer in peers) / len(peers) if peers else node.y


def lay_out(nodes):
    """Place the nodes, whose columns are set, and all that join() put between them. Value: all
    nodes, width and height."""
    every, todo = {id(node): node for node in nodes}, list(nodes)
    for node in todo:
        for peer in node.right:
            if id(peer) not in every:
                every[id(peer)] = peer
                todo.append(peer)
    columns = [[] for _ in range(1 + max(node.column for node in todo))]
    for node in todo:
        columns[node.column].append(node)
    columns = [column for column in columns if column]
    order(columns)
    return todo, *place(columns)
