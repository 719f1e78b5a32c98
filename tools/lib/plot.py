# SPDX-License-Identifier: BSD-2-Clause
"""Plots as SVG, with nothing but the standard library: a logarithmic x axis, y from zero, lines that
differ in their dashes and marks, so that they can be told apart in grey."""
import math
from html import escape

WIDTH, HEIGHT = 420, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 34, 46
DASHES = ("", "6 3", "2 3", "8 3 2 3")
MARKS = ("circle", "square", "diamond", "cross")


def ticks(highest):
    """Round numbers from 0 to just above the highest."""
    rough = max(highest, 1) / 5
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    return [step * i for i in range(math.ceil(highest / step) + 1)]


def mark(kind, x, y):
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
    paths = {"square": "-3 -3h6v6h-6z", "diamond": "0 -4l4 4-4 4-4-4z", "cross": "-3 -3l6 6m0-6l-6 6"}
    dx, rest = paths[kind].split(" ", 1)
    return f'<path d="M{x + float(dx):.1f} {y:.1f}m0 {rest}" stroke="black"/>'


def text(x, y, words, anchor="middle", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{escape(words)}</text>'


def panel(title, x_label, y_label, lines):
    """One plot of {name: [(x, y)]}, x > 0; a point may have the ends of an interval too: (x, y, low,
    high)."""
    points = [point for line in lines.values() for point in line]
    low, high = (function(math.log10(x) for x, *_ in points) for function in (min, max))
    rows = ticks(max(max(ys) for _, *ys in points))
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(x, y):
        return (LEFT + (math.log10(x) - low) / ((high - low) or 1) * inner_width,
                TOP + inner_height * (1 - y / rows[-1]))

    out = [text(LEFT + inner_width / 2, 18, title, extra=' font-weight="bold"')]
    for row in rows:
        _, y = place(10 ** low, row)
        out += [f'<path d="M{LEFT} {y:.1f}h{inner_width}" stroke="#ddd"/>',
                text(LEFT - 6, y + 4, f"{row:g}", "end")]
    shown = sorted({x for x, *_ in points})
    for x in shown[::max(1, math.ceil(len(shown) / 6))]:
        out.append(text(place(x, 0)[0], HEIGHT - BOTTOM + 16, f"{x:,}"))
    out += [text(LEFT + inner_width / 2, HEIGHT - 10, x_label),
            text(0, 0, y_label, extra=f' transform="translate(14 {TOP + inner_height / 2})rotate(-90)"'),
            f'<path d="M{LEFT} {TOP}v{inner_height}h{inner_width}" fill="none" stroke="black"/>']
    for i, (name, line) in enumerate(lines.items()):
        places = [place(*point[:2]) for point in line]
        for x, _, *ends in line:
            out += [f'<path d="M{place(x, ends[0])[0]:.1f} {place(x, ends[0])[1]:.1f}'
                    f'V{place(x, ends[1])[1]:.1f}" stroke="#888"/>'] if ends else []
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        out.append(f'<path d="M{path}" fill="none" stroke="black" '
                   f'stroke-dasharray="{DASHES[i % len(DASHES)]}"/>')
        out += [mark(MARKS[i % len(MARKS)], x, y) for x, y in places]
        if len(lines) > 1:
            out.append(text(places[-1][0] - 4, places[-1][1] - 8, name, "end"))
    return "\n".join(out)


def svg(panels):
    """A drawing of panels, side by side."""
    shifted = "\n".join(f'<g transform="translate({i * WIDTH} 0)">\n{one}\n</g>'
                        for i, one in enumerate(panels))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH * len(panels)}" height="{HEIGHT}" '
            f'font-family="sans-serif" font-size="11">\n<rect width="100%" height="100%" fill="white"/>\n'
            f'{shifted}\n</svg>\n')
