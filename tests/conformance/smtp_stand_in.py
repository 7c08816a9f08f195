"""A mail server on 127.0.0.1 that breaks where it is told to, and counts the messages that it was given."""

import socket
import socketserver
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType, TracebackType
from typing import ClassVar

from inkasso_core.testing import Fault

PATIENCE = 5.0
_SAYS: Mapping[str, bytes] = MappingProxyType(
    {"EHLO": b"250-stand-in\r\n250 AUTH PLAIN", "AUTH": b"235 in", "MAIL": b"250 ok", "RCPT": b"250 ok", "QUIT": b"221 bye"}
)


class SmtpStandIn:
    """Speaks as much SMTP as a message needs. ``begun`` counts the messages whose text began to arrive, ``whole`` those that did whole."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.begun = 0
        self.whole: list[bytes] = []
        self.over = threading.Event()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def play(self, fault: Fault | None = None) -> None:
        """Begin anew."""
        self.over.set()
        self.over = threading.Event()
        self.fault, self.begun, self.whole = fault, 0, []

    def __enter__(self) -> "SmtpStandIn":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class _Handler(socketserver.StreamRequestHandler):
    owner: ClassVar[SmtpStandIn]

    def handle(self) -> None:
        with suppress(ConnectionError):
            self._say(b"220 stand-in")
            while line := self.rfile.readline():
                word = line.split()[0].decode().upper() if line.split() else ""
                if word == "AUTH" and self.owner.fault is Fault.UNAUTHORIZED:
                    self._say(b"535 no")
                elif word == "DATA":
                    if not self._message():
                        return
                else:
                    self._say(_SAYS.get(word, b"502 what?"))

    def _message(self) -> bool:
        """Take a message; False where the connection ends."""
        fault, over = self.owner.fault, self.owner.over
        self._say(b"354 go on")
        self.owner.begun += 1
        if fault is Fault.CUT_BEFORE:
            self.rfile.readline()
            self.connection.shutdown(socket.SHUT_RDWR)
            return False
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        self.owner.whole.append(b"".join(lines))
        if fault in (Fault.CUT_AFTER, Fault.ANSWER_LOST):
            return False
        if fault is Fault.READ_TIMEOUT:
            over.wait(PATIENCE)
            return False
        self._say(b"250 taken")
        return True

    def _say(self, said: bytes) -> None:
        self.wfile.write(said + b"\r\n")
