# SPDX-License-Identifier: BSD-2-Clause
"""What a thousand connections took is given back: the numbers of `mem` return to their baseline."""
import harness
from test_web import receive_response

CONNECTIONS = 1000
GROWING = {"received", "sent", "served", "hits", "misses"}  # gauges that only count
MUST_SHOW = ("free", "web frames", "web caps", "net pbufs", "net tcp", "web conns", "web cids")


def numbers(text):
    """{name: value} of what `mem` shows: the memory, then frames and capabilities of each process,
    then its gauges."""
    out, heads = {}, []
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["process"]:
            heads = words[1:]
        elif heads == ["counts"] and len(words) == 3 and words[1] not in GROWING:
            out[f"{words[0]} {words[1]}"] = int(words[2])
        elif heads and heads != ["counts"] and words:
            out |= {f"{words[0]} {head}": int(word) for head, word in zip(heads, words[1:])}
        elif words and not heads:
            out[words[0]] = int(words[1])
    return out


class Leaks(harness.SystemTest):
    made = 0  # connections so far

    def fetch(self, guest, close_first):
        """One connection, one request; the client or the server closes first."""
        with guest.connect() as client:
            extra = b"" if close_first else b"Connection: close\r\n"
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + extra + b"\r\n")
            try:
                self.assertEqual(receive_response(client)[0], 200)
                if not close_first:
                    self.assertEqual(client.recv(1), b"")
            except OSError as error:
                self.fail(f"connection {self.made} from port {client.getsockname()[1]}: {error}")
        self.made += 1

    def test_thousand_connections(self):
        guest = self.boot(disk=self.make_disk())
        for i in range(70):  # pools and caches fill
            self.fetch(guest, i % 2)
        before = self.settled(guest, None)
        for name in MUST_SHOW:
            self.assertIn(name, before)
        for i in range(CONNECTIONS):
            self.fetch(guest, i % 2)
        self.settled(guest, before)
        self.assert_alive(guest)

    def test_finds_a_leak(self):
        """A connection that stays open is seen."""
        guest = self.boot(disk=self.make_disk())
        self.fetch(guest, True)
        before = self.settled(guest, None)
        with guest.connect() as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(receive_response(client)[0], 200)
            with self.assertRaisesRegex(AssertionError, "web conns: 0 -> 1"):
                self.settled(guest, before, guard=10)

    def settled(self, guest, baseline, guard=harness.GUARD):
        """mem's numbers once they stand still (closed connections linger for a while by the rules
        of TCP), and are what they were where a baseline is given."""
        last = {}

        def probe():
            nonlocal last
            now = numbers(guest.command("mem"))
            still, last = now == last, now
            return still and (baseline is None or now == baseline)

        try:
            harness.wait_until(probe, "mem stands still", guard, pause=3)
        except AssertionError:
            if baseline is None:
                raise
            changed = [f"{label}: {value} -> {last.get(label)}" for label, value in baseline.items()
                       if last.get(label) != value]
            raise AssertionError("not back at the baseline:\n" + "\n".join(changed)) from None
        return last


if __name__ == "__main__":
    harness.main()
