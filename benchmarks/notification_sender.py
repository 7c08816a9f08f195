"""The platform's side: several connections at once, and everything that got no answer is sent again."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence

from notification_material import HEADER, Delivery, Fate

_PAUSE = 0.05
_GIVES_UP = 120.0
"""Seconds without any answer after which the sender says that nobody is there."""


class Sender:
    """Sends until every delivery was answered; ``answered`` says how far it is."""

    def __init__(self, port: int, route: str, deliveries: Sequence[Delivery]) -> None:
        self._port, self._route = port, route
        self._waiting = deque(deliveries)
        self._lock = threading.Lock()
        self._all = len(deliveries)
        self._last = time.monotonic()
        self.kept: set[str] = set()
        """What was answered with ``OK``."""
        self.answered = 0
        self.again = 0
        """How often something was sent again."""
        self.wrong: Counter[tuple[str, int]] = Counter()
        """Answers that must not be: what should have come, and what came."""

    def run(self, senders: int, watch: Callable[[int], None] = lambda _answered: None) -> float:
        """Send with so many connections; ``watch`` is told now and then how many were answered. Returns the seconds that it took."""
        start = self._last = time.monotonic()
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(senders)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            watch(self.answered)
            time.sleep(0.005)
            if time.monotonic() - self._last > _GIVES_UP:
                raise SystemExit("nothing was answered any more")
        return time.monotonic() - start

    def _work(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while self.answered < self._all:
            try:
                delivery = self._waiting.popleft()
            except IndexError:
                time.sleep(_PAUSE)  # another connection may have to give one back
                continue
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
                connection.request(
                    "POST", f"{self._route}{delivery.path}", delivery.body, {HEADER: delivery.signature, "Content-Type": "application/json"}
                )
                answer = connection.getresponse()
                self._answered(delivery, answer.status, answer.read())
            except (OSError, http.client.HTTPException):
                connection = None
                self._send_again(delivery)

    def _answered(self, delivery: Delivery, status: int, body: bytes) -> None:
        if status >= 500:
            self._send_again(delivery)
            return
        with self._lock:
            self._last = time.monotonic()
            self.answered += 1
            if status != delivery.fate.value or (delivery.fate is Fate.KEPT and body != b"OK"):
                self.wrong[delivery.fate.name, status] += 1
            elif delivery.fate is Fate.KEPT:
                self.kept.add(delivery.name)

    def _send_again(self, delivery: Delivery) -> None:
        self._waiting.append(delivery)
        with self._lock:
            self.again += 1
        time.sleep(_PAUSE)
