"""What a stand-in or a recorder says over HTTP: requests and replies as values, and a server of threads."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import simplejson


class Reply(NamedTuple):
    """What is answered: JSON, unless it is text; None leaves the body out. ``drop`` cuts the connection instead."""

    status: int
    body: Any = None
    drop: bool = False


class Request(NamedTuple):
    """What was asked."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, amounts exact."""
        return simplejson.loads(self.body, use_decimal=True)

    def one(self, name: str, default: str) -> str:
        """A value of the query."""
        return self.query.get(name, [default])[0]


@contextmanager
def serving(answer: Callable[[Request], Reply]) -> Iterator[str]:
    """Serve at a free port; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body leave together

        def serve(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = answer(Request(self.command, url.path, parse_qs(url.query), headers, body))
            if reply.drop:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                return
            text = isinstance(reply.body, str)
            sent = (
                reply.body.encode()
                if text
                else simplejson.dumps(reply.body, use_decimal=True, ensure_ascii=False).encode("utf-8", "backslashreplace")
            )
            self.send_response(reply.status)
            self.send_header("Content-Type", "text/html" if text else "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = serve  # noqa: N815

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
