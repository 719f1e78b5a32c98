# SPDX-License-Identifier: BSD-2-Clause
"""Count the longest runs of kernel instructions with interrupts off.

Boots an image that powers itself off under tools/plugin. A stretch begins where the kernel is
entered, or has just taken the interrupts that wait, and ends where it returns to user mode or takes
them again. Stretches are listed by cause: the handler that the kernel was entered for. Waiting for
a lock is told apart: it is another hart's stretch. Exits with 1 if a stretch is over the limit.
"""
import argparse
import sys
from dataclasses import dataclass, field

import plugin
import symbols

# Where interrupts come or are taken (a user program may not get as far as its first instruction);
# functions that only wait for another hart; and those that tell what the kernel was entered for.
POLLS = r"take_interrupt|trap_entry|trap_entry_careful"
WAITS = r"kernel_await_lock|hart_call|arch_spin"
CAUSES = (r"sys_\w+|light_\w+|sched_tick|irq_interrupt|process_fault|cap_reap_step"
          r"|\w+_job|\w+_body")
NOT_JUDGED = ("sys_check",)  # the invariants' walk, in kernel-check.elf only
LIMIT = 3000


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
    result.causes = [cause for cause in result.causes if cause.name not in NOT_JUDGED]
    result.causes.sort(key=lambda cause: -cause.work)
    return result


def table(result, limit, rows, profiled=()):
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
    for i, cause in enumerate(result.causes):
        if i == 0 or cause.work > limit or cause.name in profiled:
            out += profile(cause)
    return "\n".join(out)


def profile(cause):
    """Where the longest stretch of a cause was spent."""
    out = [f"the longest of {cause.name}, {cause.work} on hart {cause.hart}, began with",
           f"    {' > '.join(cause.first)}"]
    for name, count in sorted(cause.profile.items(), key=lambda item: -item[1])[:12]:
        out.append(f"{count:>9}  {100 * count / max(cause.longest, 1):>6.1f}%  {name}")
    return out


def problems(result, limit):
    """A line for each cause that is over the limit."""
    return [f"{cause.name}: {cause.work} instructions with interrupts off, over {limit}"
            for cause in result.causes if cause.work > limit]


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
    known = symbols.Symbols.of(args.kernel)
    found = []
    for path in args.image:
        print(f"{path}:", flush=True)
        result = parse(plugin.boot(args, path, parameters(known, args.limit)), known)
        if not result.causes:
            raise plugin.PluginError(f"{path}: the kernel was never entered from user mode")
        print(table(result, args.limit, args.rows, args.profile))
        found += problems(result, args.limit)
    return found


def main():
    parser = argparse.ArgumentParser(prog="tools/stretch", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", metavar="N", type=int, default=LIMIT,
                        help=f"longest that is allowed (default {LIMIT})")
    parser.add_argument("--rows", metavar="N", type=int, default=15,
                        help="causes that are listed (default 15)")
    parser.add_argument("--profile", metavar="CAUSE", nargs="+", default=(),
                        help="show where the longest stretch of these was spent too (always of the "
                             "longest, and of those over the limit)")
    plugin.add_arguments(parser)
    try:
        found = measure(parser.parse_args())
    except (plugin.PluginError, symbols.SymbolsError) as error:
        sys.exit(f"tools/stretch: {error}")
    if found:
        sys.exit("\n".join(["tools/stretch: with interrupts off too long:", *found]))


if __name__ == "__main__":
    main()
