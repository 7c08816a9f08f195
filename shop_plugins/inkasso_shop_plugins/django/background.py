"""Relaying from a web process: one thread at a time, started after a commit, that ends when nothing is due.

Whatever it does not get done, because the process ends or our store is away, the command ``inkasso_relay`` does.
"""

from __future__ import annotations

import logging
import threading

logger = logging.getLogger("inkasso.django")


class Background:
    """Runs a piece of work in a thread of its own, and once more for every wake that came while it ran."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = False
        self._again = False

    def wake(self) -> None:
        """Start the thread, or let the running one look once more. Returns at once."""
        with self._lock:
            self._again = True
            if self._running:
                return
            self._running = True
        threading.Thread(target=self._run, name="inkasso-relay", daemon=True).start()

    def _run(self) -> None:
        while self._goes_on():
            try:
                self._work()
            except Exception as exc:  # noqa: BLE001  (there is nobody here to raise it to; the command says it again)
                logger.warning("inkasso: relaying in the background broke (%s); inkasso_relay takes over", type(exc).__name__)

    def _goes_on(self) -> bool:
        with self._lock:
            self._running, self._again = self._again, False
            return self._running

    def _work(self) -> None:
        from django.db import connections

        from inkasso_shop_plugins.django.installation import installation
        from inkasso_shop_plugins.django.relay import relay

        try:
            relay(installation())
        finally:
            connections.close_all()  # those of this thread


_background = Background()


def wake() -> None:
    """Relay what is due in the background."""
    _background.wake()
