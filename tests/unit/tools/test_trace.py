# SPDX-License-Identifier: BSD-2-Clause
"""Trace rings: from memory, from a transcript, and as a listing."""
import unittest

import paths  # noqa: F401
import abi
import trace

C = abi.constant
ROOT, SHELL = 1 << 8, 3 << 8


def ring(hart, records, written=None):
    """The memory of a ring that holds the last of these (task, event, detail, value)."""
    places = [bytes(abi.size("trace_record"))] * C["TRACE_RECORDS"]
    for number, (task, event, detail, value) in enumerate(records):
        places[number % C["TRACE_RECORDS"]] = abi.pack(
            "trace_record", 1000 + 10 * number, 500 + 5 * number, task, event, detail, value)
    head = len(records) if written is None else written
    return abi.pack("trace_header", C["TRACE_MAGIC"], head, 10_000_000, hart, 0, 0, 0, 0) + b"".join(places)


def text(*events):
    """The events as a listing shows them, without times."""
    dump = trace.read_memory(ring(0, events))
    dump.names = {1: "root", 3: "shell"}
    return [line.split("  ")[-1] for line in trace.listing(dump)[2:]]


class Trace(unittest.TestCase):
    def test_ring(self):
        data = ring(2, [(ROOT, C["TRACE_IDLE"], 0, 0)] * 3)
        self.assertEqual(len(data), C["TRACE_BYTES"])
        dump = trace.read_memory(data + ring(3, []))
        self.assertEqual([(one.hart, one.head, len(one.records)) for one in dump.rings],
                         [(2, 3, 3), (3, 0, 0)])
        self.assertEqual(dump.rings[0].records[2].cycles, 1020)

    def test_overwritten(self):
        records = [(ROOT, C["TRACE_SWITCH"], 0, number) for number in range(5000)]
        found = trace.read_memory(ring(0, records)).rings[0]
        self.assertEqual([record.value for record in found.records],
                         list(range(5000 - C["TRACE_RECORDS"], 5000)))
        self.assertEqual([record.number for record in found.records],
                         [record.value for record in found.records])
        self.assertIn(f"5000 events, {5000 - C['TRACE_RECORDS']} of them overwritten",
                      trace.listing(trace.read_memory(ring(0, records)))[0])

    def test_events(self):
        header = 20 << C["MESSAGE_PRIORITY_SHIFT"] | 7 << C["MESSAGE_LABEL_SHIFT"] | 0xabc
        number = abi.system_calls.index("doorbell")
        self.assertEqual(text(
            (SHELL, C["TRACE_SYSTEM_CALL"], number, 5),
            (ROOT, C["TRACE_DOORBELL"], 9, 20),
            (SHELL | 2, C["TRACE_SWITCH"], 30, ROOT),
            (ROOT, C["TRACE_DELIVER"], 9, header),
            (SHELL, C["TRACE_INTERRUPT"], 0, 1 << 5 | 1 << 9),
            (SHELL, C["TRACE_FAULT"], 15, 0x1234),
            (0, C["TRACE_IDLE"], 0, 0),
            (4 << 8, C["TRACE_WAKE"], 1, 2),
            (0, 77, 0, 0)), [
                "shell: doorbell of capability 5", "doorbell for root, slot 9, priority 20",
                "shell.2 runs, priority 30, after root",
                "message for root, slot 9, request 0xabc, label 7, priority 20",
                "interrupt of shell: timer, device", "shell faults: store page at 0x1234", "idle",
                "wake for process 4, slot 1, priority 2", "event 77 of -: 0, 0x0"])

    def test_times(self):
        """Two readings 100 ticks of 100 ns apart, 20 cycles: 0.5 us a cycle."""
        clock = C["TRACE_TIME"]
        dump = trace.read_memory(ring(0, [(0, clock, 0, 4000), (0, C["TRACE_IDLE"], 0, 0),
                                          (0, clock, 0, 4100), (0, C["TRACE_IDLE"], 0, 0)]))
        trace.set_times(dump)
        self.assertEqual([record.us for record in dump.rings[0].records], [0, 5, 10, 15])

    def test_harts_in_one_order(self):
        clock, idle = C["TRACE_TIME"], C["TRACE_IDLE"]
        early = ring(1, [(0, clock, 0, 100), (0, idle, 0, 0), (0, clock, 0, 102)])
        late = ring(0, [(0, clock, 0, 900), (0, idle, 0, 0), (0, clock, 0, 902)])
        lines = trace.listing(trace.read_memory(late + early))
        self.assertEqual([line.split()[1] for line in lines[3:]], ["1", "0"])

    def test_transcript(self):
        old = "trace clock 5\r\ntrace record 0 0 " + " ".join(["0" * 16] * 4) + "\r\n"
        new = ("trace clock 10000000\r\ntrace name 3 shell\r\nnoise trace record 1\r\n"
               "trace record 1 7 0000000000000010 0000000000000020 0014000200000300 "
               "0000000000000100\r\nheddle> ")
        dump = trace.read_text(old + new)
        self.assertEqual((dump.hz, dump.names, len(dump.rings)), (10000000, {3: "shell"}, 1))
        record = dump.rings[0].records[0]
        self.assertEqual((record.number, record.cycles, record.instructions), (7, 16, 32))
        self.assertEqual(trace.describe(dump, record), "shell runs, priority 20, after process 1")

    def test_garbage(self):
        with self.assertRaisesRegex(trace.TraceError, "neither"):
            trace.read_text("nothing")
        with self.assertRaisesRegex(trace.TraceError, "no whole number"):
            trace.read_memory(ring(0, []) + b"x")
        with self.assertRaisesRegex(trace.TraceError, "byte 0x10000"):
            trace.read_memory(ring(0, []) + bytes(C["TRACE_BYTES"]))


if __name__ == "__main__":
    unittest.main()
