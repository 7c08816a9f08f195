"""What a shop plugin works with when it polls, answers a request, or writes back: the shop's settings, time, and what it keeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from inkasso_core.model.claim import Claim
from inkasso_core.model.shop import Case
from inkasso_core.model.words import Text
from inkasso_core.plugins.base import ShopSettings

S = TypeVar("S", bound=ShopSettings)


class Kept(Protocol):
    """One value that a plugin keeps between processes (an access token, a limit), locked for this one."""

    @property
    def value(self) -> str | None:
        """What is kept; None where nothing is."""

    def put(self, value: str | None) -> None:
        """Keep another value, at once; it is stored before this returns. None forgets it."""


class Shelf(Protocol):
    """Where the values of one shop's plugin are kept: in the vault, for they may be secrets."""

    def read(self, name: str) -> str | None:
        """Return a value without locking it; None where nothing is kept under that name."""

    def locked(self, name: str, *, wait: float = 60.0) -> AbstractContextManager[Kept]:
        """Take a value for oneself: of all threads and processes one at a time has it.

        Raises ``TemporarilyUnavailable`` where somebody else has it for more than ``wait`` seconds. A process that dies loses it.
        """


class Book(Protocol):
    """What is known of the shop's claims."""

    def claim(self, order: str) -> Claim:
        """Return the newest report of a claim of the shop by its key, personal data included; raises ``NotFound``."""

    def case(self, order: str) -> Case | None:
        """Return where it stands at its agency; None for one that none was given yet."""

    def open_orders(self, after: str = "", most: int = 500) -> list[str]:
        """Return keys of claims that have not ended, in their order, from behind ``after`` on: what the shop is to be asked about again.

        Removed, cancelled, paid and closed ones are left out; one that is with an agency is not.
        """


class Desk(Protocol):
    """The desk of the person who works in the shop: for what a program cannot do there."""

    def ask(self, order: str, event_id: str, text: Text, *, status: str | None = None) -> bool:
        """Ask for something to be entered in the shop by hand (``inkasso tasks``); False where that was asked before.

        ``event_id`` makes it once; a newer request about the same claim takes the place of an older one that nobody has done yet.
        ``status`` is what the order is to be set to, for the table of such tasks. Nothing of the debtor may stand in the text.
        """


@dataclass(frozen=True, repr=False)
class ShopContext(Generic[S]):
    """What a plugin is given by the core for one shop. Nothing of it is to be kept beyond the call."""

    shop: str
    settings: S
    shelf: Shelf
    book: Book
    desk: Desk
    folder: Path
    """The folder of the configuration file: relative paths in settings count from here."""
    now: Callable[[], dt.datetime]
    """The time, in UTC: never ask another clock."""
    sleep: Callable[[float], None] = field(default=lambda _seconds: None)
    """Wait so many seconds; a test's clock goes on instead."""

    def __repr__(self) -> str:
        return f"ShopContext({self.shop!r})"
