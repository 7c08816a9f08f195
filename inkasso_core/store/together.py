"""One commit for several threads: what they write at the same moment is synced to the disk together, for that is what takes long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from inkasso_core.errors import StoreError
from inkasso_core.model.words import Text
from inkasso_core.store.engine import Connection, Database

Work = Callable[[Connection], None]


@dataclass(repr=False, eq=False)
class _Waiting:
    """What one thread wants to write."""

    work: Work
    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    error: Exception | None = None


class Together:
    """Gathers what threads write while another commit is on its way. One of them leads: it writes for all, and then another one does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._is_led = False

    def write(self, work: Work) -> None:
        """Run ``work`` in a transaction that others may share, and return once it is committed.

        Raises what ``work`` raises, or the database; nobody else's work fails by that. It may be run twice: the first time is rolled back.
        """
        mine = _Waiting(work)
        with self._lock:
            self._waiting.append(mine)
            mine.leads = not self._is_led
            self._is_led = True
        if not mine.leads:
            mine.woken.wait()
        if mine.leads:
            self._lead()
        if mine.error is not None:
            raise mine.error

    def _lead(self) -> None:
        """Write what has gathered, and let the next one lead what has gathered meanwhile."""
        with self._lock:
            batch, self._waiting = self._waiting, []
        try:
            self._commit(batch)
        except BaseException:  # the process is ending: the others must not wait for ever, nor think that it is stored
            for one in batch:
                one.error = one.error or StoreError(_INTERRUPTED)
            raise
        finally:
            with self._lock:
                self._is_led = bool(self._waiting)
                if self._is_led:
                    self._waiting[0].leads = True
                    self._waiting[0].woken.set()
            for one in batch:
                one.woken.set()

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            with self._database.write() as connection:
                for one in batch:
                    one.work(connection)
        except Exception as exc:  # noqa: BLE001  (it is raised in the thread whose work it was)
            if len(batch) == 1:
                batch[0].error = exc
                return
            for one in batch:
                self._commit([one])


_INTERRUPTED = Text(
    "Das Speichern wurde unterbrochen: es wird wieder versucht, wenn es noch einmal kommt.",
    "Storing was interrupted: it is tried again when it comes once more.",
)
