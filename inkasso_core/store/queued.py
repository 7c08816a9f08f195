"""Which accounts a transaction queues something for: whoever wakes workers hears of it just before the commit, in the same transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeAlias

import sqlalchemy as sa

from inkasso_core.logs import say

OPTION = "inkasso_queued"
"""The option of a connection that holds the accounts."""
Waker: TypeAlias = Callable[[Any, Collection[str]], None]
"""Is called with the driver's own connection, inside the transaction, and the accounts for which it queues something."""


def note(connection: sa.Connection, account: str) -> None:
    """Note that something was queued for an account."""
    accounts = connection.get_execution_options().get(OPTION)
    if accounts is not None:
        accounts.add(account)


def noted(connection: sa.Connection, placed: Iterable[tuple[str, str, str | None, str]]) -> Iterator[tuple[str, str, str | None, str]]:
    """Give on what is queued (placement, account, vendor, actor), and note the accounts."""
    for one in placed:
        note(connection, one[1])
        yield one


def deaf(connection: sa.Connection, wakers: Collection[Waker]) -> list[str]:
    """Return what those who wake workers raise when they are told of something, in a word; what they write is taken back at once."""
    found = []
    for waker in wakers:
        trial = connection.begin_nested()
        try:
            waker(connection.connection.driver_connection, ["-"])
        except Exception as exc:  # noqa: BLE001  (a stranger's code; its text may quote)
            found.append(type(exc).__name__)
        finally:
            trial.rollback()
    return found


def wake(connection: sa.Connection, wakers: Collection[Waker]) -> None:
    """Tell everybody who wakes workers. One that breaks is left out: workers find what is queued all the same, only later."""
    accounts = sorted(connection.get_execution_options().get(OPTION) or ())
    for waker in wakers if accounts else ():
        try:
            with connection.begin_nested():
                waker(connection.connection.driver_connection, accounts)
        except Exception as exc:  # noqa: BLE001  (a stranger's code; what was queued must not be lost with it)
            say("worker.not_woken", level=logging.ERROR, accounts=len(accounts), error=type(exc).__name__)
