"""Telling plugins of reports in parts, soon after they came: a thread of the server. Nothing depends on it, for every run does so, too."""

from __future__ import annotations

import logging
import threading

from inkasso_core.app import Inkasso

LOG = logging.getLogger("inkasso.web")
GATHER_SECONDS = 0.5
"""How long is waited for more parts: those of one claim often come together."""
LONGEST_WAIT = 60.0
"""Seconds until it is tried again at the latest, after it broke."""


class Teller:
    """Tells when it is woken, and once at the beginning: a process that was killed may have left something."""

    def __init__(self, ink: Inkasso) -> None:
        self._ink = ink
        self._woken, self._stopped = threading.Event(), threading.Event()
        self._woken.set()
        self._thread = threading.Thread(target=self._work, name="inkasso-teller", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something to tell; costs nothing."""
        self._woken.set()

    def stop(self, seconds: float) -> None:
        """End, after what is being told just now, if that takes no longer."""
        self._stopped.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _work(self) -> None:
        wait = GATHER_SECONDS
        while True:
            self._woken.wait()
            if self._stopped.wait(wait):
                return
            self._woken.clear()
            wait = GATHER_SECONDS if self._tell() else min(wait * 2, LONGEST_WAIT)

    def _tell(self) -> bool:
        try:
            self._ink.tell_parts()
        except Exception as exc:  # noqa: BLE001  (a thread that ends would tell nobody; the text may quote, so the kind has to do)
            LOG.error("telling of reports in parts broke (%s); it is tried again", type(exc).__name__)
            self._woken.set()
            return False
        return True
