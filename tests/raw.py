"""A server that says exactly the bytes it is told to, and keeps what it was asked: for what no well-behaved server does."""

import contextlib
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence

Say = Callable[[socket.socket], None]


def answer(status: str, body: bytes = b"", kind: str = "application/json", *headers: str) -> Say:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return lambda sock: sock.sendall("\r\n".join([*lines, "", ""]).encode() + body)


def half(sock: socket.socket) -> None:
    """An answer that ends in its middle."""
    sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{"caseNo": "A-')


def reset(sock: socket.socket) -> None:
    """No answer: the connection is cut."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silence(sock: socket.socket) -> None:
    """Nothing, for longer than any test waits."""
    time.sleep(1.5)


def drip(sock: socket.socket) -> None:
    """An answer that comes byte by byte and would never end."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    with contextlib.suppress(OSError):
        for _ in range(100):
            sock.sendall(b" ")
            time.sleep(0.05)


class Raw:
    """The address, and every request as it came."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.requests: list[bytes] = []


@contextlib.contextmanager
def serving(says: Sequence[Say]) -> Iterator[Raw]:
    """Answer one connection after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        raw = Raw(listener.getsockname()[1])
        over = threading.Event()

        def serve() -> None:
            for say in says:
                while not select.select([listener], [], [], 0.02)[0]:
                    if over.is_set():
                        return
                sock, _ = listener.accept()
                with sock, contextlib.suppress(OSError):
                    raw.requests.append(_request(sock))
                    say(sock)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield raw
        finally:
            over.set()
            thread.join(5)


def _request(sock: socket.socket) -> bytes:
    sock.settimeout(5)
    found = b""
    while b"\r\n\r\n" not in found:
        part = sock.recv(65536)
        if not part:
            return found
        found += part
    head, _, body = found.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body
