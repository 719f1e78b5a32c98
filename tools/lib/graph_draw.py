# SPDX-License-Identifier: BSD-2-Clause
"""The authority graph as SVG, with a table of who reaches whom below it, and for graphviz.

It can be read in grey: processes have white boxes, root's has a thick line, channels are light grey
with round corners, devices are darker. An arrow points from who calls to who is called.
"""
import textwrap
from html import escape

import authority
import graph_layout
from graph_layout import FONT, LETTER, LINE, Node
from plot import text

MARGIN = 20
STYLE = {"process": 'fill="white" stroke="black"', "root": 'fill="white" stroke="black" stroke-width="3"',
         "channel": 'rx="9" fill="#eee" stroke="#888"', "device": 'rx="3" fill="#ccc" stroke="black"',
         "master": 'rx="3" fill="#ccc" stroke="black" stroke-dasharray="5 3"'}
HEAD = ('<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>')
LEGEND = ("white: processes; light grey: channels, from client to server, with the depth of their rings "
          "and the memory that both ends share;",
          "grey: devices, dashed where they read and write memory by DMA, which nothing checks.",
          "Root makes and stops all processes and hears of their faults; its channel \"supervisor\" to "
          "each of them is not drawn.")
COLUMNS = (("process", 31), ("calls", 24), ("and makes run through them", 32), ("devices", 32),
           ("harms, if it lies or stops", 32))  # least widths in letters


# ------------------------------------------------------------ labels

def process_lines(process):
    share = f", {process.budget_us} of {process.period_us} us" if process.budget_us else ""
    extra = [word for word, given in (
        ("threads", process.threads), ("debug", process.debug),
        (f"untyped {authority.size_text(process.untyped_bytes)}", process.untyped_bytes)) if given]
    return [process.name, f"priority {process.priority}, ceiling {process.ceiling}{share}",
            *([", ".join(extra)] if extra else [])]


def channel_lines(channel):
    known = channel.name in (channel.server, channel.protocol)
    name = "" if known else f' "{channel.name}"'
    if channel.protocol == "rendezvous":
        return [channel.protocol + name, "synchronous"]
    region = f", {authority.size_text(channel.region_bytes)}" if channel.region_bytes else ""
    return [channel.protocol + name, f"{channel.depth} deep{region}{', DMA' if channel.dma else ''}"]


def device_lines(unit):
    dma = f", DMA {authority.size_text(unit.dma_bytes)}" if unit.dma_bytes else ""
    return [unit.name, unit.kind + dma]


# ------------------------------------------------------------ the drawing

def nodes_and_lines(graph):
    """All boxes, with their columns, and the lines: lists of nodes from who calls to who is called."""
    steps = {name: [peer for _, peer in calls] for name, calls in graph.calls.items()}
    rank = graph_layout.ranks(graph.names, steps)
    last = max(rank.values())
    nodes, lines = {}, []
    for name in graph.names:
        process = graph.processes.get(name)
        nodes[name] = Node("process" if process else "root",
                           process_lines(process) if process else [name, "makes all processes"],
                           2 * (last - rank[name]))
    boxes = list(nodes.values())
    for channel in graph.system.channels:
        client, server = nodes[channel.client], nodes[channel.server]
        on = 1 if client.column < server.column else -1
        box = Node("channel", channel_lines(channel), client.column + on)
        boxes.append(box)
        if on > 0:
            lines.append(graph_layout.join(client, box) + graph_layout.join(box, server)[1:])
        else:  # a call back into a circle
            line = graph_layout.join(server, box) + graph_layout.join(box, client)[1:]
            lines.append(line[::-1])
    for name in graph.names:
        for unit in graph.units[name]:
            box = Node("master" if unit.masters else "device", device_lines(unit),
                       nodes[name].column + 1)
            boxes.append(box)
            lines.append(graph_layout.join(nodes[name], box))
    return boxes, lines


def box_svg(node):
    x, y = node.x, node.y - node.height / 2
    out = [f'<g class="{node.kind}"><rect x="{x:.1f}" y="{y:.1f}" width="{node.width:.1f}" '
           f'height="{node.height:.1f}" {STYLE[node.kind]}/>']
    for i, line in enumerate(node.lines):
        bold = ' font-weight="bold"' if i == 0 and node.kind != "channel" else ""
        out.append(text(x + node.width / 2, y + graph_layout.PAD_Y + i * LINE + FONT, line, extra=bold))
    return "".join(out) + "</g>"


def line_svg(nodes):
    """A line through the columns: curved between them, straight within."""
    forward = nodes[0].column < nodes[-1].column

    def ends(node):
        near, far = node.x, node.x + node.width
        return (near, far) if forward else (far, near)

    x, y = ends(nodes[0])[1], nodes[0].y
    out = f"M{x:.1f} {y:.1f}"
    for node in nodes[1:]:
        near, far = ends(node)
        half = (x + near) / 2
        out += f"C{half:.1f} {y:.1f} {half:.1f} {node.y:.1f} {near:.1f} {node.y:.1f}"
        if node is not nodes[-1]:
            out += f"H{far:.1f}"
        x, y = far, node.y
    return f'<path d="{out}" fill="none" stroke="#444" marker-end="url(#arrow)"/>'


# ------------------------------------------------------------ the table

def row_cells(graph, name):
    """What stands in each column of the table: lists of words that may begin a line."""
    calls = list(dict.fromkeys(peer for _, peer in graph.calls[name]))
    through = [peer for peer in graph.reached(name) if peer not in calls and peer != name]
    asked = graph.reached_by_root(name)
    if asked:
        through.append(f"(root asks {len(asked)} for their numbers)")
    devices = [f"{unit.name} of {unit.owner}" if unit.owner != name else unit.name
               for unit in graph.devices(name)]
    if any(unit.masters for unit in graph.units[name]):
        devices.append("(all memory, by DMA)")
    harmed = ["everybody"] if name == authority.ROOT else graph.harmed_by(name)
    return [[name], calls, through, devices, harmed]


def wrapped(words, letters):
    """Lines of words with commas between them."""
    return textwrap.wrap(", ".join(words), letters, break_on_hyphens=False) or [""]


def column_widths(width):
    """Letters of each column of a table so wide; the names' is fixed, none is narrower than COLUMNS
    says."""
    least = sum(letters + 2 for _, letters in COLUMNS[1:])
    have = (width - MARGIN) / LETTER - COLUMNS[0][1] - 2
    return [COLUMNS[0][1], *(int((letters + 2) * max(have / least, 1)) - 2 for _, letters in COLUMNS[1:])]


def table_svg(graph, top, width):
    """Value: lines of SVG, the table's width and where it ends."""
    widths = column_widths(width)
    starts = [MARGIN + sum(letters + 2 for letters in widths[:i]) * LETTER
              for i in range(len(widths) + 1)]
    y = top + LINE
    out = [text(x, y, title, "start", ' font-weight="bold"')
           for x, (title, _) in zip(starts, COLUMNS)]
    for name in graph.names:
        cells = [wrapped(words, letters)
                 for words, letters in zip(row_cells(graph, name), widths)]
        out.append(f'<path d="M{MARGIN} {y + 5:.1f}H{starts[-1]:.1f}" stroke="#bbb"/>')
        for x, lines in zip(starts, cells):
            out += [text(x, y + LINE * (i + 1) + 2, line, "start") for i, line in enumerate(lines) if line]
        y += LINE * max(map(len, cells)) + 4
    return out, starts[-1] + MARGIN, y + MARGIN


def svg(graph, title):
    boxes, lines = nodes_and_lines(graph)
    _, width, height = graph_layout.lay_out(boxes)
    top = 2 * MARGIN + LINE * (len(LEGEND) + 1)
    legend = [text(MARGIN, MARGIN + 6, title, "start", ' font-weight="bold" font-size="14"')]
    legend += [text(MARGIN, MARGIN + LINE * (i + 2), line, "start") for i, line in enumerate(LEGEND)]
    width = max(width, max(map(len, LEGEND)) * LETTER) + 2 * MARGIN
    table, table_width, bottom = table_svg(graph, top + height + 2 * MARGIN, width - MARGIN)
    width = max(width, table_width)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{bottom:.0f}" '
        f'font-family="DejaVu Sans Mono, monospace" font-size="{FONT}">',
        f"<title>{escape(title)}</title>", HEAD, '<rect width="100%" height="100%" fill="white"/>',
        *legend, f'<g transform="translate({MARGIN} {top})">', *map(line_svg, lines),
        *map(box_svg, boxes), "</g>", *table, "</svg>"]) + "\n"


# ------------------------------------------------------------ graphviz

def quoted(*lines):
    """A string of graphviz's language, with line ends."""
    return '"' + "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines) + '"'


def dot(graph):
    out = ["digraph system {", "    rankdir = LR;", "    node [shape = box];",
           f'    {quoted("root")} [penwidth = 3];']
    for name, process in graph.processes.items():
        out.append(f"    {quoted(name)} [label = {quoted(*process_lines(process))}];")
        for unit in graph.units[name]:
            dashed = ", style = dashed" if unit.masters else ""
            node = quoted(f"{name}/{unit.name}")
            out += [f"    {node} [shape = ellipse, label = {quoted(*device_lines(unit))}{dashed}];",
                    f"    {quoted(name)} -> {node};"]
    for channel in graph.system.channels:
        out.append(f"    {quoted(channel.client)} -> {quoted(channel.server)} "
                   f"[label = {quoted(*channel_lines(channel))}];")
    return "\n".join([*out, "}"]) + "\n"
