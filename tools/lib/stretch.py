# SPDX-License-Identifier: BSD-2-Clause
"""Count the longest runs of kernel instructions with interrupts off.

Boots an image that powers itself off under tools/plugin. A stretch begins where the kernel is
entered, or has just taken the interrupts that wait, and ends where it returns to user mode or takes
them again. Stretches are listed by cause: the handler that the kernel was entered for. Waiting for
a lock is told apart: it is another hart's stretch. Exits with 1 if a stretch is over the limit.
"""
import argparse
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import plugin
import symbols

# Functions that take the waiting interrupts; functions that only wait for another hart; and those
# that tell what the kernel was entered for.
POLLS = r"trap_poll"
WAITS = r"kernel_lock|hart_call"
CAUSES = (r"sys_\w+|light_\w+|deliver_slow|sched_tick|irq_interrupt|process_fault|cap_reap_step"
          r"|\w+_job|\w+_body")
LIMIT = 3000
SLACK = 1.1  # of a known offender: what other work on the same code may shift


@dataclass
class Cause:
    name: str
    count: int
    over: int
    longest: int
    wait: int
    hart: int
    first: list = field(default_factory=list)  # names of the functions that it began with
    profile: dict = field(default_factory=dict)  # {function: instructions} of the longest one

    @property
    def work(self):
        return self.longest - self.wait


@dataclass
class Result:
    boot: dict = field(default_factory=dict)  # {hart: instructions}
    lengths: dict = field(default_factory=dict)  # {bits: stretches of so many bits}
    causes: list = field(default_factory=list)  # the longest first


def parse(lines, known):
    """What the plugin wrote, with names from the symbols."""
    result = Result()
    for line in lines:
        kind, *words = line.split()
        if kind == "boot":
            result.boot[int(words[0])] = int(words[1])
        elif kind == "length":
            result.lengths[int(words[0])] = int(words[1])
        elif kind == "cause":
            address = int(words[0], 16)
            name = known.name(address) if address else "(none)"
            result.causes.append(Cause(name, *map(int, words[1:])))
        elif kind == "first":
            names = [known.name(int(word, 16)) for word in words]
            result.causes[-1].first = [name for i, name in enumerate(names)
                                       if i == 0 or name != names[i - 1]]
        elif kind == "block":
            profile, name = result.causes[-1].profile, known.name(int(words[0], 16))
            profile[name] = profile.get(name, 0) + int(words[1]) * int(words[2])
        else:
            raise plugin.PluginError(f"the plugin wrote {line!r}")
    result.causes.sort(key=lambda cause: -cause.work)
    return result


def table(result, limit, rows):
    """The result as text."""
    out = [f"boot of hart {hart}: {count:,} instructions, not judged"
           for hart, count in result.boot.items()]
    total = sum(cause.count for cause in result.causes)
    out.append(f"{total:,} stretches; the longest of each cause, in instructions:")
    over = f"over {limit}"
    out.append(f"{'longest':>9}  {'waiting':>7}  {'stretches':>9}  {over:>9}  cause")
    for cause in result.causes[:rows]:
        out.append(f"{cause.longest:>9}  {cause.wait:>7}  {cause.count:>9}  {cause.over:>9}  {cause.name}")
    if len(result.causes) > rows:
        out.append(f"{'...':>9}  and {len(result.causes) - rows} causes more (--rows)")
    if result.causes:
        out += profile(result.causes[0])
    return "\n".join(out)


def profile(cause):
    """Where the longest stretch of a cause was spent."""
    out = [f"the longest one ({cause.name}, hart {cause.hart}) began with",
           f"    {' > '.join(cause.first)}"]
    for name, count in sorted(cause.profile.items(), key=lambda item: -item[1])[:12]:
        out.append(f"{count:>9}  {100 * count / max(cause.longest, 1):>6.1f}%  {name}")
    return out


def problems(result, limit, known):
    """A line for each cause that is over the limit and not known, worse than known, or no longer
    over it and still listed."""
    out = []
    over = {cause.name: cause for cause in result.causes if cause.work > limit}
    nearly = {cause.name for cause in result.causes if cause.work > limit / SLACK}
    for name, cause in over.items():
        if name not in known:
            out.append(f"{name}: {cause.work} instructions with interrupts off, over {limit}")
        elif cause.work > known[name] * SLACK:
            out.append(f"{name}: {cause.work} instructions with interrupts off, "
                       f"was {known[name]}")
    for name in known:
        if name not in nearly:
            out.append(f"{name}: no longer over {limit}: take it off the list of known ones")
    return out


def read_known(path):
    """{cause: instructions}. Raises PluginError."""
    try:
        known = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise plugin.PluginError(f"{path}: {error}") from error
    for name, value in known.items():
        if not isinstance(value, int):
            raise plugin.PluginError(f"{path}: {name} is no number")
    return known


def parameters(known, limit):
    """What the plugin must know."""
    polls = known.matching(POLLS)
    if not polls:
        raise plugin.PluginError(f"the kernel has no function {POLLS}")
    return [("mode", "stretch"), ("limit", limit),
            *(("poll", f"{function.start:x}") for function in polls),
            *(("cause", f"{function.start:x}") for function in known.matching(CAUSES)),
            *(("wait", f"{function.start:x}-{function.end:x}")
              for function in known.matching(WAITS))]


def measure(args):
    """Boot and judge. Value: lines of problems."""
    plugin.prepare(args)
    expected = read_known(args.known) if args.known else {}
    known = symbols.Symbols.of(args.kernel)
    found = []
    for path in args.image:
        print(f"{path}:", flush=True)
        result = parse(plugin.boot(args, path, parameters(known, args.limit)), known)
        if not result.causes:
            raise plugin.PluginError(f"{path}: the kernel was never entered from user mode")
        print(table(result, args.limit, args.rows))
        found += problems(result, args.limit, expected)
    return found


def main():
    parser = argparse.ArgumentParser(prog="tools/stretch", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", metavar="N", type=int, default=LIMIT,
                        help=f"longest that is allowed (default {LIMIT})")
    parser.add_argument("--known", metavar="FILE",
                        help="TOML, cause = instructions: these may be over the limit so far, and "
                             "must be")
    parser.add_argument("--rows", metavar="N", type=int, default=15,
                        help="causes that are listed (default 15)")
    plugin.add_arguments(parser)
    try:
        found = measure(parser.parse_args())
    except (plugin.PluginError, symbols.SymbolsError) as error:
        sys.exit(f"tools/stretch: {error}")
    if found:
        sys.exit("\n".join(["tools/stretch: with interrupts off too long:", *found]))


if __name__ == "__main__":
    main()
