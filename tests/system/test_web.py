# SPDX-License-Identifier: BSD-2-Clause
"""The web server under load, under garbage, and by the letter of HTTP."""
import os
import random
import re
import socket
import subprocess

import harness

SEED = int(os.environ.get("HEDDLE_SEED", "2024"))
PAGE = b"<h1>hello</h1>\n"
FILES = {"index.html": PAGE, "small.txt": b"small\n" * 100, "folder/index.html": PAGE,
         "big.bin": random.Random(7).randbytes(1 << 20)}


def exchange(port, request, guard=harness.GUARD):
    """Send bytes, say that no more come, and collect what comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), guard) as connection:
        connection.settimeout(guard)
        out = bytearray()
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(65536):
                out += data
        except (ConnectionResetError, BrokenPipeError):
            pass  # the server may cut off what makes no sense
        return bytes(out)


def receive_response(connection):
    """One whole response with a Content-Length. Value: status, header text, body."""
    data = bytearray()
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise AssertionError(f"the connection ended within a header: {bytes(data)!r}")
        data += more
    head, _, body = bytes(data).partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)\r\ncontent-length:\s*(\d+)", head).group(1))
    while len(body) < length:
        body += connection.recv(65536)
    return int(head.split()[1]), head.decode(), body


class Web(harness.SystemTest):
    def setUp(self):
        super().setUp()
        self.guest = self.boot(disk=self.make_disk(FILES))
        self.assertEqual(self.curl(self.guest), (200, PAGE))

    def status(self, request):
        answer = exchange(self.guest.port, request)
        self.assertTrue(answer.startswith(b"HTTP/1."), f"{request[:60]!r}: no answer: {answer[:60]!r}")
        return int(answer.split()[1])

    def test_statuses(self):
        cases = ((b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200),
                 (b"GET / HTTP/1.0\r\n\r\n", 200),
                 (b"HEAD / HTTP/1.0\r\n\r\n", 200),
                 (b"GET /nothing HTTP/1.0\r\n\r\n", 404),
                 (b"GET /index.html/x HTTP/1.0\r\n\r\n", 404),
                 (b"POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n", 405),
                 (b"DELETE / HTTP/1.0\r\n\r\n", 405),
                 (b"GET\r\n\r\n", 400),
                 (b"nonsense\r\n\r\n", 400),
                 (b"GET /../../etc/passwd HTTP/1.0\r\n\r\n", (400, 404)),
                 (b"GET /%zz HTTP/1.0\r\n\r\n", 400),
                 (b"GET /%00 HTTP/1.0\r\n\r\n", (400, 404)))
        for request, wanted in cases:
            with self.subTest(request=request):
                self.assertIn(self.status(request), wanted if isinstance(wanted, tuple) else (wanted,))
        self.assertEqual(self.curl(self.guest, "/folder/"), (200, PAGE))

    def test_head_has_no_body(self):
        answer = exchange(self.guest.port, b"HEAD /small.txt HTTP/1.0\r\n\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertRegex(head, rb"(?i)content-length: 600")
        self.assertEqual(body, b"")

    def test_keep_alive_and_pipelining(self):
        request = b"GET /small.txt HTTP/1.1\r\nHost: x\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.guest.port), harness.GUARD) as connection:
            for _ in range(20):
                connection.sendall(request)
                status, _, body = receive_response(connection)
                self.assertEqual((status, body), (200, FILES["small.txt"]))
            for byte in request:  # a request that comes byte by byte
                connection.sendall(bytes([byte]))
            self.assertEqual(receive_response(connection)[0], 200)
        answer = exchange(self.guest.port, request * 5)
        self.assertEqual(answer.count(b"200 OK"), 5)
        self.assertEqual(answer.count(FILES["small.txt"]), 5)

    def test_64_connections_for_10_seconds(self):
        for path in ("/", "/big.bin"):
            done = subprocess.run(["wrk", "-t2", "-c64", "-d10s", "--timeout", "30s",
                                   self.guest.url(path)],
                                  capture_output=True, text=True, check=False)
            print(done.stdout, flush=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("Non-2xx", done.stdout)
            self.assertNotIn("Socket errors", done.stdout)
            self.assertGreater(int(re.search(r"(\d+) requests in", done.stdout).group(1)), 64)
        self.assert_alive(self.guest)

    def test_64_clients_that_stay(self):
        """64 connections are open at once, and the last one is served like the first."""
        request = b"GET /small.txt HTTP/1.1\r\nHost: x\r\n\r\n"
        clients = []
        try:
            for _ in range(64):
                clients.append(socket.create_connection(("127.0.0.1", self.guest.port),
                                                        harness.GUARD))
            for _ in range(2):
                for client in clients:
                    client.sendall(request)
                for client in clients:
                    self.assertEqual(receive_response(client)[2], FILES["small.txt"])
        finally:
            for client in clients:
                client.close()
        self.assert_alive(self.guest)

    def test_garbage(self):
        print(f"seed {SEED} (HEDDLE_SEED)", flush=True)
        numbers = random.Random(SEED)
        for i in range(200):
            data = numbers.randbytes(int(2 ** numbers.uniform(0, 14)))
            if i % 3 == 0:
                data = b"GET /" + data
            elif i % 3 == 1:
                data = data.replace(b"\0", b"\n") + b"\r\n\r\n"
            exchange(self.guest.port, data)
        self.assertEqual(self.status(b"GET /" + b"a" * 20000 + b" HTTP/1.0\r\n\r\n") // 100, 4)
        self.assertEqual(self.status(b"GET / HTTP/1.0\r\n" + b"X-Y: z\r\n" * 5000 + b"\r\n") // 100, 4)
        self.assert_alive(self.guest)

    def test_clients_that_hang_up(self):
        """A client that goes away in the middle of a big file takes nothing with it."""
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", self.guest.port), harness.GUARD) as client:
                client.sendall(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
                client.recv(1000)
        status, body = self.curl(self.guest, "/big.bin")
        self.assertTrue(status == 200 and body == FILES["big.bin"])
        self.assert_alive(self.guest)


if __name__ == "__main__":
    harness.main()
