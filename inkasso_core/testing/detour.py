"""Lead what an adapter sends through ``requests`` to a stand-in on this machine, whatever address it is meant for; note its time-outs.

Nothing reaches the network while a detour lasts. The request that the stand-in gets names the host that it was meant for.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from inkasso_core.testing.reply import Received

CONNECT_SECONDS, READ_SECONDS = 0.3, 0.4
"""What time-outs are shortened to where a test waits for one: an adapter's own would take minutes."""

Route = Callable[[Received], str]
"""Says to which host and port a request goes."""


class Detour:
    """A context in which every request of ``requests`` goes where ``route`` says."""

    def __init__(self, route: Route) -> None:
        self.tried: list[Received] = []
        """Every request that left, whether it arrived or not."""
        self.without_timeout: list[Received] = []
        """Those that would have waited for ever."""
        self.hurried = False
        """Whether time-outs are shortened."""
        self._route = route
        self._patch = pytest.MonkeyPatch()
        self._send = HTTPAdapter.send

    def __enter__(self) -> Detour:
        detour = self

        def send(
            self: HTTPAdapter,
            request: requests.PreparedRequest,
            stream: bool = False,
            timeout: Any = None,
            verify: Any = True,
            cert: Any = None,
            proxies: Any = None,
        ) -> requests.Response:
            sent = detour._led_away(request, timeout)
            response = detour._send(self, sent, stream=stream, timeout=detour._shortened(timeout))
            response.url, response.request = str(request.url), request
            return response

        self._patch.setattr(HTTPAdapter, "send", send)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._patch.undo()

    def forget(self) -> None:
        """Forget what was tried."""
        self.tried.clear()
        self.without_timeout.clear()

    def _led_away(self, request: requests.PreparedRequest, timeout: Any) -> requests.PreparedRequest:
        parts = urlsplit(str(request.url))
        target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        body = request.body.encode() if isinstance(request.body, str) else request.body
        headers = {name: str(value) for name, value in request.headers.items()}
        tried = Received(str(request.method), parts.netloc, target, headers, body if isinstance(body, bytes) else b"")
        self.tried.append(tried)
        if not _is_limited(timeout):
            self.without_timeout.append(tried)
        sent = request.copy()
        sent.url = f"http://{self._route(tried)}{target}"
        sent.headers.setdefault("Host", parts.netloc)
        return sent

    def _shortened(self, timeout: Any) -> tuple[float, float] | Any:
        if not self.hurried and _is_limited(timeout):
            return timeout
        connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        return (min(connect or CONNECT_SECONDS, CONNECT_SECONDS), min(read or READ_SECONDS, READ_SECONDS))


def _is_limited(timeout: Any) -> bool:
    """Whether both connecting and reading end some time."""
    parts = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    return all(part is not None for part in parts)
