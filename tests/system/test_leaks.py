# SPDX-License-Identifier: BSD-2-Clause
"""What a thousand connections took is given back: the numbers of `mem` return to their baseline."""
import re
import socket

import harness
from test_web import receive_response

CONNECTIONS = 1000
# Numbers that only grow, or that follow what just happens: no sign of a leak.
FREE_TO_GROW = re.compile(r"request|served|packet|frames? (in|out)|rx|tx|bytes|tick|switch|hit|miss|uptime")


def numbers(text):
    """{label: value} of every number that `mem` shows: label is the line without its numbers, and
    which number of the line it is."""
    out = {}
    for line in text.splitlines():
        label = re.sub(r"\d+", "#", " ".join(line.split()))
        if not FREE_TO_GROW.search(label.lower()):
            for i, value in enumerate(re.findall(r"\d+", line)):
                out[f"{label} [{i}]"] = int(value)
    return out


class Leaks(harness.SystemTest):
    def fetch(self, guest, close_first):
        """One connection, one request; the client or the server closes first."""
        with socket.create_connection(("127.0.0.1", guest.port), harness.GUARD) as client:
            client.settimeout(harness.GUARD)
            extra = b"" if close_first else b"Connection: close\r\n"
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + extra + b"\r\n")
            self.assertEqual(receive_response(client)[0], 200)
            if not close_first:
                self.assertEqual(client.recv(1), b"")

    def test_thousand_connections(self):
        guest = self.boot(disk=self.make_disk())
        for i in range(70):  # pools and caches fill
            self.fetch(guest, i % 2)
        before = self.settled(guest, None)
        for i in range(CONNECTIONS):
            self.fetch(guest, i % 2)
        self.settled(guest, before)
        self.assert_alive(guest)

    def settled(self, guest, baseline):
        """mem's numbers once they stand still (closed connections linger for a while by the rules
        of TCP), and are what they were where a baseline is given."""
        last = {}

        def probe():
            nonlocal last
            now = numbers(guest.command("mem"))
            still, last = now == last, now
            return still and (baseline is None or now == baseline)

        try:
            harness.wait_until(probe, "mem stands still", guard=300, pause=5)
        except AssertionError:
            if baseline is None:
                raise
            changed = [f"{label}: {value} -> {last.get(label)}" for label, value in baseline.items()
                       if last.get(label) != value]
            raise AssertionError("not back at the baseline:\n" + "\n".join(changed)) from None
        return last


if __name__ == "__main__":
    harness.main()
